//! The page of the calls: what each is made for, and which controls ask for it. `docs/calls.md` holds it, and a test holds that
//! fresh.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use konecta_base::id::Action;
use konecta_base::reads::{Read, ReadScope, reads};

use crate::catalogue::Catalogue;
use crate::page::Page;

/// As many controls as are named before the others are counted.
const NAMED: usize = 6;

const INTRODUCTION: &str = "A scan makes the calls that the selected controls look at, those that tell what to ask about, and \
    no others. This page has all of them: where each is made, what one call is made for, and the controls that it is made for. \
    `make pages` writes it from the catalogue of reads and the controls.";

const BATCHES: &str = "Where a number stands, one call brings that many at the most: a page, or a batch \
    (`elasticloadbalancing:DescribeTags` and `ecr:BatchGetRepositoryScanningConfiguration`). Where none stands, the API takes no \
    more than one at a time: there is no batch for the listeners of load balancers, the rules of listeners, attributes, the \
    health of targets, or the lifecycle policies of repositories.";

const PARTS: &str = "Some listings carry most of what the call for one resource brings. Such a call is made only for controls \
    that look at what the listing lacks:";

/// The page.
#[must_use]
pub fn calls_page(catalogue: &Catalogue) -> String {
    let mut page = Page("# The calls of a scan\n".to_owned());
    for text in [INTRODUCTION, BATCHES, PARTS] {
        page.line(text);
    }
    let partly = reads().iter().filter(|(_, read)| !read.adds.is_empty());
    let added = partly.map(|(action, read)| {
        let adds: Vec<String> = read.adds.iter().map(|path| format!("`{path}`")).collect();
        format!("`{action}`: {}.", adds.join(", "))
    });
    page.0.push('\n');
    page.items(&added.collect::<Vec<_>>());
    let mut services: BTreeMap<&str, Vec<(&Action, &Read)>> = BTreeMap::new();
    for (action, read) in reads().iter() {
        services.entry(action.service()).or_default().push((action, read));
    }
    for (service, calls) in services {
        let _ = write!(page.0, "\n## {service}\n\n| call | made | one call for | asked for by |\n|---|---|---|---|\n");
        for (action, read) in calls {
            let per = if read.per.starts_with(|first: char| first.is_ascii_digit()) || read.per.starts_with("page") {
                read.per.clone()
            } else {
                format!("each {}", read.per)
            };
            let _ = writeln!(
                page.0,
                "| `{}` | {} | {per} | {} |",
                action.operation(),
                made(read.scope),
                asked_for_by(catalogue, action)
            );
        }
    }
    page.0
}

fn made(scope: ReadScope) -> &'static str {
    match scope {
        ReadScope::Regional => "in each region",
        ReadScope::Global => "once an account",
        ReadScope::Both => "once an account, in each region",
    }
}

/// The controls whose scan makes the call.
fn asked_for_by(catalogue: &Catalogue, action: &Action) -> String {
    let asking = catalogue.controls().filter(|control| control.reads(reads()).contains(action));
    let ids: Vec<&str> = asking.map(|control| control.id().as_str()).collect();
    match ids.get(..NAMED) {
        _ if ids.is_empty() => "`--read-all`".to_owned(),
        Some(first) if ids.len() > NAMED => format!("{} and {} more", first.join(", "), ids.len() - NAMED),
        Some(_) | None => ids.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn page() -> String {
        calls_page(&Catalogue::built_in().expect("policies"))
    }

    fn file() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/calls.md")
    }

    #[test]
    fn the_page_is_what_the_catalogue_says() {
        assert_eq!(std::fs::read_to_string(file()).unwrap_or_default(), page(), "docs/calls.md is old: make pages");
    }

    #[test]
    fn every_call_has_its_line() {
        let page = page();
        for (action, _) in reads().iter() {
            assert!(page.contains(&format!("| `{}` | ", action.operation())), "{action}");
        }
        assert!(page.contains("| `GetDistribution` | once an account | each distribution | KA-CF-"), "{page}");
        assert!(page.contains("each account") && page.contains("20 load balancers"));
    }

    #[test]
    #[ignore = "writes docs/calls.md"]
    fn lay_down() {
        std::fs::write(file(), page()).expect("written");
    }
}
