//! The roll-up as JSON, version 2. `docs/rollup.schema.json` describes every field. Written as it is read: its lists are
//! in memory at no time. The structs are the wire format and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, Seek, Write};

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use strum::IntoEnumIterator;

use super::{RollupAbout, VERSION, each_named};
use crate::report::json_text;
use crate::rollup::{NamedTarget, Naming, Narrowed, Summary};
use konecta_base::finding::{Severity, Status};

/// Writes the roll-up as pretty JSON; `lists` is what [`crate::rollup::Rollup::finish`] gives back.
///
/// # Errors
/// When the lists cannot be read or the document cannot be written.
pub fn json<R: BufRead + Seek>(
    about: &RollupAbout<'_>,
    summary: &Summary,
    lists: &mut R,
    out: &mut dyn Write,
) -> Result<(), serde_json::Error> {
    let lists = RefCell::new(lists);
    let list = |naming| List { lists: &lists, naming };
    json_text::write_to(
        out,
        &Document {
            version: VERSION,
            tool: Tool { name: "konecta-audit", version: about.tool_version },
            run: about.run,
            narrowed: about.narrowed,
            accounts: accounts(summary),
            targets: targets(summary),
            summary: numbers(summary),
            controls: controls(about, summary),
            worst: worst(summary),
            unscanned: list(Naming::Unscanned),
            incomplete: list(Naming::Incomplete),
            unexpected: list(Naming::Unexpected),
            suspended: list(Naming::Suspended),
        },
    )
}

#[derive(Serialize)]
#[serde(bound(serialize = ""))]
struct Document<'a, R: BufRead + Seek> {
    version: u32,
    tool: Tool<'a>,
    run: Option<&'a str>,
    narrowed: &'a Narrowed,
    accounts: Accounts,
    targets: Targets,
    summary: Numbers,
    controls: Vec<Control<'a>>,
    worst: Vec<Worst<'a>>,
    unscanned: List<'a, R>,
    incomplete: List<'a, R>,
    unexpected: List<'a, R>,
    suspended: List<'a, R>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accounts {
    expected: u64,
    seen: u64,
    in_part: u64,
    unscanned: u64,
    suspended: u64,
}

#[derive(Serialize)]
struct Targets {
    expected: u64,
    complete: u64,
    incomplete: u64,
    unscanned: u64,
    unexpected: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    by_status: BTreeMap<String, u64>,
    fails_by_severity: BTreeMap<String, u64>,
    gaps: u64,
    errors: u64,
}

#[derive(Serialize)]
struct Control<'a> {
    id: &'a str,
    name: Option<&'a str>,
    title: Option<&'a str>,
    severity: Option<String>,
    fails: u64,
    unknown: u64,
    accounts: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Worst<'a> {
    account: &'a str,
    region: &'a str,
    name: Option<&'a str>,
    fails_by_severity: BTreeMap<String, u64>,
    unknown: u64,
    key: Option<&'a str>,
}

#[derive(Serialize)]
struct Missed<'a> {
    account: &'a str,
    region: Option<&'a str>,
    name: Option<&'a str>,
    reason: Option<&'a str>,
    key: Option<&'a str>,
}

#[derive(Serialize)]
struct Closed<'a> {
    account: &'a str,
    name: Option<&'a str>,
    state: Option<&'a str>,
}

/// Everybody who is named for one thing, read while it is written.
struct List<'a, R: BufRead + Seek> {
    lists: &'a RefCell<&'a mut R>,
    naming: Naming,
}

impl<R: BufRead + Seek> Serialize for List<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        let read = each_named(&mut *self.lists.borrow_mut(), self.naming, |named| {
            written = element(&mut sequence, &named);
            if written.is_ok() { Ok(()) } else { Err(std::io::Error::other("the document could not be written")) }
        });
        written?;
        read.map_err(S::Error::custom)?;
        sequence.end()
    }
}

fn element<S: SerializeSeq>(sequence: &mut S, named: &NamedTarget) -> Result<(), S::Error> {
    let (account, name) = (named.account.as_str(), named.name.as_deref());
    match named.naming {
        Naming::Suspended => sequence.serialize_element(&Closed { account, name, state: named.reason.as_deref() }),
        Naming::Unscanned | Naming::Incomplete | Naming::Unexpected => sequence.serialize_element(&Missed {
            account,
            region: named.region.as_ref().map(|region| region.as_str()),
            name,
            reason: named.reason.as_deref(),
            key: named.key.as_deref(),
        }),
    }
}

fn accounts(summary: &Summary) -> Accounts {
    let accounts = summary.accounts;
    Accounts {
        expected: accounts.expected,
        seen: accounts.seen,
        in_part: accounts.in_part,
        unscanned: accounts.unscanned,
        suspended: summary.suspended,
    }
}

fn targets(summary: &Summary) -> Targets {
    let targets = summary.targets;
    Targets {
        expected: targets.expected,
        complete: targets.complete,
        incomplete: targets.incomplete,
        unscanned: targets.unscanned,
        unexpected: targets.unexpected,
    }
}

fn numbers(summary: &Summary) -> Numbers {
    let status = |status: Status| summary.counts.get(&status).copied().unwrap_or_default();
    Numbers {
        by_status: Status::iter().map(|each| (each.to_string(), status(each))).collect(),
        fails_by_severity: by_severity(&summary.fails_by_severity),
        gaps: summary.gaps,
        errors: summary.errors,
    }
}

fn by_severity(counts: &BTreeMap<Severity, u64>) -> BTreeMap<String, u64> {
    Severity::iter()
        .map(|severity| (severity.to_string(), counts.get(&severity).copied().unwrap_or_default()))
        .collect()
}

fn controls<'a>(about: &RollupAbout<'a>, summary: &'a Summary) -> Vec<Control<'a>> {
    let control = |(id, totals): (&'a konecta_base::id::ControlId, &crate::rollup::ControlTotals)| {
        let rule = about.rules.iter().find(|rule| &rule.id == id);
        Control {
            id: id.as_str(),
            name: rule.map(|rule| rule.name.as_str()),
            title: rule.map(|rule| rule.title.as_str()),
            severity: rule.map(|rule| rule.severity.to_string()),
            fails: totals.fails,
            unknown: totals.unknowns,
            accounts: totals.accounts,
        }
    };
    summary.controls.iter().map(control).collect()
}

fn worst(summary: &Summary) -> Vec<Worst<'_>> {
    summary
        .worst()
        .map(|target| Worst {
            account: target.account.as_str(),
            region: target.region.as_str(),
            name: target.name.as_deref(),
            fails_by_severity: by_severity(&target.fails_by_severity),
            unknown: target.unknown,
            key: target.key.as_deref(),
        })
        .collect()
}
