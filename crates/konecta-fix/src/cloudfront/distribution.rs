//! A distribution and what is changed in it: read whole, amended, sent back whole with its ETag, waited for.
//!
//! Edits are given relative to `DistributionConfig` and in the snapshot's terms, where `null` is *known to be none*; the
//! API has no null, so on the wire it is left out. Keep edits as fine as they can be: those of several remedies
//! become one update. Values of origin headers are fingerprints in a snapshot, so no `before` may contain one.
//! Knows no control.

use serde_json::{Value, json};

use crate::registry::Remedy;
use crate::step::{Amend, Call, Edit, Effect, Step, Wait};
use crate::{View, action};
use konecta_base::calls;
use konecta_base::changes;

/// What a change to a distribution takes.
pub(crate) const ACTIONS: &[&str] = &[
    changes::CLOUDFRONT_UPDATE_DISTRIBUTION,
    changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
    calls::CLOUDFRONT_GET_DISTRIBUTION,
];

/// Where `DistributionConfig` stands in the envelope.
const CONFIG: &str = "/configuration/DistributionConfig";

/// What stands at a pointer into `DistributionConfig`.
pub(crate) fn at<'a>(distribution: &'a View, path: &str) -> Option<&'a Value> {
    distribution.at(&format!("{CONFIG}{path}"))
}

/// The elements of a list (`{Quantity, Items}`) with the pointer to each.
pub(crate) fn items<'a>(distribution: &'a View, list: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let list = format!("{list}/Items");
    let items = distribution.list(&format!("{CONFIG}{list}"));
    items.iter().enumerate().map(move |(index, item)| (format!("{list}/{index}"), item))
}

/// One attribute gets a value; `None` where it has it already.
pub(crate) fn set(distribution: &View, path: impl Into<String>, after: Value) -> Option<Edit> {
    let path = path.into();
    let before = at(distribution, &path).cloned();
    (before.as_ref() != Some(&after)).then(|| Edit::new(path, before, Some(after)))
}

/// More elements at the end of a list (`{Quantity, Items}`), whose `Items` are left out while there are none.
pub(crate) fn append(distribution: &View, list: &str, added: Vec<Value>) -> Vec<Edit> {
    if added.is_empty() {
        return Vec::new();
    }
    let items = at(distribution, &format!("{list}/Items")).and_then(Value::as_array);
    let held = items.map_or(0, Vec::len);
    let total = held + added.len();
    let mut edits = vec![Edit::new(format!("{list}/Quantity"), Some(json!(held)), Some(json!(total)))];
    if items.is_some() {
        let place = |index: usize| format!("{list}/Items/{}", held + index);
        edits.extend(added.into_iter().enumerate().map(|(index, item)| Edit::new(place(index), None, Some(item))));
    } else {
        edits.push(Edit::new(format!("{list}/Items"), None, Some(Value::Array(added))));
    }
    edits
}

/// The whole list (`{Quantity, Items}`) with other elements, for lists of names where no other remedy meddles.
pub(crate) fn replace(distribution: &View, list: &str, items: Vec<Value>) -> Vec<Edit> {
    let quantity = set(distribution, format!("{list}/Quantity"), json!(items.len()));
    quantity.into_iter().chain(set(distribution, format!("{list}/Items"), Value::Array(items))).collect()
}

/// A step that makes these edits. Its class is the remedy's; consequences, needs and conditions are the caller's to add.
pub(crate) fn step(remedy: &Remedy, distribution: &View, title: String, edits: Vec<Edit>) -> Step {
    let id = &distribution.id;
    let amend = |edits: Vec<Edit>| Call {
        amend: Some(Amend {
            read: "GetDistributionConfig".to_owned(),
            parameters: json!({"Id": id}),
            member: "DistributionConfig".to_owned(),
            token: Some(["ETag".to_owned(), "IfMatch".to_owned()]),
            spread: Vec::new(),
            edits,
        }),
        ..Call::new("cloudfront", "UpdateDistribution", json!({"Id": id}))
    };
    let wire: Vec<Edit> = edits.iter().map(on_the_wire).collect();
    Step {
        merge: Some(format!("cloudfront:UpdateDistribution/{id}")),
        effects: vec![Effect::amended(&distribution.reference, edits.iter().map(|edit| edit.below(CONFIG)).collect())],
        inverse: vec![amend(wire.iter().rev().map(Edit::reversed).collect())],
        waits: vec![Wait {
            what: format!("distribution {id} is deployed"),
            service: "cloudfront".to_owned(),
            operation: "GetDistribution".to_owned(),
            parameters: json!({"Id": id}),
            path: "/Distribution/Status".to_owned(),
            until: vec![json!("Deployed")],
            failed: Vec::new(),
            timeout_seconds: 45 * 60,
            // `Deployed` is also what it was before. The ETag of the configuration is another as soon as this answer speaks
            // of the new one.
            changes: Some("/ETag".to_owned()),
            after_seconds: 0,
        }],
        actions: ACTIONS.iter().map(|name| action(name)).collect(),
        ..Step::new(remedy, &distribution.reference, format!("{}/{id}", remedy.id), title, amend(wire))
    }
}

/// The edit as the API sees it: without the nulls that the snapshot writes for what is left out.
fn on_the_wire(edit: &Edit) -> Edit {
    let bare = |value: &Option<Value>| value.clone().and_then(without_nulls);
    Edit { path: edit.path.clone(), before: bare(&edit.before), after: bare(&edit.after) }
}

fn without_nulls(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let kept = map.into_iter().filter_map(|(key, value)| Some((key, without_nulls(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(list) => Some(Value::Array(list.into_iter().filter_map(without_nulls).collect())),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::viewer_https;
    use crate::pointer;

    fn view(config: Value) -> View {
        let reference = json!({"arn": "arn:aws:cloudfront::123456789012:distribution/E1", "resourceType": "AWS::CloudFront::Distribution",
            "accountId": "123456789012", "region": "global"});
        View {
            reference: serde_json::from_value(reference).expect("reference"),
            id: "E1".to_owned(),
            body: json!({"configuration": {"DistributionConfig": config}, "supplement": {}, "tags": null}),
        }
    }

    fn made(config: &mut Value, edits: &[Edit]) {
        for edit in edits {
            pointer::edit(config, edit).expect("fits");
        }
    }

    #[test]
    fn lists_keep_count_and_come_back_as_they_were() {
        for list in [json!({"Quantity": 0}), json!({"Quantity": 0, "Items": []}), json!({"Quantity": 1, "Items": [1]})]
        {
            let start = json!({"L": list});
            let view = view(start.clone());
            for edits in [append(&view, "/L", vec![json!(6), json!(7)]), replace(&view, "/L", vec![json!(8), json!(9)])]
            {
                let step = step(&viewer_https::REMEDY, &view, String::new(), edits.clone());
                let mut config = start.clone();
                made(&mut config, &step.call.amend.expect("amend").edits);
                assert_eq!(config["L"]["Quantity"], json!(config["L"]["Items"].as_array().expect("list").len()));
                made(&mut config, &step.inverse[0].amend.as_ref().expect("amend").edits);
                assert_eq!(config, start, "{edits:?}");
            }
        }
    }

    #[test]
    fn what_the_snapshot_calls_none_is_left_out_on_the_wire() {
        let view = view(json!({"A": null, "B": {"x": 1}}));
        let edits = vec![
            set(&view, "/A", json!("p")).expect("differs"),
            Edit::new("/C", None, Some(json!({"y": 2, "z": null, "l": [{"n": null}]}))),
        ];
        let step = step(&viewer_https::REMEDY, &view, String::new(), edits);
        let mut wire = json!({"B": {"x": 1}});
        made(&mut wire, &step.call.amend.expect("amend").edits);
        assert_eq!(wire, json!({"A": "p", "B": {"x": 1}, "C": {"y": 2, "l": [{}]}}));
        let Effect::Amended { edits, .. } = &step.effects[0] else { panic!("{:?}", step.effects) };
        assert_eq!(edits[0].path, "/configuration/DistributionConfig/A");
        assert_eq!(edits[0].before, Some(Value::Null));
        assert!(set(&view, "/B/x", json!(1)).is_none(), "nothing to do");
    }
}
