//! The merge of what was expected with what was seen, held against sets; and how much is held meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use proptest::prelude::*;

use super::*;
use konecta_base::finding::{Severity, Status};
use konecta_base::id::ControlId;

const REGIONS: [&str; 4] = ["eu-west-1", "global", "us-east-1", "us-west-2"];

fn account(number: u64) -> AccountId {
    format!("{number:012}").parse().expect("account")
}

fn target(number: u64, region: usize) -> Target {
    Target { account: account(number), region: REGIONS[region].parse().expect("region") }
}

fn control(number: u64) -> ControlId {
    format!("KA-T-{number:03}").parse().expect("control")
}

/// A status with this many fails of one control; every fail is of the same severity.
fn status(target: &Target, status: TargetOutcome, fails: u64, severity: Severity) -> TargetStatus {
    TargetStatus {
        status,
        reason: (status != TargetOutcome::Complete).then(|| format!("{status} for a reason")),
        key: (status != TargetOutcome::Unscanned).then(|| format!("account={}/x.json", target.account)),
        counts: BTreeMap::from([(Status::Fail, fails), (Status::Pass, 1)]),
        fails_by_severity: BTreeMap::from([(severity, fails)]),
        fails: if fails == 0 { BTreeMap::new() } else { BTreeMap::from([(control(1), fails)]) },
        ..TargetStatus::unscanned(target, "")
    }
}

fn rolled(expected: &[Target], statuses: Vec<TargetStatus>) -> Result<(Summary, Vec<NamedTarget>), RollupError> {
    let mut rollup = Rollup::new(expected.iter().cloned().map(Ok), Vec::new());
    for status in statuses {
        rollup.see(status)?;
    }
    let (summary, lists) = rollup.finish()?;
    let lines = String::from_utf8(lists).expect("text");
    Ok((summary, lines.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()))
}

fn outcome() -> impl Strategy<Value = TargetOutcome> {
    prop_oneof![Just(TargetOutcome::Complete), Just(TargetOutcome::Incomplete), Just(TargetOutcome::Unscanned)]
}

type Cell = (u64, usize);

fn places() -> impl Strategy<Value = BTreeSet<Cell>> {
    prop::collection::btree_set((0..12_u64, 0..REGIONS.len()), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was expected and whatever was written: everything is named once, for the right reason, and the numbers
    /// are those that sets give.
    #[test]
    fn the_merge_gives_what_sets_give(
        expected in places(),
        seen in prop::collection::btree_map((0..12_u64, 0..REGIONS.len()), (outcome(), 0..4_u64), 0..30),
    ) {
        let targets: Vec<Target> = expected.iter().map(|&(number, region)| target(number, region)).collect();
        let statuses = seen.iter().map(|(&(number, region), &(came, fails))| {
            status(&target(number, region), came, fails, Severity::High)
        });
        let (summary, named) = rolled(&targets, statuses.collect()).expect("in order");

        let of = |place: &Cell| seen.get(place).map(|(came, _)| *came);
        let with = |wanted: Option<TargetOutcome>| -> BTreeSet<Cell> {
            expected.iter().filter(|place| of(place) == wanted).copied().collect()
        };
        let unscanned: BTreeSet<Cell> = with(None).union(&with(Some(TargetOutcome::Unscanned))).copied().collect();
        let incomplete = with(Some(TargetOutcome::Incomplete));
        let unexpected: BTreeSet<Cell> = seen.keys().filter(|place| !expected.contains(place)).copied().collect();
        for (naming, places) in
            [(Naming::Unscanned, &unscanned), (Naming::Incomplete, &incomplete), (Naming::Unexpected, &unexpected)]
        {
            let told: Vec<Target> = named
                .iter()
                .filter(|one| one.naming == naming)
                .map(|one| Target { account: one.account.clone(), region: one.region.clone().expect("a target") })
                .collect();
            let right: Vec<Target> = places.iter().map(|&(number, region)| target(number, region)).collect();
            prop_assert_eq!(told, right);
        }
        let silent = named.iter().filter(|one| one.reason.as_deref() == Some(NO_STATUS)).count();
        prop_assert_eq!(silent, with(None).len());

        let count = |places: &BTreeSet<Cell>| places.len() as u64;
        prop_assert_eq!(summary.targets, Targets {
            expected: count(&expected),
            complete: count(&with(Some(TargetOutcome::Complete))),
            incomplete: count(&incomplete),
            unscanned: count(&unscanned),
            unexpected: count(&unexpected),
        });
        let accounts = |places: &BTreeSet<Cell>| -> BTreeSet<u64> { places.iter().map(|(number, _)| *number).collect() };
        let read: BTreeSet<Cell> = expected.difference(&unscanned).copied().collect();
        let (missed, read) = (accounts(&unscanned), accounts(&read));
        prop_assert_eq!(summary.accounts, Accounts {
            expected: accounts(&expected).len() as u64,
            seen: read.difference(&missed).count() as u64,
            in_part: read.intersection(&missed).count() as u64,
            unscanned: missed.difference(&read).count() as u64,
        });
        let counted: Vec<(u64, u64)> = expected
            .iter()
            .filter_map(|place| seen.get(place).map(|(_, fails)| (place.0, *fails)))
            .filter(|(_, fails)| *fails > 0)
            .collect();
        let totals = summary.controls.get(&control(1)).cloned().unwrap_or_default();
        prop_assert_eq!(totals.fails, counted.iter().map(|(_, fails)| fails).sum::<u64>());
        prop_assert_eq!(totals.accounts, counted.iter().map(|(number, _)| number).collect::<BTreeSet<_>>().len() as u64);
        prop_assert_eq!(summary.fails(Severity::High), totals.fails);
        prop_assert_eq!(summary.fails(Severity::Critical), 0);
        let nothing_missing = unscanned.is_empty() && incomplete.is_empty() && unexpected.is_empty();
        prop_assert_eq!(summary.is_whole(), nothing_missing && !expected.is_empty());
    }
}

#[test]
fn what_is_out_of_order_or_there_twice_is_an_error_and_no_wrong_number() {
    let [first, second] = [target(1, 0), target(1, 2)];
    let seen = |target: &Target| status(target, TargetOutcome::Complete, 0, Severity::Low);
    for (expected, statuses, list) in [
        (vec![second.clone(), first.clone()], vec![seen(&second)], "expected targets"),
        (vec![first.clone(), first.clone()], vec![], "expected targets"),
        (vec![first.clone(), second.clone()], vec![seen(&second), seen(&first)], "statuses"),
        (vec![first.clone(), second.clone()], vec![seen(&first), seen(&first)], "statuses"),
    ] {
        let error = rolled(&expected, statuses).expect_err("refused").to_string();
        assert!(error.starts_with(&format!("the {list} are not in order: 000000000001 ")), "{error}");
    }
    let broken = [Ok(first.clone()), Err(io::Error::other("gone"))].into_iter();
    let mut rollup = Rollup::new(broken, Vec::new());
    rollup.see(seen(&first)).expect("the first is read");
    assert!(matches!(rollup.see(seen(&second)), Err(RollupError::Expected(_))));
}

#[test]
fn the_worst_come_first_by_severity_and_only_so_many_are_held() {
    let expected: Vec<Target> = (0..300).map(|number| target(number, 0)).collect();
    let statuses = expected.iter().zip(0_u64..).map(|(target, number)| match number {
        7 => status(target, TargetOutcome::Complete, 1, Severity::Critical),
        8 => status(target, TargetOutcome::Complete, 0, Severity::Critical),
        _ => status(target, TargetOutcome::Complete, number + 1, Severity::High),
    });
    let (summary, _) = rolled(&expected, statuses.collect()).expect("in order");
    let worst: Vec<AccountId> = summary.worst().map(|target| target.account.clone()).collect();
    let right: Vec<AccountId> = [7].into_iter().chain((201..300).rev()).map(account).collect();
    assert_eq!(worst, right);
    assert_eq!(summary.worst().count(), WORST);
}

/// Counts what it is given and keeps nothing.
#[derive(Default)]
struct Counting(u64);

impl io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The expected targets come from an iterator, the statuses one by one, the lists go out: what is left to hold are the
/// collections of the summary. At no moment do they have more elements than there are controls, and the fixed numbers.
#[test]
fn a_hundred_thousand_accounts_are_rolled_up_in_the_memory_of_the_controls() {
    const ACCOUNTS: u64 = 100_000;
    const CONTROLS: u64 = 40;
    let expected = (0..ACCOUNTS).map(|number| Ok(target(number, 0)));
    let mut rollup = Rollup::new(expected, Counting::default());
    let mut most = 0;
    for number in 0..ACCOUNTS {
        if number % 10 == 0 {
            continue;
        }
        let came = if number % 3 == 0 { TargetOutcome::Incomplete } else { TargetOutcome::Complete };
        let mut status = status(&target(number, 0), came, 1 + number % 50, Severity::Medium);
        status.fails = BTreeMap::from([(control(number % CONTROLS), 1 + number % 50)]);
        status.unknowns = BTreeMap::from([(control((number + 1) % CONTROLS), 1)]);
        rollup.see(status).expect("in order");
        most = most.max(rollup.summary.held());
    }
    let (summary, lists) = rollup.finish().expect("in order");
    let fixed = 2 + 1 + WORST;
    assert!(most <= fixed + usize::try_from(CONTROLS).expect("small"), "{most} elements");
    assert_eq!((summary.accounts.expected, summary.accounts.unscanned), (ACCOUNTS, ACCOUNTS / 10));
    assert_eq!(lists.0, summary.targets.unscanned + summary.targets.incomplete);
    assert_eq!(summary.controls.values().map(|control| control.accounts).sum::<u64>(), ACCOUNTS * 9 / 10);
}
