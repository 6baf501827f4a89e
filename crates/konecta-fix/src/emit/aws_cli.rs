//! A plan as a shell script: one `aws` command a change, with what is read before and waited for after.
//! Knows the AWS CLI and `jq`; the script stops at the first thing that is not as the plan says.
//!
//! What is read or found out on the way may hold secrets, so it goes through files that only the user can read: never
//! through arguments or the environment, which other processes see, and never to standard output.

mod check;

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::comment;
use super::shell::{jq_filter, jq_path, json, quoted};
use crate::plan::{Change, Plan};
use crate::procedure::kebab;
use crate::run::holds_stand_in;
use crate::step::{Amend, Call, Edit, Find, Wait};

/// Where values are kept until the script ends.
const WORK: &str = "umask 077; work=$(mktemp -d)";

const HEAD: &str = r#"set -euo pipefail

fail() { printf '%s\n' "$1" >&2; exit 1; }
command -v jq >/dev/null || fail 'jq is needed'

# or_none CODE COMMAND…: what the command prints, or {} where it says by this error that there is none.
or_none() {
  local code=$1; shift
  if "$@" 2>"$work/error"; then return 0; fi
  if grep -qF "($code)" "$work/error"; then printf '{}'; else cat "$work/error" >&2; return 1; fi
}

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
    line(&mut text, "");
    line(&mut text, WORK);
    line(&mut text, "trap 'rm -rf \"$work\"' EXIT");
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
            &comment(&format!("Not done: {} on {}: {}", refusal.control, refusal.resource.arn, refusal.message())),
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
    if text.contains("$work") {
        text = format!("{WORK}\n{text}rm -rf \"$work\"\n");
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// JSON for a command: as one shell word, or in a file of the working folder.
enum Word {
    Plain(String),
    File(String),
}

impl Word {
    /// As the AWS CLI takes it.
    fn input(&self) -> String {
        match self {
            Self::Plain(word) => word.clone(),
            Self::File(name) => format!("\"file://$work/{name}\""),
        }
    }

    /// As arguments of `jq` that bind it, and the expression that is then it.
    fn bound(&self, name: &str) -> (String, String) {
        match self {
            Self::Plain(word) => (format!(" --argjson {name} {word}"), format!("${name}")),
            Self::File(file) => (format!(" --slurpfile {name} \"$work/{file}\""), format!("${name}[0]")),
        }
    }
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
        if change.call.amend.is_none() {
            self.check();
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
        self.put(&format!("printf '%s\\n' {}", quoted(&konecta_base::text::prose(&format!("{}: done", change.id)))));
    }

    /// The command that prints what a wait names at a place.
    fn asked(&mut self, wait: &Wait, place: &str) -> String {
        let input = self.filled(&wait.parameters).input();
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
        let edits = call.amend.iter().flat_map(|amend| &amend.edits).filter_map(|edit| edit.after.as_ref());
        if std::iter::once(&call.parameters).chain(edits).any(holds_stand_in) {
            self.put("fail 'a value that is kept nowhere would have to be sent; set it by hand'");
            return;
        }
        let mut input = self.filled(&call.parameters);
        if let Some(amend) = &call.amend {
            input = self.amend(call, amend, &input);
        }
        // The answer of a write tells the whole object, with whatever is secret in it.
        self.put(&format!(
            "{} --cli-input-json {} >/dev/null",
            self.aws(&call.service, &call.operation),
            input.input()
        ));
    }

    /// The JSON; placeholders are looked up first and put in by `jq`.
    fn filled(&mut self, value: &Value) -> Word {
        let mut holes = Vec::new();
        let plain = self.hollow(value, "", &mut holes);
        if holes.is_empty() {
            return Word::Plain(json(&plain));
        }
        let mut filter = String::from("$plain");
        let mut arguments = String::new();
        for (path, name) in holes {
            let (bound, is) = Word::File(name.clone()).bound(&name);
            arguments.push_str(&bound);
            // Writing to a String cannot fail.
            let _ = write!(filter, " | setpath({}; {is})", jq_path(&path));
        }
        let name = self.name("input");
        self.put(&format!("jq -cn{arguments} --argjson plain {} {} >\"$work/{name}\"", json(&plain), quoted(&filter)));
        Word::File(name)
    }

    /// The value with `null` where a placeholder stands, and the files whose content belongs there.
    fn hollow(&mut self, value: &Value, path: &str, holes: &mut Vec<(String, String)>) -> Value {
        match value {
            Value::Object(map) => {
                if let Some(name) = self.placeholder(value) {
                    holes.push((path.to_owned(), name));
                    return Value::Null;
                }
                let member = |(key, value): (&String, &Value)| {
                    let path = format!("{path}/{}", crate::pointer::escape(key));
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

    /// The file that holds, as JSON, what stands for a placeholder.
    fn placeholder(&mut self, value: &Value) -> Option<String> {
        if let Some(find) = value.get("$find") {
            let find: Find = serde_json::from_value(find.clone()).ok()?;
            let input = self.filled(&find.parameters).input();
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
            self.put(&format!("{aws} --cli-input-json {input} | jq -c {} >\"$work/{name}\"", quoted(&filter)));
            return Some(name);
        }
        if value.get("$token").is_some() {
            let name = self.name("token");
            self.put(&format!(
                "printf '\"%s\"' \"$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)\" >\"$work/{name}\""
            ));
            return Some(name);
        }
        value.get("$secret").map(|secret| self.secret(secret))
    }

    /// The value of a header that CloudFront and the load balancer share: the one that is sent already, else a new random one,
    /// which is the same for the whole script.
    fn secret(&mut self, secret: &Value) -> String {
        let part = |name: &str| secret.get(name).and_then(Value::as_str).unwrap_or_default();
        let (distribution, origin, header) = (part("distribution"), part("origin"), part("header"));
        let name = self.name("secret");
        self.put(&comment(&format!(
            "the secret value of {header}: the one that CloudFront sends already, or a new random one"
        )));
        self.put(&format!(
            "aws cloudfront get-distribution-config --region us-east-1 --output json --cli-input-json {} | jq -c --arg o {} --arg h {} '{}' >\"$work/{name}\"",
            json(&serde_json::json!({"Id": distribution})),
            quoted(origin),
            quoted(header),
            concat!(
                "[.DistributionConfig.Origins.Items[]? | select(.Id == $o) | .CustomHeaders.Items[]?",
                " | select((.HeaderName | ascii_downcase) == ($h | ascii_downcase)) | .HeaderValue | select(. != \"\")] | .[0] // empty"
            ),
        ));
        let make = if secret.get("planned").is_some_and(Value::is_string) {
            // A new value would be one that the rest of the plan knows nothing of.
            format!("fail {}", quoted(&format!("origin {origin} of {distribution} no longer sends {header}")))
        } else {
            let key = format!("{distribution}\n{origin}\n{}", header.to_ascii_lowercase());
            let made = format!("made_{}", &hex::encode(Sha256::digest(key.as_bytes()))[..16]);
            self.put(&format!(
                "[ -s \"$work/{made}\" ] || head -c 36 /dev/urandom | base64 | tr -d '\\n' | tr '+/' '-_' | jq -R . >\"$work/{made}\""
            ));
            format!("cp \"$work/{made}\" \"$work/{name}\"")
        };
        self.put(&format!("[ -s \"$work/{name}\" ] || {make}"));
        name
    }

    /// Reads the object, checks and changes it, and gives back the parameters of the write.
    fn amend(&mut self, call: &Call, amend: &Amend, input: &Word) -> Word {
        let read = self.filled(&amend.parameters).input();
        let (answer, output) = (self.name("answer"), self.name("input"));
        let aws = self.aws(&call.service, &amend.read);
        self.put(&format!("{aws} --cli-input-json {read} >\"$work/{answer}\""));
        let (mut arguments, plain) = input.bound("plain");
        let mut filter = format!(".[{}]", Value::String(amend.member.clone()));
        for edit in &amend.edits {
            filter.push_str(&self.edit(edit, &mut arguments));
        }
        let token = amend
            .token
            .as_ref()
            .map(|[from, to]| format!(" + {{{}: .[{}]}}", Value::String(to.clone()), Value::String(from.clone())));
        let object = if amend.spread.is_empty() {
            format!("{{{}: ({filter})}}", Value::String(amend.member.clone()))
        } else {
            // The members that the operation takes go back as parameters of their own, where they are there.
            let names: Vec<String> = amend.spread.iter().map(|name| Value::String(name.clone()).to_string()).collect();
            format!("({filter} | with_entries(select(.key | IN({}))))", names.join(", "))
        };
        let whole = format!("{plain}{} + {object}", token.unwrap_or_default());
        self.put(&format!("jq -c{arguments} {} \"$work/{answer}\" >\"$work/{output}\"", quoted(&whole)));
        Word::File(output)
    }

    /// One edit as `jq`: what is there must be what the plan says.
    fn edit(&mut self, edit: &Edit, arguments: &mut String) -> String {
        let path = jq_path(&edit.path);
        let (parent, _) = edit.path.rsplit_once('/').unwrap_or_default();
        let differs = Value::String(format!("{} is not as planned", edit.path));
        let check = match &edit.before {
            // A secret or a value that is found later cannot be compared.
            Some(before) if before.to_string().contains("\"$") || holds_stand_in(before) => String::new(),
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
                let (bound, is) = word.bound(&self.name("value"));
                arguments.push_str(&bound);
                format!(" | setpath({path}; {is})")
            }
            None => format!(" | delpaths([{path}])"),
        };
        check + &change
    }

    fn wait(&mut self, wait: &Wait) {
        let input = self.filled(&wait.parameters).input();
        let aws = self.aws(&wait.service, &wait.operation);
        self.put(&format!(
            "wait_until {} {} {} {} {} {aws} --cli-input-json {input}",
            quoted(&konecta_base::text::prose(&wait.what)),
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
