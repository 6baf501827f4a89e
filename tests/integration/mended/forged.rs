//! A journal that somebody else wrote, hashes and all: no call is made of it that no remedy would make.

use konecta_fix::journal::{self, Event, FileMedium, Journal, Log as _};
use konecta_fix::plan::Plan;
use serde_json::{Value, json};

use super::content::Difference;
use super::{TestAccount, journals};
use crate::world::World;

#[test]
fn a_forged_journal_is_neither_taken_back_nor_gone_on_with() {
    let bench = TestAccount::over(World::labelled("good", &["rds-deletable"]));
    let fixed = bench.run(&["fix", "--yes", "--only", "KA-RDS-007"]);
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let before = bench.content("before.snap");
    for (number, (place, value, told)) in [
        ("/call/operation", json!("DeleteDBInstance"), "no remedy of it calls rds:DeleteDBInstance"),
        ("/inverse/0/service", json!("iam"), "no remedy of it calls iam:ModifyDBInstance"),
        ("/inverse/0/parameters/DBInstanceIdentifier", json!("another"), "ModifyDBInstance does not name"),
        ("/inverse/0/parameters/MasterUserPassword", json!("mine"), "sets MasterUserPassword"),
        ("/parts/0/fix", json!("rds.anything"), "there is no remedy rds.anything"),
    ]
    .into_iter()
    .enumerate()
    {
        let run = format!("20261129T00000{number}Z-000000");
        forge(&bench, &run, place, &value);
        // Its hashes are right: whoever writes the journal writes them too.
        let verified = bench.run(&["runs", "verify", &run]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        for command in [&["rollback", &run, "--yes"][..], &["fix", "--resume", &run]] {
            let ended = bench.run(command);
            assert_eq!(ended.code, Some(2), "{command:?}: {ended:?}");
            assert!(ended.err.contains(told), "{command:?}: {}", ended.err);
        }
    }
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
}

/// What a run that is gone on with has still to make is what the remedies propose of the account as it is now.
#[test]
fn a_journal_of_what_was_never_proposed_is_not_gone_on_with() {
    let bench = TestAccount::over(World::labelled("good", &["rds-deletable"]));
    let before = bench.content("before.snap");
    let fixed = bench.run(&["fix", "--yes", "--only", "KA-RDS-007"]);
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let real = journals(&bench.path("state")).pop().expect("a journal");
    let run = bench.last_run();
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    let begun = |run: &str, forge: &dyn Fn(&mut Value)| {
        let forged = real.with_file_name(format!("{run}.jsonl"));
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let book = journal::read(&mut FileMedium::new(real.clone())).await.expect("read");
            let mut journal = Journal::create(FileMedium::new(forged)).await.expect("begun");
            let mut first = book.lines.into_iter().next().expect("a line");
            let Event::Begun { run: name, plan, .. } = &mut first.event else { panic!("{first:?}") };
            run.clone_into(name);
            let mut changed = serde_json::to_value(&*plan).expect("JSON");
            forge(&mut changed["changes"][0]);
            **plan = serde_json::from_value::<Plan>(changed).expect("a plan");
            journal.write(first.at, &first.event).await.expect("written");
        });
        bench.run(&["fix", "--resume", run])
    };
    let opened = begun("20261129T000000Z-000001", &|change| {
        change["call"]["parameters"]["PubliclyAccessible"] = json!(true);
    });
    assert_eq!(opened.code, Some(4), "{opened:?}");
    assert!((opened.out + &opened.err).contains("no remedy proposes it"), "{}", opened.err);
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
    let genuine = begun("20261129T000000Z-000002", &|_| {});
    assert_eq!(genuine.code, Some(0), "{genuine:?}");
    assert_ne!(before.difference(&bench.content("after.snap")), Difference::default());
}

/// The account's only journal once more under another name, with one value of its plan's first change replaced, and without
/// its end.
fn forge(bench: &TestAccount, run: &str, place: &str, value: &Value) {
    let real = journals(&bench.path("state")).pop().expect("a journal");
    let forged = real.with_file_name(format!("{run}.jsonl"));
    let (folder, name) = place.rsplit_once('/').expect("a pointer");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let book = journal::read(&mut FileMedium::new(real)).await.expect("read");
        let mut journal = Journal::create(FileMedium::new(forged)).await.expect("begun");
        for mut line in book.lines.into_iter().filter(|line| !matches!(line.event, Event::Ended { .. })) {
            if let Event::Begun { run: name_of_run, plan, .. } = &mut line.event {
                run.clone_into(name_of_run);
                let mut changed = serde_json::to_value(&*plan).expect("JSON");
                let holder = changed["changes"][0].pointer_mut(folder).expect("a place");
                holder.as_object_mut().expect("an object").insert(name.to_owned(), value.clone());
                **plan = serde_json::from_value::<Plan>(changed).expect("a plan");
            }
            journal.write(line.at, &line.event).await.expect("written");
        }
    });
}
