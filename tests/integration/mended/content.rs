//! What an account holds, comparable: every resource without what changes by itself, and the difference of two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use konecta_base::snapshot::{SnapshotFile, Source as _};
use konecta_fix::plan::settled;
use konecta_fix::simulate;
use serde_json::Value;

/// Resources by ARN, with their type.
#[derive(Debug, Clone)]
pub(crate) struct Content(pub(crate) BTreeMap<String, (String, Value)>);

/// Where two contents differ.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Difference {
    /// ARN and pointer.
    pub(crate) changed: BTreeSet<(String, String)>,
    /// Types of what is only in the second, with ARNs.
    pub(crate) made: BTreeSet<(String, String)>,
    /// Types of what is only in the first, with ARNs.
    pub(crate) gone: BTreeSet<(String, String)>,
}

impl Content {
    pub(crate) fn of(snapshot: &Path) -> Self {
        let mut content = BTreeMap::new();
        let file = SnapshotFile::open(snapshot).expect("snapshot");
        file.visit(&mut |resource| {
            let body = simulate::body(resource).expect("JSON");
            let body = settled(&resource.resource_type, body);
            content.insert(resource.arn.to_string(), (resource.resource_type.to_string(), body));
        })
        .expect("whole");
        Self(content)
    }

    /// What is different in another.
    pub(crate) fn difference(&self, other: &Self) -> Difference {
        let mut found = Difference::default();
        for (arn, (kind, body)) in &self.0 {
            match other.0.get(arn) {
                Some((_, after)) => {
                    let mut paths = BTreeSet::new();
                    pointers(body, after, "", &mut paths);
                    found.changed.extend(paths.into_iter().map(|path| (arn.clone(), path)));
                }
                None => drop(found.gone.insert((kind.clone(), arn.clone()))),
            }
        }
        let new = other.0.iter().filter(|(arn, _)| !self.0.contains_key(*arn));
        found.made.extend(new.map(|(arn, (kind, _))| (kind.clone(), arn.clone())));
        found
    }

    /// Without the ids and versions that AWS gives: a rule that was taken away and put back has a new one.
    pub(crate) fn without_ids(&self) -> Vec<(String, Value)> {
        let mut all: Vec<(String, Value)> = self
            .0
            .iter()
            .map(|(arn, (kind, body))| {
                let mut body = body.clone();
                // The version that CloudFront gives a configuration is another after every change, also of one back.
                body["supplement"].as_object_mut().map(|supplement| supplement.remove("etag"));
                let ids: &[&str] = match kind.as_str() {
                    "AWS::EC2::SecurityGroupRule" => &["SecurityGroupRuleId", "SecurityGroupRuleArn"],
                    "AWS::ElasticLoadBalancingV2::ListenerRule" => &["RuleArn"],
                    _ => &[],
                };
                for id in ids {
                    body["configuration"].as_object_mut().expect("object").remove(*id);
                }
                if !ids.is_empty() { (kind.clone(), body) } else { (format!("{kind} {arn}"), body) }
            })
            .collect();
        all.sort_by_key(|(name, body)| (name.clone(), body.to_string()));
        all
    }
}

/// The pointers at which two values differ, as deep as they can be told.
fn pointers(before: &Value, after: &Value, at: &str, found: &mut BTreeSet<String>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{at}/{}", konecta_fix::pointer::escape(key));
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => pointers(one, other, &path, found),
                    (None, _) | (_, None) => drop(found.insert(path)),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                pointers(one, other, &format!("{at}/{index}"), found);
            }
        }
        (one, other) if one != other => drop(found.insert(at.to_owned())),
        (_, _) => {}
    }
}
