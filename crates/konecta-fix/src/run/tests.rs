//! Runs over an account in memory: undisturbed, killed everywhere, lied to, overtaken, and taken back.

mod taken_back;

use serde_json::{Value, json};

use super::fake::{Dying, Fake, Mishap, TYPE, arn, now};
use super::*;
use crate::plan::state_hash;
use crate::step::{Find, secret};

fn world() -> Fake {
    Fake::of(&[
        ("a", json!({"Name": "a", "Good": false, "Rules": ["r", "s"]})),
        ("b", json!({"Name": "b", "Good": false, "Kept": [1, 2]})),
        ("r", json!({"Name": "r"})),
    ])
}

fn reference(id: &str) -> Value {
    json!({"arn": arn(id), "resourceType": TYPE, "accountId": "123456789012", "region": "us-east-1"})
}

fn call(operation: &str, parameters: Value) -> Value {
    json!({"service": "test", "operation": operation, "parameters": parameters})
}

fn set(id: &str, path: &str, value: Value) -> Value {
    call("Set", json!({"Id": id, "Path": path, "Value": value}))
}

fn edit(path: &str, before: Value, after: Value) -> Value {
    json!({"path": path, "before": before, "after": after})
}

fn amended(id: &str, edits: &[Value]) -> Value {
    json!({"kind": "amended", "resource": reference(id), "edits": edits})
}

fn named(name: &str) -> Value {
    let find = Find {
        service: "test".to_owned(),
        operation: "List".to_owned(),
        parameters: json!({}),
        list: "/Things".to_owned(),
        matching: json!({"/Name": name}).as_object().expect("map").clone(),
        take: "/Id".to_owned(),
        planned: json!("planned"),
    };
    serde_json::to_value(find).expect("json")
}

/// Four changes: a flag; a thing made once the flag is set; an object sent back whole with a secret in it; a thing that
/// goes away and comes back under another id.
fn plan(fake: &Fake) -> Plan {
    let ready = json!({"what": "a is ready", "service": "test", "operation": "GetStatus", "parameters": {},
        "path": "/Parts/*/Status", "until": ["Ready"], "timeoutSeconds": 600});
    let header = secret("b", "o1", "X-S");
    let amend = |edits: &[Value]| {
        let mut call = call("UpdateConfig", json!({"Id": "b"}));
        call["amend"] = json!({"read": "GetConfig", "parameters": {"Id": "b"}, "member": "Config",
            "token": ["ETag", "IfMatch"], "edits": edits});
        call
    };
    let add = json!({"path": "/Header", "after": header});
    let drop = json!({"path": "/Header", "before": header});
    let good = edit("/Good", json!(false), json!(true));
    let bad = edit("/Good", json!(true), json!(false));
    let extra = json!({"kind": "created", "exists": named("extra"),
        "resource": {"reference": reference("extra"), "id": "extra", "body": {"configuration": {}}}});
    let change = |id: &str, on: &str, touched: &[&str], effects: Value, call: Value, inverse: Value| {
        let snapshot = fake.snapshot();
        let expects: Vec<Value> = touched
            .iter()
            .map(|id| {
                let found = snapshot.resources.iter().find(|resource| resource.arn.as_str() == arn(id));
                let hash = found.map(|resource| state_hash(resource).expect("hash"));
                json!({"arn": arn(id), "resourceType": TYPE, "region": "us-east-1", "sha256": hash})
            })
            .collect();
        json!({"id": id, "parts": [], "resource": reference(on), "class": "A", "controls": ["KA-T-1"], "verifies": [],
            "reads": [], "consequences": [], "effects": effects, "expects": expects, "call": call, "inverse": inverse,
            "actions": [], "needs": [], "requires": [], "waits": []})
    };
    let mut c1 = change(
        "c1",
        "a",
        &["a"],
        json!([amended("a", &[edit("/configuration/Good", json!(false), json!(true))])]),
        set("a", "/Good", json!(true)),
        json!([set("a", "/Good", json!(false))]),
    );
    c1["waits"] = json!([ready]);
    c1["verifies"] = json!([{"control": "KA-T-1", "arn": arn("a")}]);
    let mut c2 = change(
        "c2",
        "extra",
        &["extra"],
        json!([extra]),
        call("Create", json!({"Name": "extra", "Token": {"$token": true}})),
        json!([call("Delete", json!({"Id": {"$find": named("extra")}}))]),
    );
    c2["needs"] = json!(["c1"]);
    let mut c3 = change(
        "c3",
        "b",
        &["b"],
        json!([amended(
            "b",
            &[
                edit("/configuration/Good", json!(false), json!(true)),
                json!({"path": "/configuration/Header", "after": header}),
            ]
        )]),
        amend(&[good, add]),
        json!([amend(&[bad, drop])]),
    );
    c3["verifies"] = json!([{"control": "KA-T-1", "arn": arn("b")}]);
    let rules = edit("/configuration/Rules", json!(["r", "s"]), json!(["s"]));
    let c4 = change(
        "c4",
        "a",
        &["a", "r"],
        json!([amended("a", &[rules]), {"kind": "removed", "resource": reference("r")}]),
        call("Delete", json!({"Id": "r"})),
        json!([call("Create", json!({"Name": "r"})), set("a", "/Rules", json!(["r", "s"]))]),
    );
    let mut plan = json!({"version": 1, "tool": "t", "createdAt": "2026-11-23T12:00:00Z",
        "expiresAt": "2026-11-23T13:00:00Z", "account": "123456789012", "regions": ["us-east-1"],
        "changes": [c1, c2, c3, c4], "refusals": [], "sha256": ""});
    plan["sha256"] = json!("");
    serde_json::from_value(plan).expect("plan")
}

/// A fake account with a journal.
struct TestPlace {
    fake: Fake,
    log: Dying,
}

impl TestPlace {
    fn new(fake: &Fake) -> Self {
        Self { fake: fake.clone(), log: Dying(std::rc::Rc::default(), fake.clone()) }
    }

    fn start(&self, plan: &Plan) -> Option<RunState> {
        let (mut account, mut log) = (self.fake.clone(), self.log.clone());
        now(async { Run::begin(&mut account, &mut log, "r1", "ada", "t", plan).await?.go().await })?.ok()
    }

    fn resume(&self) -> Option<RunState> {
        let (mut account, mut log) = (self.fake.clone(), self.log.clone());
        let run_state = RunState::of(&log.lines())?;
        now(async { Run::resume(&mut account, &mut log, run_state, "ada", "t").await?.go().await })?.ok()
    }

    fn back(&self) -> Option<RunState> {
        self.back_only(&[])
    }

    fn back_only(&self, only: &[String]) -> Option<RunState> {
        let (mut account, mut log) = (self.fake.clone(), self.log.clone());
        let run_state = RunState::of(&log.lines())?;
        now(async { Run::turn_back(&mut account, &mut log, run_state, "ada", "t", only).await?.go().await })?.ok()
    }
}

fn outcomes(run_state: &RunState, way: Way) -> Vec<String> {
    let came = |change: &Change| {
        let settled = run_state.settled(way, &change.id);
        settled.map_or("-".to_owned(), |s| format!("{} {}", s.outcome, s.reason).trim().to_owned())
    };
    run_state.plan.changes.iter().map(came).collect()
}

const DONE: [&str; 4] = ["done"; 4];

/// The end of a run to which nothing happened.
fn undisturbed() -> (String, Vec<String>) {
    let fake = world();
    let place = TestPlace::new(&fake);
    let run_state = place.start(&plan(&fake)).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward), DONE);
    (fake.things(), fake.0.borrow().done.clone())
}

#[test]
fn a_plan_is_carried_out_and_taken_back() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let before = fake.things();
    let run_state = place.start(&plan(&fake)).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward), DONE);
    assert!(run_state.ended);
    let told = fake.0.borrow().told.clone();
    assert!(told.contains(&"waiting a is ready".to_owned()), "{told:?}");
    let secret = fake.0.borrow().things["b"]["Header"].as_str().expect("text").to_owned();
    assert_eq!(secret.len(), 48);
    assert_eq!(fake.0.borrow().things["b"]["Kept"], json!([1, 2]), "what is not in the change stays");
    let text = place.log.0.borrow().concat();
    assert!(!text.contains(&secret), "a secret is in no journal");

    let run_state = place.back().expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), DONE);
    assert_eq!(fake.things(), before);
    let done = fake.0.borrow().done.len();
    let run_state = place.back().expect("finished");
    assert_eq!((outcomes(&run_state, Way::Back), fake.0.borrow().done.len()), (DONE.map(str::to_owned).to_vec(), done));
}

#[test]
fn killed_at_any_point_it_is_resumed_to_the_same_end_and_nothing_is_done_twice() {
    let (end, done) = undisturbed();
    let mut kills = 0;
    for at in 2.. {
        let fake = world();
        let place = TestPlace::new(&fake);
        let plan = plan(&fake);
        fake.with(Mishap::KilledAt(at));
        if place.start(&plan).is_some() {
            break;
        }
        kills += 1;
        fake.with(Mishap::None);
        let run_state = place.resume().unwrap_or_else(|| panic!("point {at}"));
        assert_eq!(outcomes(&run_state, Way::Forward), DONE, "point {at}");
        assert_eq!(fake.things(), end, "point {at}");
        assert_eq!(fake.0.borrow().done, done, "point {at}");
    }
    assert!(kills > 30, "{kills}");
}

#[test]
fn killed_on_the_way_back_it_is_resumed_to_where_it_began() {
    let mut kills = 0;
    for at in 1.. {
        let fake = world();
        let place = TestPlace::new(&fake);
        let before = fake.things();
        place.start(&plan(&fake)).expect("finished");
        fake.with(Mishap::KilledAt(at));
        if place.back().is_some() {
            break;
        }
        kills += 1;
        fake.with(Mishap::None);
        let run_state = place.back().unwrap_or_else(|| panic!("point {at}"));
        assert_eq!(outcomes(&run_state, Way::Back), DONE, "point {at}");
        assert_eq!(fake.things(), before, "point {at}");
        let done = &fake.0.borrow().done;
        assert_eq!(done.len(), 9, "point {at}: {done:?}");
    }
    assert!(kills > 30, "{kills}");
}

#[test]
fn killed_on_the_way_forward_it_can_be_taken_back_at_once() {
    for at in 2.. {
        let fake = world();
        let place = TestPlace::new(&fake);
        let before = fake.things();
        let plan = plan(&fake);
        fake.with(Mishap::KilledAt(at));
        if place.start(&plan).is_some() {
            break;
        }
        fake.with(Mishap::None);
        let run_state = place.back().unwrap_or_else(|| panic!("point {at}"));
        assert_eq!(fake.things(), before, "point {at}: {:?}", outcomes(&run_state, Way::Back));
    }
}

#[test]
fn a_lost_answer_is_looked_up_and_not_guessed() {
    let (end, done) = undisturbed();
    for at in 1..=4 {
        for mishap in [Mishap::LostAfter(at), Mishap::LostBefore(at)] {
            let fake = world();
            let place = TestPlace::new(&fake);
            let plan = plan(&fake);
            fake.with(mishap);
            let run_state = place.start(&plan).expect("finished");
            assert_eq!(outcomes(&run_state, Way::Forward), DONE, "{mishap:?}");
            assert_eq!((fake.things(), &fake.0.borrow().done), (end.clone(), &done), "{mishap:?}");
        }
    }
    for at in 1..=5 {
        let fake = world();
        let place = TestPlace::new(&fake);
        let before = fake.things();
        place.start(&plan(&fake)).expect("finished");
        fake.with(Mishap::LostAfter(at));
        let run_state = place.back().expect("finished");
        assert_eq!(
            (outcomes(&run_state, Way::Back), fake.things()),
            (DONE.map(str::to_owned).to_vec(), before),
            "{at}"
        );
    }
}

#[test]
fn success_that_changes_nothing_is_a_failure() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = plan(&fake);
    fake.with(Mishap::Liar);
    let run_state = place.start(&plan).expect("finished");
    let came = outcomes(&run_state, Way::Forward);
    assert_eq!(came[0], "did not take effect a Good is false, and should be true");
    assert_eq!(came[1], "skipped it needs c1, which was did not take effect");
    assert!(came[2].starts_with("did not take effect") && came[3].starts_with("did not take effect"), "{came:?}");
    assert_eq!(run_state.applied().count(), 0);
}

#[test]
fn what_changed_since_the_plan_is_left_alone() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = plan(&fake);
    fake.change("b", "Kept", json!([3]));
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward), ["done", "done", "refused changed since the plan: b", "done"]);
    assert_eq!(fake.0.borrow().things["b"], json!({"Name": "b", "Good": false, "Kept": [3]}));
}

/// What was planned on another state does not come to fit by what the run itself does to the resource before.
#[test]
fn what_did_not_fit_the_account_when_the_run_began_is_not_made_later() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let mut plan = plan(&fake);
    plan.changes[3].expects[0].sha256 = Some("0".repeat(64));
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward), ["done", "done", "done", "refused changed since the plan: a"]);
}

#[test]
fn what_no_remedy_proposes_any_more_is_not_made_by_a_run_that_is_gone_on_with() {
    let mut stages = BTreeSet::new();
    for at in 2..12 {
        let fake = world();
        let place = TestPlace::new(&fake);
        fake.with(Mishap::KilledAt(at));
        assert!(place.start(&plan(&fake)).is_none());
        fake.with(Mishap::None);
        let (mut account, mut log) = (fake.clone(), place.log.clone());
        let run_state = RunState::of(&log.lines()).expect("begun");
        if fake.0.borrow().things["a"]["Good"] == json!(true) {
            break;
        }
        stages.insert(matches!(run_state.stage(Way::Forward, "c1"), journal::Stage::InFlight(_)));
        let unproposed = BTreeSet::from(["c1".to_owned()]);
        let run_state = now(async {
            Run::resume(&mut account, &mut log, run_state, "ada", "t").await?.without(unproposed).go().await
        });
        let came = outcomes(&run_state.expect("alive").expect("finished"), Way::Forward);
        assert!(came[0].starts_with("refused no remedy proposes it"), "point {at}: {came:?}");
        assert!(came[1].starts_with("skipped it needs c1"), "point {at}: {came:?}");
        assert_eq!(came[2..], ["done", "done"], "point {at}");
    }
    assert_eq!(stages.len(), 2, "killed before it was begun, and while it was being made");
}

#[test]
fn what_needs_a_failed_change_is_skipped_and_the_rest_goes_on() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = plan(&fake);
    fake.with(Mishap::Refuses("Set"));
    let run_state = place.start(&plan).expect("finished");
    let came = outcomes(&run_state, Way::Forward);
    assert_eq!(came, ["failed InvalidParameter:", "skipped it needs c1, which was failed", "done", "done"]);
}

#[test]
fn a_change_that_mends_nothing_is_not_verified_and_taken_back_at_once() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let before = fake.things();
    let mut plan = plan(&fake);
    plan.changes[3].verifies =
        serde_json::from_value(json!([{"control": "KA-T-9", "arn": arn("a")}])).expect("verifies");
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward)[3], "not verified KA-T-9 has no verdict on a");
    assert_eq!(outcomes(&run_state, Way::Back), ["-", "-", "-", "done"]);
    assert_eq!(
        fake.0.borrow().things["a"],
        json!({"Name": "a", "Good": true, "Rules": ["r", "s"]}),
        "the others stand"
    );
    assert_eq!(run_state.standing().map(|change| change.id.as_str()).collect::<Vec<_>>(), ["c1", "c2", "c3"]);
    let done = fake.0.borrow().done.len();
    let run_state = place.back().expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), DONE);
    assert_eq!((fake.things(), fake.0.borrow().done.len()), (before, done + 3), "what was taken back is not again");
}

#[test]
fn a_condition_that_does_not_hold_refuses_and_a_wait_that_never_ends_fails() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let mut plan = plan(&fake);
    let mut never = plan.changes[0].waits[0].clone();
    never.until = vec![json!("Deployed")];
    never.timeout_seconds = 100;
    plan.changes[2].requires = vec![never.clone()];
    never.failed = vec![json!("Ready")];
    plan.changes[0].waits = vec![never];
    let before = fake.things();
    let run_state = place.start(&plan).expect("finished");
    let came = outcomes(&run_state, Way::Forward);
    assert_eq!(came[0], "failed a is ready: it is \"Ready\"");
    assert_eq!(came[1], "skipped it needs c1, which was failed", "only what does not depend on it goes on");
    assert_eq!(came[2], "refused not ready: a is ready: it is \"Ready\" after 100 s");
    assert_eq!(came[3], "done");
    assert_eq!(outcomes(&run_state, Way::Back)[0], "done", "what failed after the call is taken back at once");
    place.back().expect("finished");
    assert_eq!(fake.things(), before);
}

#[test]
fn asked_to_stop_it_stops_between_changes_and_goes_on_later() {
    let (end, done) = undisturbed();
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = plan(&fake);
    fake.0.borrow_mut().interrupt_after = Some(2);
    assert!(place.start(&plan).is_none());
    assert_eq!(fake.0.borrow().done.len(), 2);
    fake.0.borrow_mut().interrupt_after = None;
    place.resume().expect("finished");
    assert_eq!((fake.things(), &fake.0.borrow().done), (end, &done));
}
