//! What the table can emit is held against the provider's own schema, and what is emitted is HCL.

use hcl_edit::structure::Body as Hcl;
use serde_json::json;

use super::*;
use crate::fix::step::Edit;

const SCHEMA: &str = include_str!("../../../../../../fixtures/terraform/schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("schema.json")
}

fn table() -> &'static BTreeMap<ResourceType, Kind> {
    TABLE.as_ref().expect("terraform.toml")
}

#[test]
fn every_argument_of_the_table_is_one_of_the_provider_s() {
    let schema = schema();
    for (kind, row) in table() {
        for resource in std::iter::once(&row.resource).chain(&row.or) {
            let whole = &schema["resources"][resource];
            assert!(whole.is_object(), "{resource}: run tools/terraform_schema.py");
            for (path, argument) in &row.arguments {
                assert!(path.starts_with("/configuration/") || path.starts_with("/supplement/"), "{kind} {path}");
                let way: Vec<&str> = argument.split('.').collect();
                let (name, blocks) = way.split_last().expect("a name");
                let mut here = whole;
                let mut several = 0;
                for block in blocks {
                    let nesting = here[block]["nesting"].as_str();
                    assert!(nesting.is_some(), "{resource} has no block {block} on the way to {argument}");
                    several += usize::from(nesting != Some("one"));
                    here = &here[block]["of"];
                }
                assert!(here[name].is_string(), "{resource} has no argument {argument}: {}", here[name]);
                // An entry of a list is a block that there may be several of, and the other way round.
                assert_eq!(path.matches('*').count(), several, "{resource} {argument}");
            }
        }
    }
}

fn reference(kind: &str) -> ResourceRef {
    ResourceRef {
        arn: crate::fix::own("arn:aws:test:us-east-1:123456789012:thing/a"),
        resource_type: crate::fix::own(kind),
        account_id: crate::fix::own("123456789012"),
        region: crate::fix::own("us-east-1"),
    }
}

fn emitted(kind: &str, edits: &[Edit]) -> (String, Hcl) {
    let mut text = String::new();
    amended(&mut text, &reference(kind), edits);
    let body = hcl_edit::parser::parse_body(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (text, body)
}

#[test]
fn every_argument_of_the_table_is_emitted_as_hcl_once_in_its_block() {
    let nasty = json!("a \"${b}\" %{c} \\ \n # */");
    for (kind, row) in table() {
        let edits: Vec<Edit> = row
            .arguments
            .keys()
            .flat_map(|path| ["0", "1"].map(|at| path.replace('*', at)))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .map(|path| Edit::new(path, Some(nasty.clone()), Some(nasty.clone())))
            .collect();
        let (text, body) = emitted(kind.as_str(), &edits);
        let Some(resource) = body.get_blocks("resource").next() else {
            assert!(row.arguments.is_empty(), "{kind}\n{text}");
            continue;
        };
        assert_eq!(resource.labels[0].as_str(), row.resource);
        assert_eq!(distinct(&resource.body, &text), edits.len(), "{kind}\n{text}");
        assert!(!text.contains("no argument known"), "{text}");
    }
}

/// How many arguments a body has, in itself and in its blocks; no name may come twice.
fn distinct(body: &Hcl, text: &str) -> usize {
    let mut names = std::collections::BTreeSet::new();
    for attribute in body.attributes() {
        assert!(names.insert(attribute.key.as_str()), "{} twice in one block:\n{text}", attribute.key.as_str());
    }
    names.len() + body.blocks().map(|block| distinct(&block.body, text)).sum::<usize>()
}

#[test]
fn entries_of_a_list_are_blocks_of_their_own() {
    let path = |at: usize, name: &str| format!("/configuration/DistributionConfig/CacheBehaviors/Items/{at}/{name}");
    let edit = |path: String, after: Value| Edit::new(path, Some(json!(null)), Some(after));
    let edits = [
        edit(path(0, "Compress"), json!(true)),
        edit(path(0, "ViewerProtocolPolicy"), json!("https-only")),
        edit(path(1, "Compress"), json!(true)),
        edit(path(1, "Unheard"), json!(true)),
    ];
    let (text, body) = emitted("AWS::CloudFront::Distribution", &edits);
    let resource = body.get_blocks("resource").next().expect("a resource");
    let sizes: Vec<usize> =
        resource.body.get_blocks("ordered_cache_behavior").map(|block| block.body.attributes().count()).collect();
    assert_eq!(sizes, [2, 1], "{text}");
    assert!(text.contains("# no argument known for /configuration/DistributionConfig/CacheBehaviors/Items/1/Unheard"));
}

#[test]
fn no_text_becomes_a_template() {
    assert_eq!(string("a${b}%{c}\"\n"), "\"a$${b}%%{c}\\\"\\U0000000a\"");
}
