#!/usr/bin/env bash
# Holds SARIF files against Microsoft's validator, with the rules it has for GitHub.
# The exit code is a set of flags that also says "warnings"; the report it writes is the one source here. reports/validate_sarif.sh [--strict] FILE…
# The validator comes from npm into .tools, once. Exit 0: no errors (with --strict: no warnings either), 1: a file
# does not pass, 2: the validator could not be had or did not run.
# It does no schema validation and sees no logical-only locations, empty or `arn:` uris: our own tests do.
set -euo pipefail

version=5.7.0
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools/sarif-multitool-$version
multitool=$tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

strict=false
if [ "${1:-}" = --strict ]; then strict=true; shift; fi
if [ $# -eq 0 ]; then
  echo "usage: reports/validate_sarif.sh [--strict] FILE…" >&2
  exit 2
fi

if [ ! -f "$multitool" ]; then
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@microsoft/sarif-multitool-linux@$version" >&2 || { echo "npm could not install the validator" >&2; exit 2; }
fi
chmod u+x "$multitool"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for file in "$@"; do
  [ -r "$file" ] || { echo "$file: cannot be read" >&2; exit 2; }
  out=$work/out.sarif
  rm -f "$out"
  # The flag wants a value in 5.7.0. Its exit code mixes errors with warnings: the report it writes decides here.
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" validate "$file" --rule-kind 'Sarif;Ghas' --level 'Error;Warning;Note' \
    --rich-return-code true -o "$out" --log ForceOverwrite >"$work/log" 2>&1 || true
  [ -s "$out" ] || { cat "$work/log" >&2; echo "$file: the validator wrote no report" >&2; exit 2; }
  STRICT=$strict node - "$file" "$out" <<'JS' || failed=1
const fs = require("fs");
const [file, out] = process.argv.slice(2);
const log = JSON.parse(fs.readFileSync(out, "utf8").replace(/^\uFEFF/, ""));
const count = { error: 0, warning: 0, note: 0 };
let ran = true;
for (const run of log.runs) {
  const rules = run.tool.driver.rules || [];
  for (const result of run.results || []) {
    const rule = rules[result.ruleIndex] || {};
    const level = result.level || (rule.defaultConfiguration || {}).level || "warning";
    if (!(level in count)) continue;
    count[level] += 1;
    if (level !== "error" && !(level === "warning" && process.env.STRICT === "true")) continue;
    const form = ((rule.messageStrings || {})[result.message.id] || {}).text || result.message.text || "";
    const text = form.replace(/\{(\d+)\}/g, (_, at) => (result.message.arguments || [])[at]);
    console.log(`${file}: ${level} ${result.ruleId}: ${text}`);
  }
  for (const invocation of run.invocations || []) {
    for (const list of ["toolExecutionNotifications", "toolConfigurationNotifications"]) {
      for (const told of invocation[list] || []) {
        if (told.level === "error") { ran = false; console.log(`${file}: ${told.message.text}`); }
      }
    }
  }
}
console.log(`${file}: ${count.error} errors, ${count.warning} warnings, ${count.note} notes`);
process.exit(count.error || !ran || (process.env.STRICT === "true" && count.warning) ? 1 : 0);
JS
done
exit "$failed"
