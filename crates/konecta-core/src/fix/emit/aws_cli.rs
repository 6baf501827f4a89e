//! A plan as a shell script: one `aws` command a change, with what is read before and waited for after.
//! Knows the AWS CLI and `jq`; the script stops at the first thing that is not as the plan says.

use std::fmt::Write as _;

use serde_json::Value;

use super::comment;
use super::shell::{jq_filter, jq_path, json, quoted};
use crate::fix::plan::{Change, Plan};
use crate::fix::procedure::kebab;
use crate::fix::step::{Amend, Call, Edit, Find, Wait};

const HEAD: &str = r#"set -euo pipefail

fail() { printf '%s\n' "$1" >&2; exit 1; }
command -v jq >/dev/null || fail 'jq is needed'

# wait_until WHAT SECONDS GOOD BAD FILTER COMMAND…: asks until all that the filter names is in GOOD.
wait_until() {
  local what=$1 until=$(( SECONDS + $2 )) good=$3 bad=$4 filter=$5; shift 5
  while :; do
    local found; found=$("$@" | jq -c "[$filter]")
    if jq -en --argjson f "$found" --argjson g "$good" '($f | length > 0) and all($f[]; IN($g[]))' >/dev/null; then return 0; fi
    if jq -en --argjson f "$found" --argjson b "$bad" 'any($f[]; IN($b[]))' >/dev/null; then fail "failed: $what"; fi
    (( SECONDS < until )) || fail "too long: $what"
    sleep 10
  done
}
"#;

/// The script. It expects `bash`, `jq` and the AWS CLI, with credentials of the plan's account.
#[must_use]
pub fn aws_cli(plan: &Plan) -> String {
    let mut text = String::from("#!/usr/bin/env bash\n");
    line(&mut text, &comment(&format!("{}: plan {}, made {}", plan.tool, plan.sha256, plan.created_at)));
    line(&mut text, &comment(&format!("{} changes; valid until {}", plan.changes.len(), plan.expires_at)));
    text.push_str(HEAD);
    let account = quoted(plan.account.as_str());
    line(&mut text, "");
    line(&mut text, "export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off");
    line(
        &mut text,
        &format!(
            "[ \"$(aws sts get-caller-identity --query Account --output text)\" = {account} ] || fail {}",
            quoted(&format!("these are not the credentials of account {}", plan.account))
        ),
    );
    let home = plan.regions.first().map_or("us-east-1", |region| region.as_str());
    for change in &plan.changes {
        Script { text: &mut text, change, home, names: 0 }.change();
    }
    for refusal in &plan.refusals {
        line(&mut text, "");
        line(
            &mut text,
            &comment(&format!("Not done: {} on {}: {}", refusal.control, refusal.resource.arn, refusal.reason)),
        );
        for step in refusal.procedure.iter().flat_map(|step| step.lines()) {
            line(&mut text, &comment(step));
        }
    }
    text
}

/// The way back of one change as commands, in the order in which it is gone; what belongs to no region is asked in `home`.
/// Empty where there is none.
#[must_use]
pub fn way_back(change: &Change, home: &str) -> String {
    let mut text = String::new();
    for call in &change.inverse {
        Script { text: &mut text, change, home, names: 0 }.call(call);
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

struct Script<'a> {
    text: &'a mut String,
    change: &'a Change,
    home: &'a str,
    names: usize,
}

impl Script<'_> {
    fn put(&mut self, text: &str) {
        line(self.text, text);
    }

    fn change(&mut self) {
        let change = self.change;
        self.put("");
        self.put(&comment(&format!("{} (class {}): {}", change.id, change.class, change.title())));
        let controls: Vec<&str> = change.controls.iter().map(|control| control.as_str()).collect();
        self.put(&comment(&format!("on {}, for {}", change.resource.arn, controls.join(", "))));
        for consequence in &change.consequences {
            self.put(&comment(consequence));
        }
        for condition in &change.requires {
            self.wait(condition);
        }
        for (number, wait) in change.waits.iter().enumerate() {
            if let Some(place) = &wait.changes {
                let asked = self.asked(wait, place);
                self.put(&format!("mark_{}_{number}=$({asked})", change.id));
            }
        }
        self.call(&change.call);
        if change.waits.iter().any(|wait| wait.after_seconds > 0) {
            self.put(&format!("called_{}=$SECONDS", change.id));
        }
        for (number, wait) in change.waits.iter().enumerate() {
            if wait.after_seconds > 0 {
                self.put(&comment("what is answered before this time may still be what was"));
                self.put(&format!(
                    "while (( SECONDS < called_{} + {} )); do sleep 1; done",
                    change.id, wait.after_seconds
                ));
            }
            if let Some(place) = &wait.changes {
                let mark = format!("mark_{}_{number}", change.id);
                let asked = self.asked(wait, place);
                let differs = format!("[ \"$({asked})\" != \"${mark}\" ]");
                // A script that is run again changes nothing, and then nothing in the answer does: it goes on after a minute.
                self.put(&format!("until_{mark}=$(( SECONDS + 60 ))"));
                self.put(&format!("until {differs} || (( SECONDS >= until_{mark} )); do sleep 2; done"));
            }
            self.wait(wait);
        }
    }

    /// The command that prints what a wait names at a place.
    fn asked(&mut self, wait: &Wait, place: &str) -> String {
        let input = self.filled(&wait.parameters);
        let aws = self.aws(&wait.service, &wait.operation);
        format!("{aws} --cli-input-json {input} | jq -c {}", quoted(&format!("[{}]", jq_filter(place))))
    }

    /// `aws <service> <operation>` in the region of the change; what belongs to no region is asked in us-east-1.
    fn aws(&self, service: &str, operation: &str) -> String {
        let region = &self.change.resource.region;
        let global = region.is_global();
        let region = if global { "us-east-1" } else { region.as_str() };
        let region = if region.is_empty() { self.home } else { region };
        format!("aws {} {} --region {region} --output json", cli_service(service), kebab(operation))
    }

    fn call(&mut self, call: &Call) {
        let mut input = self.filled(&call.parameters);
        if let Some(amend) = &call.amend {
            input = self.amend(call, amend, &input);
        }
        self.put(&format!("{} --cli-input-json {input}", self.aws(&call.service, &call.operation)));
    }

    /// A shell word with the JSON; placeholders are looked up first and put in by `jq`.
    fn filled(&mut self, value: &Value) -> String {
        let mut holes = Vec::new();
        let plain = self.hollow(value, "", &mut holes);
        if holes.is_empty() {
            return json(&plain);
        }
        let mut filter = String::from("$plain");
        let mut arguments = String::new();
        for (path, name) in holes {
            // Writing to a String cannot fail.
            let _ = write!(arguments, " --argjson {name} \"${name}\"");
            let _ = write!(filter, " | setpath({}; ${name})", jq_path(&path));
        }
        let name = self.name("input");
        self.put(&format!("{name}=$(jq -cn{arguments} --argjson plain {} {})", json(&plain), quoted(&filter)));
        format!("\"${name}\"")
    }

    /// The value with `null` where a placeholder stands, and the variables that belong there.
    fn hollow(&mut self, value: &Value, path: &str, holes: &mut Vec<(String, String)>) -> Value {
        match value {
            Value::Object(map) => {
                if let Some(name) = self.placeholder(value) {
                    holes.push((path.to_owned(), name));
                    return Value::Null;
                }
                let member = |(key, value): (&String, &Value)| {
                    let path = format!("{path}/{}", crate::fix::pointer::escape(key));
                    (key.clone(), self.hollow(value, &path, holes))
                };
                Value::Object(map.iter().map(member).collect())
            }
            Value::Array(list) => {
                let entries = list.iter().enumerate();
                Value::Array(entries.map(|(at, value)| self.hollow(value, &format!("{path}/{at}"), holes)).collect())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other.clone(),
        }
    }

    /// The variable that holds, as JSON, what stands for a placeholder.
    fn placeholder(&mut self, value: &Value) -> Option<String> {
        if let Some(find) = value.get("$find") {
            let find: Find = serde_json::from_value(find.clone()).ok()?;
            let input = self.filled(&find.parameters);
            let list = if find.list.is_empty() { "[.]".to_owned() } else { format!("[{}[]?]", jq_filter(&find.list)) };
            let matching = find
                .matching
                .iter()
                .map(|(pointer, value)| format!(" | select(getpath({}) == {value})", jq_path(pointer)));
            let filter = format!(
                "{list} | map(.{}) | if length == 1 then .[0] | getpath({}) else error(\"not exactly one\") end",
                matching.collect::<String>(),
                jq_path(&find.take)
            );
            let name = self.name("found");
            let aws = self.aws(&find.service, &find.operation);
            self.put(&format!("{name}=$({aws} --cli-input-json {input} | jq -c {})", quoted(&filter)));
            return Some(name);
        }
        if value.get("$token").is_some() {
            let name = self.name("token");
            self.put(&format!(
                "{name}=$(jq -Rn --arg t \"$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)\" '$t')"
            ));
            return Some(name);
        }
        if let Some(secret) = value.get("$secret") {
            let header = secret.get("header").and_then(Value::as_str).unwrap_or("the header");
            self.put(&comment(&format!(
                "the secret value of {header}: the one CloudFront sends already, or a new random one"
            )));
            let name = self.name("secret");
            self.put(&format!("{name}=$(jq -n 'env.KONECTA_ORIGIN_SECRET // error(\"set KONECTA_ORIGIN_SECRET\")')"));
            return Some(name);
        }
        None
    }

    /// Reads the object, checks and changes it, and gives back the word with the parameters of the write.
    fn amend(&mut self, call: &Call, amend: &Amend, input: &str) -> String {
        let read = self.filled(&amend.parameters);
        let (answer, output) = (self.name("answer"), self.name("input"));
        let aws = self.aws(&call.service, &amend.read);
        self.put(&format!("{answer}=$({aws} --cli-input-json {read})"));
        let mut arguments = String::new();
        let mut filter = format!(".[{}]", Value::String(amend.member.clone()));
        for edit in &amend.edits {
            filter.push_str(&self.edit(edit, &mut arguments));
        }
        let token = amend
            .token
            .as_ref()
            .map(|[from, to]| format!(" + {{{}: .[{}]}}", Value::String(to.clone()), Value::String(from.clone())));
        let whole =
            format!("$plain{} + {{{}: ({filter})}}", token.unwrap_or_default(), Value::String(amend.member.clone()));
        self.put(&format!(
            "{output}=$(printf '%s' \"${answer}\" | jq -c --argjson plain {input}{arguments} {})",
            quoted(&whole)
        ));
        format!("\"${output}\"")
    }

    /// One edit as `jq`: what is there must be what the plan says.
    fn edit(&mut self, edit: &Edit, arguments: &mut String) -> String {
        let path = jq_path(&edit.path);
        let (parent, _) = edit.path.rsplit_once('/').unwrap_or_default();
        let differs = Value::String(format!("{} is not as planned", edit.path));
        let check = match &edit.before {
            // A secret or a value that is found later cannot be compared.
            Some(before) if before.to_string().contains("\"$") => String::new(),
            Some(before) => format!(" | if getpath({path}) == {before} then . else error({differs}) end"),
            None => {
                let (list, last) = (jq_path(parent), jq_path(&edit.path));
                format!(
                    " | if (getpath({list}) | if . == null then false elif type == \"array\" then length > ({last} | last) else has({last} | last) end) then error({differs}) else . end"
                )
            }
        };
        let change = match &edit.after {
            Some(after) => {
                let word = self.filled(after);
                let name = self.name("value");
                let _ = write!(arguments, " --argjson {name} {word}");
                format!(" | setpath({path}; ${name})")
            }
            None => format!(" | delpaths([{path}])"),
        };
        check + &change
    }

    fn wait(&mut self, wait: &Wait) {
        let input = self.filled(&wait.parameters);
        let aws = self.aws(&wait.service, &wait.operation);
        self.put(&format!(
            "wait_until {} {} {} {} {} {aws} --cli-input-json {input}",
            quoted(&crate::report::text::prose(&wait.what)),
            wait.timeout_seconds,
            json(&Value::Array(wait.until.clone())),
            json(&Value::Array(wait.failed.clone())),
            quoted(&jq_filter(&wait.path)),
        ));
    }

    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}_{}_{}", self.change.id, self.names)
    }
}

/// The service as the CLI names it; a plan already does.
fn cli_service(service: &str) -> String {
    service.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

#[cfg(test)]
mod tests;
