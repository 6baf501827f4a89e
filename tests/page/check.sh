#!/usr/bin/env bash
# Opens reports/examples/*.html in a browser (check.mjs). Driver, browser and rules come from npm into .tools/page, once, by a lock
# file with hashes. Exit 0: all is well, 1: something is not, 2: the browser could not be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.tools/page
wanted=$root/tests/page

if ! cmp -s "$wanted/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules" ]; then
  mkdir -p "$tools"
  cp "$wanted/package.json" "$wanted/package-lock.json" "$tools/"
  npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 \
    || { rm -f "$tools/package-lock.json"; echo "npm could not install the browser" >&2; exit 2; }
fi
# The browser is unpacked where TMPDIR says.
mkdir -p "$tools/unpacked"
TMPDIR=$tools/unpacked exec node "$wanted/check.mjs" "$tools" "$root/reports/examples" "$root/target/page"
