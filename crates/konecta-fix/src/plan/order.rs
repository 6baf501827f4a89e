//! In which order: needs first, class A before B, then layer by layer and by ARN; the same every time.
//! Knows steps and what they need; nothing of what they do.

use std::collections::{BTreeMap, BTreeSet};

use crate::step::{Class, Step};

/// Inside out: what carries comes before what is carried, and the edge last, so that a stack is never open before it
/// is whole behind. A type that is not named goes first: logs, keys and buckets are what others lean on.
const LAYERS: [&str; 9] = [
    "AWS::EC2::",
    "AWS::IAM::",
    "AWS::RDS::",
    "AWS::ECR::",
    "AWS::EKS::",
    "AWS::AutoScaling::",
    "AWS::ElasticLoadBalancingV2::",
    "AWS::WAFv2::",
    "AWS::CloudFront::",
];

/// What decides between steps of which none needs the other.
type Rank<'a> = (Class, usize, &'a str, &'a str);

fn rank(step: &Step) -> Rank<'_> {
    let kind = step.resource.resource_type.as_str();
    let layer = LAYERS.iter().position(|layer| kind.starts_with(layer)).map_or(0, |at| at + 1);
    (step.class, layer, step.resource.arn.as_str(), &step.key)
}

/// The steps in order; each is done when all that it needs is.
///
/// # Errors
/// With the keys of the steps that need each other in a circle.
pub(super) fn steps(steps: &[&Step]) -> Result<Vec<usize>, Vec<String>> {
    let places = places(steps);
    let needs = |step: &Step| step.needs.iter().filter_map(|key| places.get(key.as_str()).copied()).collect();
    let ranks: Vec<Rank<'_>> = steps.iter().map(|step| rank(step)).collect();
    let needs: Vec<BTreeSet<usize>> = steps.iter().map(|step| needs(step)).collect();
    sort(&ranks, &needs).map_err(|rest| rest.into_iter().map(|at| steps[at].key.clone()).collect())
}

fn places<'a>(steps: &[&'a Step]) -> BTreeMap<&'a str, usize> {
    steps.iter().enumerate().map(|(at, step)| (step.key.as_str(), at)).collect()
}

/// Kahn's algorithm: of all that may come next, the first by rank.
fn sort<R: Ord>(ranks: &[R], needs: &[BTreeSet<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut order = Vec::with_capacity(ranks.len());
    let mut open: BTreeSet<usize> = (0..ranks.len()).collect();
    while !open.is_empty() {
        let ready = open.iter().filter(|at| needs[**at].is_disjoint(&open));
        let Some(&next) = ready.min_by_key(|at| &ranks[**at]) else { return Err(open.into_iter().collect()) };
        open.remove(&next);
        order.push(next);
    }
    Ok(order)
}

/// Which steps become one call, and in which order the calls are made: groups of places in `steps`, each in order.
/// Steps with the same `merge` go together, except where that would make a call wait for itself.
///
/// # Errors
/// With the keys of the steps that need each other in a circle.
pub(super) fn calls(all: &[&Step]) -> Result<Vec<Vec<usize>>, Vec<String>> {
    let places = places(all);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in steps(all)? {
        let merge = &all[at].merge;
        let joins = |group: &Vec<usize>| merge.is_some() && all[group[0]].merge == *merge;
        let fits = groups.iter().rposition(joins).filter(|group| {
            let mut tried = groups.clone();
            tried[*group].push(at);
            sorted(all, &places, &tried).is_some()
        });
        match fits {
            Some(group) => groups[group].push(at),
            None => groups.push(vec![at]),
        }
    }
    let order =
        sorted(all, &places, &groups).ok_or_else(|| all.iter().map(|step| step.key.clone()).collect::<Vec<_>>())?;
    Ok(order.into_iter().map(|at| groups[at].clone()).collect())
}

/// The groups in order; nothing where one waits for itself.
fn sorted(all: &[&Step], places: &BTreeMap<&str, usize>, groups: &[Vec<usize>]) -> Option<Vec<usize>> {
    let group_of: BTreeMap<usize, usize> =
        groups.iter().enumerate().flat_map(|(group, steps)| steps.iter().map(move |step| (*step, group))).collect();
    let needs: Vec<BTreeSet<usize>> = groups
        .iter()
        .map(|steps| {
            let keys = steps.iter().flat_map(|step| &all[*step].needs);
            keys.filter_map(|key| group_of.get(places.get(key.as_str())?).copied()).collect()
        })
        .collect();
    let ranks: Vec<(Class, Rank<'_>)> = groups
        .iter()
        .map(|steps| {
            let worst = steps.iter().map(|step| all[*step].class).max().unwrap_or(Class::A);
            (worst, rank(all[steps[0]]))
        })
        .collect();
    sort(&ranks, &needs).ok()
}
