//! Signed plans: what a key has signed is carried out, and what it has not is refused before anything is asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::mended::ended;
use crate::world::{World, findings, program, root};

/// Whether there is an `openssl` that knows Ed25519; without it, only our own side is tested, by the unit tests too.
fn openssl(arguments: &[&str], paths: &[&Path]) -> bool {
    // Arguments of the form `{0}` stand for paths.
    let filled = arguments.iter().map(|argument| {
        let at: Option<usize> = argument.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')?.parse().ok());
        at.map_or_else(|| PathBuf::from(argument), |at| paths[at].to_owned())
    });
    let output = Command::new("openssl").args(filled).output().expect("there is an openssl");
    output.status.success()
}

/// A key pair as a person makes it.
fn keys(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (key, public) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.pub.pem")));
    assert!(openssl(&["genpkey", "-algorithm", "ed25519", "-out", "{0}"], &[&key]));
    assert!(openssl(&["pkey", "-in", "{0}", "-pubout", "-out", "{1}"], &[&key, &public]));
    mode(&key, 0o600);
    (key, public)
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("mode");
}

#[cfg(not(unix))]
fn mode(_path: &Path, _mode: u32) {}

struct SignedTest {
    world: World,
    dir: tempfile::TempDir,
}

impl SignedTest {
    fn fix(&self, arguments: &[&str], paths: &[(&str, &Path)]) -> (Option<i32>, String) {
        let mut command = self.world.command();
        command.arg("fix").args(arguments).arg("--state-dir").arg(self.dir.path());
        for (option, path) in paths {
            command.arg(option).arg(path);
        }
        let output = command.output().expect("runs");
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).expect("text"))
    }
}

#[test]
fn a_signed_plan_is_carried_out_and_one_that_was_touched_is_not() {
    let test = SignedTest { world: World::up("drifted"), dir: tempfile::tempdir().expect("dir") };
    let dir = test.dir.path();
    let ((key, public), (_, other)) = (keys(dir, "ours"), keys(dir, "other"));
    let (plan, signature) = (dir.join("plan.json"), dir.join("plan.json.sig"));
    let planning = ["--dry-run", "--control", "KA-VPC-004", "--allow-disruptive"];

    mode(&key, 0o640);
    let (code, told) = test.fix(&planning, &[("--plan-out", &plan), ("--sign-key", &key)]);
    assert!(code == Some(2) && told.contains("chmod 600") && !plan.exists(), "{told}");
    mode(&key, 0o600);
    let (code, told) = test.fix(&planning, &[("--plan-out", &plan), ("--sign-key", &public)]);
    assert!(code == Some(2) && !plan.exists(), "{told}");
    let (code, told) = test.fix(&planning, &[("--plan-out", Path::new("-")), ("--sign-key", &key)]);
    assert!(code == Some(2) && told.contains("standard output cannot be signed"), "{told}");
    let (code, told) = test.fix(&planning, &[("--plan-out", &plan), ("--sign-key", &key)]);
    assert!(code == Some(1) && told.contains("plan.json.sig"), "{told}");

    let checks = |public: &Path| {
        openssl(
            &["pkeyutl", "-verify", "-pubin", "-inkey", "{0}", "-rawin", "-in", "{1}", "-sigfile", "{2}"],
            &[public, &plan, &signature],
        )
    };
    assert!(checks(&public) && !checks(&other), "OpenSSL sees it as we do");

    let before = findings(&test.world.scan(&["--control", "KA-VPC-004"]).0, "fail");
    assert!(!before.is_empty());
    let refused = |public: &Path, words: &str| {
        let (code, told) = test.fix(&["--yes", "--allow-disruptive"], &[("--plan", &plan), ("--verify-key", public)]);
        assert!(code == Some(2) && told.contains(words), "{words}: {told}");
        assert_eq!(findings(&test.world.scan(&["--control", "KA-VPC-004"]).0, "fail"), before);
    };
    refused(&other, "is not one of");
    refused(&key, "is not an Ed25519 public key");
    let (text, signed) = (std::fs::read_to_string(&plan).expect("plan"), std::fs::read(&signature).expect("signature"));
    std::fs::write(&plan, format!("{text}\n")).expect("written");
    refused(&public, "is not one of");
    std::fs::write(&plan, &text).expect("written");
    std::fs::remove_file(&signature).expect("removed");
    refused(&public, "has no signature");
    // A signature that OpenSSL makes is as good.
    assert!(openssl(
        &["pkeyutl", "-sign", "-inkey", "{0}", "-rawin", "-in", "{1}", "-out", "{2}"],
        &[&key, &plan, &signature]
    ));
    assert_eq!(std::fs::read(&signature).expect("signature"), signed, "Ed25519 has one signature of a text");
    let (code, told) = test.fix(&["--yes", "--allow-disruptive"], &[("--plan", &plan), ("--verify-key", &public)]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(findings(&test.world.scan(&["--control", "KA-VPC-004"]).0, "fail"), [""; 0]);
}

/// A signed report names what it was made of; from its snapshot anybody derives the same verdicts.
#[test]
fn a_signed_report_is_verified_down_to_its_verdicts() {
    let dir = tempfile::tempdir().expect("dir");
    let at = |name: &str| dir.path().join(name);
    let (key, public) = keys(dir.path(), "auditor");
    let (_, other) = keys(dir.path(), "other");
    let snapshot = root().join("fixtures/terraform/konecta/drifted.snap");
    std::fs::write(at("konecta-audit.toml"), "").expect("written");
    let run = |arguments: &[&str]| {
        let mut command = program();
        ended(command.arg("--config").arg(at("konecta-audit.toml")).args(arguments).current_dir(dir.path()))
    };
    let words = |paths: &[&Path]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    let [snapshot, key, public, other] = words(&[&snapshot, &key, &public, &other]).try_into().expect("four");
    let scan =
        |more: &[&str]| run(&[&["scan", "--exit-zero", "--snapshot", &snapshot, "--sign-key", &key], more].concat());

    let nowhere = scan(&["--format", "json"]);
    assert_eq!(nowhere.code, Some(2), "{nowhere:?}");
    assert!(nowhere.err.contains("a signature needs a report in a file"), "{nowhere:?}");
    assert_eq!(scan(&["--format", "json=one.json"]).code, Some(0));
    assert_eq!(scan(&["--format", "json=two.json", "--baseline", "one.json"]).code, Some(0));
    assert!(openssl(
        &["pkeyutl", "-verify", "-pubin", "-inkey", "{0}", "-rawin", "-in", "{1}", "-sigfile", "{2}"],
        &[Path::new(&public), &at("two.json"), &at("two.json.sig")]
    ));

    let verify = |more: &[&str]| run(&[&["verify", "two.json", "--verify-key", &public], more].concat());
    let good = verify(&["--snapshot", &snapshot, "--previous", "one.json"]);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.out.contains("every verdict follows from it"), "{good:?}");

    for (arguments, told) in [
        (vec!["--previous", "two.json"], "is not the report before that the statement names"),
        (vec!["--snapshot", "one.json"], "is not the snapshot that the statement names"),
    ] {
        let bad = verify(&arguments);
        assert_eq!(bad.code, Some(2), "{bad:?}");
        assert!(bad.err.contains(told), "{bad:?}");
    }
    let stranger = run(&["verify", "two.json", "--verify-key", &other]);
    assert!(stranger.code == Some(2) && stranger.err.contains("is not one of"), "{stranger:?}");
    // Another blueprint comes to other verdicts: that is told, and is no clean end.
    std::fs::write(at("konecta-audit.toml"), "[rds]\nbackup_retention_days = 35\n").expect("written");
    let apart = verify(&["--snapshot", &snapshot]);
    assert_eq!(apart.code, Some(1), "{apart:?}");
    assert!(apart.out.contains("KA-RDS-004") && apart.out.contains("not all verdicts follow"), "{apart:?}");
    // A statement of another report does not speak of this one, whoever signed it.
    std::fs::copy(at("one.json.intoto.json"), at("two.json.intoto.json")).expect("copied");
    let moved = verify(&[]);
    assert!(moved.code == Some(2) && moved.err.contains("is not the report that the statement names"), "{moved:?}");
    std::fs::write(at("two.json"), "{}").expect("written");
    let edited = verify(&[]);
    assert!(edited.code == Some(2) && edited.err.contains("is not one of"), "{edited:?}");
}
