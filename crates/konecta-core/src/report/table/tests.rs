//! The table as a person sees it.

use unicode_width::UnicodeWidthStr;

use super::{TableOptions, render};
use crate::report::{Report, testdata};
use konecta_base::text;

fn at(report: &Report, width: usize, show_pass: bool) -> String {
    render(report, &TableOptions { width, color: false, show_pass })
}

#[test]
fn eighty_columns() {
    insta::assert_snapshot!(at(&testdata::report(), 80, false));
}

#[test]
fn eighty_columns_with_pass() {
    insta::assert_snapshot!(at(&testdata::report(), 80, true));
}

#[test]
fn two_hundred_columns() {
    insta::assert_snapshot!(at(&testdata::report(), 200, false));
}

#[test]
fn two_hundred_columns_with_pass() {
    insta::assert_snapshot!(at(&testdata::report(), 200, true));
}

#[test]
fn nothing_found() {
    insta::assert_snapshot!(at(&testdata::empty(), 80, false));
}

#[test]
fn hostile_and_unicode_names() {
    let told = at(&testdata::hostile(), 120, false);
    assert!(told.chars().all(|c| c == '\n' || !text::acts(c)));
    insta::assert_snapshot!(told);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = testdata::hostile();
    let painted = render(&report, &TableOptions { width: 80, color: true, show_pass: true });
    insta::assert_snapshot!(painted.replace('\u{1b}', "␛"));
    let mut plain = String::new();
    let mut parts = painted.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').expect("only colours").1);
    }
    assert_eq!(plain, at(&report, 80, true));
}

#[test]
fn only_what_must_not_be_broken_is_wider_than_the_terminal() {
    for width in [80, 100, 132, 200] {
        for line in at(&testdata::report(), width, true).lines().filter(|line| line.width() > width) {
            let told = line.contains("konecta-audit explain") || line.contains("arn:aws:");
            assert!(told, "{width}: {line}");
        }
    }
}

#[test]
fn names_and_ids_are_whole_at_every_width() {
    let report = testdata::report();
    for width in [20, 60, 80, 99, 100, 140, 200] {
        let told = at(&report, width, true);
        for name in
            ["konecta-erp-alb/f2f7dc8efc522ab2", "sg-0123456789abcdef0", "wafv2:GetWebACLForResource", "KA-ECR-004"]
        {
            assert!(told.contains(name), "{width}: {name}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_string_acts_on_the_terminal(words in testdata::words(), width in 0..240_usize) {
        let told = at(&testdata::written_with(&words), width, true);
        assert!(told.chars().all(|c| c == '\n' || !text::acts(c)));
    }
}
