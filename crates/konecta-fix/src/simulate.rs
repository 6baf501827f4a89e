//! Steps tried on the model: a snapshot as it would be after them.
//! Knows nothing of whether AWS would do the same; that is what the verification of a run is for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::context::View;
use super::pointer::{self, PointerError};
use super::step::{Effect, PLANNED_SECRET};
use konecta_base::resource::{Resource, ResourceRef};
use konecta_base::snapshot::Snapshot;

/// Why effects do not fit a snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The resource is not in the snapshot.
    #[error("{0} is not in the snapshot")]
    Missing(String),
    /// An attribute is not as the effect says.
    #[error("{arn}: {source}")]
    Pointer {
        /// The resource.
        arn: String,
        /// What does not fit.
        #[source]
        source: PointerError,
    },
    /// The resource cannot be written as JSON.
    #[error("{0} cannot be written as JSON")]
    Json(String, #[source] serde_json::Error),
}

/// Does to the snapshot what the effects say.
///
/// # Errors
/// When an effect speaks of what is not there.
pub fn apply<'a>(snapshot: &mut Snapshot, effects: impl IntoIterator<Item = &'a Effect>) -> Result<(), SimulateError> {
    for effect in effects {
        let arn = effect.resource().arn;
        let found = snapshot.resources.iter().position(|resource| resource.arn == arn);
        match (effect, found) {
            (Effect::Created { resource, .. }, _) => {
                let made = made(resource, snapshot.info.started_at);
                snapshot.resources.push(made.map_err(|error| SimulateError::Json(arn.to_string(), error))?);
            }
            (Effect::Removed { .. }, Some(at)) => drop(snapshot.resources.remove(at)),
            (Effect::Amended { edits, .. }, Some(at)) => {
                let resource = &mut snapshot.resources[at];
                let json = |error| SimulateError::Json(arn.to_string(), error);
                let mut value = body(resource).map_err(json)?;
                for change in edits {
                    let mut change = change.clone();
                    change.after = change.after.map(planned);
                    pointer::edit(&mut value, &change)
                        .map_err(|source| SimulateError::Pointer { arn: arn.to_string(), source })?;
                }
                set_body(resource, &value).map_err(json)?;
            }
            (Effect::Amended { .. } | Effect::Removed { .. }, None) => {
                return Err(SimulateError::Missing(arn.to_string()));
            }
        }
    }
    snapshot.sort();
    Ok(())
}

/// Puts what stands for them in the place of placeholders.
#[must_use]
pub fn planned(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(find) = map.get("$find") {
                return find.get("planned").cloned().unwrap_or(Value::Null);
            }
            if let Some(secret) = map.get("$secret") {
                return secret.get("planned").cloned().unwrap_or_else(|| json!(PLANNED_SECRET));
            }
            Value::Object(map.into_iter().map(|(key, value)| (key, planned(value))).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(planned).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// The envelope's content as one value: `configuration`, `supplement`, `tags`.
///
/// # Errors
/// When a part is not JSON.
pub fn body(resource: &Resource) -> Result<Value, serde_json::Error> {
    let parse = |text: &RawValue| serde_json::from_str::<Value>(text.get());
    let mut supplement = Map::new();
    for (key, text) in &resource.supplement {
        supplement.insert(key.clone(), parse(text)?);
    }
    Ok(json!({"configuration": parse(&resource.configuration)?, "supplement": supplement, "tags": resource.tags}))
}

fn made(view: &View, captured_at: Timestamp) -> Result<Resource, serde_json::Error> {
    let ResourceRef { arn, resource_type, account_id, region } = view.reference.clone();
    let mut resource = Resource {
        resource_type,
        arn,
        resource_id: view.id.clone(),
        account_id,
        region,
        tags: None,
        captured_at,
        configuration: to_raw_value(&Value::Null)?,
        supplement: BTreeMap::new(),
    };
    set_body(&mut resource, &planned(view.body.clone()))?;
    Ok(resource)
}

pub(crate) fn set_body(resource: &mut Resource, body: &Value) -> Result<(), serde_json::Error> {
    resource.configuration = to_raw_value(&body["configuration"])?;
    let mut supplement = BTreeMap::new();
    for (key, value) in body["supplement"].as_object().into_iter().flatten() {
        supplement.insert(key.clone(), to_raw_value(value)?);
    }
    resource.supplement = supplement;
    resource.tags = serde_json::from_value(body["tags"].clone())?;
    Ok(())
}
