# Everything that a person or CI does here. Nothing needs an AWS account; what is installed goes into .venv and .tools.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORLD ?= good

.PHONY: demo test lint world bench bench-lambda fmt new-control lambda lambda-arm64 templates deny notices sbom clean

demo: $(VENV)/.ready
	cargo build --locked
	$(BIN)/python tests/emulator/demo.py target/debug/konecta-audit

test: $(VENV)/.ready
	reports/validate_sarif.sh reports/examples/*.sarif
	deploy/validate.sh
	cargo test --locked --workspace

# Clippy as the compiler of a whole build, and not by `cargo clippy`, whose check of the dependencies no build can use: that would be
# eight minutes more for the AWS SDK.
lint:
	cargo fmt --all --check
	RUSTC_WORKSPACE_WRAPPER="$$(rustc --print sysroot)/bin/clippy-driver" CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__ cargo build --locked --workspace --all-targets

# The emulators with a world in them, until Ctrl-C: make world WORLD=drifted
world: $(VENV)/.ready
	$(BIN)/python tests/emulator/world.py up --world $(WORLD)

# Size, cold start and memory of the zip's binary, on 10,000 resources in moto.
bench-lambda: lambda
	$(BIN)/python -m zipfile -e target/lambda/konecta-audit-lambda/bootstrap.zip target/lambda && chmod +x target/lambda/bootstrap
	$(BIN)/python benches/lambda.py target/lambda/bootstrap

bench:
	cargo bench --locked -p konecta-core --bench judge

fmt:
	cargo fmt --all

# make new-control LAYER=ecr NAME=scan_on_push ID=KA-ECR-012 TYPE=AWS::ECR::Repository
new-control:
	$(PYTHON) tools/new_control.py "$(LAYER)" "$(NAME)" "$(ID)" "$(TYPE)"

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

$(VENV)/.lambda: $(VENV)/.ready tests/emulator/requirements-lambda.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/emulator/requirements-lambda.txt
	touch $@

$(VENV)/.ready: tests/emulator/requirements.txt tests/emulator/requirements-opa.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/emulator/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --ignore-requires-python -r tests/emulator/requirements-opa.txt
	touch $@

clean:
	rm -rf target $(VENV) .tools
