//! The request path as a drawing: viewer → CloudFront → ALB → EKS → RDS, with what the controls say of each part and of
//! each hop. Knows which controls speak of which hop; decides nothing.

use std::fmt::Write as _;

use konecta_base::finding::Status;

use super::escape;
use crate::report::Report;

/// A part of the path: its name and the layers whose controls speak of it.
const PARTS: [(&str, &[&str]); 5] = [
    ("Viewer", &[]),
    ("CloudFront", &["cloudfront", "waf"]),
    ("ALB", &["alb"]),
    ("EKS", &["eks", "ecr", "iam"]),
    ("RDS", &["rds"]),
];

/// The hops, each by the controls that prove it.
const HOPS: [(&str, &[&str]); 4] = [
    ("viewer → CloudFront", &["KA-CF-001", "KA-CF-002"]),
    ("CloudFront → ALB", &["KA-X-001", "KA-X-002", "KA-X-003", "KA-CF-010", "KA-CF-012", "KA-SG-004"]),
    ("ALB → EKS", &["KA-SG-005", "KA-ALB-014"]),
    ("EKS → RDS", &["KA-X-005", "KA-SG-006", "KA-RDS-008"]),
];

const WIDTH: usize = 960;
const BOX: usize = 120;
const STEP: usize = (WIDTH - BOX) / (PARTS.len() - 1);

/// The drawing as an SVG element, with a title and a description for who cannot see it.
pub(super) fn drawing(report: &Report) -> String {
    let hops = HOPS.map(|(name, controls)| (name, controls, of_controls(report, controls)));
    let told: Vec<String> = hops.iter().map(|(name, _, status)| format!("{name}: {}", word(*status))).collect();
    let mut svg = format!(
        "<svg viewBox=\"-2 20 {} 110\" role=\"img\" aria-labelledby=\"path-title path-words\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title id=\"path-title\">The request path</title>\
         <desc id=\"path-words\">{}</desc>",
        WIDTH + 4,
        escape(&told.join("; "))
    );
    for (index, (_, controls, status)) in hops.iter().enumerate() {
        let (from, to) = (index * STEP + BOX, (index + 1) * STEP);
        let middle = usize::midpoint(from, to);
        let class = class(*status);
        let _ = write!(
            svg,
            "<g class=\"hop {class}\"><line x1=\"{from}\" y1=\"60\" x2=\"{}\" y2=\"60\"/>\
             <path d=\"M {} 54 L {to} 60 L {} 66 Z\"/><text x=\"{middle}\" y=\"46\">{}</text>\
             <text x=\"{middle}\" y=\"82\" class=\"small\">{}</text></g>",
            to - 8,
            to - 10,
            to - 10,
            mark(*status),
            word(*status),
        );
        let _ =
            write!(svg, "<text x=\"{middle}\" y=\"118\" class=\"small\">{}</text>", escape(&failing(report, controls)));
    }
    for (index, (name, layers)) in PARTS.iter().enumerate() {
        let status = of_layers(report, layers);
        let left = index * STEP;
        let class = if layers.is_empty() { "plain" } else { class(status) };
        let _ = write!(
            svg,
            "<g class=\"part {class}\"><rect x=\"{left}\" y=\"30\" width=\"{BOX}\" height=\"60\" rx=\"8\"/>\
             <text x=\"{}\" y=\"58\">{name}</text>",
            left + BOX / 2,
        );
        if !layers.is_empty() {
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"78\" class=\"small\">{}</text>",
                left + BOX / 2,
                counts(report, layers)
            );
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    svg
}

/// The worst of what some controls say; `None` where none of them was run. A hop of which one control was left out is
/// not proven by the others.
fn of_controls(report: &Report, controls: &[&str]) -> Option<Status> {
    let of = |control: &str| {
        let ours = report.findings.iter().filter(move |finding| finding.control.as_str() == control);
        ours.map(|finding| finding.status).min()
    };
    let statuses: Vec<Option<Status>> = controls.iter().map(|control| of(control)).collect();
    let worst = statuses.iter().flatten().min().copied()?;
    let is_whole = statuses.iter().all(Option::is_some);
    Some(if is_whole { worst } else { worst.min(Status::Unknown) })
}

fn of_layers(report: &Report, layers: &[&str]) -> Option<Status> {
    let ours = report.findings.iter().filter(|finding| layers.contains(&report.layer(finding)));
    ours.map(|finding| finding.status).min()
}

fn counts(report: &Report, layers: &[&str]) -> String {
    let count = |status| {
        let ours = report.findings.iter().filter(|finding| layers.contains(&report.layer(finding)));
        ours.filter(|finding| finding.status == status).count()
    };
    match (count(Status::Fail), count(Status::Unknown)) {
        (0, 0) => "nothing open".to_owned(),
        (fail, 0) => format!("{fail} fail"),
        (0, unknown) => format!("{unknown} unknown"),
        (fail, unknown) => format!("{fail} fail, {unknown} unknown"),
    }
}

/// The controls of a hop that fail, as many as fit under it.
fn failing(report: &Report, controls: &[&str]) -> String {
    let fails = |control: &&&str| {
        report.findings.iter().any(|finding| finding.control.as_str() == **control && finding.status == Status::Fail)
    };
    let failing: Vec<&str> = controls.iter().filter(fails).copied().collect();
    match failing.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    }
}

fn class(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Fail) => "fail",
        Some(Status::Unknown) => "unknown",
        Some(Status::Waived) => "waived",
        Some(Status::Pass) => "pass",
        Some(Status::NotApplicable) | None => "plain",
    }
}

fn word(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Fail) => "broken",
        Some(Status::Unknown) => "not known",
        Some(Status::Waived) => "waived",
        Some(Status::Pass) => "proven",
        Some(Status::NotApplicable) | None => "not looked at",
    }
}

/// A sign beside the colour, for who cannot tell colours apart.
fn mark(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Fail) => "✗",
        Some(Status::Unknown) => "?",
        Some(Status::Waived) => "~",
        Some(Status::Pass) => "✓",
        Some(Status::NotApplicable) | None => "–",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testdata;

    #[test]
    fn a_hop_is_as_bad_as_the_worst_of_its_controls() {
        let report = testdata::report();
        let said = |control: &str, status: Status| {
            let mut report = report.clone();
            let mut finding = report.findings[0].clone();
            (finding.control, finding.status) = (testdata::id(control), status);
            report.findings = vec![finding];
            report
        };
        assert_eq!(of_controls(&said("KA-CF-001", Status::Fail), HOPS[0].1), Some(Status::Fail));
        assert_eq!(of_controls(&said("KA-CF-001", Status::Pass), HOPS[0].1), Some(Status::Unknown), "one of two");
        assert_eq!(of_controls(&said("KA-CF-001", Status::Pass), &["KA-CF-001"]), Some(Status::Pass));
        assert_eq!(of_controls(&testdata::empty(), HOPS[0].1), None, "nothing was looked at, so nothing is proven");
    }

    #[test]
    fn every_hop_names_controls_that_there_are() {
        let catalogue = konecta_rego::catalogue::Catalogue::built_in().expect("policies");
        for control in HOPS.iter().flat_map(|(_, controls)| *controls) {
            assert!(catalogue.controls().any(|known| known.id().as_str() == *control), "{control}");
        }
        let layers: Vec<&str> = catalogue.controls().map(konecta_rego::catalogue::Control::layer).collect();
        assert!(PARTS.iter().flat_map(|(_, layers)| *layers).all(|layer| layers.contains(layer)));
    }

    #[test]
    fn the_drawing_is_well_formed_and_says_it_in_words() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let svg = drawing(&report);
            let document = roxmltree::Document::parse(&svg).expect("XML");
            let words = document.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text());
            assert!(words.is_some_and(|words| words.contains("EKS → RDS:")), "{svg}");
        }
    }
}
