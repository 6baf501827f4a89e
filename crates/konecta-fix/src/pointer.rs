//! Reading and changing JSON by pointer, with *absent* as a value of its own.
//! Knows nothing of AWS.

use serde_json::Value;

use super::step::Edit;

/// Why an edit could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointerError {
    /// What stands there is not what was planned on.
    #[error("{0} is not what it was when the plan was made")]
    Differs(String),
    /// The way there does not exist.
    #[error("{0} cannot be reached")]
    NoWay(String),
}

/// Makes an edit; what stands there must be `before`.
///
/// # Errors
/// When something else stands there, or nothing can stand there.
pub fn edit(root: &mut Value, edit: &Edit) -> Result<(), PointerError> {
    if root.pointer(&edit.path) != edit.before.as_ref() {
        return Err(PointerError::Differs(edit.path.clone()));
    }
    put(root, &edit.path, edit.after.clone())
}

/// Puts a value at a pointer, or takes it away; an index equal to the length of a list appends.
///
/// # Errors
/// When the parent does not exist or cannot hold it.
pub fn put(root: &mut Value, path: &str, value: Option<Value>) -> Result<(), PointerError> {
    let no_way = || PointerError::NoWay(path.to_owned());
    if path.is_empty() {
        *root = value.ok_or_else(no_way)?;
        return Ok(());
    }
    let (parent, key) = path.rsplit_once('/').ok_or_else(no_way)?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match (root.pointer_mut(parent), value) {
        (Some(Value::Object(map)), Some(value)) => {
            map.insert(key, value);
        }
        (Some(Value::Object(map)), None) => {
            map.remove(&key);
        }
        (Some(Value::Array(list)), value) => {
            let at: usize = key.parse().map_err(|_| no_way())?;
            match value {
                Some(value) if at < list.len() => list[at] = value,
                Some(value) if at == list.len() => list.push(value),
                None if at < list.len() => drop(list.remove(at)),
                Some(_) | None => return Err(no_way()),
            }
        }
        (Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None, _) => return Err(no_way()),
    }
    Ok(())
}

/// One step of a pointer, escaped.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What further calls answer stands in a snapshot under names of ours; here is what the API calls it.
const API_NAMES: [(&str, &str); 4] = [
    // elasticloadbalancing:DescribeLoadBalancerAttributes and DescribeTargetGroupAttributes.
    ("attributes", "Attributes"),
    // ecr:GetLifecyclePolicy.
    ("lifecyclePolicy", "lifecyclePolicyText"),
    // rds:DescribeDBParameters.
    ("parameters", "Parameters"),
    // ecr:GetRepositoryPolicy.
    ("repositoryPolicy", "policyText"),
];

/// A pointer into a resource's envelope as the API and its users name the attribute: `/configuration/A/0` is `A.0`,
/// `/supplement/lifecyclePolicy` is `lifecyclePolicyText`.
#[must_use]
pub fn attribute(path: &str) -> String {
    let mut steps: Vec<String> =
        path.trim_start_matches('/').split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    if let [first, second, ..] = steps.as_slice() {
        match first.as_str() {
            "configuration" => drop(steps.remove(0)),
            "supplement" => {
                let named = API_NAMES.iter().find(|(ours, _)| ours == second).map(|(_, api)| (*api).to_owned());
                steps.remove(0);
                if let (Some(named), Some(first)) = (named, steps.first_mut()) {
                    *first = named;
                }
            }
            _ => {}
        }
    }
    steps.join(".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edit_and_its_reverse_leave_no_trace() {
        let start = json!({"a": {"Items": [1, 2]}, "b": null});
        for change in [
            Edit::new("/a/Items/2", None, Some(json!(3))),
            Edit::new("/a/Items/0", Some(json!(1)), Some(json!(9))),
            Edit::new("/b", Some(Value::Null), Some(json!({"x": 1}))),
            Edit::new("/c~1d", None, Some(json!(true))),
            Edit::new("/a", Some(start["a"].clone()), None),
        ] {
            let mut value = start.clone();
            edit(&mut value, &change).expect("fits");
            assert_ne!(value, start);
            edit(&mut value, &change.reversed()).expect("fits");
            assert_eq!(value, start, "{change:?}");
        }
    }

    #[test]
    fn an_attribute_is_told_by_the_name_that_the_api_has_for_it() {
        for (path, name) in [
            ("/configuration/DistributionConfig/Origins/Items/0", "DistributionConfig.Origins.Items.0"),
            ("/supplement/lifecyclePolicy/rules", "lifecyclePolicyText.rules"),
            ("/supplement/scanFrequency", "scanFrequency"),
            ("/tags/a~1b", "tags.a/b"),
            ("/configuration", "configuration"),
        ] {
            assert_eq!(attribute(path), name);
        }
    }

    #[test]
    fn what_has_changed_meanwhile_is_not_overwritten() {
        let mut value = json!({"a": 2});
        let change = Edit::new("/a", Some(json!(1)), Some(json!(3)));
        assert_eq!(edit(&mut value, &change), Err(PointerError::Differs("/a".to_owned())));
        assert_eq!(value, json!({"a": 2}));
    }

    #[test]
    fn null_and_absent_are_told_apart_in_a_file() {
        for change in [Edit::new("/a", None, Some(Value::Null)), Edit::new("/a", Some(Value::Null), None)] {
            let text = serde_json::to_string(&change).expect("json");
            assert_eq!(serde_json::from_str::<Edit>(&text).expect("edit"), change, "{text}");
        }
    }
}
