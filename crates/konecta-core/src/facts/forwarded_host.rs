//! Under which names a distribution knocks at an origin: the origin's own, and the viewer's Host where it is forwarded.
//! Knows nothing of certificates.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::known::any;
use super::origin::{config, may_choose};
use super::world::{Item, Regional};
use crate::model::Presence;
use crate::model::cloudfront::{
    Behavior, CachePolicyConfig, Distribution, DistributionConfig, ForwardedValues, HeadersConfig, Origin,
    OriginRequestPolicyConfig,
};

/// The policies of an account that say what is forwarded.
pub(crate) struct Policies {
    requests: BTreeMap<String, OriginRequestPolicyConfig>,
    caches: BTreeMap<String, CachePolicyConfig>,
}

/// One behavior, as far as an origin is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// Its path pattern; `*` for the default one.
    pub(crate) pattern: String,
    /// Whether it fetches from the origin.
    pub(crate) serves: Option<bool>,
    /// Whether it forwards the viewer's Host.
    pub(crate) forwards: Option<bool>,
}

/// How the viewer's Host reaches an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// The behaviors that fetch from it, or may.
    pub(crate) senders: Vec<Sender>,
    /// Whether those are all.
    pub(crate) whole: bool,
    /// Whether a function may choose the origin for requests of whatever behavior.
    pub(crate) chosen: Option<bool>,
    /// The names that Host can have; `None` where they were not all sent.
    pub(crate) names: Option<Vec<String>>,
}

impl Hosts {
    /// Whether any behavior fetches from the origin.
    pub(crate) fn used(&self) -> Option<bool> {
        let more = (!self.whole || self.chosen != Some(false)).then_some(None);
        any(self.senders.iter().map(|sender| sender.serves).chain(more))
    }

    /// Whether any behavior forwards Host to it.
    pub(crate) fn forwarded(&self) -> Option<bool> {
        let more = (!self.whole).then_some(None);
        let forwards = |sender: &Sender| match (sender.serves, sender.forwards) {
            (_, Some(false)) => Some(false),
            (Some(true), forwards) => forwards,
            (Some(false) | None, _) => None,
        };
        any(self.senders.iter().map(forwards).chain(more))
    }
}

impl Policies {
    pub(crate) fn of(global: &Regional) -> Self {
        Self {
            requests: read(&global.origin_request_policies, "OriginRequestPolicyConfig"),
            caches: read(&global.cache_policies, "CachePolicyConfig"),
        }
    }

    /// How the viewer's Host reaches this origin.
    pub(crate) fn hosts(&self, distribution: &Item<Distribution>, origin: &Origin) -> Hosts {
        let Some(config) = config(distribution) else {
            return Hosts { senders: Vec::new(), whole: false, chosen: None, names: None };
        };
        let ordered = config.cache_behaviors.as_ref().and_then(|behaviors| behaviors.all());
        let known =
            config.cache_behaviors.as_ref().and_then(|behaviors| behaviors.items.as_deref()).unwrap_or_default();
        let named = |behavior: &Behavior, pattern: &str| Sender {
            pattern: pattern.to_owned(),
            serves: serves(config, behavior, origin),
            forwards: self.forwards(behavior),
        };
        let default = config.default_cache_behavior.as_ref();
        let all = known.iter().map(|behavior| named(behavior, behavior.path_pattern.as_deref().unwrap_or("?")));
        let all = all.chain(default.map(|behavior| named(behavior, "*")));
        Hosts {
            senders: all.filter(|sender| sender.serves != Some(false)).collect(),
            whole: ordered.is_some() && default.is_some(),
            chosen: may_choose(config),
            names: names(distribution, config),
        }
    }

    /// Whether a behavior forwards Host: by either policy, or by the legacy settings.
    fn forwards(&self, behavior: &Behavior) -> Option<bool> {
        let by_request = match &behavior.origin_request_policy_id {
            Presence::Absent => None,
            Presence::Null => Some(false),
            Presence::Value(id) => self.requests.get(id).and_then(|policy| by_headers(policy.headers_config.as_ref()?)),
        };
        let by_cache = match &behavior.cache_policy_id {
            Presence::Absent => None,
            Presence::Null => Some(false),
            Presence::Value(id) => self.caches.get(id).and_then(|policy| {
                by_headers(policy.parameters_in_cache_key_and_forwarded_to_origin.as_ref()?.headers_config.as_ref()?)
            }),
        };
        let legacy = match &behavior.forwarded_values {
            Presence::Absent => None,
            Presence::Null => Some(false),
            Presence::Value(values) => by_legacy(values),
        };
        any([by_request, by_cache, legacy])
    }
}

fn read<T: DeserializeOwned>(items: &[Item<Value>], key: &str) -> BTreeMap<String, T> {
    let policy = |item: &Item<Value>| {
        let id = item.body.get("Id").and_then(Value::as_str).unwrap_or(&item.resource_id);
        Some((id.to_owned(), serde_json::from_value(item.body.get(key)?.clone()).ok()?))
    };
    items.iter().filter_map(policy).collect()
}

/// Whether a behavior fetches from an origin, directly or over an origin group.
fn serves(config: &DistributionConfig, behavior: &Behavior, origin: &Origin) -> Option<bool> {
    let (target, id) = (behavior.target_origin_id.as_ref()?, origin.id.as_ref()?);
    if target == id {
        return Some(true);
    }
    let is_origin = |one: &Origin| one.id.as_ref() == Some(target);
    if config.origins.as_ref().and_then(|origins| origins.all()).is_some_and(|origins| origins.iter().any(is_origin)) {
        return Some(false);
    }
    let groups = config.origin_groups.as_ref()?.all()?;
    let group = groups.iter().find(|group| group.id.as_ref() == Some(target))?;
    let members = group.members.as_ref()?.all()?;
    any(members.iter().map(|member| member.origin_id.as_ref().map(|member| member == id)))
}

fn by_headers(headers: &HeadersConfig) -> Option<bool> {
    let listed = || headers.headers.as_ref().and_then(|list| Some(names_host(list.all()?)));
    match headers.header_behavior.as_deref()? {
        "none" => Some(false),
        "whitelist" => listed(),
        "allViewer" | "allViewerAndWhitelistCloudFront" => Some(true),
        "allExcept" => listed().map(|listed| !listed),
        _ => None,
    }
}

fn by_legacy(values: &ForwardedValues) -> Option<bool> {
    let headers = values.headers.as_ref()?.all()?;
    Some(names_host(headers) || headers.iter().any(|header| header == "*"))
}

fn names_host(headers: &[String]) -> bool {
    headers.iter().any(|header| header.eq_ignore_ascii_case("host"))
}

/// The names under which viewers come: the aliases, or without any the distribution's own.
fn names(distribution: &Item<Distribution>, config: &DistributionConfig) -> Option<Vec<String>> {
    let aliases = config.aliases.as_ref()?.all()?;
    if aliases.is_empty() {
        return Some(vec![super::dns::normal(distribution.body.domain_name.as_ref()?)]);
    }
    Some(aliases.iter().map(|alias| super::dns::normal(alias)).collect())
}
