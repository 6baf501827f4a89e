//! From a snapshot file of a mixed account through all controls to findings: how many resources a second, in how much
//! memory, and whether ten times as many take ten times as long, in seconds of the processor. What was measured, and what
//! of it was learnt, stands in `docs/performance.md`.
//!
//! The same account is judged once more with all values different, and once by every control twice, under other ids.
//! `-- --million` measures 1,000,000 as well; `-- --controls` says what each control costs;
//! `-- --json FILE` judges into a report and writes it as JSON, which every run does for 100,000 too;
//! `-- --judge FILE [CONTROL]…` judges a snapshot that is there already, `-- --findings FILE…` prints what is found,
//! `-- --threads N FILE` judges on so many threads, `-- --write N FILE` writes an account of N resources and judges nothing.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints what it measures, and ends where it cannot"
)]

mod mixed;

use std::path::{Path, PathBuf};
use std::process::Command;

use konecta_base::blueprint::Blueprint;
use konecta_base::snapshot::{SnapshotFile, Source as _};
use konecta_core::audit::{self, Audit};
use konecta_core::report::json_v1;
use konecta_rego::catalogue::{Catalogue, Control, PolicyFile, Selection};

/// What one judging took.
struct Measured {
    seconds: f64,
    findings: usize,
    errors: usize,
    megabytes: f64,
}

fn judge(path: &Path, catalogue: &Catalogue) -> Measured {
    let mut blueprint = Blueprint::default();
    // With a region, the controls of the whole stack are judged as well.
    blueprint.stack.region = Some("us-east-1".parse().expect("region"));
    let started = processor_seconds();
    let snapshot = SnapshotFile::open(path).expect("snapshot");
    let mut findings = 0;
    let errors = audit::judge(&snapshot, catalogue, &blueprint, &mut |_| findings += 1).expect("judged");
    for error in &errors {
        println!("{}: {}", error.control, error.message);
    }
    Measured { seconds: processor_seconds() - started, findings, errors: errors.len(), megabytes: peak_megabytes() }
}

/// The processor's time of this thread: what else the machine does is no part of it.
fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = told.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e9
}

fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    peak.unwrap_or_default() / 1024.0
}

/// Takes bytes and counts them.
#[derive(Default)]
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Judges a file into a report on this thread and writes that as JSON, which nobody keeps: what the format costs beside judging.
fn json(path: &Path) {
    let mut blueprint = Blueprint::default();
    blueprint.stack.region = Some("us-east-1".parse().expect("region"));
    let (snapshot, catalogue) = (SnapshotFile::open(path).expect("snapshot"), only(&[]));
    let started = processor_seconds();
    let everything = |_: &_, _: &_, _: &_| true;
    let report = Audit::new(&catalogue, &blueprint, "bench").verdicts_of(&snapshot, &everything).expect("judged");
    let (judged, peak) = (processor_seconds(), peak_megabytes());
    let mut counted = Counted::default();
    json_v1::write(&report, &mut counted).expect("written");
    let (judging, writing) = (judged - started, processor_seconds() - judged);
    println!(
        "{} findings as JSON: {:.0} MB in {writing:.2} s, {:.0} % of the {judging:.2} s of judging, {:.0} MB more",
        report.findings.len(),
        counted.0 as f64 / 1e6,
        100.0 * writing / judging,
        peak_megabytes() - peak
    );
}

/// All controls, and each again under another id and package.
fn doubled() -> Catalogue {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let again = |control: &Control| {
        let (id, package) = (control.id().as_str(), &control.source.package);
        let number: usize = id.rsplit('-').next().and_then(|number| number.parse().ok()).expect("a number");
        let other = format!("{}{:03}", id.trim_end_matches(char::is_numeric), number + 500);
        let text = control.source.text.replace(id, &other);
        let named = format!("package {}\n", package.trim_start_matches("data."));
        let renamed = format!("{}_again\n", named.trim_end());
        (control.source.file.replace(".rego", "_again.rego"), text.replace(&named, &renamed))
    };
    let again: Vec<(String, String)> = catalogue.controls().map(again).collect();
    let files: Vec<PolicyFile<'_>> = again.iter().map(|(path, text)| PolicyFile { path, text }).collect();
    catalogue.with_user_policies(&files).expect("the same controls under other names")
}

/// Judges by the named controls only; by none, the snapshot is read and nothing is evaluated.
fn only(names: &[String]) -> Catalogue {
    let mut catalogue = Catalogue::built_in().expect("catalogue");
    let selection = Selection { controls: names.to_vec(), ..Selection::default() };
    catalogue.narrow(&selection).expect("known controls");
    catalogue
}

/// On several threads: the processor's seconds of all of them, those of the one that reads and derives, and those of the
/// wall. Of a machine that does nothing else, the wall is about the one that reads plus the others' share.
fn on_threads(path: &Path, threads: usize) {
    let mut blueprint = Blueprint::default();
    blueprint.stack.region = Some("us-east-1".parse().expect("region"));
    let (started, catalogue) = (std::time::Instant::now(), only(&[]));
    let snapshot = SnapshotFile::open(path).expect("snapshot");
    let mut findings = 0;
    audit::judge_on(threads, &snapshot, &catalogue, &blueprint, &mut |_| findings += 1).expect("judged");
    let wall = started.elapsed().as_secs_f64();
    // In hundredths of a second; the threads that have ended are among them.
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = told.rsplit(") ").next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let all: f64 = ticks.filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / 100.0;
    let (reading, peak) = (processor_seconds(), peak_megabytes());
    println!(
        "{threads} threads: {findings} findings, {all:.2} s, {reading:.2} s of reading, {wall:.2} s of the wall, {peak:.0} MB"
    );
}

/// Peak memory is that of the process, so the judging of a file happens in a process of its own.
fn in_a_process(path: &Path, controls: &[String]) -> Measured {
    let own = std::env::current_exe().expect("this program");
    let output = Command::new(own).arg("--judge").arg(path).args(controls).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    let words: Vec<f64> = last.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, findings, errors, megabytes] = words[..] else {
        panic!("{text}{}", String::from_utf8_lossy(&output.stderr))
    };
    Measured { seconds, findings: findings as usize, errors: errors as usize, megabytes }
}

/// Every finding and error of a snapshot: what must be the same, byte for byte, after a change of how it is judged.
fn findings(path: &Path) {
    let snapshot = SnapshotFile::open(path).expect("snapshot");
    let mut blueprint = Blueprint::default();
    blueprint.stack.region = snapshot.info().regions.first().cloned();
    let errors =
        audit::judge(&snapshot, &only(&[]), &blueprint, &mut |finding| println!("{finding:?}")).expect("judged");
    errors.iter().for_each(|error| println!("{error:?}"));
}

/// What each control costs beyond what all cost that judge nothing here, dearest first.
fn controls(path: &Path, count: usize) {
    // No resource of this type is in the account: what is left is reading and deriving.
    let nothing = in_a_process(path, &["KA-IAM-013".to_owned()]).seconds;
    let catalogue = Catalogue::built_in().expect("catalogue");
    let mut dear: Vec<(f64, String, usize)> = catalogue
        .controls()
        .map(|control| {
            let id = control.id().to_string();
            let measured = in_a_process(path, std::slice::from_ref(&id));
            (measured.seconds - nothing, format!("{id} {}", control.name()), measured.findings)
        })
        .collect();
    dear.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!("\nof {count}, without any control {nothing:.2} s; beyond that, milliseconds, findings, µs a finding:");
    for (seconds, name, findings) in dear {
        let each = seconds * 1e6 / findings.max(1) as f64;
        println!("{:>9.1} {findings:>9} {each:>7.1}  {name}", seconds * 1e3);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(at) = arguments.iter().position(|argument| argument == "--judge") {
        let names = &arguments[at + 2..];
        let catalogue = if names.first().is_some_and(|name| name == "--twice") { doubled() } else { only(names) };
        let measured = judge(&PathBuf::from(&arguments[at + 1]), &catalogue);
        let Measured { seconds, findings, errors, megabytes } = measured;
        println!("{seconds} {findings} {errors} {megabytes}");
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--json") {
        return json(&PathBuf::from(&arguments[at + 1]));
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        mixed::write(arguments[at + 1].parse().expect("a number"), mixed::KINDS, &PathBuf::from(&arguments[at + 2]));
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--threads") {
        let threads = arguments[at + 1].parse().expect("a number");
        on_threads(&PathBuf::from(&arguments[at + 2]), threads);
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--findings") {
        arguments[at + 1..].iter().for_each(|path| findings(&PathBuf::from(path)));
        return;
    }
    let dir = tempfile::tempdir().expect("dir");
    let head = ["resources", "findings", "errors", "per second", "seconds", "peak MB"];
    println!("{:>10} {:>10} {:>7} {:>12} {:>9} {:>8}", head[0], head[1], head[2], head[3], head[4], head[5]);
    let tell = |count: usize, measured: &Measured, what: &str| {
        let Measured { seconds, findings, errors, megabytes } = measured;
        let rate = count as f64 / seconds;
        println!("{count:>10} {findings:>10} {errors:>7} {rate:>12.0} {seconds:>9.2} {megabytes:>8.1}{what}");
    };
    for count in [10_000_usize, 100_000, 1_000_000].into_iter().filter(|&count| has("--million") || count < 1_000_000) {
        let path = dir.path().join(format!("{count}.snap"));
        mixed::write(count, mixed::KINDS, &path);
        tell(count, &in_a_process(&path, &[]), "");
    }
    let different = dir.path().join("different.snap");
    mixed::write(100_000, mixed::ALL_DIFFERENT, &different);
    tell(100_000, &in_a_process(&different, &[]), "  all values different");
    let twice = in_a_process(&dir.path().join("100000.snap"), &["--twice".to_owned()]);
    tell(100_000, &twice, "  every control twice");
    let own = std::env::current_exe().expect("this program");
    let told = Command::new(own).arg("--json").arg(dir.path().join("100000.snap")).status().expect("runs");
    assert!(told.success(), "writing JSON ended with {told}");
    if has("--controls") {
        controls(&dir.path().join("100000.snap"), 100_000);
    }
}
