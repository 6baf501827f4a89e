# Everything that a person or CI does here. Nothing needs an AWS account; what is installed goes into .venv and .tools.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORLD ?= good
PURE := -p konecta-base -p konecta-rego -p konecta-core -p konecta-fix

.PHONY: demo test check doc lint lint-scripts world bench bench-lambda faults faults-load fmt glossary new-control pages shapes lambda lambda-arm64 templates deny notices sbom reproducible fuzz clean bench-peers bench-quick

demo: $(VENV)/.ready
	cargo build --locked
	$(BIN)/python tests/emulator/demo.py target/debug/konecta-audit

test: $(VENV)/.ready
	reports/validate_sarif.sh reports/examples/*.sarif
	tests/page/check.sh
	deploy/validate.sh
	cargo test --locked --workspace
	$(MAKE) --no-print-directory bench-quick

# Clippy as the compiler of a whole build, and not by `cargo clippy`, whose check of the dependencies no build can use: that would be
# eight minutes more for the AWS SDK.
lint: lint-scripts
	cargo fmt --all --check
	RUSTC_WORKSPACE_WRAPPER="$$(rustc --print sysroot)/bin/clippy-driver" CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__ cargo build --locked --workspace --all-targets

# Python, shell scripts (ShellCheck has no binary for Linux on ARM), and the workflows of GitHub.
lint-scripts: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy tests/emulator/world.py tests/emulator/check_world.py tests/emulator/moto_server.py tests/emulator/ministack_server.py
	$(BIN)/mypy benches/replay
	if [ -x $(BIN)/shellcheck ]; then $(BIN)/shellcheck .ci/run $$(git ls-files '*.sh'); fi
	$(BIN)/zizmor --offline --quiet .

# Whether a change is good, as far as that can be known without an emulator: format, the crates without the AWS SDK with clippy, their
# tests (every control on every fixture and world among them), and the tests of the policies. What it leaves out is in `make test`.
check: export RUSTC_WORKSPACE_WRAPPER = $(shell rustc --print sysroot)/bin/clippy-driver
check: export CLIPPY_ARGS = -Dwarnings__CLIPPY_HACKERY__
check:
	@started=$$(date +%s); set -e; \
	cargo fmt --all --check; \
	cargo test --locked --quiet $(PURE); \
	cargo run --locked --quiet -p konecta-rego --example policies > target/policies.txt \
		|| { grep -v "^ok" target/policies.txt; exit 1; }; \
	echo "checked in $$(($$(date +%s) - started)) s"

# The documentation of the crates for people who read them; a link that leads nowhere is an error.
doc: export RUSTDOCFLAGS = -Dwarnings
doc:
	cargo doc --locked --workspace --no-deps

# The emulators with a world in them, until Ctrl-C: make world WORLD=drifted
world: $(VENV)/.ready
	$(BIN)/python tests/emulator/world.py up --world $(WORLD)

# Size, cold start and memory of the zip's binary, on 10,000 resources in moto.
bench-lambda: lambda
	$(BIN)/python -m zipfile -e target/lambda/konecta-audit-lambda/bootstrap.zip target/lambda && chmod +x target/lambda/bootstrap
	$(BIN)/python benches/lambda.py target/lambda/bootstrap

# Every fault on every service, seven minutes on two processors; then accounts that are large in one way. Both write into docs/reliability.md.
faults: $(VENV)/.ready
	cargo build --locked
	$(BIN)/python tests/faults/matrix.py --program target/debug/konecta-audit --document docs/reliability.md

faults-load: $(VENV)/.ready
	cargo build --locked --release
	$(BIN)/python tests/faults/load.py --program target/release/konecta-audit --build release --document docs/reliability.md

bench:
	cargo bench --locked -p konecta-core --bench judge

# Ours beside Prowler, Cloud Custodian and boto3, each in an environment of its own below target/: one account in moto, recorded once for
# every tool and replayed to all. Makes the recordings anew, and writes docs/benchmarks.md. Twenty minutes and more after the build.
PEERS := target/bench-peers
BENCH ?= --document docs/benchmarks.md
bench-peers: $(VENV)/.ready $(PEERS)/boto3/.ready $(PEERS)/custodian/.ready $(PEERS)/prowler/.ready
	cargo build --locked --release --bin konecta-audit
	$(BIN)/python benches/replay/bench.py --program target/release/konecta-audit $(BENCH)

# Keeps the recorder, the replay server and the checks by hand running: few resources, the program as `make test` builds it.
bench-quick: $(VENV)/.ready
	cargo build --locked
	$(BIN)/python benches/replay/bench.py --program target/debug/konecta-audit --quick

$(PEERS)/%/.ready: benches/replay/peers/%.txt
	$(PYTHON) -m venv $(PEERS)/$*
	$(PEERS)/$*/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

fmt:
	cargo fmt --all

# Names of public types that stand twice, with their places: an error, here and in `make test`.
glossary: $(VENV)/.ready
	cargo test --locked -p konecta-audit --test integration gates::no_public_type -- --nocapture

# The pages of the controls and the examples of reports, written anew from what they are made of.
pages:
	cargo test --locked -p konecta-rego --lib lay_down -- --ignored
	cargo test --locked -p konecta-core --lib lay_down -- --ignored

# make new-control LAYER=ecr NAME=scan_on_push ID=KA-ECR-012 TYPE=AWS::ECR::Repository
new-control:
	$(PYTHON) tools/new_control.py "$(LAYER)" "$(NAME)" "$(ID)" "$(TYPE)"

# What the answers and requests of all calls look like on the wire, by the models of the AWS SDK for Python: after a new call in
# crates/konecta-base/resources.
shapes: $(VENV)/.ready
	$(BIN)/python tools/shapes.py

# The zip for AWS Lambda: target/lambda/konecta-audit-lambda/bootstrap.zip. A release build of everything, for the one or the other processor.
lambda: $(VENV)/.lambda
	PATH="$(CURDIR)/$(BIN):$$PATH" cargo lambda build --locked --release --output-format zip --bin konecta-audit-lambda

lambda-arm64: $(VENV)/.lambda
	rustup target add aarch64-unknown-linux-gnu
	PATH="$(CURDIR)/$(BIN):$$PATH" cargo lambda build --locked --release --arm64 --output-format zip --bin konecta-audit-lambda

# Writes into deploy/ what has its source elsewhere: the roles' statements, the state machine, the member's template.
templates: $(VENV)/.ready
	cargo build --locked
	$(BIN)/python tools/deploy_templates.py target/debug/konecta-audit

# Licences, bans and sources of what is linked in (deny.toml), and dependencies that nothing uses. Advisories need the database of RustSec,
# which cargo-deny fetches: make deny CHECKS=advisories.
CHECKS ?= licenses bans sources
deny:
	cargo deny --locked check $(CHECKS)
	$(PYTHON) tools/third_party.py unused

# What goes with a release: the licences of others, and the bill of materials (CycloneDX).
notices:
	mkdir -p target
	$(PYTHON) tools/third_party.py notices > target/THIRD-PARTY-NOTICES

sbom:
	mkdir -p target
	$(PYTHON) tools/third_party.py sbom > target/konecta-audit.cdx.json

# Two builds of a commit in two folders give the same bytes: two release builds of everything, so it takes its time. WHAT=slice for
# what does without the AWS SDK.
WHAT ?= all
PROFILE ?= release
reproducible:
	tools/reproducible.sh $(WHAT) $(PROFILE)

# One reader of what comes from outside under libFuzzer, by the nightly compiler and cargo-fuzz: make fuzz TARGET=snapshot SECONDS=600.
# Ten seconds for one input and two gigabytes are a finding, as a crash is. What was found worth keeping stays in fuzz/corpus.
TARGET ?= snapshot
SECONDS ?= 600
fuzz:
	$(PYTHON) tools/fuzz_seeds.py fuzz/corpus
	cd fuzz && nice cargo +nightly fuzz run --fuzz-dir . $(TARGET) -- \
		-max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=65536

$(VENV)/.lambda: $(VENV)/.ready tests/emulator/requirements-lambda.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/emulator/requirements-lambda.txt
	touch $@

$(VENV)/.lint: $(VENV)/.ready tests/emulator/requirements-lint.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/emulator/requirements-lint.txt
	touch $@

$(VENV)/.ready: tests/emulator/requirements.txt tests/emulator/requirements-opa.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/emulator/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --ignore-requires-python -r tests/emulator/requirements-opa.txt
	touch $@

clean:
	rm -rf target $(VENV) .tools
