//! What is flattened, into what, and above all what is not.

use super::*;
use crate::catalogue::Catalogue;

const LIBRARY: &str = "package konecta.lib.box\n\nimport rego.v1\n\n# box.lid\nlid := input.configuration.lid\n\n\
    size(path) := path.size\n\n_inner contains x if some x in input.supplement[\"a b\"]\n\nfull if count(_inner) > 0\n";

fn source(package: &str, body: &str) -> PolicySource {
    let text = format!("package {package}\n\nimport rego.v1\n\n{body}");
    PolicySource::read("x.rego", &text).unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn flat_among(body: &str, libraries: &[&str]) -> Option<Flat> {
    let libraries: Vec<PolicySource> =
        libraries.iter().map(|text| PolicySource::read("lib.rego", text).expect("accepted")).collect();
    flatten(&source("konecta.a.b", body), &libraries)
}

fn flat(body: &str) -> Option<Flat> {
    flat_among(body, &[LIBRARY])
}

fn rules(body: &str) -> String {
    flat(body).unwrap_or_else(|| panic!("not flattened: {body}")).rules
}

fn looked_at(body: &str) -> Vec<String> {
    flat(body).expect("flattened").looked_at.into_iter().map(|path| path.join("/")).collect()
}

#[track_caller]
fn stays(body: &str) {
    assert_eq!(flat(body), None, "{body}");
}

const IMPORT: &str = "import data.konecta.lib.box\n\n";

/// One that is not is judged all the same, many times slower.
#[test]
fn hardly_a_control_that_is_built_in_is_left_alone() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let left = catalogue.controls().filter(|control| flatten(&control.source, catalogue.libraries()).is_none());
    let left: Vec<&str> = left.map(|control| control.name()).collect();
    assert!(left.len() * 20 < catalogue.controls().count(), "{left:?}");
}

#[test]
fn names_of_a_library_become_names_of_the_module() {
    let text = rules(&format!("{IMPORT}pass if box.lid == box.size(input.a)\n"));
    assert!(text.contains("konecta_0_pass if konecta_1_lid == konecta_1_size(input.a)"), "{text}");
    assert!(text.contains("konecta_1_full if count(konecta_1__inner) > 0"), "{text}");
    assert!(text.contains("# box.lid\nkonecta_1_lid := input.configuration.lid"), "{text}");
    let text = rules("import data.konecta.lib.box as crate\n\npass if crate.full\n\nbox := 1\n");
    assert!(text.contains("konecta_0_pass if konecta_1_full") && text.contains("konecta_0_box := 1"), "{text}");
    assert!(rules(&format!("{IMPORT}pass if box[\"lid\"]\n")).contains("konecta_0_pass if konecta_1_lid\n"));
}

#[test]
fn a_variable_that_hides_a_rule_still_hides_it_and_no_other() {
    let text = rules("path := 1\n\nf(path) := path.path\n\npass if some path in [x.path | some x in input.a]\n");
    assert!(text.contains("konecta_0_f(konecta_0_path) := konecta_0_path.path"), "{text}");
    assert!(text.contains("some konecta_0_path in [x.path | some x in input.a]"), "{text}");
    let text = rules(&format!("{IMPORT}path := 1\n\npass if box.size(path) == 1\n"));
    assert!(text.contains("konecta_1_size(path) := path.size"), "{text}");
    assert!(text.contains("konecta_1_size(konecta_0_path) == 1"), "{text}");
}

#[test]
fn what_could_hide_an_alias_is_left_alone() {
    for body in [
        "f(box) := box.lid\n\npass if f(1)\n",
        "pass if {\n\tbox := {\"lid\": 1}\n\tbox.lid == 1\n}\n",
        "pass if some box in input.boxes\n",
        "pass if [1 | some box, _ in input.boxes; box.lid == 1]\n",
        "pass if every box in input.boxes { box.lid }\n",
        "pass if {x | x := box}\n",
        "pass if box.unheard\n",
        "pass if box[\"un\"]\n",
        "pass if box[x]\n",
        "pass if box [\"lid\"]\n",
        "pass if box[`lid`]\n",
    ] {
        stays(&format!("{IMPORT}{body}"));
    }
    stays("import data.konecta.lib.box as time\n\npass if time.lid\n");
    stays("import data.konecta.lib.box as input\n\npass if input.lid\n");
    stays(&format!("{IMPORT}box := 1\n\npass if box.lid\n"));
}

#[test]
fn strings_and_comments_keep_their_words() {
    let body = "pass if {\n\t# input box.lid with data.facts\n\t\"input box.lid with \\\" data\" == `with input \\` # box\n}\n";
    let text = rules(&format!("{IMPORT}{body}"));
    assert!(text.contains(body.strip_prefix("pass").expect("pass")), "{text}");
    assert_eq!(looked_at(body), Vec::<String>::new());
}

#[test]
fn members_that_are_named_are_all_that_is_looked_at() {
    let body = "pass if input.configuration.Items[0].x == input[\"supplement\"][\"a \\\"b\"].c\n";
    assert_eq!(looked_at(body), ["configuration/Items", "supplement/a \"b/c"]);
    assert_eq!(looked_at("pass if input.configuration[name]\n\nname := \"a\"\n"), ["configuration"]);
    assert_eq!(looked_at("pass if input.configuration[`a`].b\n"), ["configuration"]);
    assert_eq!(looked_at("pass if x.input.data.input\n\nx := input.y\n"), ["y"]);
    assert_eq!(looked_at(&format!("{IMPORT}pass if box.full\n")), ["configuration/lid", "supplement/a b"]);
}

#[test]
fn a_resource_as_a_whole_is_left_alone() {
    for body in [
        "pass if input\n",
        "pass if some x in input\n",
        "pass if count(input) > 1\n",
        "pass if input[x]\n",
        "pass if input[`a`]\n",
        "pass if input [\"a\"]\n",
        "pass if walk(input, [_, _])\n",
        "pass if x == {\"x\": input}\n\nx := 1\n",
        "pass if object.get(input, \"a\", 1) == 1\n",
        "pass if input.konecta_world\n",
        "pass if input[\"konecta_world\"].now\n",
        "pass if [input][0].a\n",
    ] {
        stays(body);
    }
}

#[test]
fn the_world_stands_in_the_input() {
    let made = flat("pass if data.facts[input.arn].x == data.index.y[input.z]\n").expect("flattened");
    assert!(made.rules.contains("konecta_peek(0) == input.konecta_world.index.y[input.z]"), "{}", made.rules);
    assert_eq!(made.guarded, [vec![FACTS.to_owned(), "x".to_owned()]]);
    assert_eq!(looked_at("pass if data.facts[input.arn].x.y == data.index.y[input.z]\n"), ["z"]);
    let made =
        flat("_facts := data.facts[input.arn]\n\npass if _facts.x.y[z] == _facts.x\n\nz := 1\n").expect("flattened");
    assert!(
        made.rules.contains("input.konecta_world.facts[\"x\"][\"y\"][konecta_0_z] == konecta_peek(0)"),
        "{}",
        made.rules
    );
    assert_eq!(looked_at("pass if data.facts[input.arn][x]\n\nx := 1\n"), [""]);
    assert_eq!(looked_at("pass if data.now > data[\"blueprint\"].x[input.y]\n"), ["y"]);
}

#[test]
fn other_data_is_left_alone() {
    for body in [
        "pass if data.facts[x].y\n\nx := 1\n",
        "pass if data.facts\n",
        "pass if data.facts[ input.arn]\n",
        "pass if some arn in data.facts\n",
        "pass if data[x].y\n\nx := 1\n",
        "pass if count(data) > 1\n",
        "pass if data.konecta.lib.box.lid\n",
        "pass if data.konecta.other.pass\n",
        "pass if data.facts[input.arn.x]\n",
    ] {
        stays(body);
    }
}

#[test]
fn with_and_strange_imports_are_left_alone() {
    for body in [
        "pass if x with input.a as 1\n\nx := input.a\n",
        "import input.configuration\n\npass if configuration.x\n",
        "import data.blueprint\n\npass if blueprint.x\n",
        "import data.konecta.lib\n\npass if lib.box.lid\n",
        "import data.konecta.lib.none\n\npass if none.lid\n",
        "import data.konecta.lib[\"box\"]\n\npass if box.lid\n",
        "import future.keywords\n\npass if true\n",
        "import data.konecta.lib.box\nimport data.konecta.lib.box\n\npass if box.lid\n",
    ] {
        stays(body);
    }
    let without_v1 = PolicySource::read("x.rego", "package a\n\npass if true\n").expect("accepted");
    assert_eq!(flatten(&without_v1, &[]), None);
}

#[test]
fn else_defaults_and_functions_keep_their_form() {
    let body = "default pass := false\n\npass := true if {\n\tinput.a\n} else := false if not f(input.b)\n\nf(x) if x.pass == 1.5\n";
    let text = rules(body);
    assert!(text.contains("default konecta_0_pass := false\n\nkonecta_0_pass := true if"), "{text}");
    assert!(text.contains("} else := false if not konecta_0_f(input.b)"), "{text}");
    assert!(text.contains("konecta_0_f(x) if x.pass == 1.5"), "{text}");
}

#[test]
fn names_that_mean_more_than_a_rule_are_left_alone() {
    for body in [
        "konecta_0_pass := 1\n",
        "pass if konecta_x == 1\n",
        "time := 1\n\npass if time.clock(1)\n",
        "count := 1\n",
        " pass := 1\n",
        "pass if true\n\n hidden := 1\n",
        "pass := true other := 1\n",
    ] {
        stays(body);
    }
}

#[test]
fn a_package_of_several_files_is_left_alone() {
    let body = format!("{IMPORT}pass if box.lid\n");
    let more = LIBRARY.replace("lid", "other");
    assert!(flat_among(&body, &[LIBRARY]).is_some());
    assert_eq!(flat_among(&body, &[LIBRARY, &more]), None);
    assert_eq!(flat_among(&body, &[LIBRARY, &LIBRARY.replace("lib.box", "lib.box.lid")]), None);
    assert_eq!(flat_among(&body, &[&LIBRARY.replace("lid :=", "input.x with input as 1 ; lid :=")]), None);
}

#[test]
fn what_tells_resources_apart_is_asked_for_by_its_number() {
    let made = flat("pass if input.configuration.ThingName == input.arn\n\nx := input.configuration[\"ThingName\"]\n");
    let made = made.expect("flattened");
    assert!(made.rules.contains("konecta_0_pass if konecta_peek(0) == konecta_peek(1)"), "{}", made.rules);
    assert!(made.rules.contains("konecta_0_x := konecta_peek(0)"), "{}", made.rules);
    let guarded: Vec<String> = made.guarded.iter().map(|path| path.join("/")).collect();
    assert_eq!((guarded, made.looked_at.len()), (vec!["configuration/ThingName".to_owned(), "arn".to_owned()], 0));
    // Only part of it is looked at, or it is the same for very many.
    let body = "pass if input.configuration.ThingName[x] == input.accountId\n\nx := 1\n";
    assert_eq!(looked_at(body), ["accountId", "configuration/ThingName"]);
    assert!(!rules(body).contains("konecta_peek"));
}
