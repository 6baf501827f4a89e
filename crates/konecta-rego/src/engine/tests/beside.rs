//! Facts and the ids in them: what was not looked at is not asked about, and no answer tells ids of another resource.

use super::*;

const ARN: &str = "arn:aws:ecr:us-east-1:123456789012:repository/";

/// Repositories by number, with a fact each.
fn world(facts: impl Iterator<Item = Json>) -> Json {
    let facts: serde_json::Map<String, Json> =
        facts.enumerate().map(|(at, facts)| (format!("{ARN}{at}"), facts)).collect();
    json!({"facts": facts})
}

/// What both ways say of the repositories, which must be the same, and how often the one that remembers evaluated.
fn asked(rules: &str, facts: &[Json]) -> (Vec<Said>, usize) {
    let catalogue = catalogue_of(&[("beside", rules)]);
    let world = world(facts.iter().cloned());
    let mut judges = [Way::AsWritten, Way::Remembering].map(|way| judge_of(&catalogue, &world, way));
    let before = judges[1].evaluations();
    let mut all = Vec::new();
    for at in 0..facts.len() {
        let mut input = serde_json::to_value(repository(&json!({}))).expect("JSON");
        input["arn"] = json!(format!("{ARN}{at}"));
        let resource = resource(&input).expect("resource");
        let [written, remembering] = judges.each_mut().map(|judge| said(judge, &resource));
        assert_eq!(written, remembering, "{at}");
        all.push(remembering);
    }
    (all, judges[1].evaluations() - before)
}

fn open(port: usize, rule: usize) -> Json {
    json!({"open": [{"from": port, "rules": [format!("sgr-{rule}"), format!("sgr-{rule}b")], "rule": format!("sgr-{rule}")}]})
}

#[test]
fn a_fact_that_was_not_looked_at_is_not_asked_about() {
    let rules = "_facts := data.facts[input.arn]\n\npass if {\n\t_facts.is == true\n\t_facts.more > 1\n}\n\n\
        violations contains {} if false\n\nnot_applicable contains \"no\" if _facts.is == false\n";
    let facts: Vec<Json> = (0..20).map(|at| json!({"is": false, "more": at})).collect();
    assert_eq!(asked(rules, &facts).1, 1);
    let facts: Vec<Json> = (0..20).map(|at| json!({"is": true, "more": at % 5})).collect();
    assert_eq!(asked(rules, &facts).1, 5);
}

#[test]
fn ids_that_were_not_looked_at_do_not_keep_an_answer_from_being_given_again() {
    let rules = "pass if {\n\tevery entry in data.facts[input.arn].open { entry.from > 22 }\n}\n\n\
        violations contains {\"path\": \"p\", \"actual\": concat(\", \", entry.rules), \"expected\": 1} if {\n\
        \tsome entry in data.facts[input.arn].open\n\tentry.from <= 22\n}\n";
    let facts: Vec<Json> = (0..20).map(|at| open(443, at)).collect();
    assert_eq!(asked(rules, &facts).1, 1);
    let facts: Vec<Json> = (0..20).map(|at| open(22, at)).collect();
    let (told, evaluations) = asked(rules, &facts);
    assert_eq!(evaluations, 20);
    assert_eq!(told[7].0[0].violations[0].actual, json!("sgr-7, sgr-7b"));
}

/// However a policy comes by an id, it is its own resource's: `asked` compares every answer with that of the policy as written.
#[test]
fn no_way_to_an_id_leads_to_that_of_another() {
    let open_entry = "some entry in data.facts[input.arn].open";
    for (path, bound) in [
        ("entry.rule", open_entry.to_owned()),
        ("entry[\"rule\"]", open_entry.to_owned()),
        ("entry.rules[0]", open_entry.to_owned()),
        ("entry[name]", format!("{open_entry}\n\tname := \"rule\"")),
        ("object.get(entry, \"rule\", 1)", open_entry.to_owned()),
        ("entry", open_entry.to_owned()),
        ("json.marshal(entry)", open_entry.to_owned()),
        ("value", format!("{open_entry}\n\tsome value in entry\n\tis_string(value)")),
        ("found", format!("{open_entry}\n\tfound := [x | x := entry.rule]")),
        ("data.facts[input.arn].open[0].rule", "true".to_owned()),
        ("data.facts[input.arn].whose.rule", "true".to_owned()),
    ] {
        let rules = format!(
            "pass if false\n\nviolations contains {{\"path\": \"p\", \"actual\": {path}, \"expected\": 1}} if {{\n\t{bound}\n}}\n"
        );
        let facts = (0..6).map(|at| {
            let mut facts = open(22, at);
            facts["whose"] = json!({"rule": format!("sgr-{at}c")});
            facts
        });
        asked(&rules, &facts.collect::<Vec<_>>());
    }
    let head = "pass if false\n\nviolations contains {\"path\": x, \"actual\": 1, \"expected\": 1} if some x in _ids\n\n\
        _ids contains entry.rule if some entry in data.facts[input.arn].open\n";
    asked(head, &(0..6).map(|at| open(22, at)).collect::<Vec<_>>());
}
