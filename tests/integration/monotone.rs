//! Knowing less never makes a verdict better: of the snapshots of both worlds every key is taken away in turn, at
//! every depth, and every read is dropped, cut short and refused. A verdict may become unknown; none turns from fail
//! or unknown into pass, and none from pass into fail but by the loss of a tag.
//!
//! Facts are derived anew each time. Judged anew is the resource that lost a key, and every resource of which a
//! control sees other facts, indexes or lists than before: the others get the same verdicts from the same data.

mod sight;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::gap::{Gap, GapKind, ReadRecord};
use konecta_base::reads::reads;
use konecta_base::resource::Resource;
use konecta_base::rule::ControlError;
use konecta_base::snapshot::{ScanInfo, Snapshot, SnapshotError, Source};
use konecta_core::audit;
use konecta_core::facts::{self, FactsAsText};
use konecta_rego::catalogue::{Catalogue, PolicyFile};
use konecta_rego::engine::{Judge, World};
use konecta_rego::fixture;

use self::sight::{Change, Sight};
use crate::formats::scanned;

/// Statuses by control and ARN.
type Verdicts = BTreeMap<(String, String), Status>;

/// A snapshot, what follows from it, and what is said of it.
struct Shrinking {
    catalogue: Catalogue,
    blueprint: Blueprint,
    snapshot: Snapshot,
    facts: FactsAsText,
    before: Verdicts,
    /// By resource type.
    sights: BTreeMap<String, Sight>,
}

/// The snapshot with one resource exchanged.
struct Exchanged<'a> {
    snapshot: &'a Snapshot,
    at: usize,
    resource: &'a Resource,
}

impl Source for Exchanged<'_> {
    fn info(&self) -> &ScanInfo {
        &self.snapshot.info
    }

    fn reads(&self) -> &[ReadRecord] {
        &self.snapshot.reads
    }

    fn gaps(&self) -> &[Gap] {
        &self.snapshot.gaps
    }

    fn visit(&self, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError> {
        let resources = self.snapshot.resources.iter().enumerate();
        resources.for_each(|(at, resource)| see(if at == self.at { self.resource } else { resource }));
        Ok(())
    }
}

/// What became of the verdicts when something was taken away.
#[derive(Default)]
struct Tally {
    /// How many things were taken away, one at a time.
    tried: usize,
    /// How often another world had to be put up.
    moved: usize,
    /// From fail or unknown to pass: never.
    better: Vec<String>,
    /// Controls that could not be evaluated or contradict themselves: never.
    errors: Vec<String>,
    /// From pass to fail, by control: only where what was taken away is data of the user's, such as a tag.
    worse: BTreeMap<String, Vec<String>>,
    /// From fail or unknown to not applicable, by control.
    gone: BTreeMap<String, Vec<String>>,
    /// From not applicable to pass, by control.
    arrived: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn compare(&mut self, what: &str, before: &Verdicts, after: &Verdicts) {
        for (key @ (control, arn), is) in after {
            let line = || format!("{arn}: {what}");
            let Some(was) = before.get(key) else {
                self.errors.push(format!("{control} {is} out of nothing, {}", line()));
                continue;
            };
            let list = match (was, is) {
                (Status::Fail | Status::Unknown, Status::Pass) => {
                    self.better.push(format!("{control} {was} → pass, {}", line()));
                    continue;
                }
                (Status::Pass, Status::Fail) => &mut self.worse,
                (Status::Fail | Status::Unknown, Status::NotApplicable) => &mut self.gone,
                (Status::NotApplicable, Status::Pass) => &mut self.arrived,
                _ => continue,
            };
            list.entry(control.clone()).or_default().push(line());
        }
    }

    fn fail(&mut self, errors: &[ControlError], what: &str) {
        let told = |error: &ControlError| format!("{} {}: {}, {what}", error.control, error.arn, error.message);
        self.errors.extend(errors.iter().map(told));
    }

    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.moved += other.moved;
        self.better.extend(other.better);
        self.errors.extend(other.errors);
        for (into, from) in
            [(&mut self.worse, other.worse), (&mut self.gone, other.gone), (&mut self.arrived, other.arrived)]
        {
            from.into_iter().for_each(|(control, lines)| into.entry(control).or_default().extend(lines));
        }
    }

    /// What became a fail by not knowing: an absent tag is a statement, any other absent key is silence.
    fn condemned(&self) -> Vec<String> {
        let told = |(control, lines): (&String, &Vec<String>)| {
            let silent = lines.iter().filter(|line| !may_condemn(line));
            silent.map(|line| format!("{control} pass → fail, {line}")).collect::<Vec<_>>()
        };
        self.worse.iter().flat_map(told).collect()
    }

    /// The figures in a few lines, with one example each.
    fn told(&self) -> String {
        let told = |name: &str, list: &BTreeMap<String, Vec<String>>| {
            let total: usize = list.values().map(Vec::len).sum();
            let each = list.iter().map(|(control, lines)| format!("\n  {control} {}, as {}", lines.len(), lines[0]));
            format!("\n{name}: {total}{}", each.collect::<String>())
        };
        let gone = told("fail or unknown → not applicable", &self.gone);
        let arrived = told("not applicable → pass", &self.arrived);
        format!(
            "{} tried, another world in {}{}{gone}{arrived}",
            self.tried,
            self.moved,
            told("pass → fail", &self.worse)
        )
    }
}

impl Shrinking {
    /// The snapshot of a world's scan, judged as it is.
    fn of(world: &str) -> Self {
        Self::new(Catalogue::built_in().expect("catalogue"), world, |_| true)
    }

    /// The same with other controls, and only these resources.
    fn new(catalogue: Catalogue, world: &str, wanted: impl Fn(&Resource) -> bool) -> Self {
        let scanned = scanned(world);
        let sights = Sight::all(&catalogue);
        let blueprint = toml::from_str(&std::fs::read_to_string(&scanned.config).expect("config")).expect("blueprint");
        let mut snapshot = scanned.snapshot();
        snapshot.resources.retain(wanted);
        let facts = facts::derive_as_text(&snapshot, &blueprint).expect("in memory");
        let mut ground = Self { catalogue, blueprint, snapshot, facts, before: Verdicts::new(), sights };
        let everything = ground.snapshot.resources.iter().chain(&ground.facts.stacks);
        let (before, errors) = judged(&mut ground.judge(), everything);
        assert_eq!(errors, []);
        ground.before = before;
        ground
    }

    fn judge(&self) -> Judge<'_> {
        let reads = reads();
        Judge::new(&self.catalogue, &self.world(&self.facts), reads, &self.snapshot.gaps).expect("policies compile")
    }

    /// What policies may look at, as [`audit::judge`] makes it; the first test holds the two together.
    fn world(&self, facts: &FactsAsText) -> World {
        audit::world(facts.clone(), &self.blueprint, self.snapshot.info.started_at).expect("JSON")
    }

    /// Does something to the snapshot in so many ways, on as many threads as there are processors.
    fn each(&self, count: usize, take_away: impl Fn(&mut Worker<'_>, usize) + Sync) -> Tally {
        let next = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let work = || {
            let mut worker = Worker::of(self);
            loop {
                match next.fetch_add(1, Ordering::Relaxed) {
                    at if at < count => take_away(&mut worker, at),
                    _ => return worker.tally,
                }
            }
        };
        let mut whole = Tally::default();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().for_each(|worker| whole.add(worker.join().expect("a worker ends")));
        });
        whole
    }
}

fn judged<'a>(
    judge: &mut Judge<'_>,
    resources: impl IntoIterator<Item = &'a Resource>,
) -> (Verdicts, Vec<ControlError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    resources.into_iter().for_each(|resource| judge.judge(resource, &mut found, &mut errors));
    (found.iter().map(verdict).collect(), errors)
}

fn verdict(finding: &Finding) -> ((String, String), Status) {
    ((finding.control.to_string(), finding.resource.arn.to_string()), finding.status)
}

fn gap(read: &ReadRecord) -> Gap {
    Gap {
        action: read.action.clone(),
        account_id: read.account_id.clone(),
        region: read.region.clone(),
        resource: None,
        kind: GapKind::Denied,
        error: "AccessDenied".to_owned(),
        message: String::new(),
    }
}

/// One thread's engines and figures.
struct Worker<'a> {
    ground: &'a Shrinking,
    /// Its world is that of the whole snapshot.
    still: Judge<'a>,
    /// Its world is that of the variant in hand.
    moving: Judge<'a>,
    /// The verdicts on resources that are as they were, by their place and by what their controls see besides.
    known: HashMap<(usize, String), Verdicts>,
    tally: Tally,
}

impl<'a> Worker<'a> {
    fn of(ground: &'a Shrinking) -> Self {
        let (known, tally) = (HashMap::new(), Tally::default());
        Self { ground, still: ground.judge(), moving: ground.judge(), known, tally }
    }

    /// Takes every key away from one resource.
    fn without_keys(&mut self, at: usize) {
        let ground = self.ground;
        let resource = &ground.snapshot.resources[at];
        let whole = serde_json::to_value(resource).expect("a resource is JSON");
        let of_aws = |path: &str| ["/configuration/", "/supplement", "/tags"].iter().any(|part| path.starts_with(part));
        for (path, less) in fixture::shrunk(&whole).into_iter().filter(|(path, _)| of_aws(path)) {
            let smaller: Resource = serde_json::from_value(less).expect("a resource still");
            let source = Exchanged { snapshot: &ground.snapshot, at, resource: &smaller };
            self.compare(&source, Some((at, &smaller)), &format!("without {path} of {}", smaller.arn));
        }
    }

    /// Drops one read, cuts it short, and refuses it.
    fn without_read(&mut self, at: usize) {
        let whole = &self.ground.snapshot;
        let read = &whole.reads[at];
        let mut dropped = whole.clone();
        dropped.reads.remove(at);
        let mut cut_short = whole.clone();
        cut_short.reads[at].complete = false;
        let mut refused = cut_short.clone();
        refused.gaps.push(gap(read));
        for (less, how) in [(dropped, "dropped"), (cut_short, "cut short"), (refused, "refused")] {
            self.compare(&less, None, &format!("{} in {} {how}", read.action, read.region));
        }
    }

    /// Judges what may have changed, and holds it against what was said before.
    fn compare(&mut self, source: &dyn Source, smaller: Option<(usize, &Resource)>, what: &str) {
        let ground = self.ground;
        let facts = facts::derive_as_text(source, &ground.blueprint).expect("in memory");
        let change = Change::between(&ground.facts, &facts);
        let mut world = Some(&facts);
        let mut after = Verdicts::new();
        if let Some((_, resource)) = smaller {
            let moved = change.seen(&ground.sights, resource).is_some();
            after.extend(if moved { self.moved(&mut world, resource, what) } else { self.judged(resource, what) });
        }
        let resources = ground.snapshot.resources.iter().chain(&facts.stacks).enumerate();
        for (at, resource) in resources.filter(|(at, _)| smaller.is_none_or(|(smaller, _)| smaller != *at)) {
            let Some(seen) = change.seen(&ground.sights, resource) else { continue };
            let place = (at, seen);
            if !self.known.contains_key(&place) {
                let verdicts = self.moved(&mut world, resource, what);
                self.known.insert(place.clone(), verdicts);
            }
            after.extend(self.known[&place].clone());
        }
        self.tally.tried += 1;
        self.tally.moved += usize::from(world.is_none());
        self.tally.compare(what, &ground.before, &after);
    }

    /// The verdicts in the world of the whole snapshot.
    fn judged(&mut self, resource: &Resource, what: &str) -> Verdicts {
        let (verdicts, errors) = judged(&mut self.still, [resource]);
        self.tally.fail(&errors, what);
        verdicts
    }

    /// The verdicts in another world, which is put up when it is needed first.
    fn moved(&mut self, world: &mut Option<&FactsAsText>, resource: &Resource, what: &str) -> Verdicts {
        if let Some(facts) = world.take() {
            self.moving.change_world(&self.ground.world(facts)).expect("a world");
        }
        let (verdicts, errors) = judged(&mut self.moving, [resource]);
        self.tally.fail(&errors, what);
        verdicts
    }
}

/// The way in which this test judges is the product's: on the whole snapshots both say the same.
#[test]
fn this_judgement_is_the_audits() {
    for world in ["good", "drifted"] {
        let ground = Shrinking::of(world);
        let mut audited = Verdicts::new();
        let errors = audit::judge(&ground.snapshot, &ground.catalogue, &ground.blueprint, &mut |finding| {
            audited.insert((finding.control.to_string(), finding.resource.arn.to_string()), finding.status);
        });
        assert_eq!(errors.expect("judged"), []);
        // What was not listed is said of no resource, and no key of a resource changes it.
        audited.retain(|(_, arn), _| !arn.ends_with(":*"));
        assert_eq!(audited, ground.before, "{world}");
    }
}

/// What may turn a pass into a fail by its loss: a tag, and the port of a redirect, for which AWS documents what stands
/// where none is named (the port of the request).
fn may_condemn(line: &str) -> bool {
    line.contains("without /tags/") || line.contains("/RedirectConfig/Port of ")
}

fn check(world: &str, least: usize, take_away: impl Fn(&Shrinking) -> Tally) {
    let ground = Shrinking::of(world);
    let started = Instant::now();
    let tally = take_away(&ground);
    println!("{world}, {:.1} s: {}", started.elapsed().as_secs_f64(), tally.told());
    assert!(tally.tried >= least, "{world}: only {} tried", tally.tried);
    assert_eq!(tally.better, Vec::<String>::new(), "{world}: better by knowing less");
    assert_eq!(tally.condemned(), Vec::<String>::new(), "{world}: proven bad by knowing less");
    assert_eq!(tally.errors, Vec::<String>::new(), "{world}: not evaluated");
}

fn without_each_key(ground: &Shrinking) -> Tally {
    ground.each(ground.snapshot.resources.len(), |worker, at| worker.without_keys(at))
}

fn without_each_read(ground: &Shrinking) -> Tally {
    ground.each(ground.snapshot.reads.len(), |worker, at| worker.without_read(at))
}

#[test]
fn no_key_less_makes_a_verdict_of_the_good_world_better() {
    check("good", 3_000, without_each_key);
}

#[test]
fn no_key_less_makes_a_verdict_of_the_drifted_world_better() {
    check("drifted", 3_000, without_each_key);
}

#[test]
fn no_read_less_makes_a_verdict_better() {
    for world in ["good", "drifted"] {
        check(world, 100, without_each_read);
    }
}

/// What the tests above look for is found where it is: a control that only looks for bad.
#[test]
fn a_control_that_takes_silence_for_good_is_caught() {
    let text = "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: ACME-1\n#   severity: low\n\
        #   resource: AWS::ECR::Repository\n#   remediation: R\n#   reads: [ecr:DescribeRepositories]\n\
        package acme.mine\n\nimport rego.v1\n\npass if not _bad\n\n\
        violations contains {\"path\": \"x\", \"actual\": false, \"expected\": true} if _bad\n\n\
        _bad if input.configuration.imageTagMutability == \"MUTABLE\"\n";
    let catalogue = Catalogue::of(&[PolicyFile { path: "acme/mine.rego", text }]).expect("accepted");
    let ground =
        Shrinking::new(catalogue, "drifted", |resource| resource.resource_type.as_str() == "AWS::ECR::Repository");
    let fails = ground.before.values().filter(|status| **status == Status::Fail).count();
    assert!(fails > 0, "no repository of the drifted world has mutable tags");
    let tally = without_each_key(&ground);
    assert_eq!(tally.better.len(), fails, "{:?}", tally.better);
    assert!(tally.better.iter().all(|line| line.contains("without /configuration/imageTagMutability of ")));
}
