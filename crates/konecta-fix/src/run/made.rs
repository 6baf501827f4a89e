//! What a change made: known by the name that AWS gave it, and taken away only while it is as it was made and nothing uses
//! it that did not then.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::compare::{listed, strays};
use super::resolve::{Here, Unsent};
use super::{AccountApi, Log, Run};
use crate::context::View;
use crate::journal::{Made, Way};
use crate::plan::{Change, canonical, settled};
use crate::simulate;
use crate::step::{Effect, Find};
use konecta_base::resource::Resource;
use konecta_base::snapshot::Snapshot;

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    /// What the change made and can be named. What is there twice, or not yet, has no name that is surely ours.
    pub(super) async fn made(
        &mut self,
        here: &Here,
        change: &Change,
        snapshot: &Snapshot,
    ) -> Result<Vec<Made>, String> {
        let mut made = Vec::new();
        for effect in &change.effects {
            let Effect::Created { resource, exists } = effect else { continue };
            let elements = self.there(here, exists).await?;
            if let [element] = elements.as_slice() {
                made.extend(known(resource, exists, element, snapshot)?);
            }
        }
        Ok(made)
    }

    /// Why what the change made must not be taken away, in words; empty if it may.
    pub(super) async fn not_ours(
        &mut self,
        here: &Here,
        change: &Change,
        snapshot: &Snapshot,
    ) -> Result<Vec<String>, String> {
        let then =
            self.run_state.settled(Way::Forward, &change.id).map(|settled| settled.made.clone()).unwrap_or_default();
        let mut told = Vec::new();
        for effect in &change.effects {
            let Effect::Created { resource, exists } = effect else { continue };
            let name = resource.reference.arn.short_name();
            let Some(made) = then.iter().find(|made| made.planned == resource.reference.arn) else {
                // Journals of the first version do not say.
                if self.run_state.version >= 2 {
                    told.push(format!("what AWS calls {name}, which this run made, is not known"));
                }
                continue;
            };
            let id = made.id.as_str().map_or_else(|| made.id.to_string(), str::to_owned);
            let elements = self.there(here, exists).await?;
            let found = elements.iter().find(|element| element.pointer(&exists.take) == Some(&made.id));
            let Some(now) = found.map(|element| known(resource, exists, element, snapshot)).transpose()?.flatten()
            else {
                told.push(format!("{id}, which this run made, is not there any more"));
                continue;
            };
            if now.sha256 != made.sha256 {
                let how = match (&made.image, &now.image) {
                    (Some(was), Some(is)) => strays(&resource.reference.resource_type, was, &[], is)?,
                    (None, _) | (_, None) => Vec::new(),
                };
                let how = if how.is_empty() { String::new() } else { format!(": {}", listed(how)) };
                told.push(format!("{id} was changed since this run made it{how}"));
            }
            let new: Vec<&str> =
                now.users.iter().filter(|user| !made.users.contains(user)).map(|user| user.as_str()).collect();
            if !new.is_empty() {
                told.push(format!("{id} is used by what came since: {}", new.join(", ")));
            }
        }
        Ok(told)
    }

    async fn there(&mut self, here: &Here, find: &Find) -> Result<Vec<Value>, String> {
        match self.elements(here, find).await {
            Ok(elements) => Ok(elements),
            // What it is looked for in does not exist itself.
            Err(Unsent::Unresolved(told)) if told.ends_with("lists nothing that fits") => Ok(Vec::new()),
            Err(Unsent::Unresolved(told) | Unsent::Stale(told)) => Err(told),
            Err(Unsent::Call(failure)) => Err(failure.to_string()),
        }
    }
}

/// What is made, as it is now.
fn known(planned: &View, exists: &Find, element: &Value, snapshot: &Snapshot) -> Result<Option<Made>, String> {
    let Some(id) = element.pointer(&exists.take) else { return Ok(None) };
    let kind = &planned.reference.resource_type;
    let name = id.as_str().unwrap_or_default();
    let is_it = |one: &&Resource| {
        &one.resource_type == kind
            && (one.arn.as_str() == name || one.resource_id == name || one.arn == planned.reference.arn)
    };
    let body = |one: &Resource| {
        let body = simulate::body(one).map_err(|error| error.to_string())?;
        Ok::<Value, String>(settled(&one.resource_type, body))
    };
    let it = snapshot.resources.iter().find(is_it);
    let image = match it {
        Some(one) => Some(body(one)?),
        // Where it stands in something else, what is around it is not its own.
        None if exists.list.is_empty() => None,
        None => Some(settled(kind, json!({"configuration": element}))),
    };
    let mut users = Vec::new();
    for one in snapshot.resources.iter().filter(|one| !name.is_empty() && !is_it(one)) {
        if body(one)?.to_string().contains(name) {
            users.push(one.arn.clone());
        }
    }
    let sha256 = image.clone().map(|image| hex::encode(Sha256::digest(canonical(image).as_bytes())));
    Ok(Some(Made { planned: planned.reference.arn.clone(), id: id.clone(), sha256, users, image }))
}
