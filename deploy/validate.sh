#!/usr/bin/env bash
# Holds everything in deploy/ against its format: the state machine, the CloudFormation templates, the Terraform module.
# Validators come from PyPI (in .venv) and from npm (into .tools, once, by a lock file with hashes); terraform is used for its
# format if it is installed. Exit 0: all is well, 1: something is not, 2: a validator could not be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools/node
wanted=$root/tests/emulator/node

if ! cmp -s "$wanted/package-lock.json" "$tools/package-lock.json"; then
  mkdir -p "$tools"
  cp "$wanted/package.json" "$wanted/package-lock.json" "$tools/"
  npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 \
    || { rm -f "$tools/package-lock.json"; echo "npm could not install the validators" >&2; exit 2; }
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# As CloudFormation and Terraform fill it in.
# shellcheck disable=SC2016 # the text holds ${…} and is not the shell's to expand
sed -e 's/\${MaxConcurrency}/20/' -e 's/\${Partition}/aws/' -e 's/\${[A-Za-z]*}/filled-in/' "$root/deploy/state-machine.asl.json" >"$work/state-machine.json"
"$tools/node_modules/.bin/asl-validator" --json-path "$work/state-machine.json" || failed=1

"$root/.venv/bin/cfn-lint" --non-zero-exit-code informational -- "$root"/deploy/cloudformation/*.yaml && echo "cfn-lint: clean" || failed=1

(cd "$tools" && node "$wanted/check_terraform.mjs" "$root/deploy/terraform") || failed=1
if command -v terraform >/dev/null; then
  export TF_CLI_CONFIG_FILE=/dev/null
  terraform fmt -check -diff "$root/deploy/terraform" && echo "terraform fmt: clean" || failed=1
  # Terraform's own reading of the definition and of the policies that it fills in: a stray ${ would be an expression.
  for template in "$root/deploy/state-machine.asl.json" "$root"/deploy/terraform/policies/f{unction,ix}.json; do
    # shellcheck disable=SC2016 # as above
    values=$(grep -o '\${[A-Za-z]*}' "$template" | sort -u | sed 's/\${\(.*\)}/\1 = 20/' | paste -sd,)
    if echo "can(jsondecode(templatefile(\"$template\", { $values })))" | terraform -chdir="$work" console -no-color 2>&1 | grep -qx true; then
      echo "terraform templatefile: $(basename "$template") can be filled in"
    else
      echo "$template cannot be filled in by Terraform"
      failed=1
    fi
  done
else
  echo "terraform is not installed: the module's format and templates were not checked"
fi
exit "$failed"
