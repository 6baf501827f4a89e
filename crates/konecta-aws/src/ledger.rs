//! The books of one account and region: what was asked, what was answered, what is missing.
//! Knows nothing of services; what follows from a missing answer it takes from the catalogue of reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use konecta_base::gap::{Gap, GapKind, ReadRecord};
use konecta_base::id::{AccountId, Action, Arn, Region};
use konecta_base::reads::Reads;
use konecta_base::resource::Resource;

use crate::classify::Failure;
use crate::pace::Progress;

/// Where is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The account that is asked.
    pub account: AccountId,
    /// The region, or `global`.
    pub region: Region,
    /// The partition that ARNs begin with: `aws`, `aws-us-gov`, `aws-cn`.
    pub partition: String,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    calls: u64,
    complete: bool,
}

#[derive(Debug, Default)]
struct Book {
    reads: BTreeMap<Action, Line>,
    gaps: Vec<Gap>,
    resources: Vec<Resource>,
}

/// One account and region, while it is being read.
#[derive(Debug)]
pub(crate) struct Ledger {
    place: Scope,
    book: Mutex<Book>,
    progress: Arc<Progress>,
}

/// One account and region, read.
#[derive(Debug)]
pub(crate) struct Closed {
    pub reads: Vec<ReadRecord>,
    pub gaps: Vec<Gap>,
    pub resources: Vec<Resource>,
}

impl Ledger {
    /// Opens the books with a line for every wanted read: one that finds nothing to ask about stays at 0 calls.
    pub(crate) fn open(place: Scope, wanted: BTreeSet<Action>, progress: Arc<Progress>) -> Self {
        let reads = wanted.into_iter().map(|action| (action, Line { calls: 0, complete: true })).collect();
        Self { place, book: Mutex::new(Book { reads, ..Book::default() }), progress }
    }

    pub(crate) fn place(&self) -> &Scope {
        &self.place
    }

    pub(crate) fn wants(&self, action: &Action) -> bool {
        self.with(|book| book.reads.contains_key(action))
    }

    /// Whether every answer of a read has come so far; `false` for one that is not wanted.
    pub(crate) fn is_complete(&self, action: &Action) -> bool {
        self.with(|book| book.reads.get(action).is_some_and(|line| line.complete))
    }

    pub(crate) fn answered(&self, action: &Action, calls: u64) {
        self.with(|book| {
            if let Some(line) = book.reads.get_mut(action) {
                line.calls += calls;
            }
        });
    }

    pub(crate) fn missing(&self, action: &Action, about: Option<&Arn>, failure: Failure) {
        self.progress.gap();
        let gap = self.gap(action, about, failure);
        self.with(|book| {
            if let Some(line) = book.reads.get_mut(action) {
                line.complete = false;
            }
            book.gaps.push(gap);
        });
    }

    pub(crate) fn keep(&self, resource: Resource) {
        self.with(|book| book.resources.push(resource));
    }

    fn gap(&self, action: &Action, about: Option<&Arn>, failure: Failure) -> Gap {
        Gap {
            action: action.clone(),
            account_id: self.place.account.clone(),
            region: self.place.region.clone(),
            resource: about.cloned(),
            kind: failure.kind,
            error: failure.code,
            message: failure.message,
        }
    }

    /// Closes the books. Where a read has no whole answer, those that build on it are not whole either: what it
    /// did not tell could not be asked about. They say so once, unless they have a gap of their own.
    pub(crate) fn close(&self, catalogue: &Reads) -> Closed {
        while let Some((action, before)) = self.with(|book| dependent(book, catalogue)) {
            let failure = Failure {
                kind: GapKind::NotMade,
                code: "NotMade".to_owned(),
                message: format!("not asked about everything, because {before} has no complete answer"),
            };
            let gap = self.gap(&action, None, failure);
            self.with(|book| {
                if let Some(line) = book.reads.get_mut(&action) {
                    line.complete = false;
                }
                if !book.gaps.iter().any(|other| other.action == action) {
                    book.gaps.push(gap);
                }
            });
        }
        let book = self.with(std::mem::take);
        let reads = book.reads.into_iter().map(|(action, line)| ReadRecord {
            action,
            account_id: self.place.account.clone(),
            region: self.place.region.clone(),
            calls: line.calls,
            complete: line.complete,
        });
        Closed { reads: reads.collect(), gaps: book.gaps, resources: book.resources }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A read that is taken for complete and builds on one that is not.
fn dependent(book: &mut Book, catalogue: &Reads) -> Option<(Action, Action)> {
    book.reads.iter().filter(|(_, line)| line.complete).find_map(|(action, _)| {
        let before = catalogue
            .get(action)?
            .after
            .iter()
            .find(|before| book.reads.get(*before).is_some_and(|line| !line.complete))?;
        Some((action.clone(), before.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::of_service;

    fn action(name: &str) -> Action {
        name.parse().expect("action")
    }

    #[test]
    fn what_builds_on_a_missing_answer_is_not_made_and_says_so_once() {
        let catalogue = konecta_base::reads::reads();
        let place = Scope {
            account: "123456789012".parse().expect("account"),
            region: "us-east-1".parse().expect("region"),
            partition: "aws".to_owned(),
        };
        let names = ["eks:ListClusters", "eks:DescribeCluster", "kms:DescribeKey", "ecr:DescribeRepositories"];
        let ledger = Ledger::open(place, names.into_iter().map(action).collect(), Progress::new());
        ledger.answered(&action("ecr:DescribeRepositories"), 2);
        ledger.missing(&action("eks:ListClusters"), None, of_service(Some("AccessDenied"), None, 403));
        let closed = ledger.close(catalogue);
        let lines: Vec<_> = closed.reads.iter().map(|r| (r.action.as_str(), r.calls, r.complete)).collect();
        assert_eq!(
            lines,
            [
                ("ecr:DescribeRepositories", 2, true),
                ("eks:DescribeCluster", 0, false),
                ("eks:ListClusters", 0, false),
                ("kms:DescribeKey", 0, false),
            ]
        );
        let mut gaps: Vec<_> = closed.gaps.iter().map(|gap| (gap.action.as_str(), gap.kind)).collect();
        gaps.sort_unstable();
        assert_eq!(
            gaps,
            [
                ("eks:DescribeCluster", GapKind::NotMade),
                ("eks:ListClusters", GapKind::Denied),
                ("kms:DescribeKey", GapKind::NotMade),
            ]
        );
    }
}
