//! A page of documentation for each control, made of its METADATA, its text and the names of its fixtures; and the page
//! that lists them. `docs/controls/` holds them, and a test holds those fresh.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use konecta_base::id::{Action, ClaimId};
use konecta_base::reads::reads;
use konecta_base::text::wrap;

use crate::catalogue::{Catalogue, Control};

/// Where the pages are read.
const WIDTH: usize = 100;

/// The pages by the names of their files. `fixtures` are the names of a control's fixture files, in order.
#[must_use]
pub fn pages(catalogue: &Catalogue, fixtures: &dyn Fn(&Control) -> Vec<String>) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = catalogue
        .controls()
        .map(|control| (format!("{}.md", control.id()), page(control, catalogue, &fixtures(control))))
        .collect();
    pages.insert("README.md".to_owned(), index(catalogue));
    pages
}

fn index(catalogue: &Catalogue) -> String {
    let mut layers: BTreeMap<&str, Vec<&Control>> = BTreeMap::new();
    for control in catalogue.controls() {
        layers.entry(control.layer()).or_default().push(control);
    }
    let mut text = format!(
        "# Controls\n\n{} controls, by layer. `make pages` writes these pages from the controls themselves.\n",
        catalogue.controls().count()
    );
    for (layer, controls) in layers {
        let _ = write!(text, "\n## {layer}\n\n| control | severity | what it promises |\n|---|---|---|\n");
        for control in controls {
            let (id, severity) = (control.id(), control.metadata.custom.severity);
            let _ = writeln!(text, "| [{id}]({id}.md) | {severity} | {} |", cell(&control.metadata.title));
        }
    }
    text
}

fn page(control: &Control, catalogue: &Catalogue, fixtures: &[String]) -> String {
    let custom = &control.metadata.custom;
    let folder = control.name().replace('.', "/");
    let mut page = Page(format!("# {}: {}\n", control.id(), control.metadata.title));
    let subjects: Vec<&str> = control.metadata.subjects().collect();
    page.line(&format!(
        "Severity **{}**. Judges {}. Named `{}`.",
        custom.severity,
        subjects.join(", "),
        control.name()
    ));
    page.part("Why", &control.metadata.description);
    page.part("What to do", &custom.remediation);
    match (custom.fix.as_ref().map(konecta_base::id::FixId::as_str), &custom.fix_reason) {
        (_, Some(reason)) => page.line(&format!("`konecta-audit fix` does not do it: {reason}.")),
        (Some(fix), None) => page.line(&format!(
            "`konecta-audit fix --control {}` does it (remedy `{fix}`), or says why not here; \
             [docs/fix.md](../fix.md) has the classes.",
            control.id()
        )),
        (None, None) => page.line("There is no remedy; a person does it."),
    }
    let claims: Vec<String> = custom.claims.iter().map(|id| claim(catalogue, id)).collect();
    page.list("Claims of the document that it decides", &claims);
    let calls = control.reads(reads());
    let calls: Vec<String> = calls.iter().map(Action::as_str).map(|call| format!("`{call}`")).collect();
    page.part("What it reads", &format!("{}.", calls.join(", ")));
    let derived = [("Facts", &custom.facts), ("Indexes", &custom.joins)];
    for (label, names) in derived.into_iter().filter(|(_, names)| !names.is_empty()) {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        page.line(&format!("{label} ([docs/facts.md](../facts.md)): {}.", names.join(", ")));
    }
    page.part("How it is decided", "The control proves `pass`, or names `violations`. Neither is *unknown*.");
    page.code(&control.source.text, "rego");
    let examples: Vec<String> = fixtures.iter().map(|name| format!("`{}`", name.trim_end_matches(".json"))).collect();
    page.part("Examples", &format!("{}.", examples.join(", ")));
    let _ = write!(page.0, "\nEach is a file of [this folder](../../fixtures/controls/{folder}).\n");
    let frameworks: Vec<String> =
        custom.frameworks.iter().map(|(name, ids)| format!("{name}: {}", ids.join(", "))).collect();
    page.list("In other standards", &frameworks);
    let related: Vec<String> = control.metadata.related_resources.iter().map(|page| format!("<{page}>")).collect();
    if !related.is_empty() {
        // An address is never broken.
        let _ = write!(page.0, "\n## See\n\n- {}\n", related.join("\n- "));
    }
    page.0
}

fn claim(catalogue: &Catalogue, id: &ClaimId) -> String {
    let says = catalogue.claims().iter().find(|claim| &claim.id == id).map(|claim| claim.says.as_str());
    says.map_or_else(|| format!("`{id}`"), |says| format!("`{id}`: {says}"))
}

/// A page of Markdown as it grows.
pub(super) struct Page(pub(super) String);

impl Page {
    /// A paragraph.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push('\n');
        for line in wrap(text, WIDTH) {
            self.0.push_str(&line);
            self.0.push('\n');
        }
    }

    fn part(&mut self, title: &str, text: &str) {
        let _ = write!(self.0, "\n## {title}\n");
        self.line(text);
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        let _ = write!(self.0, "\n## {title}\n\n");
        self.items(items);
    }

    pub(super) fn items(&mut self, items: &[String]) {
        for item in items {
            for (number, line) in wrap(item, WIDTH - 2).iter().enumerate() {
                let _ = writeln!(self.0, "{}{line}", if number == 0 { "- " } else { "  " });
            }
        }
    }

    /// The policy without its METADATA block, which the page says in words.
    fn code(&mut self, text: &str, language: &str) {
        let body = text.lines().skip_while(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let _ = write!(self.0, "\n```{language}\n{}\n```\n", body.trim_end());
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn fixtures(control: &Control) -> Vec<String> {
        let folder = root().join("fixtures/controls").join(control.name().replace('.', "/"));
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn all() -> BTreeMap<String, String> {
        pages(&Catalogue::built_in().expect("policies"), &fixtures)
    }

    #[test]
    fn the_pages_are_what_the_controls_say() {
        let folder = root().join("docs/controls");
        let all = all();
        for (name, text) in &all {
            let laid_down = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(&laid_down == text, "docs/controls/{name} is old: make pages");
        }
        let there = std::fs::read_dir(folder).expect("docs/controls").count();
        assert_eq!(there, all.len(), "docs/controls has pages of controls that there are not");
    }

    #[test]
    #[ignore = "writes docs/controls"]
    fn lay_down() {
        let folder = root().join("docs/controls");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("folder");
        for (name, text) in all() {
            std::fs::write(folder.join(&name), text).expect(&name);
        }
    }
}
