//! The resources that a Terraform state holds, each with its address and its attributes: format 4, and what
//! `terraform show -json` writes of a state or a plan. Knows nothing of what they are in AWS.

use serde_json::Value;

use super::TerraformStateError;

/// A step of the way to a module: the name of a call and, where the call has `count` or `for_each`, which of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleStep {
    /// The label of the `module` block.
    pub name: String,
    /// A number or a text.
    pub key: Option<Value>,
}

/// One resource of a state, or one that a configuration declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The calls that lead to its module; empty in the root.
    pub module: Vec<ModuleStep>,
    /// The provider's resource type, as in `aws_subnet`.
    pub kind: String,
    /// The second label of its block.
    pub name: String,
    /// Which of those that `count` or `for_each` make.
    pub key: Option<Value>,
    /// The attributes by their names in the provider.
    pub attributes: Value,
}

impl Instance {
    /// As Terraform names it, as in `module.network.aws_subnet.this["private-a"]`.
    #[must_use]
    pub fn address(&self) -> String {
        let index = |key: &Option<Value>| key.as_ref().map(|key| format!("[{key}]")).unwrap_or_default();
        let modules: String =
            self.module.iter().map(|step| format!("module.{}{}.", step.name, index(&step.key))).collect();
        format!("{modules}{}.{}{}", self.kind, self.name, index(&self.key))
    }
}

/// Every managed resource of a state.
///
/// # Errors
/// When the text is none of the formats that are read.
pub fn instances(text: &str) -> Result<Vec<Instance>, TerraformStateError> {
    let state: Value = serde_json::from_str(text).map_err(|error| foreign(&error.to_string()))?;
    if state.get("format_version").is_some_and(Value::is_string) {
        return shown(&state);
    }
    match state.get("version").and_then(Value::as_u64) {
        Some(4) => {}
        Some(other) => return Err(TerraformStateError::Version(other)),
        None => return Err(foreign("it has no version")),
    }
    let resources = state.get("resources").and_then(Value::as_array).ok_or_else(|| foreign("it has no resources"))?;
    let mut found = Vec::new();
    for resource in resources.iter().filter(|resource| resource["mode"] == "managed") {
        let (kind, name) = named(resource)?;
        let module = match resource.get("module").and_then(Value::as_str) {
            Some(path) => module_path(path).ok_or_else(|| foreign(&format!("`{path}` is not a way to a module")))?,
            None => Vec::new(),
        };
        for instance in resource["instances"].as_array().into_iter().flatten() {
            found.push(Instance {
                module: module.clone(),
                kind: kind.clone(),
                name: name.clone(),
                key: instance.get("index_key").cloned(),
                attributes: instance["attributes"].clone(),
            });
        }
    }
    Ok(found)
}

/// What `terraform show -json` tells: of a state its values, of a plan those of the state that it was made on.
fn shown(document: &Value) -> Result<Vec<Instance>, TerraformStateError> {
    let of_plan = document.get("planned_values").is_some() || document.get("resource_changes").is_some();
    let values = if of_plan { &document["prior_state"]["values"] } else { &document["values"] };
    let mut found = Vec::new();
    in_module(&values["root_module"], &mut found)?;
    Ok(found)
}

/// The resources of a module as `terraform show -json` writes it, and those of the modules that it calls.
fn in_module(root: &Value, found: &mut Vec<Instance>) -> Result<(), TerraformStateError> {
    let mut open = vec![root];
    while let Some(module) = open.pop() {
        let way = match module.get("address").and_then(Value::as_str) {
            Some(path) => module_path(path).ok_or_else(|| foreign(&format!("`{path}` is not a way to a module")))?,
            None => Vec::new(),
        };
        for resource in module["resources"].as_array().into_iter().flatten() {
            if resource["mode"] != "managed" {
                continue;
            }
            let (kind, name) = named(resource)?;
            let key = resource.get("index").cloned();
            found.push(Instance { module: way.clone(), kind, name, key, attributes: resource["values"].clone() });
        }
        open.extend(module["child_modules"].as_array().into_iter().flatten());
    }
    Ok(())
}

fn named(resource: &Value) -> Result<(String, String), TerraformStateError> {
    let text = |key: &str| resource.get(key).and_then(Value::as_str).map(str::to_owned);
    text("type").zip(text("name")).ok_or_else(|| foreign("a resource has no type or no name"))
}

fn foreign(reason: &str) -> TerraformStateError {
    TerraformStateError::Foreign(reason.to_owned())
}

/// `module.a["x"].module.b[0]` as steps.
fn module_path(path: &str) -> Option<Vec<ModuleStep>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix("module.")?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        rest = behind;
        let mut key = None;
        if let Some(inside) = rest.strip_prefix('[') {
            // A key is text in quotes or a number, as JSON has it, and may hold any character.
            let mut keys = serde_json::Deserializer::from_str(inside).into_iter::<Value>();
            key = Some(keys.next()?.ok()?);
            rest = inside.get(keys.byte_offset()..)?.strip_prefix(']')?;
        }
        rest = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        steps.push(ModuleStep { name: name.to_owned(), key });
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_way_to_a_module_may_hold_any_key() {
        let way = module_path(r#"module.a["x].y"].module.b[0].module.c"#).expect("a way");
        let keys: Vec<(&str, Option<Value>)> = way.iter().map(|step| (step.name.as_str(), step.key.clone())).collect();
        assert_eq!(keys, [("a", Some(json!("x].y"))), ("b", Some(json!(0))), ("c", None)]);
        for wrong in ["a", "module.a[", "module.a[x]", "module.a module.b", "module.a.b"] {
            assert_eq!(module_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_state_and_what_terraform_shows_of_it_are_the_same() {
        let state = json!({"version": 4, "resources": [
            {"mode": "data", "type": "aws_ami", "name": "x", "instances": [{}]},
            {"mode": "managed", "module": "module.m[\"a\"]", "type": "aws_subnet", "name": "this",
             "instances": [{"index_key": "b", "attributes": {"id": "subnet-1"}}]}]});
        let module = json!({"address": "module.m[\"a\"]", "resources": [
            {"mode": "managed", "type": "aws_subnet", "name": "this", "index": "b", "values": {"id": "subnet-1"}}]});
        let values = json!({"root_module": {"child_modules": [module]}});
        let shown = json!({"format_version": "1.0", "values": values});
        let plan = json!({"format_version": "1.2", "planned_values": {}, "prior_state": {"values": values}});
        let read = instances(&state.to_string()).expect("state");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].address(), r#"module.m["a"].aws_subnet.this["b"]"#);
        assert_eq!(instances(&shown.to_string()).expect("shown"), read);
        assert_eq!(instances(&plan.to_string()).expect("plan"), read);
    }
}
