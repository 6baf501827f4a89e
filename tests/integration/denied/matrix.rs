//! What `make faults` expects, held against the table of verdicts that stand: `expected.json` was written from a run, and a
//! run that passed too much would have been written down as right.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::reads::reads;
use konecta_rego::catalogue::{Catalogue, Control};
use serde::Deserialize;

use super::stands::{self, Extent};

/// Service, group (empty for all), control and why it may pass although the table of single calls has no row for it.
const BESIDES: &[(&str, &str, &str, &str)] = &[
    ("acm", "paged", "KA-X-003", "the certificates that the origin and the distribution name stand on the first page"),
    ("acm", "paged", "KA-X-010", "the same"),
    ("cloudfront", "paged", "KA-ALB-018", "the distribution is seen, and whatever other comes must bring its secret"),
    ("cloudfront", "paged", "KA-X-002", "the same"),
    ("cloudfront", "paged", "KA-X-001", "the distribution tells which load balancer it is; its groups decide"),
    ("cloudfront", "paged", "KA-X-018", "the distribution stands on the first page, and it asks whether there is one"),
    ("elb", "", "KA-X-001", "it is about the newer load balancers, whose own groups let in nothing but CloudFront"),
    ("eks", "paged", "KA-X-018", "the cluster stands on the first page, and it asks whether there is one"),
    ("elasticloadbalancing", "paged", "KA-X-018", "the same of the load balancer"),
    ("rds", "paged", "KA-X-018", "the same of the database"),
];

fn is_besides(service: &str, group: &str, id: &str) -> bool {
    BESIDES.iter().any(|(of, when, control, _)| *of == service && (when.is_empty() || *when == group) && *control == id)
}

#[derive(Deserialize)]
struct Cell {
    gaps: BTreeSet<String>,
    stands: BTreeSet<String>,
}

/// Whether each call that failed, denied alone, leaves the control some of its passes: it cannot lose less by several.
fn stands_alone(control: &Control, gaps: &BTreeSet<String>) -> bool {
    let named = control.reads(reads());
    let mut failed = named.iter().filter(|action| gaps.contains(action.as_str()));
    // The older load balancers are listed by a call of the same permission as the newer ones, and the table is of permissions.
    failed.all(|action| stands::of(control.id().as_str(), reads().permission(action).as_str()) != Extent::Nothing)
}

/// Whether a call that broke off after its first page lists what the control judges: a resource on that page is whole.
fn is_on_the_first_page(control: &Control, gaps: &BTreeSet<String>) -> bool {
    let lists = |subject: &konecta_base::id::ResourceType| {
        reads().lister(subject).is_some_and(|(action, _)| gaps.contains(action.as_str()))
    };
    control.metadata.custom.resource.iter().any(lists)
}

#[test]
fn the_fault_matrix_expects_no_pass_that_the_table_does_not_let_stand() {
    let expected: BTreeMap<String, BTreeMap<String, Cell>> =
        serde_json::from_str(include_str!("../../faults/expected.json")).expect("the table");
    let catalogue = Catalogue::built_in().expect("policies");
    let mut wrong = Vec::new();
    for (service, groups) in &expected {
        for (group, cell) in groups {
            for id in &cell.stands {
                let control = catalogue.find(id).unwrap_or_else(|| panic!("there is no {id}"));
                let may = is_besides(service, group, id)
                    || stands_alone(control, &cell.gaps)
                    || (matches!(group.as_str(), "paged" | "endless") && is_on_the_first_page(control, &cell.gaps));
                if !may {
                    wrong.push(format!("{service}, {group}: {id}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
