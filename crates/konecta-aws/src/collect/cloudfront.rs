//! CloudFront: distributions, their tags, and the policies and VPC origins that they name.
//!
//! The listing carries most of a distribution's settings, in the structures of `GetDistribution` but all on one level. They
//! are put where `GetDistribution` has them, so that who reads a snapshot need not know which call told. What the listing
//! lacks (`adds` in the catalogue of reads) is not known without that call.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::Client;
use konecta_base::calls;
use konecta_base::id::Arn;
use konecta_base::resource_types;
use serde_json::{Map, Value, json};

use super::client;
use crate::call::{Answer, Caller};
use crate::draft::{Draft, tag_list, text};
use crate::paging::Received;

const LIST: &str = calls::CLOUDFRONT_LIST_DISTRIBUTIONS;
const GET: &str = calls::CLOUDFRONT_GET_DISTRIBUTION;
const TAGS: &str = calls::CLOUDFRONT_LIST_TAGS_FOR_RESOURCE;
const HEADERS_POLICY: &str = calls::CLOUDFRONT_GET_RESPONSE_HEADERS_POLICY;
const CACHE_POLICY: &str = calls::CLOUDFRONT_GET_CACHE_POLICY;
const REQUEST_POLICY: &str = calls::CLOUDFRONT_GET_ORIGIN_REQUEST_POLICY;
const VPC_ORIGIN: &str = calls::CLOUDFRONT_GET_VPC_ORIGIN;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_cloudfront, &caller);
    let listing = caller
        .pages(LIST, None, |token, tap| {
            client.list_distributions().set_marker(token.one()).customize().interceptor(tap).send()
        })
        .await;
    let named = caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move { distribution(&caller, &client, heard).await }
        })
        .await;
    let mut all = Named::default();
    for named in named {
        all.headers_policies.extend(named.headers_policies);
        all.cache_policies.extend(named.cache_policies);
        all.request_policies.extend(named.request_policies);
        all.vpc_origins.extend(named.vpc_origins);
    }
    tokio::join!(
        headers_policies(&caller, &client, all.headers_policies),
        cache_policies(&caller, &client, all.cache_policies),
        request_policies(&caller, &client, all.request_policies),
        vpc_origins(&caller, &client, all.vpc_origins),
    );
}

/// What stands in a listing where it stands in a distribution.
const OUTSIDE: &[&str] = &["ARN", "AliasICPRecordals", "DomainName", "Id", "LastModifiedTime", "Status"];

/// What stands in a listing and in the `DistributionConfig` of a distribution.
const SETTINGS: &[&str] = &[
    "Aliases",
    "AnycastIpListId",
    "CacheBehaviors",
    "Comment",
    "ConnectionFunctionAssociation",
    "ConnectionMode",
    "CustomErrorResponses",
    "DefaultCacheBehavior",
    "Enabled",
    "IsIPV6Enabled",
    "OriginGroups",
    "Origins",
    "PriceClass",
    "Restrictions",
    "Staging",
    "ViewerCertificate",
    "ViewerMtlsConfig",
    "WebACLId",
];

/// An element of the listing in the arrangement of `GetDistribution`; without settings where it has none of them.
fn arranged(listed: Value) -> Value {
    let (mut outside, mut settings) = (Map::new(), Map::new());
    let Value::Object(members) = listed else { return json!({}) };
    for (name, value) in members {
        if OUTSIDE.contains(&name.as_str()) {
            outside.insert(name, value);
        } else if SETTINGS.contains(&name.as_str()) {
            settings.insert(name, value);
        }
    }
    if !settings.is_empty() {
        outside.insert("DistributionConfig".to_owned(), Value::Object(settings));
    }
    Value::Object(outside)
}

/// What a distribution names by id.
#[derive(Debug, Default)]
struct Named {
    headers_policies: BTreeSet<String>,
    cache_policies: BTreeSet<String>,
    request_policies: BTreeSet<String>,
    vpc_origins: BTreeSet<String>,
}

impl Named {
    fn by(distribution: &Value) -> Self {
        let mut named = Self::default();
        let config = distribution.get("DistributionConfig");
        let items = |holder: &'static str| {
            config.and_then(|config| config.get(holder)?.get("Items")?.as_array()).into_iter().flatten()
        };
        let default = config.and_then(|config| config.get("DefaultCacheBehavior"));
        for behavior in default.into_iter().chain(items("CacheBehaviors")) {
            let id = |key: &str| text(behavior, key).filter(|id| !id.is_empty()).map(str::to_owned);
            named.headers_policies.extend(id("ResponseHeadersPolicyId"));
            named.cache_policies.extend(id("CachePolicyId"));
            named.request_policies.extend(id("OriginRequestPolicyId"));
        }
        let origins = items("Origins").filter_map(|origin| text(origin, "VpcOriginConfig.VpcOriginId"));
        named.vpc_origins.extend(origins.map(str::to_owned));
        named
    }
}

/// Keeps a distribution: as `GetDistribution` tells it, and as it was listed where that is not wanted or has no answer.
async fn distribution(caller: &Caller, client: &Client, listed: Received) -> Named {
    let Some(arn) = caller.arn(LIST, &listed.value, "ARN") else { return Named::default() };
    let Some(id) = caller.text(LIST, &listed.value, "Id") else { return Named::default() };
    let get =
        caller.one(GET, Some(&arn), &[], |tap| client.get_distribution().id(&id).customize().interceptor(tap).send());
    let tags = caller.one(TAGS, Some(&arn), &[], |tap| {
        client.list_tags_for_resource().resource(arn.as_str()).customize().interceptor(tap).send()
    });
    let (answer, tags) = tokio::join!(get, tags);
    let etag = etag(&answer);
    let heard = caller.member(GET, Some(&arn), answer, "Distribution");
    let heard = heard.unwrap_or_else(|| Received { value: arranged(listed.value), at: listed.at });
    let named = Named::by(&heard.value);
    let tags = caller.member(TAGS, Some(&arn), tags, "Tags").and_then(|tags| tag_list(tags.value.get("Items")));
    caller
        .keep(LIST, Draft::new(resource_types::CLOUDFRONT_DISTRIBUTION, arn, id, heard).tags(tags).with("etag", etag));
    named
}

fn etag(answer: &Answer) -> Option<Value> {
    match answer {
        Answer::Got(heard) => heard.value.get("ETag").cloned(),
        Answer::KnownNone { .. } | Answer::Missing => None,
    }
}

/// Keeps the one member of an answer about something that is known by id only.
fn keep(caller: &Caller, action: &str, kind: &'static str, member: &str, arn: Arn, id: String, answer: Answer) {
    let etag = etag(&answer);
    if let Some(heard) = caller.member(action, Some(&arn), answer, member) {
        caller.keep(action, Draft::new(kind, arn, id, heard).with("etag", etag));
    }
}

/// By the documented pattern. AWS's managed policies have no account in theirs, but their ids are AWS-wide, so one
/// form serves for both.
fn arn_of(caller: &Caller, action: &str, part: &str, id: &str) -> Option<Arn> {
    caller.build_arn(action, &format!("cloudfront::{}:{part}/{id}", caller.place().account))
}

async fn headers_policies(caller: &Caller, client: &Client, ids: BTreeSet<String>) {
    caller
        .each(ids.into_iter().collect(), |caller, id| {
            let client = client.clone();
            async move {
                let Some(arn) = arn_of(&caller, HEADERS_POLICY, "response-headers-policy", &id) else { return };
                let answer = caller
                    .one(HEADERS_POLICY, Some(&arn), &[], |tap| {
                        client.get_response_headers_policy().id(&id).customize().interceptor(tap).send()
                    })
                    .await;
                let kind = resource_types::CLOUDFRONT_RESPONSE_HEADERS_POLICY;
                keep(&caller, HEADERS_POLICY, kind, "ResponseHeadersPolicy", arn, id, answer);
            }
        })
        .await;
}

async fn cache_policies(caller: &Caller, client: &Client, ids: BTreeSet<String>) {
    caller
        .each(ids.into_iter().collect(), |caller, id| {
            let client = client.clone();
            async move {
                let Some(arn) = arn_of(&caller, CACHE_POLICY, "cache-policy", &id) else { return };
                let answer = caller
                    .one(CACHE_POLICY, Some(&arn), &[], |tap| {
                        client.get_cache_policy().id(&id).customize().interceptor(tap).send()
                    })
                    .await;
                keep(&caller, CACHE_POLICY, resource_types::CLOUDFRONT_CACHE_POLICY, "CachePolicy", arn, id, answer);
            }
        })
        .await;
}

async fn request_policies(caller: &Caller, client: &Client, ids: BTreeSet<String>) {
    caller
        .each(ids.into_iter().collect(), |caller, id| {
            let client = client.clone();
            async move {
                let Some(arn) = arn_of(&caller, REQUEST_POLICY, "origin-request-policy", &id) else { return };
                let answer = caller
                    .one(REQUEST_POLICY, Some(&arn), &[], |tap| {
                        client.get_origin_request_policy().id(&id).customize().interceptor(tap).send()
                    })
                    .await;
                let kind = resource_types::CLOUDFRONT_ORIGIN_REQUEST_POLICY;
                keep(&caller, REQUEST_POLICY, kind, "OriginRequestPolicy", arn, id, answer);
            }
        })
        .await;
}

async fn vpc_origins(caller: &Caller, client: &Client, ids: BTreeSet<String>) {
    caller
        .each(ids.into_iter().collect(), |caller, id| {
            let client = client.clone();
            async move {
                let Some(arn) = arn_of(&caller, VPC_ORIGIN, "vpcorigin", &id) else { return };
                let answer = caller
                    .one(VPC_ORIGIN, Some(&arn), &[], |tap| {
                        client.get_vpc_origin().id(&id).customize().interceptor(tap).send()
                    })
                    .await;
                keep(&caller, VPC_ORIGIN, resource_types::CLOUDFRONT_VPC_ORIGIN, "VpcOrigin", arn, id, answer);
            }
        })
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of a structure that a service's answers are made of, with their types.
    fn members(shape: &str) -> Map<String, Value> {
        let table: Value = serde_json::from_str(include_str!("../../shapes/cloudfront.json")).expect("JSON");
        table["shapes"][shape]["structure"].as_object().expect("a structure").clone()
    }

    #[test]
    fn what_a_listing_carries_has_the_names_and_types_of_a_distribution() {
        let (listed, whole, config) =
            (members("DistributionSummary"), members("Distribution"), members("DistributionConfig"));
        for (names, of) in [(OUTSIDE, &whole), (SETTINGS, &config)] {
            for name in names {
                assert!(listed.get(*name).is_some_and(|kind| of.get(*name) == Some(kind)), "{name} differs");
            }
        }
        let known = [OUTSIDE, SETTINGS, &["ETag", "HttpVersion"]].concat();
        let new: Vec<_> = listed.keys().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(new.is_empty(), "decide for {new:?}: carried by the listing as it is in a distribution, or not");
    }

    #[test]
    fn the_catalogue_knows_what_only_the_call_for_one_distribution_carries() {
        let missing = |of: &str, carried: &[&str], before: &str| {
            let names = members(of).into_iter().map(|(name, _)| name);
            let names = names.filter(|name| !carried.contains(&name.as_str()) && name != "DistributionConfig");
            names.map(|name| format!("{before}{name}")).collect::<Vec<_>>()
        };
        let mut expected = missing("Distribution", OUTSIDE, "");
        expected.extend(missing("DistributionConfig", SETTINGS, "DistributionConfig."));
        expected.sort();
        let get = GET.parse().expect("action");
        assert_eq!(konecta_base::reads::reads().get(&get).expect("a read").adds, expected);
    }

    #[test]
    fn silence_of_a_listing_about_what_it_never_carries_is_not_none() {
        let mut value = arranged(json!({"Id": "E1", "Comment": "erp", "HttpVersion": "HTTP2", "ETag": "E2"}));
        assert_eq!(value, json!({"Id": "E1", "DistributionConfig": {"Comment": "erp"}}));
        konecta_base::silence::fill(&resource_types::CLOUDFRONT_DISTRIBUTION.parse().expect("type"), &mut value);
        assert_eq!(value, json!({"Id": "E1", "DistributionConfig": {"Comment": "erp"}}));
        assert_eq!(arranged(json!({"Id": "E1"})), json!({"Id": "E1"}));
    }

    #[test]
    fn everything_that_a_distribution_names_is_found() {
        let named = Named::by(&json!({"DistributionConfig": {
            "Origins": {"Items": [{"Id": "a", "VpcOriginConfig": {"VpcOriginId": "vo_1"}}, {"Id": "b"}]},
            "DefaultCacheBehavior": {"CachePolicyId": "c1", "ResponseHeadersPolicyId": "r1", "OriginRequestPolicyId": ""},
            "CacheBehaviors": {"Items": [{"CachePolicyId": "c2", "OriginRequestPolicyId": "o1"}]},
        }}));
        let ids = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(ids(&named.cache_policies), "c1 c2");
        assert_eq!(ids(&named.headers_policies), "r1");
        assert_eq!(ids(&named.request_policies), "o1");
        assert_eq!(ids(&named.vpc_origins), "vo_1");
    }
}
