//! Judging on several threads: one reads, the others parse and judge, each with engines of its own.
//! Decides nothing; findings come out in the order of the resources, so they are those of one thread.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Scope};

use super::AuditError;
use konecta_base::finding::Finding;
use konecta_base::gap::Gap;
use konecta_base::reads::reads;
use konecta_base::rule::ControlError;
use konecta_base::snapshot::Unread;
use konecta_rego::catalogue::Catalogue;
use konecta_rego::engine::{Judge, World};

/// Each thread compiles all policies and holds its engines, and one reads for all.
const MOST: usize = 4;

/// So many resources are handed over at once. What is fewer is judged by the thread that reads.
const BATCH: usize = 512;

/// So many batches wait for one thread.
const WAITING: usize = 2;

/// How many threads judge where nobody says how many.
pub(super) fn available() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// What judging needs besides resources.
#[derive(Clone, Copy)]
pub(super) struct JudgeInput<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) world: &'a World,
    pub(super) gaps: &'a [Gap],
}

impl<'a> JudgeInput<'a> {
    fn judge(self) -> Result<Judge<'a>, AuditError> {
        Ok(Judge::new(self.catalogue, self.world, reads(), self.gaps)?)
    }
}

/// What was found in one batch.
#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    errors: Vec<ControlError>,
}

fn judged(judge: &mut Judge<'_>, batch: Vec<Unread>) -> Result<Judged, AuditError> {
    let mut judged = Judged::default();
    for unread in batch {
        judge.judge(&unread.read()?, &mut judged.findings, &mut judged.errors);
    }
    Ok(judged)
}

/// One thread that judges.
struct Worker {
    batches: SyncSender<Vec<Unread>>,
    results: Receiver<Result<Judged, AuditError>>,
}

impl Worker {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, input: JudgeInput<'scope>) -> Self {
        let ((batches, incoming), (outgoing, results)) = (sync_channel(WAITING), channel());
        scope.spawn(move || work(input, &incoming, &outgoing));
        Self { batches, results }
    }
}

/// Ends with the last batch, or with an error.
fn work(input: JudgeInput<'_>, batches: &Receiver<Vec<Unread>>, results: &Sender<Result<Judged, AuditError>>) {
    let mut judge = match input.judge() {
        Ok(judge) => judge,
        Err(error) => return drop(results.send(Err(error))),
    };
    for batch in batches {
        let judged = judged(&mut judge, batch);
        let is_over = judged.is_err();
        if results.send(judged).is_err() || is_over {
            return;
        }
    }
}

/// The threads, to which batches go in turn, and what came of them.
struct Crew<'t> {
    workers: Vec<Worker>,
    sent: usize,
    received: usize,
    take: &'t mut dyn FnMut(Finding),
    errors: Vec<ControlError>,
    failed: Option<AuditError>,
}

impl Crew<'_> {
    /// Hands over a batch; waits where too many are open.
    fn hand(&mut self, batch: Vec<Unread>) {
        if self.sent >= self.received + self.workers.len() * WAITING {
            self.receive();
        }
        if let Some(worker) = self.workers.get(self.sent % self.workers.len().max(1)) {
            // One that has ended says why in its results.
            drop(worker.batches.send(batch));
        }
        self.sent += 1;
    }

    /// Takes what came of the oldest batch that is open.
    fn receive(&mut self) {
        let worker = self.workers.get(self.received % self.workers.len().max(1));
        self.received += 1;
        match worker.map(|worker| worker.results.recv()) {
            Some(Ok(Ok(judged))) => {
                judged.findings.into_iter().for_each(&mut *self.take);
                self.errors.extend(judged.errors);
            }
            Some(Ok(Err(error))) => drop(self.failed.get_or_insert(error)),
            // It ended before: its error is known, or its panic is this thread's when the threads are joined.
            Some(Err(_)) | None => {}
        }
    }

    fn finish(mut self) -> Result<Vec<ControlError>, AuditError> {
        while self.received < self.sent {
            self.receive();
        }
        self.failed.map_or(Ok(self.errors), Err)
    }
}

/// Judges what `read` hands out, in its order.
///
/// # Errors
/// When a policy cannot be made ready, or what is read is damaged.
pub(super) fn judge(
    threads: usize,
    input: JudgeInput<'_>,
    read: impl FnOnce(&mut dyn FnMut(Unread)) -> Result<(), AuditError>,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    thread::scope(|scope| {
        let mut crew = Crew { workers: Vec::new(), sent: 0, received: 0, take, errors: Vec::new(), failed: None };
        let mut batch = Vec::with_capacity(BATCH);
        read(&mut |unread| {
            if batch.len() == BATCH {
                if crew.workers.is_empty() {
                    crew.workers.extend((0..threads.max(1)).map(|_| Worker::start(scope, input)));
                }
                crew.hand(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
            }
            batch.push(unread);
        })?;
        if crew.workers.is_empty() {
            let Judged { findings, errors } = judged(&mut input.judge()?, batch)?;
            findings.into_iter().for_each(&mut *crew.take);
            return Ok(errors);
        }
        crew.hand(batch);
        crew.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{judge, judge_on};
    use super::*;
    use crate::report::Report;
    use konecta_base::blueprint::Blueprint;
    use konecta_base::snapshot::{Snapshot, SnapshotFile, save};

    /// A world whose groups are there many times.
    fn many() -> Snapshot {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/worlds/public/");
        let mut files: Vec<_> =
            std::fs::read_dir(path).expect("folder").map(|file| file.expect("file").path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "snap"));
        files.sort();
        let mut snapshot = SnapshotFile::open(&files[0]).expect("opened").load().expect("loaded");
        let groups: Vec<_> =
            snapshot.resources.iter().filter(|one| one.resource_type.as_str() == "AWS::EC2::SecurityGroup").collect();
        assert!(!groups.is_empty());
        let mut more = Vec::new();
        for at in 0..3 * BATCH {
            let mut group = groups[at % groups.len()].clone();
            group.arn = format!("{}{at:04}", group.arn).parse().expect("arn");
            more.push(group);
        }
        snapshot.resources.extend(more);
        snapshot.sort();
        snapshot
    }

    fn found(threads: usize, source: &dyn konecta_base::snapshot::Source) -> String {
        let catalogue = Catalogue::built_in().expect("catalogue");
        let mut text = String::new();
        let mut take = |finding: Finding| text.push_str(&format!("{finding:?}\n"));
        let blueprint = Blueprint::default();
        let errors = match threads {
            0 => judge(source, &catalogue, &blueprint, &mut take),
            threads => judge_on(threads, source, &catalogue, &blueprint, &mut take),
        };
        format!("{text}{:?}", errors.expect("judged"))
    }

    #[test]
    fn several_threads_find_byte_for_byte_what_one_finds() {
        let snapshot = many();
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("many.snap");
        save(&snapshot, &path).expect("saved");
        let file = SnapshotFile::open(&path).expect("opened");
        let one = found(0, &snapshot);
        assert!(one.lines().count() > 3 * BATCH);
        assert!(one == found(2, &snapshot), "in memory");
        assert!(one == found(3, &file), "from a file");
    }

    #[test]
    fn a_policy_that_does_not_compile_is_an_error_and_no_thread_waits() {
        let world = World::new(&serde_json::json!({})).expect("world");
        let file = konecta_rego::catalogue::PolicyFile { path: "x.rego", text: UNSAFE };
        let catalogue = Catalogue::of(&[file]).expect("catalogue");
        let input = JudgeInput { catalogue: &catalogue, world: &world, gaps: &[] };
        let resource = many().resources.remove(0);
        let read = |see: &mut dyn FnMut(Unread)| {
            (0..8 * BATCH).for_each(|_| see(Unread::Resource(Box::new(resource.clone()))));
            Ok(())
        };
        let judged = super::judge(2, input, read, &mut |_| {});
        assert!(matches!(judged, Err(AuditError::Policy(_))), "{judged:?}");
    }

    const UNSAFE: &str = "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: KA-X-900\n#   severity: low\n\
        #   resource: AWS::EC2::SecurityGroup\n#   remediation: R\n#   reads: [\"ec2:DescribeSecurityGroups\"]\n\
        package konecta.network.x\n\nimport rego.v1\n\npass if 1 +\n\nviolations contains 1 if false\n";

    #[test]
    fn a_report_is_the_same_however_it_was_judged() {
        let report = |report: Report| format!("{:?}", report.findings);
        let (snapshot, catalogue) = (many(), Catalogue::built_in().expect("catalogue"));
        let blueprint = Blueprint::default();
        let parallel = super::super::Audit::new(&catalogue, &blueprint, "0").verdicts(&snapshot).expect("report");
        let alone = super::super::Audit::new(&catalogue, &blueprint, "0")
            .verdicts_of(&snapshot, &|_, _, _| true)
            .expect("report");
        assert!(report(parallel) == report(alone));
    }
}
