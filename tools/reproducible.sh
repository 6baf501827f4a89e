#!/bin/sh
# Builds the programs twice from the commit that is checked out when it begins, in two folders with target folders of their own,
# and compares them byte for byte: what a release holds follows from its source, and anybody can build it again.
#
#   tools/reproducible.sh [all|slice] [PROFILE] [FOLDER]
#
# `all` is both programs, `slice` the example `policies` of konecta-rego: every dependency without the AWS SDK, C code among them, in
# minutes. PROFILE is `release` or `dev`. FOLDER is where both are built: target/reproducible.
# What could tell the folders apart is the paths in panics, in debug information and in what C compilers are told: both compilers are
# told to write one path for the source and one for the registry. Nothing that is built carries a time or a random name.
set -eu

what=${1:-all}
profile=${2:-release}
root=$(cd "$(dirname "$0")/.." && pwd)
base=${3:-$root/target/reproducible}
output=$profile
[ "$profile" = dev ] && output=debug
cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
# Whoever commits meanwhile does not change what is compared.
commit=$(git -C "$root" rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH

case $what in
all) set -- --bins && programs="konecta-audit konecta-audit-lambda" ;;
slice) set -- --package konecta-rego --example policies && programs=examples/policies ;;
*) echo "usage: $0 [all|slice] [PROFILE] [FOLDER]" >&2 && exit 2 ;;
esac

# The first parameter is the folder, the rest goes to cargo.
build() {
	folder=$1
	shift
	rm -rf "$folder"
	mkdir -p "$folder"
	git -C "$root" archive "$commit" | tar -x -C "$folder"
	remap="--remap-path-prefix=$folder=/build --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$sysroot=/rustc"
	prefix="-ffile-prefix-map=$folder=/build -ffile-prefix-map=$cargo_home=/cargo"
	(
		cd "$folder"
		RUSTFLAGS="$remap" CFLAGS="$prefix" CXXFLAGS="$prefix" CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$folder/target" \
			cargo build --locked --quiet --profile "$profile" "$@"
	)
}

build "$base/one" "$@"
build "$base/another-folder" "$@"
same=yes
for program in $programs; do
	one="$base/one/target/$output/$program"
	other="$base/another-folder/target/$output/$program"
	if cmp -s "$one" "$other"; then
		echo "$program: the same bytes, sha256 $(sha256sum "$one" | cut -d' ' -f1)"
	else
		echo "$program: not the same: $one, $other" >&2
		same=no
	fi
done
[ $same = yes ]
