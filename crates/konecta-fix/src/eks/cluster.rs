//! The one call by which a cluster's settings are changed, and how it is waited for.
//! Knows nothing of which setting is wanted or why.

use serde_json::{Value, json};

use crate::registry::Remedy;
use crate::step::{Call, Edit, Effect, Step, Wait};
use crate::{View, action};
use konecta_base::calls;
use konecta_base::changes;

/// What every change of a cluster needs.
pub(super) const ACTIONS: &[&str] = &[changes::EKS_UPDATE_CLUSTER_CONFIG, calls::EKS_DESCRIBE_CLUSTER];

/// EKS needs some minutes for an update; an hour is not normal any more.
const PATIENCE: u64 = 3600;

/// One setting, there and back, in the words of `UpdateClusterConfig`.
pub(super) struct Setting {
    /// What tells this step from the remedy's others; empty if it has one only.
    pub(super) part: &'static str,
    /// One line in the imperative, before the cluster's name.
    pub(super) title: String,
    /// Parameters of the call.
    pub(super) there: Value,
    /// Parameters of the way back.
    pub(super) back: Value,
    /// The attributes that change, below `configuration`.
    pub(super) edits: Vec<Edit>,
    /// Where `DescribeCluster` shows the setting: another value than before, once the update is done.
    pub(super) changes: &'static str,
    /// What the cluster says once the update is done: pointer and values.
    pub(super) seen: (&'static str, Vec<Value>),
}

/// The step that brings a setting about.
///
/// The answer names an update, but a wait is data and cannot know its id. So what is waited for is the setting itself,
/// and then that the cluster is `ACTIVE` again in an answer that shows the setting as another: the status alone would do for
/// an instant, for it changes to `UPDATING` only some time after the call.
pub(super) fn update(remedy: &Remedy, cluster: &View, setting: Setting) -> Step {
    let Setting { part, title, there, back, edits, changes, seen: (path, until) } = setting;
    let name = cluster.id.as_str();
    let call = |mut parameters: Value| {
        if let Some(map) = parameters.as_object_mut() {
            map.insert("name".to_owned(), json!(name));
            map.insert("clientRequestToken".to_owned(), json!({"$token": true}));
        }
        Call::new("eks", "UpdateClusterConfig", parameters)
    };
    let changed = |wait: Wait| Wait { changes: Some(changes.to_owned()), ..wait };
    let idle = || wait(name, format!("cluster {name} is active"), "/cluster/status", vec![json!("ACTIVE")]);
    let shown = wait(name, format!("cluster {name} shows the new setting"), path, until);
    Step {
        effects: vec![Effect::amended(
            &cluster.reference,
            edits.iter().map(|edit| edit.below("/configuration")).collect(),
        )],
        inverse: vec![call(back)],
        // EKS takes one kind of update at a time and refuses two kinds in one call, so that nothing is merged.
        requires: vec![idle()],
        waits: vec![changed(shown), changed(idle())],
        actions: ACTIONS.iter().map(|name| action(name)).collect(),
        ..Step::new(
            remedy,
            &cluster.reference,
            format!("{}{part}/{}", remedy.id, cluster.reference.arn),
            format!("{title} of {name}"),
            call(there),
        )
    }
}

fn wait(name: &str, what: String, path: &str, until: Vec<Value>) -> Wait {
    Wait {
        what,
        service: "eks".to_owned(),
        operation: "DescribeCluster".to_owned(),
        parameters: json!({"name": name}),
        path: path.to_owned(),
        until,
        failed: if path == "/cluster/status" { vec![json!("FAILED"), json!("DELETING")] } else { Vec::new() },
        timeout_seconds: PATIENCE,
        changes: None,
        after_seconds: 0,
    }
}
