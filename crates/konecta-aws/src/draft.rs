//! A resource in the making: from an answer to the envelope of the snapshot.
//! Knows nothing of calls. It never fills in what an answer does not say.

use std::collections::BTreeMap;

use konecta_base::id::{Arn, IdError, ResourceType};
use konecta_base::listed_type::ListedType;
use konecta_base::resource::Resource;
use konecta_base::silence;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::call::{Answer, Caller, Listing};
use crate::classify::Failure;
use crate::paging::Received;

/// A resource whose supplements are still coming in.
#[derive(Debug, Clone)]
pub struct Draft {
    kind: &'static str,
    arn: Arn,
    id: String,
    tags: Option<BTreeMap<String, String>>,
    heard: Received,
    supplement: BTreeMap<&'static str, Value>,
}

impl Draft {
    /// A resource with its describe answer and nothing else.
    #[must_use]
    pub fn new(kind: &'static str, arn: Arn, id: impl Into<String>, heard: Received) -> Self {
        Self { kind, arn, id: id.into(), tags: None, heard, supplement: BTreeMap::new() }
    }

    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tags as they were read; `None` where the answer holds none, which is not the same as having none.
    #[must_use]
    pub fn tags(mut self, tags: Option<BTreeMap<String, String>>) -> Self {
        self.tags = tags;
        self
    }

    /// The answer of a further call, if it came.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: Option<Value>) -> Self {
        if let Some(value) = value {
            self.supplement.insert(key, value);
        }
        self
    }

    fn finish(mut self, caller: &Caller) -> Result<Resource, String> {
        let resource_type = self.kind.parse::<ResourceType>().map_err(|error: IdError| error.to_string())?;
        silence::fill(&resource_type, &mut self.heard.value);
        let raw = |value: &Value| to_raw_value(value).map_err(|error| error.to_string());
        let supplement = self
            .supplement
            .iter()
            .map(|(key, value)| Ok(((*key).to_owned(), raw(value)?)))
            .collect::<Result<BTreeMap<String, Box<RawValue>>, String>>()?;
        Ok(Resource {
            resource_type,
            arn: self.arn,
            resource_id: self.id,
            account_id: caller.place().account.clone(),
            region: caller.place().region.clone(),
            tags: self.tags,
            captured_at: self.heard.at,
            configuration: raw(&self.heard.value)?,
            supplement,
        })
    }
}

impl Caller {
    /// Puts a resource into the snapshot.
    pub fn keep(&self, action: &str, draft: Draft) {
        let arn = draft.arn.clone();
        match draft.finish(self) {
            Ok(resource) => self.ledger().keep(resource),
            Err(reason) => self.missing(action, Some(&arn), Failure::broken(reason)),
        }
    }

    /// An element of a listing as a resource, with its id, its ARN and its tags; without an id or ARN it is a gap.
    #[must_use]
    pub fn listed(&self, of: &ListedType, heard: Received) -> Option<Draft> {
        self.listed_of(of, heard, None)
    }

    /// As [`Caller::listed`], where the answer says beside the element whose it is.
    #[must_use]
    pub fn listed_of(&self, of: &ListedType, heard: Received, owner: Option<&str>) -> Option<Draft> {
        let id = if of.id.contains('{') {
            self.filled(of.call, &heard.value, of.id)?
        } else {
            self.text(of.call, &heard.value, of.id)?
        };
        let arn = self.listed_arn(of, &heard.value, &id, owner)?;
        let none = json!([]);
        let tags = of.tags.and_then(|member| heard.value.get(member).or(of.tags_left_out.then_some(&none)));
        let tags = match tags {
            Some(Value::Object(_)) => tag_map(tags),
            _ => tag_list(tags),
        };
        Some(Draft::new(of.resource_type, arn, id, heard).tags(tags))
    }

    /// Puts every element of a listing that needs nothing else into the snapshot.
    pub fn keep_listed(&self, of: &ListedType, listing: Listing) {
        for heard in listing.items {
            if let Some(draft) = self.listed(of, heard) {
                self.keep(of.call, draft);
            }
        }
    }

    /// The ARN that the answer has; else by its documented pattern, in the owner's account.
    fn listed_arn(&self, of: &ListedType, value: &Value, id: &str, owner: Option<&str>) -> Option<Arn> {
        let place = self.place();
        for way in of.arn {
            if let Some(arn) = text(value, way).and_then(|arn| arn.parse().ok()) {
                return Some(arn);
            }
            if way.contains(':') {
                let owner = owner.or_else(|| text(value, "OwnerId")).unwrap_or_else(|| place.account.as_str());
                let tail = way.replace("{region}", place.region.as_str()).replace("{account}", place.account.as_str());
                return self.build_arn(of.call, &tail.replace("{owner}", owner).replace("{id}", id));
            }
        }
        self.arn(of.call, value, of.arn.last()?)
    }

    /// A text in which members in braces stand for their values.
    fn filled(&self, action: &str, value: &Value, pattern: &str) -> Option<String> {
        let mut filled = String::new();
        for part in pattern.split('{') {
            match part.split_once('}') {
                Some((member, rest)) => {
                    filled.push_str(&self.text(action, value, member)?);
                    filled.push_str(rest);
                }
                None => filled.push_str(part),
            }
        }
        Some(filled)
    }

    /// A text that every element of an answer must have; without it the element is a gap.
    #[must_use]
    pub fn text(&self, action: &str, value: &Value, path: &str) -> Option<String> {
        let found = text(value, path).map(str::to_owned);
        if found.is_none() {
            self.missing(action, None, Failure::broken(format!("an element of the answer has no {path}")));
        }
        found
    }

    /// An ARN that every element of an answer must have; without it the element is a gap.
    #[must_use]
    pub fn arn(&self, action: &str, value: &Value, path: &str) -> Option<Arn> {
        self.parse_arn(action, &self.text(action, value, path)?)
    }

    /// An ARN by its documented pattern: `service:region:account:rest`, without `arn` and the partition.
    #[must_use]
    pub fn build_arn(&self, action: &str, tail: &str) -> Option<Arn> {
        self.parse_arn(action, &format!("arn:{}:{tail}", self.place().partition))
    }

    fn parse_arn(&self, action: &str, text: &str) -> Option<Arn> {
        match text.parse() {
            Ok(arn) => Some(arn),
            Err(error) => {
                let error: IdError = error;
                self.missing(action, None, Failure::broken(error.to_string()));
                None
            }
        }
    }

    /// A policy or other JSON that travels as text inside an answer: parsed, or `null` where the service says that
    /// there is none. Text that is no JSON is a gap.
    #[must_use]
    pub fn embedded_json(&self, action: &str, about: &Arn, answer: Answer, path: &str) -> Option<Value> {
        let heard = match answer {
            Answer::Got(heard) => heard,
            Answer::KnownNone { .. } => return Some(Value::Null),
            Answer::Missing => return None,
        };
        let Some(text) = text(&heard.value, path) else {
            self.missing(action, Some(about), Failure::broken(format!("the answer has no {path}")));
            return None;
        };
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(_) => {
                self.missing(action, Some(about), Failure::broken(format!("{path} is not JSON")));
                None
            }
        }
    }

    /// One member of the answer to a call about a resource. Without it, the answer is a gap.
    #[must_use]
    pub fn member(&self, action: &str, about: Option<&Arn>, answer: Answer, name: &str) -> Option<Received> {
        let Received { mut value, at } = answer.got()?;
        match value.get_mut(name).map(Value::take) {
            Some(value) => Some(Received { value, at }),
            None => {
                self.missing(action, about, Failure::broken(format!("the answer has no {name}")));
                None
            }
        }
    }
}

/// The text at a dotted path.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(value, |value, step| value.get(step)).and_then(Value::as_str)
}

/// Tags in the form `[{Key, Value}]`; `None` when the list is missing or has another form.
#[must_use]
pub fn tag_list(value: Option<&Value>) -> Option<BTreeMap<String, String>> {
    value?
        .as_array()?
        .iter()
        .map(|tag| {
            // A key without a value is a tag with empty text: so AWS documents it.
            let value = tag.get("Value").map_or(Some(""), Value::as_str)?;
            Some((text(tag, "Key")?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Tags in the form `{key: value}`; `None` when the map is missing or has another form.
#[must_use]
pub fn tag_map(value: Option<&Value>) -> Option<BTreeMap<String, String>> {
    value?.as_object()?.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_that_were_not_sent_are_not_known() {
        assert_eq!(tag_list(None), None);
        assert_eq!(tag_list(Some(&json!([]))), Some(BTreeMap::new()));
        assert_eq!(tag_list(Some(&json!([{"Key": "a"}]))), Some(BTreeMap::from([("a".into(), String::new())])));
        assert_eq!(tag_map(Some(&json!({"a": 1}))), None);
    }
}
