//! The values of a blueprint as what they are: a CIDR, a port, a count. A value that is none is refused where it is read,
//! with its line, and not by an API call an hour later. Lists that would switch a control off must not be empty.
//! Knows nothing of sections and their names.

use std::fmt;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};

use super::PortRange;
use crate::id::{Arn, Region};

/// Characters of which names of resources are made.
fn plain(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// An id such as `vpc-0a1b2c3d`: 8 or 17 hexadecimal digits after its prefix.
fn hexadecimal(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|id| {
        matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn protocol(text: &str) -> bool {
    ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"].contains(&text)
}

/// `SSLv3`, or a protocol with the year of its policy, as in `TLSv1.2_2021`.
fn tls_policy(text: &str) -> bool {
    match text.split_once('_') {
        None => protocol(text),
        Some((version, year)) => protocol(version) && year.len() == 4 && digits(year),
    }
}

fn is_arn_or_free(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(char::is_whitespace)
        && (!text.starts_with("arn:") || text.parse::<Arn>().is_ok())
}

/// `us-east-1`, `us-gov-west-1`: letters, then a number.
fn region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().is_some_and(|last| digits(last) && last.len() <= 2);
    let words: Vec<&str> = parts.collect();
    number
        && words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

/// What a text must look like, with the words for it.
struct Form {
    expected: &'static str,
    valid: fn(&str) -> bool,
}

impl Form {
    fn one<'de, D: Deserializer<'de>>(&self, from: D) -> Result<String, D::Error> {
        self.check(String::deserialize(from)?)
    }

    fn check<E: Error>(&self, text: String) -> Result<String, E> {
        match (self.valid)(&text) {
            true => Ok(text),
            false => Err(E::custom(format_args!("`{text}` is not {}", self.expected))),
        }
    }

    fn optional<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Option<String>, D::Error> {
        Option::<String>::deserialize(from)?.map(|text| self.check(text)).transpose()
    }

    fn list<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Vec<String>, D::Error> {
        Vec::<String>::deserialize(from)?.into_iter().map(|text| self.check(text)).collect()
    }

    fn filled<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Vec<String>, D::Error> {
        not_empty(self.list(from)?)
    }
}

fn not_empty<T, E: Error>(list: Vec<T>) -> Result<Vec<T>, E> {
    match list.is_empty() {
        true => Err(E::custom(
            "an empty list would switch its control off: name at least one, or accept the findings with a [[waiver]]",
        )),
        false => Ok(list),
    }
}

macro_rules! forms {
    ($($name:ident: $how:ident $expected:literal, $valid:expr;)*) => {
        $(pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<forms!(@ $how), D::Error> {
            let form = Form { expected: $expected, valid: $valid };
            form.$how(from)
        })*
    };
    (@ one) => { String };
    (@ optional) => { Option<String> };
    (@ list) => { Vec<String> };
    (@ filled) => { Vec<String> };
}

forms! {
    name: one "a name", |text| !text.trim().is_empty();
    names: filled "a name", |text| !text.trim().is_empty();
    some_names: list "a name", |text| !text.trim().is_empty();
    organizations: list "the id of an organization (as in o-a1b2c3d4e5)", |text| {
        text.strip_prefix("o-").is_some_and(|id| {
            (10..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    };
    vpcs: list "the id of a VPC (as in vpc-0a1b2c3d4e5f67890)", |text| hexadecimal(text, "vpc-");
    endpoints: list "the id of a VPC endpoint (as in vpce-0a1b2c3d4e5f67890)", |text| hexadecimal(text, "vpce-");
    tls_policies: filled "a security policy of CloudFront (as in TLSv1.2_2021)", tls_policy;
    protocols: filled "one of SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3", protocol;
    header: one "the name of an HTTP header", |text| plain(text, "!#$%&'*+-.^_`|~");
    path: one "a path (it begins with /)", |text| text.starts_with('/') && !text.contains(char::is_whitespace);
    paths: filled "a path pattern of CloudFront", |text| !text.is_empty() && !text.contains(char::is_whitespace);
    http_version: one "one of http1.1, http2, http3, http2and3", |text| {
        ["http1.1", "http2", "http3", "http2and3"].contains(&text)
    };
    bucket: one "the name of an S3 bucket", |text| text.is_empty() || (text.len() >= 3 && plain(text, ".-"));
    geo_restriction: one "one of none, whitelist, blacklist", |text| ["none", "whitelist", "blacklist"].contains(&text);
    countries: list "the code of a country (two capital letters)", |text| {
        text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
    };
    matcher: one "HTTP status codes (as in 200, 200-299 or 200,204)", |text| {
        text.split(',').all(|part| part.split('-').all(|code| code.len() == 3 && digits(code)))
    };
    cidrs: list "a CIDR block (as in 203.0.113.0/24 or 2001:db8::/32), without host bits", |text| {
        text.parse::<IpNet>().is_ok_and(|net| net == net.trunc())
    };
    desync_modes: filled "one of monitor, defensive, strictest", |text| {
        ["monitor", "defensive", "strictest"].contains(&text)
    };
    cluster: one "the name of an EKS cluster", |text| text.len() <= 100 && plain(text, "-_");
    kubernetes_version: one "a Kubernetes version (as in 1.33)", |text| {
        text.split_once('.').is_some_and(|(major, minor)| digits(major) && digits(minor))
    };
    log_types: filled "one of api, audit, authenticator, controllerManager, scheduler", |text| {
        ["api", "audit", "authenticator", "controllerManager", "scheduler"].contains(&text)
    };
    repositories: filled "the name of an ECR repository (lower-case letters, digits and . _ - /)", |text| {
        plain(text, "._-/") && !text.bytes().any(|b| b.is_ascii_uppercase())
    };
    encryption: one "one of AES256, KMS, KMS_DSSE", |text| ["AES256", "KMS", "KMS_DSSE"].contains(&text);
    destination: optional "the ARN of a bucket or the name of a log group", is_arn_or_free;
    role: optional "the ARN of a role (as in arn:aws:iam::123456789012:role/flow-logs)", |text| {
        text.parse::<Arn>().is_ok() && text.contains(":role/")
    };
    key: one "a KMS key: its id, its ARN, or alias/…", is_arn_or_free;
}

pub(super) fn region_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Region>, D::Error> {
    let text = Form { expected: "an AWS region (as in us-east-1)", valid: region }.optional(from)?;
    text.map(|text| text.parse()).transpose().map_err(D::Error::custom)
}

fn within<'de, D, N>(from: D, range: &RangeInclusive<N>) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Copy + PartialOrd + fmt::Display + Into<i64> + TryFrom<i64>,
{
    let found = i64::deserialize(from)?;
    let refused = || {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        D::Error::invalid_value(Unexpected::Signed(found), &expected.as_str())
    };
    N::try_from(found).ok().filter(|number| range.contains(number)).ok_or_else(refused)
}

macro_rules! numbers {
    ($($name:ident: $range:expr;)*) => {
        $(pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
            within(from, &$range)
        })*
    };
}

numbers! {
    count: 1..=u32::MAX;
    // Each range is that of the API: PutAccountPasswordPolicy, CreateDBInstance, ModifyInstanceMetadataOptions, RateBasedStatement.
    password_length: 6..=128;
    password_memory: 1..=24;
    backup_days: 1..=35;
    hops: 1..=64;
    rate: 10..=2_000_000_000;
}

/// Seconds, one or more.
pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    within::<_, u32>(from, &(1..=u32::MAX)).map(u64::from)
}

/// Seconds, which may be none.
pub(super) fn some_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    within::<_, u32>(from, &(0..=u32::MAX)).map(u64::from)
}

pub(super) fn ports<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u16>, D::Error> {
    let ports = Vec::<u16>::deserialize(from)?;
    match ports.contains(&0) {
        true => Err(D::Error::custom("0 is not a port (1 to 65535)")),
        false => not_empty(ports),
    }
}

pub(super) fn port_ranges<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PortRange>, D::Error> {
    let ranges = Vec::<PortRange>::deserialize(from)?;
    if let Some(PortRange { from, to }) = ranges.iter().find(|range| range.from > range.to) {
        return Err(D::Error::custom(format_args!(
            "a range from {from} to {to} holds no port: `from` must not be above `to`"
        )));
    }
    not_empty(ranges)
}

#[cfg(test)]
mod tests {
    use super::super::Blueprint;

    fn refused(text: &str) -> String {
        toml::from_str::<Blueprint>(text).expect_err(text).message().to_owned()
    }

    #[test]
    fn every_value_is_what_it_stands_for() {
        for (text, word) in [
            ("[alb]\npeers = [\"203.0.113.0/33\"]", "`203.0.113.0/33` is not a CIDR block"),
            ("[alb]\npeers = [\"203.0.113.7/24\"]", "without host bits"),
            ("[bastion]\nssh_cidrs = [\"office\"]", "`office` is not a CIDR block"),
            ("[eks]\napi_cidrs = [\"10.0.0.0\"]", "`10.0.0.0` is not a CIDR block"),
            ("[network]\nadmin_ports = [0]", "0 is not a port"),
            ("[network]\nadmin_ports = [70000]", "70000"),
            ("[network]\nadmin_ports = []", "switch its control off"),
            ("[network]\nhigh_risk_ports = [{ from = 10, to = 9 }]", "from 10 to 9 holds no port"),
            ("[network]\nhigh_risk_ports = []", "switch its control off"),
            ("[network]\nmetadata_hop_limit = 0", "from 1 to 64"),
            ("[network]\nflow_log_destination = \"arn:aws:s3\"", "`arn:aws:s3` is not the ARN of a bucket"),
            ("[network]\nflow_log_role = \"flow-logs\"", "is not the ARN of a role"),
            ("[ecr]\nkeep_images = 0", "from 1 to"),
            ("[ecr]\nkeep_images = -1", "from 1 to"),
            ("[ecr]\nencryption = \"aes\"", "one of AES256"),
            ("[ecr]\nrepositories = []", "switch its control off"),
            ("[ecr]\nrepositories = [\"Konecta\"]", "`Konecta` is not the name of an ECR repository"),
            ("[eks]\nlog_types = [\"audits\"]", "`audits` is not one of api"),
            ("[eks]\nlog_types = []", "switch its control off"),
            ("[eks]\nkubernetes_version = \"latest\"", "is not a Kubernetes version"),
            ("[eks]\nminimum_zones = 0", "from 1 to"),
            ("[stack]\nregion = \"Frankfurt\"", "`Frankfurt` is not an AWS region"),
            ("[stack]\nregion = \"global\"", "`global` is not an AWS region"),
            ("[stack]\ntrusted_accounts = [\"123\"]", "`123` is not an AWS account id"),
            ("[stack]\ntrusted_organizations = [\"konecta\"]", "`konecta` is not the id of an organization"),
            ("[stack]\ntrusted_vpcs = [\"vpce-0a1b2c3d\"]", "is not the id of a VPC"),
            ("[cloudfront]\nhttp_version = \"HTTP/2\"", "one of http1.1"),
            ("[cloudfront]\naccepted_tls_policies = []", "switch its control off"),
            ("[cloudfront]\norigin_header = \"X Origin\"", "is not the name of an HTTP header"),
            ("[cloudfront]\nhsts_max_age = 0", "from 1 to"),
            ("[cloudfront]\ndynamic_paths = []", "switch its control off"),
            ("[cloudfront]\ngeo_countries = [\"Egypt\"]", "two capital letters"),
            ("[waf]\nmanaged_groups = []", "switch its control off"),
            ("[waf]\nrate_limit = 1", "from 10 to"),
            ("[alb]\nhealth_path = \"health\"", "is not a path"),
            ("[alb]\nhealth_matcher = \"2xx\"", "is not HTTP status codes"),
            ("[rds]\nbackup_retention_days = 36", "from 1 to 35"),
            ("[rds]\nlog_exports = []", "switch its control off"),
            ("[iam]\npassword_length = 4", "from 6 to 128"),
        ] {
            let message = refused(text);
            assert!(message.contains(word), "{text}: {message}");
        }
    }

    #[test]
    fn what_lets_nobody_in_may_be_empty() {
        let text = "[alb]\npeers = []\n[bastion]\nssh_cidrs = []\n[eks]\napi_cidrs = []\n[ecr]\nmovable_tags = []\n\
                    [stack]\ntrusted_accounts = []\ntrusted_vpcs = [\"vpc-0a1b2c3d4e5f67890\"]\nregion = \"us-gov-west-1\"";
        toml::from_str::<Blueprint>(text).expect("a strict blueprint");
    }

    #[test]
    fn the_defaults_are_read_as_they_are_written() {
        let written = toml::to_string(&Blueprint::default()).expect("writes");
        assert_eq!(toml::from_str::<Blueprint>(&written).expect("reads"), Blueprint::default());
    }
}
