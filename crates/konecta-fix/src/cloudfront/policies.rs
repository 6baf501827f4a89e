//! The policies that behaviors name by id: which come into a snapshot and which leave it when a behavior names another.
//! A snapshot holds just those that some behavior names. Knows AWS's managed policies; no control.

use serde_json::{Value, json};

use super::behaviors::{Behavior, behaviors};
use crate::step::{Effect, Find};
use crate::{RemedyContext, View};
use konecta_base::id::{Arn, ResourceType};
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

/// One kind of policy.
#[derive(Debug)]
pub(super) struct Kind {
    /// The member of a behavior that names it.
    pub(super) member: &'static str,
    resource_type: &'static str,
    arn_part: &'static str,
    config: &'static str,
    managed: fn(&str) -> Option<Value>,
}

pub(super) const CACHE: Kind = Kind {
    member: "CachePolicyId",
    resource_type: resource_types::CLOUDFRONT_CACHE_POLICY,
    arn_part: "cache-policy",
    config: "CachePolicyConfig",
    managed: managed_cache,
};

pub(super) const HEADERS: Kind = Kind {
    member: "ResponseHeadersPolicyId",
    resource_type: resource_types::CLOUDFRONT_RESPONSE_HEADERS_POLICY,
    arn_part: "response-headers-policy",
    config: "ResponseHeadersPolicyConfig",
    managed: managed_headers,
};

/// AWS's managed CachingDisabled.
pub(super) const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

fn managed_cache(id: &str) -> Option<Value> {
    let policy = |name: &str, lifetimes: [u64; 3], compressed: bool| {
        json!({
            "Name": name, "MinTTL": lifetimes[0], "DefaultTTL": lifetimes[1], "MaxTTL": lifetimes[2],
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": compressed, "EnableAcceptEncodingBrotli": compressed,
                "HeadersConfig": {"HeaderBehavior": "none"}, "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        })
    };
    match id {
        "658327ea-f89d-4fab-a63d-7e88639e58f6" => {
            Some(policy("Managed-CachingOptimized", [1, 86_400, 31_536_000], true))
        }
        CACHING_DISABLED => Some(policy("Managed-CachingDisabled", [0, 0, 0], false)),
        _ => None,
    }
}

fn managed_headers(id: &str) -> Option<Value> {
    (id == "67f7725c-6f97-4210-82d7-5512b31e9d03").then(|| {
        json!({
            "Name": "Managed-SecurityHeadersPolicy",
            "SecurityHeadersConfig": {
                "XSSProtection": {"Override": false, "Protection": true, "ModeBlock": true},
                "FrameOptions": {"Override": false, "FrameOption": "SAMEORIGIN"},
                "ReferrerPolicy": {"Override": false, "ReferrerPolicy": "strict-origin-when-cross-origin"},
                "ContentTypeOptions": {"Override": true},
                "StrictTransportSecurity": {"Override": false, "AccessControlMaxAgeSec": 31_536_000},
            },
        })
    })
}

impl Kind {
    /// The policy with this id, where the snapshot holds it.
    pub(super) fn find<'a>(&'a self, context: &'a RemedyContext<'_>, id: &'a str) -> Option<&'a View> {
        context.all(self.resource_type).find(move |policy| policy.id == id)
    }

    /// What is set in the policy with this id: as read, or as AWS documents its own.
    pub(super) fn config(&self, context: &RemedyContext<'_>, id: &str) -> Option<Value> {
        let read = self.find(context, id).and_then(|policy| policy.at(&format!("/configuration/{}", self.config)));
        read.cloned().or_else(|| (self.managed)(id))
    }

    /// What a snapshot shows differently once these behaviors name that policy: it comes in if none named it before, and
    /// the policies that nothing names any more go out.
    pub(super) fn renamed(
        &self,
        context: &RemedyContext<'_>,
        distribution: &View,
        changed: &[Behavior<'_>],
        id: &str,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.find(context, id).is_none()
            && let Some(first) = changed.first()
            && let Some(policy) = self.made(distribution, id)
        {
            let place = format!("/DistributionConfig{}", first.member(self.member));
            let exists = Find {
                service: "cloudfront".to_owned(),
                operation: "GetDistributionConfig".to_owned(),
                parameters: json!({"Id": distribution.id}),
                list: String::new(),
                matching: serde_json::Map::from_iter([(place.clone(), json!(id))]),
                take: place,
                planned: json!(id),
            };
            effects.push(Effect::Created { resource: Box::new(policy), exists });
        }
        let mut left: Vec<&str> = changed.iter().filter_map(|behavior| behavior.text(self.member)).collect();
        left.sort_unstable();
        left.dedup();
        for old in left {
            let stays = context.all(resource_types::CLOUDFRONT_DISTRIBUTION).any(|other| {
                behaviors(other).any(|behavior| {
                    let moved = other.reference.arn == distribution.reference.arn
                        && changed.iter().any(|changed| changed.path == behavior.path);
                    !moved && behavior.text(self.member) == Some(old)
                })
            });
            if let Some(policy) = self.find(context, old).filter(|_| !stays && old != id) {
                effects.push(Effect::Removed { resource: policy.reference.clone() });
            }
        }
        effects
    }

    fn made(&self, distribution: &View, id: &str) -> Option<View> {
        let config = (self.managed)(id)?;
        let beside = &distribution.reference;
        let arn = beside
            .arn
            .as_str()
            .replace(&format!("distribution/{}", distribution.id), &format!("{}/{id}", self.arn_part));
        let reference = ResourceRef {
            arn: arn.parse::<Arn>().ok()?,
            resource_type: self.resource_type.parse::<ResourceType>().ok()?,
            account_id: beside.account_id.clone(),
            region: beside.region.clone(),
        };
        let body = json!({"configuration": {"Id": id, self.config: config}, "supplement": {}, "tags": null});
        Some(View { reference, id: id.to_owned(), body })
    }
}
