//! Identifiers as types: what a string must look like is decided once, here, when it is parsed. A copy shares the text,
//! since every finding names its control and its resource.
//! Knows nothing of resources, controls or AWS calls.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a string is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct IdError {
    value: String,
    expected: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(value: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(value) {
                    Ok(Self(value.into()))
                } else {
                    Err(IdError { value: value.to_owned(), expected: $expected })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Spelled;

                impl Visitor<'_> for Spelled {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: Error>(self, value: &str) -> Result<$name, E> {
                        value.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Spelled)
            }
        }
    };
}

identifier!(
    /// A control's stable id, such as `KA-CF-001`. Never reused, never part of a file name.
    ControlId,
    "a control id (capital letters, digits and hyphens, as in KA-CF-001)",
    |id| {
        id.contains('-')
            && id.split('-').all(|part| !part.is_empty())
            && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    }
);

identifier!(
    /// A claim of the architecture document, such as `cf-https-only`.
    ClaimId,
    "a claim id (lower-case letters, digits and hyphens, as in cf-https-only)",
    |id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

identifier!(
    /// The name of a remedy, such as `cloudfront.viewer_https`.
    FixId,
    "a fix id (as in cloudfront.viewer_https)",
    |id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.')
);

identifier!(
    /// An IAM action, such as `ecr:DescribeRepositories`: the name of one read.
    Action,
    "an IAM action (as in ecr:DescribeRepositories)",
    |id| id.split_once(':').is_some_and(|(service, operation)| {
        !service.is_empty()
            && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && operation.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
            && operation.bytes().all(|b| b.is_ascii_alphanumeric())
    })
);

impl Action {
    /// The part before the colon: IAM's prefix of the service, such as `elasticloadbalancing`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.0.split_once(':').map_or("", |(service, _)| service)
    }

    /// The part after the colon, such as `DescribeRepositories`.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, operation)| operation)
    }
}

identifier!(
    /// A twelve-digit AWS account number.
    AccountId,
    "an AWS account id (twelve digits)",
    |id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
);

identifier!(
    /// A region's name such as `us-east-1`, or `global` for what belongs to no region.
    Region,
    "an AWS region (as in us-east-1)",
    |id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

impl Region {
    /// The region of services that are read once per account: CloudFront, IAM, Route 53.
    #[must_use]
    pub fn global() -> Self {
        Self("global".into())
    }

    /// The region of each partition in which the services that belong to none are signed for, and told of.
    #[must_use]
    pub fn home_of_global_services(partition: &str) -> Self {
        let name = match partition {
            "aws-cn" => "cn-northwest-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => "us-east-1",
        };
        Self(name.into())
    }

    /// The partition that a region belongs to, by its name (botocore, `endpoints.json`: `regionRegex`).
    /// [`Region::global`] and [`Region::all`] do not tell theirs, and are taken to be in `aws`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        const PARTITIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        PARTITIONS.iter().find(|(start, _)| self.0.starts_with(start)).map_or("aws", |(_, partition)| partition)
    }

    /// What stands in the place of a region where an account was scanned at once, in all regions that were asked for.
    #[must_use]
    pub fn all() -> Self {
        Self("all".into())
    }

    /// Whether this is [`Region::global`].
    #[must_use]
    pub fn is_global(&self) -> bool {
        &*self.0 == "global"
    }
}

identifier!(
    /// A resource type in CloudFormation's spelling, such as `AWS::ECR::Repository`.
    ResourceType,
    "a resource type (as in AWS::ECR::Repository)",
    |id| {
        let mut parts = 0;
        let filled = id.split("::").all(|part| {
            parts += 1;
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        filled && parts == 3
    }
);

identifier!(
    /// An Amazon Resource Name; the last part may be `*` where a finding speaks of a whole type.
    Arn,
    "an ARN (as in arn:aws:ecr:us-east-1:123456789012:repository/hr-service)",
    |id| id.starts_with("arn:") && id.splitn(6, ':').count() == 6 && !id.bytes().any(|b| b.is_ascii_whitespace())
);

impl Arn {
    /// The partition, such as `aws` or `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }

    /// The name a person would use: what stands after the last `/` or `:`.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.0.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_id_is_refused_with_the_value_and_the_form() {
        for bad in ["", "KA", "ka-cf-001", "KA--1", "KA CF"] {
            let error = bad.parse::<ControlId>().expect_err(bad);
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
        assert!("12345678901".parse::<AccountId>().is_err());
        let partition = |name: &str| name.parse::<Region>().expect("region").partition();
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("cn-north-1"), "aws-cn");
        assert_eq!(["us-east-1", "global"].map(partition), ["aws", "aws"]);
        assert!("AWS::ECR".parse::<ResourceType>().is_err());
        assert!("arn:aws:ecr".parse::<Arn>().is_err());
        assert!("ecr:describeRepositories".parse::<Action>().is_err());
    }

    #[test]
    fn a_short_name_is_the_last_filled_part() {
        let arn: Arn = "arn:aws:rds:us-east-1:123456789012:db:konecta-erp-db".parse().expect("arn");
        assert_eq!(arn.short_name(), "konecta-erp-db");
    }
}
