//! What failed is taken back at once, and the way back leaves alone what others did.

use super::*;

/// A plan whose first change is made and waits for what never comes.
fn failing(fake: &Fake) -> Plan {
    let mut plan = plan(fake);
    let mut never = plan.changes[0].waits[0].clone();
    never.failed = vec![json!("Ready")];
    plan.changes[0].waits.push(never);
    plan
}

#[test]
fn killed_at_any_point_what_failed_is_taken_back_once_and_the_rest_is_done_once() {
    let fake = world();
    let run_state = TestPlace::new(&fake).start(&failing(&fake)).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward)[1..], ["skipped it needs c1, which was failed", "done", "done"]);
    let (end, done) = (fake.things(), fake.0.borrow().done.clone());
    assert_eq!(done[..2], ["Set a ", "Set a "], "there and back");
    let mut kills = 0;
    for at in 2.. {
        let fake = world();
        let place = TestPlace::new(&fake);
        let before = fake.things();
        let plan = failing(&fake);
        fake.with(Mishap::KilledAt(at));
        if place.start(&plan).is_some() {
            break;
        }
        kills += 1;
        fake.with(Mishap::None);
        let run_state = place.resume().unwrap_or_else(|| panic!("point {at}"));
        assert_eq!(outcomes(&run_state, Way::Back)[0], "done", "point {at}");
        assert_eq!((fake.things(), &fake.0.borrow().done), (end.clone(), &done), "point {at}");
        place.back().expect("finished");
        assert_eq!(fake.things(), before, "point {at}");
    }
    assert!(kills > 30, "{kills}");
}

#[test]
fn what_cannot_be_taken_back_at_once_stops_the_run() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let mut plan = failing(&fake);
    plan.changes[0].inverse = serde_json::from_value(json!([call("Forbid", json!({}))])).expect("calls");
    fake.with(Mishap::Refuses("Forbid"));
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back)[0], "failed InvalidParameter:");
    assert_eq!(outcomes(&run_state, Way::Forward)[1..], ["-", "-", "-"], "nothing more is done");
    assert!(run_state.ended);
}

#[test]
fn what_a_change_made_bad_may_take_its_time_to_be_good_again() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let mut plan = plan(&fake);
    plan.changes[0].waits[0].failed = vec![json!("Busy")];
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Forward)[0], "failed a is ready: it is \"Busy\"");
    assert_eq!(outcomes(&run_state, Way::Back)[0], "done", "it was waited for until it was ready again");
}

#[test]
fn a_run_that_an_earlier_version_began_takes_nothing_back_by_itself() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = failing(&fake);
    let first =
        Event::Begun { version: 1, run: "r1".into(), who: "ada".into(), tool: "t".into(), plan: Box::new(plan) };
    now(place.log.clone().write("2026-11-23T12:00:00Z".parse().expect("time"), &first)).expect("now").expect("written");
    let run_state = place.resume().expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), ["-"; 4]);
    assert_eq!(fake.0.borrow().things["a"]["Good"], json!(true));
    assert_eq!(outcomes(&place.back().expect("finished"), Way::Back)[0], "done");
}

#[test]
fn what_else_has_changed_is_told_and_the_change_is_taken_back() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let plan = plan(&fake);
    fake.with(Mishap::Meddles(3));
    let run_state = place.start(&plan).expect("finished");
    assert_eq!(
        outcomes(&run_state, Way::Forward),
        ["done", "done", "not verified also changed: b Stray (was absent, is 3)", "done"]
    );
    assert_eq!(outcomes(&run_state, Way::Back)[2], "done");
    assert_eq!(fake.0.borrow().things["b"], json!({"Name": "b", "Good": false, "Kept": [1, 2], "Stray": 3}));

    // On the way back as well.
    let fake = world();
    let place = TestPlace::new(&fake);
    place.start(&self::plan(&fake)).expect("finished");
    fake.with(Mishap::Meddles(3));
    let run_state = place.back().expect("finished");
    assert_eq!(
        outcomes(&run_state, Way::Back)[2],
        "not verified also changed: b Stray (was absent, is 3)",
        "{:?}",
        outcomes(&run_state, Way::Back)
    );
}

#[test]
fn an_unrelated_change_is_left_alone_and_one_of_the_attribute_is_told_with_its_three_values() {
    let fake = world();
    let place = TestPlace::new(&fake);
    place.start(&plan(&fake)).expect("finished");
    fake.change("b", "Good", json!("maybe"));
    let run_state = place.back().expect("finished");
    assert_eq!(
        outcomes(&run_state, Way::Back),
        [
            "done",
            "done",
            "refused changed since by somebody else: b Good was false, this run made it true, and now it is \"maybe\"",
            "done"
        ]
    );
    assert_eq!(fake.0.borrow().things["b"]["Good"], json!("maybe"));
    fake.change("b", "Good", json!(true));
    fake.change("b", "Kept", json!([3]));
    let run_state = place.back().expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), DONE, "what was refused can be tried again");
    assert_eq!(fake.0.borrow().things["b"], json!({"Name": "b", "Good": false, "Kept": [3]}), "somebody else's stays");
}

#[test]
fn a_secret_that_somebody_has_set_since_is_not_taken_away() {
    let fake = world();
    let place = TestPlace::new(&fake);
    place.start(&plan(&fake)).expect("finished");
    fake.change("b", "Header", json!("another value"));
    let told = outcomes(&place.back().expect("finished"), Way::Back);
    assert!(told[2].starts_with("refused changed since by somebody else: b Header was absent"), "{told:?}");
    assert!(!told[2].contains("another value"), "{told:?}");
}

#[test]
fn what_was_made_is_known_by_its_id_and_not_taken_away_once_it_is_another() {
    let made = |fake: &Fake| {
        let cloud = fake.0.borrow();
        cloud.things.iter().find(|(_, thing)| thing["Name"] == "extra").map(|(id, _)| id.clone()).expect("made")
    };
    let started = || {
        let fake = world();
        let place = TestPlace::new(&fake);
        let run_state = place.start(&plan(&fake)).expect("finished");
        let id = made(&fake);
        let known = &run_state.settled(Way::Forward, "c2").expect("settled").made;
        assert_eq!((known.len(), &known[0].id), (1, &json!(id)));
        assert!(known[0].sha256.is_some());
        (fake, place, id)
    };
    let back = |place: &TestPlace| outcomes(&place.back().expect("finished"), Way::Back)[1].clone();

    let (fake, place, id) = started();
    fake.change(&id, "Conditions", json!(["somebody's"]));
    let told = back(&place);
    assert_eq!(
        told,
        format!(
            "refused changed since by somebody else: {id} was changed since this run made it: Conditions (was absent, is [\"somebody's\"])"
        )
    );
    assert_eq!(made(&fake), id, "it is still there");

    let (fake, place, id) = started();
    let thing = fake.0.borrow_mut().things.remove(&id).expect("there");
    fake.0.borrow_mut().things.insert("theirs".to_owned(), thing);
    assert_eq!(
        back(&place),
        format!("refused changed since by somebody else: {id}, which this run made, is not there any more")
    );
    assert_eq!(made(&fake), "theirs", "one that looks alike is somebody else's");

    let (fake, place, id) = started();
    fake.0.borrow_mut().things.insert("user".to_owned(), json!({"Name": "user", "Uses": id}));
    assert_eq!(
        back(&place),
        format!("refused changed since by somebody else: {id} is used by what came since: {}", arn("user"))
    );
}

#[test]
fn one_change_alone_is_taken_back_unless_another_rests_on_it() {
    let fake = world();
    let place = TestPlace::new(&fake);
    let before = fake.things();
    place.start(&plan(&fake)).expect("finished");
    let run_state = place.back_only(&["c3".to_owned()]).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), ["-", "-", "done", "-"]);
    assert_eq!(fake.0.borrow().things["b"], json!({"Name": "b", "Good": false, "Kept": [1, 2]}));
    let run_state = place.back_only(&["c1".to_owned()]).expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back)[0], "skipped c2 rests on it, and was not taken back");
    let run_state = place.back().expect("finished");
    assert_eq!(outcomes(&run_state, Way::Back), DONE);
    assert_eq!(fake.things(), before);
}
