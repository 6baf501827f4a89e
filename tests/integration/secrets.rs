//! No secret of the account leaves the program, in no format and no encoding; and a kept snapshot is judged alike
//! as often as one likes, without any account.

use std::path::Path;
use std::process::Output;

use konecta_base::snapshot::{self, SnapshotFile, Source};
use serde_json::Value;

use crate::world::{World, program, report};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding; whole groups only, so that what follows a secret does not matter.
fn base64(bytes: &[u8]) -> String {
    let group = |three: &[u8]| {
        let word = three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(word >> shift & 63) as usize]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// How a secret may look in letters of any case: as it is, in hexadecimal, escaped in a URL.
fn spelt(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    [secret.to_owned(), hex, escaped, secret.replace('-', "%2d")].map(|form| form.to_lowercase()).to_vec()
}

/// How it may look in base64, wherever in a longer text it stands.
fn encoded(secret: &str) -> Vec<String> {
    (0..3).map(|skip| base64(&secret.as_bytes()[skip..])).collect()
}

/// The form in which a secret is found in a text, if it is.
fn found(secret: &str, text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let small = text.to_lowercase();
    let spelt = spelt(secret).into_iter().find(|form| small.contains(form.as_str()));
    spelt.or_else(|| encoded(secret).into_iter().find(|form| text.contains(form.as_str())))
}

/// The secrets that are planted in a world.
fn planted(world: &World) -> Vec<String> {
    let secrets = world.told["secrets"].as_array().expect("secrets").iter();
    let secrets: Vec<String> = secrets.map(|secret| secret.as_str().expect("text").to_owned()).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| secret.len() > 20), "{secrets:?}");
    secrets
}

/// Asserts that nothing of what was said holds a secret in any form.
fn assert_silent(secrets: &[String], said: &[(&str, Vec<u8>)]) {
    for (name, bytes) in said {
        assert!(!bytes.is_empty(), "{name} is empty: it proves nothing");
        for secret in secrets {
            assert_eq!(found(secret, bytes), None, "{name} holds {secret:?}");
        }
    }
}

/// Everything that a snapshot file holds, as text. A file that is written again from what was read comes out byte
/// for byte the same, so there is nothing in it that is not looked at here.
fn inside(path: &Path) -> Vec<u8> {
    let loaded = SnapshotFile::open(path).and_then(|file| file.load()).expect("snapshot");
    let again = path.with_extension("again");
    snapshot::save(&loaded, &again).expect("saved");
    assert!(
        std::fs::read(path).expect("read") == std::fs::read(again).expect("read"),
        "{path:?} holds more than is read"
    );
    let parts = [
        serde_json::to_vec(&loaded.info),
        serde_json::to_vec(loaded.reads()),
        serde_json::to_vec(loaded.gaps()),
        serde_json::to_vec(&loaded.resources),
    ];
    assert!(loaded.resources.len() > 50, "{} resources", loaded.resources.len());
    parts.into_iter().flat_map(|part| part.expect("JSON")).collect()
}

fn both(output: &Output) -> Vec<u8> {
    [output.stdout.as_slice(), &output.stderr].concat()
}

/// A scan of everything in this format: what it said, and on which streams.
fn scanned(world: &World, arguments: &[&str]) -> Output {
    let output = world.command().args(["scan", "--read-all", "--show-pass"]).args(arguments).output().expect("runs");
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Every control of a report explained on every resource it was judged on.
fn explained(world: &World, kept: &str, controls: &Value) -> Vec<u8> {
    let ids = controls.as_array().expect("controls").iter().map(|control| control["id"].as_str().expect("id"));
    let explain = |id| {
        let output = world.command().args(["explain", id, "--snapshot", kept]).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{id}: {}", String::from_utf8_lossy(&output.stderr));
        both(&output)
    };
    ids.flat_map(explain).collect()
}

/// Everything that the program can be made to say of a world.
fn no_secret_is_told_of(name: &str) {
    let world = World::up(name);
    let secrets = planted(&world);
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("kept.snap");
    let kept = path.to_str().expect("text");
    let json = scanned(&world, &["--format", "json", "--save-snapshot", kept]);
    let table = scanned(&world, &["--format", "table"]);
    let sarif = scanned(&world, &["--format", "sarif", "--sarif-include-waived"]);
    assert_silent(
        &secrets,
        &[
            ("the JSON report", both(&json)),
            ("the table", both(&table)),
            ("SARIF", both(&sarif)),
            ("the snapshot", inside(&path)),
            ("the snapshot file", std::fs::read(&path).expect("read")),
            ("what explain says", explained(&world, kept, &report(&json)["controls"])),
        ],
    );
}

#[test]
fn no_planted_secret_leaves_the_good_world() {
    no_secret_is_told_of("good");
}

#[test]
fn no_planted_secret_leaves_the_drifted_world() {
    no_secret_is_told_of("drifted");
}

#[test]
fn a_secret_would_be_found_in_every_form() {
    let secret = "planted-password-2d8e6c4f0a";
    for skip in 0..3 {
        let longer = format!("{}password={secret}&x=1", "#".repeat(skip));
        assert_ne!(found(secret, base64(longer.as_bytes()).as_bytes()), None, "base64 of {longer}");
    }
    let hex = "706C616E7465642D70617373776F72642D32643865366334663061";
    for text in ["PLANTED-PASSWORD-2D8E6C4F0A", "x=planted%2Dpassword%2D2d8e6c4f0a", hex] {
        assert_ne!(found(secret, text.as_bytes()), None, "{text}");
    }
    assert_eq!(found(secret, b"planted-password"), None);
}

#[test]
fn a_kept_snapshot_is_judged_alike_without_any_account() {
    let world = World::up("drifted");
    let dir = tempfile::tempdir().expect("dir");
    let kept = dir.path().join("kept.snap");
    let live = scanned(&world, &["--format", "json", "--save-snapshot", kept.to_str().expect("text")]);
    let config = std::fs::read(world.told["config"].as_str().expect("config")).expect("blueprint");
    let blueprint = dir.path().join("konecta-audit.toml");
    std::fs::write(&blueprint, config).expect("written");
    drop(world);

    let judge = || {
        let mut command = program();
        command.env_clear().arg("--config").arg(&blueprint).args(["scan", "--show-pass", "--format", "json"]);
        command.arg("--snapshot").arg(&kept).output().expect("runs")
    };
    let (first, second) = (judge(), judge());
    assert_eq!(first.status.code(), live.status.code(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(report(&first)["findings"].as_array().is_some_and(|findings| findings.len() > 100));
    assert_same(&first.stdout, &second.stdout);
    assert_same(&live.stdout, &first.stdout);
}

/// Asserts equality byte for byte, and shows the first line that differs.
fn assert_same(one: &[u8], other: &[u8]) {
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    if let Some((line, (a, b))) = one.lines().zip(other.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!("line {}:\n{a}\n{b}", line + 1);
    }
    assert_eq!(one.len(), other.len(), "one of the reports goes on");
}

/// Secrets in every place of an account where people put them, each its own, beside those of the world.
const PLANT: &str = include_str!("secrets/plant.py");

/// What `fix` can be made to say of a world: the plan in every form and as a file, a run's words and its journal.
fn fixed(world: &World, dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let (plan, state) = (dir.join("plan.json"), dir.join("state"));
    let fix = |arguments: &[&str]| {
        let mut command = world.command();
        command
            .args(["fix", "--allow-disruptive", "--allow-managed", "--max-changes", "1000", "--state-dir"])
            .arg(&state);
        command.args(arguments).output().expect("runs")
    };
    let said = |arguments: &[&str]| both(&fix(arguments));
    let shown = said(&["--dry-run", "-v", "--plan-out", plan.to_str().expect("text")]);
    // The stranger's statement has a condition whose value is kept nowhere: taken out, it could not be put back.
    assert!(String::from_utf8_lossy(&shown).contains("kept nowhere"), "{}", String::from_utf8_lossy(&shown));
    let (cli, terraform) = (said(&["--emit", "aws-cli"]), said(&["--emit", "terraform"]));
    let only = ["--yes", "--control", "KA-IAM-001,KA-IAM-003,KA-ECR-003,KA-ECR-006,KA-RDS-003,KA-WAF-001,KA-ALB-001"];
    let run = said(&only);
    let journals = journals(&state);
    assert!(String::from_utf8_lossy(&journals).contains("\"plan\""), "{}", String::from_utf8_lossy(&run));
    let file = std::fs::read(&plan).expect("a plan");
    vec![
        ("the plan as shown", shown),
        ("the plan file", file),
        ("the plan as commands", cli),
        ("the plan as HCL", terraform),
        ("what a run says", run),
        ("the journal", journals),
    ]
}

/// Everything below a folder, in one.
fn journals(dir: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(dir).expect("folder").map(|entry| entry.expect("entry").path());
    entries.flat_map(|path| if path.is_dir() { journals(&path) } else { std::fs::read(&path).expect("read") }).collect()
}

#[test]
fn no_secret_of_any_place_is_in_what_is_written_and_said() {
    let world = World::up("drifted");
    let more: Vec<String> = serde_json::from_value(world.ask(PLANT)).expect("secrets");
    assert!(more.len() >= 18, "{more:?}");
    let secrets = [planted(&world), more].concat();
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("kept.snap");
    let kept = path.to_str().expect("text");
    let json = scanned(&world, &["--format", "json", "--save-snapshot", kept]);
    let snapshot = inside(&path);
    // What was planted was read, or silence would prove nothing.
    let text = String::from_utf8_lossy(&snapshot);
    for place in [
        "vendor",
        "_token.",
        "\"Referer\"",
        "\"User-Agent\"",
        "QueryStringConfig",
        "AuthenticateOidcConfig",
        "SingleQueryArgument",
    ] {
        assert!(text.contains(place), "{place} was not read");
    }
    let mut said = vec![
        ("the JSON report", both(&json)),
        ("the table", both(&scanned(&world, &["--format", "table"]))),
        ("SARIF", both(&scanned(&world, &["--format", "sarif", "--sarif-include-waived"]))),
        ("the snapshot", snapshot),
        ("what explain says", explained(&world, kept, &report(&json)["controls"])),
    ];
    said.extend(fixed(&world, dir.path()));
    assert_silent(&secrets, &said);
}
