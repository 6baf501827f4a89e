//! Worlds in which a verdict is easy to get wrong, each with what is right and why: `fixtures/worlds/*/cases.txt`.
//!
//! A line is `NAME [blueprint=FILE] | CLAUSE; CLAUSE; … | why`; beside it stands the snapshot `NAME.snap`. A clause is
//! `KA-X-001 fail`, `KA-IAM-003@erp-bastion fail` (of findings on resources whose ARN contains the text),
//! `claim:in-transit !holds` or `noerrors`:
//!
//! | word | what must be so |
//! |---|---|
//! | `fail` | at least one finding fails |
//! | `pass` | at least one passes, none fails or is unknown |
//! | `unknown` | at least one is unknown, none passes |
//! | `not_applicable` | there are findings, and all are not applicable |
//! | `!pass` | none passes, and at least one is fail or unknown |
//! | `!fail`, `!unknown` | none is, and the control gave a verdict |
//! | `seen` | at least one is fail, pass or unknown |
//! | `!allpass` | at least one is fail or unknown |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{judge_all, surroundings};
use crate::facts::{self, Wanted};
use konecta_base::blueprint::Blueprint;
use konecta_base::calls;
use konecta_base::claim::{self, JudgedClaim};
use konecta_base::finding::{Finding, Status};
use konecta_base::reads::reads;
use konecta_base::rule::ControlError;
use konecta_base::snapshot::SnapshotFile;
use konecta_rego::catalogue::{Catalogue, Selection};
use konecta_rego::engine::{Judge, World};

/// Worlds that are not judged right yet. This list only ever gets shorter.
const PENDING: &[&str] = &[];

/// One line of a `cases.txt`.
struct WorldFile {
    name: String,
    snapshot: PathBuf,
    blueprint: Blueprint,
    clauses: Vec<String>,
    why: String,
}

/// What came out of a world.
struct Judged {
    findings: Vec<Finding>,
    claims: Vec<JudgedClaim>,
    errors: Vec<ControlError>,
}

impl Judged {
    fn holds(&self, clause: &str) -> bool {
        if clause == "noerrors" {
            return self.errors.is_empty();
        }
        let (subject, wanted) = clause.rsplit_once(' ').unwrap_or_else(|| panic!("no clause: {clause}"));
        if let Some(id) = subject.strip_prefix("claim:") {
            let claim = self.claims.iter().find(|claim| claim.id.as_str() == id);
            let verdict = claim.unwrap_or_else(|| panic!("no claim: {id}")).verdict.to_string();
            return wanted.strip_prefix('!').map_or_else(|| verdict == wanted, |wrong| verdict != wrong);
        }
        let (control, part) = subject.split_once('@').unwrap_or((subject, ""));
        if self.errors.iter().any(|error| error.control.as_str() == control) {
            return false;
        }
        let concerns =
            |finding: &&Finding| finding.control.as_str() == control && finding.resource.arn.as_str().contains(part);
        let found: BTreeSet<Status> = self.findings.iter().filter(concerns).map(|finding| finding.status).collect();
        let has = |status| found.contains(&status);
        let open = has(Status::Fail) || has(Status::Unknown);
        match wanted {
            "fail" => has(Status::Fail),
            "pass" => has(Status::Pass) && !open,
            "unknown" => has(Status::Unknown) && !has(Status::Pass),
            "not_applicable" => found.iter().eq([&Status::NotApplicable]),
            "!pass" => !has(Status::Pass) && open,
            "!fail" => !has(Status::Fail) && !found.is_empty(),
            "!unknown" => !has(Status::Unknown) && !found.is_empty(),
            "seen" => open || has(Status::Pass),
            "!allpass" => open,
            other => panic!("no clause: {other}"),
        }
    }

    /// What was found of the control or claim that a clause speaks of.
    fn describe(&self, clause: &str) -> String {
        let subject = clause.rsplit_once(' ').map_or(clause, |(subject, _)| subject);
        if let Some(id) = subject.strip_prefix("claim:") {
            let claims = self.claims.iter().filter(|claim| claim.id.as_str() == id);
            return claims.map(|claim| format!("{} ({})", claim.verdict, claim.reason)).collect();
        }
        let (control, part) = subject.split_once('@').unwrap_or((subject, ""));
        let errors = self.errors.iter().filter(|error| clause == "noerrors" || error.control.as_str() == control);
        let errors = errors.map(|error| format!("error of {} on {}: {}", error.control, error.arn, error.message));
        let found = self.findings.iter().filter(|finding| finding.control.as_str() == control);
        let found = found.filter(|finding| finding.resource.arn.as_str().contains(part));
        let found = found.map(|finding| {
            let why: Vec<String> =
                finding.violations.iter().map(|one| format!("{} {}", one.path, one.actual)).collect();
            let why: Vec<&str> = why.iter().chain(finding.reasons.iter()).map(String::as_str).collect();
            format!("{} {}: {}", finding.status, finding.resource.arn.short_name(), why.join("; "))
        });
        errors.chain(found).map(|line| format!("\n      {line}")).collect()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/worlds")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("fixtures/worlds");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn cases(folder: &Path) -> Vec<WorldFile> {
    let area = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let text = read(&folder.join("cases.txt"));
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
            let [head, clauses, why] = parts[..] else { panic!("{area}: {line}") };
            let mut words = head.split_whitespace();
            let name = words.next().expect("a name");
            let named = words.find_map(|option| option.strip_prefix("blueprint="));
            let file = folder.join(named.unwrap_or("blueprint.toml"));
            let blueprint = if named.is_some() || file.exists() {
                toml::from_str(&read(&file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            } else {
                Blueprint::default()
            };
            WorldFile {
                name: format!("{area}/{name}"),
                snapshot: folder.join(format!("{name}.snap")),
                blueprint,
                clauses: clauses
                    .split(';')
                    .map(str::trim)
                    .filter(|clause| !clause.is_empty())
                    .map(str::to_owned)
                    .collect(),
                why: why.to_owned(),
            }
        })
        .collect()
}

fn judged(judge: &mut Judge<'_>, catalogue: &Catalogue, case: &WorldFile) -> Judged {
    let fail = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", case.name) };
    let file = SnapshotFile::open(&case.snapshot).unwrap_or_else(|error| fail(&error));
    let source = file.load().unwrap_or_else(|error| fail(&error));
    let texts = facts::texts(&source, &case.blueprint, Wanted::All).unwrap_or_else(|error| fail(&error));
    let (world, stacks) = surroundings(&source, &case.blueprint, texts).unwrap_or_else(|error| fail(&error));
    judge.change_world(&world).unwrap_or_else(|error| fail(&error));
    let mut findings = Vec::new();
    let mut take = |finding| findings.push(finding);
    let errors = judge_all(judge, &source, catalogue, &stacks, &|_, _, _| true, &mut take);
    let errors = errors.unwrap_or_else(|error| fail(&error));
    let failed = errors.iter().map(|error| &error.control);
    let claims = claim::judge(catalogue.claims(), catalogue.deciders(), &findings, failed);
    Judged { findings, claims, errors }
}

/// The controls that clauses speak of, and who decides the claims that they speak of.
fn spoken_of(cases: &[WorldFile]) -> Catalogue {
    let mut catalogue = Catalogue::built_in().expect("catalogue");
    let mut controls: BTreeSet<String> = [claim::INVENTORY.to_owned()].into();
    for clause in cases.iter().flat_map(|case| &case.clauses) {
        let Some((subject, _)) = clause.rsplit_once(' ') else { continue };
        if let Some(id) = subject.strip_prefix("claim:") {
            let decided = catalogue.deciders().of.iter().filter(|(claim, _)| claim.as_str() == id);
            controls.extend(decided.flat_map(|(_, controls)| controls).map(ToString::to_string));
        } else {
            controls.extend(subject.split('@').next().map(str::to_owned));
        }
    }
    controls.retain(|control| catalogue.find(control).is_some());
    let selection = Selection { controls: controls.into_iter().collect(), ..Selection::default() };
    catalogue.narrow(&selection).expect("they exist");
    catalogue
}

/// One judge for all: its policies are compiled once, and the world around it is changed from case to case.
#[test]
fn every_world_is_judged_right() {
    let all: Vec<WorldFile> = folders().iter().flat_map(|folder| cases(folder)).collect();
    let catalogue = spoken_of(&all);
    let nothing = World::new(&serde_json::json!({})).expect("a world");
    let mut judge = Judge::new(&catalogue, &nothing, reads(), &[]).expect("a judge");
    let (mut wrong, mut mended, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for case in all {
        let judged = judged(&mut judge, &catalogue, &case);
        let not_so: Vec<&String> = case.clauses.iter().filter(|clause| !judged.holds(clause)).collect();
        let is_pending = PENDING.contains(&case.name.as_str());
        if not_so.is_empty() && is_pending {
            mended.push(case.name.clone());
        } else if !not_so.is_empty() && !is_pending {
            let told: String =
                not_so.iter().map(|clause| format!("\n    {clause}{}", judged.describe(clause))).collect();
            wrong.push(format!("{}, since {}:{told}", case.name, case.why));
        }
        names.insert(case.name);
    }
    assert!(wrong.is_empty(), "{} of {} worlds are not judged right:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(mended.is_empty(), "these are right now; take them out of PENDING in {}: {mended:?}", file!());
    assert!(PENDING.iter().all(|name| names.contains(*name)), "PENDING names worlds that are not there");
    assert!(names.len() > 100, "only {} worlds", names.len());
}

/// An account that may not ask Organizations is told of it, and its scan is whole where no verdict hangs on the answer.
#[test]
fn an_optional_read_is_needed_where_it_leaves_a_verdict_open() {
    for (name, needed) in [("organization_denied", true), ("organization_denied_and_of_no_matter", false)] {
        let file = SnapshotFile::open(&folder().join(format!("hanging/{name}.snap"))).expect("snapshot");
        let source = file.load().expect("snapshot");
        let mut catalogue = Catalogue::built_in().expect("catalogue");
        let selection = Selection { controls: vec!["KA-ECR-006".to_owned()], ..Selection::default() };
        catalogue.narrow(&selection).expect("it exists");
        let mut report = super::Audit::new(&catalogue, &Blueprint::default(), "0").verdicts(&source).expect("report");
        report.gaps.retain(|gap| gap.gap.action.as_str() == calls::ORGANIZATIONS_DESCRIBE_ORGANIZATION);
        assert_eq!((report.gaps.len(), report.complete()), (1, !needed), "{name}");
        assert_eq!(report.gaps.iter().map(|gap| gap.needed).collect::<Vec<_>>(), [needed], "{name}");
    }
}
