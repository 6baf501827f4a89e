//! What stands for values that are known only right before a call: found, made up, or derived. And the object that is
//! read, amended and sent back whole.

use std::future::Future;
use std::pin::Pin;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::look::fits;
use super::{AccountApi, FailedCall, Log, Run};
use crate::pointer;
use crate::step::{Amend, Call, Find};
use konecta_base::id::Region;

/// Where and for what a placeholder is filled in.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) region: Region,
    /// The idempotency token: the same for the same call of the same change in the same run, also after a kill.
    pub(super) token: String,
}

/// Why a call could not be made or was not answered.
#[derive(Debug)]
pub(super) enum Unsent {
    /// What the call was planned on is not there any more.
    Stale(String),
    /// Something that it needs could not be read or found. Nothing was sent.
    Unresolved(String),
    /// The call itself.
    Call(FailedCall),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    distribution: String,
    origin: String,
    header: String,
    /// The fingerprint of a value that was there when the plan was made.
    #[serde(default)]
    planned: Option<String>,
}

type Resolved<'a> = Pin<Box<dyn Future<Output = Result<Value, Unsent>> + 'a>>;

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    /// Makes a call, placeholders filled in.
    pub(super) async fn send(&mut self, here: &Here, call: &Call) -> Result<Value, Unsent> {
        let mut parameters = self.resolve(here, call.parameters.clone()).await?;
        if let Some(amend) = &call.amend {
            self.amend(here, &call.service, amend, &mut parameters).await?;
        }
        if holds_stand_in(&parameters) {
            let told = "a value that is kept nowhere would have to be sent; set it by hand";
            return Err(Unsent::Unresolved(told.to_owned()));
        }
        self.account.call(&here.region, &call.service, &call.operation, &parameters).await.map_err(Unsent::Call)
    }

    async fn amend(&mut self, here: &Here, service: &str, amend: &Amend, parameters: &mut Value) -> Result<(), Unsent> {
        let asked = self.resolve(here, amend.parameters.clone()).await?;
        let answer = self.account.call(&here.region, service, &amend.read, &asked).await;
        let answer = answer.map_err(|failure| Unsent::Unresolved(format!("{} {failure}", amend.read)))?;
        let missing = |name: &str| Unsent::Unresolved(format!("the answer of {} has no {name}", amend.read));
        let mut object = answer.get(&amend.member).cloned().ok_or_else(|| missing(&amend.member))?;
        for edit in &amend.edits {
            let is_as_planned = match (&edit.before, object.pointer(&edit.path)) {
                (None, None) => true,
                (Some(before), Some(there)) => fits(before, there),
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !is_as_planned {
                return Err(Unsent::Stale(format!("{} is not what it was when the plan was made", edit.path)));
            }
            let after = match edit.after.clone() {
                Some(after) => Some(self.resolve(here, after).await?),
                None => None,
            };
            pointer::put(&mut object, &edit.path, after).map_err(|error| Unsent::Stale(error.to_string()))?;
        }
        let Value::Object(map) = parameters else {
            return Err(Unsent::Unresolved("the parameters are not an object".to_owned()));
        };
        if amend.spread.is_empty() {
            map.insert(amend.member.clone(), object);
        } else {
            let members = amend.spread.iter().filter_map(|name| Some((name.clone(), object.get(name)?.clone())));
            map.extend(members);
        }
        if let Some([from, to]) = &amend.token {
            map.insert(to.clone(), answer.get(from).cloned().ok_or_else(|| missing(from))?);
        }
        Ok(())
    }

    /// Fills in every placeholder of a value.
    pub(super) fn resolve<'b>(&'b mut self, here: &'b Here, value: Value) -> Resolved<'b> {
        Box::pin(async move {
            match value {
                Value::Object(map) => {
                    if let Some(find) = only(&map, "$find") {
                        return self.find(here, find).await;
                    }
                    if let Some(secret) = only(&map, "$secret") {
                        return self.secret(secret).await;
                    }
                    if only(&map, "$token").is_some() {
                        return Ok(json!(here.token));
                    }
                    let mut filled = Map::new();
                    for (key, value) in map {
                        filled.insert(key, self.resolve(here, value).await?);
                    }
                    Ok(Value::Object(filled))
                }
                Value::Array(list) => {
                    let mut filled = Vec::new();
                    for value in list {
                        filled.push(self.resolve(here, value).await?);
                    }
                    Ok(Value::Array(filled))
                }
                other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Ok(other),
            }
        })
    }

    async fn find(&mut self, here: &Here, find: &Value) -> Result<Value, Unsent> {
        let find: Find = serde_json::from_value(find.clone())
            .map_err(|error| Unsent::Unresolved(format!("a $find cannot be read: {error}")))?;
        let mut found = self.matches(here, &find).await?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (None, _) => Err(Unsent::Unresolved(format!("{} lists nothing that fits", find.operation))),
            (Some(_), more) => Err(Unsent::Unresolved(format!("{} lists {} that fit", find.operation, more + 1))),
        }
    }

    /// What is taken from every element that fits.
    pub(super) async fn matches(&mut self, here: &Here, find: &Find) -> Result<Vec<Value>, Unsent> {
        let elements = self.elements(here, find).await?;
        Ok(elements.iter().filter_map(|element| element.pointer(&find.take).cloned()).collect())
    }

    /// Every element that fits.
    pub(super) async fn elements(&mut self, here: &Here, find: &Find) -> Result<Vec<Value>, Unsent> {
        let parameters = self.resolve(here, find.parameters.clone()).await?;
        let answer = match self.account.call(&here.region, &find.service, &find.operation, &parameters).await {
            Ok(answer) => answer,
            Err(failure) if failure.is_absence() => return Ok(Vec::new()),
            Err(failure) => return Err(Unsent::Unresolved(format!("{} {failure}", find.operation))),
        };
        let mut elements = match answer.pointer(&find.list) {
            Some(Value::Array(list)) => list.clone(),
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![one.clone()],
        };
        elements.retain(|element| find.matching.iter().all(|(path, value)| element.pointer(path) == Some(value)));
        Ok(elements)
    }

    async fn secret(&mut self, secret: &Value) -> Result<Value, Unsent> {
        let Secret { distribution, origin, header, planned } = serde_json::from_value(secret.clone())
            .map_err(|error| Unsent::Unresolved(format!("a $secret cannot be read: {error}")))?;
        let asked = json!({ "Id": distribution });
        let answer = self.account.call(&Region::global(), "cloudfront", "GetDistributionConfig", &asked).await;
        let answer = answer.map_err(|failure| Unsent::Unresolved(format!("GetDistributionConfig {failure}")))?;
        if let Some(value) = header_value(&answer, &origin, &header) {
            return Ok(json!(value));
        }
        if planned.is_some() {
            // A new value would be one that the rest of the plan knows nothing of.
            return Err(Unsent::Unresolved(format!("origin {origin} of {distribution} no longer sends {header}")));
        }
        let key = [distribution, origin, header.to_ascii_lowercase()];
        if let Some(value) = self.secrets.get(&key) {
            return Ok(json!(value));
        }
        let bytes = self
            .account
            .random()
            .ok_or_else(|| Unsent::Unresolved("the system gives no random bytes for the secret header".to_owned()))?;
        let value = url_safe(&bytes);
        self.secrets.insert(key, value.clone());
        Ok(json!(value))
    }
}

/// The token of one call of one change.
pub(super) fn token(run: &str, change: &str, call: &str) -> String {
    // 32 characters: some services take no more.
    hex::encode(Sha256::digest(format!("{run} {change} {call}").as_bytes()))[..32].to_owned()
}

fn only<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if map.len() == 1 { map.get(name) } else { None }
}

fn header_value(answer: &Value, origin: &str, header: &str) -> Option<String> {
    let origins = answer.pointer("/DistributionConfig/Origins/Items")?.as_array()?;
    let origin = origins.iter().find(|item| item["Id"] == origin)?;
    let headers = origin.pointer("/CustomHeaders/Items")?.as_array()?;
    let named = |item: &&Value| item["HeaderName"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(header));
    headers.iter().find(named)?["HeaderValue"].as_str().filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Six bits a character: 48 characters of 36 bytes.
fn url_safe(bytes: &[u8; 36]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(48);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for at in [18, 12, 6, 0] {
            text.push(char::from(LETTERS[bits >> at & 63]));
        }
    }
    text
}

/// Whether a fingerprint out of a snapshot stands where a value should: sent, it would become one. What a placeholder says of
/// itself is not sent.
pub(crate) fn holds_stand_in(value: &Value) -> bool {
    match value {
        Value::String(text) => is_stand_in(text),
        Value::Array(list) => list.iter().any(holds_stand_in),
        Value::Object(map) => {
            let is_placeholder = ["$find", "$secret", "$token"].iter().any(|name| only(map, name).is_some());
            !is_placeholder && map.values().any(holds_stand_in)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a text stands for a secret in a snapshot, or holds such a one as a policy document in a text does.
pub(crate) fn is_stand_in(text: &str) -> bool {
    text.contains("<redacted>")
        || text.strip_prefix("sha256:").is_some_and(|rest| {
            let exact = rest.split_once(':').map_or(rest, |(exact, _)| exact);
            exact == "planned" || exact.len() == 64 && exact.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}
