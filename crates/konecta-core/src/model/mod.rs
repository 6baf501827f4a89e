//! The model: what facts read of AWS's answers, in the API's casing, every member optional.
//! Knows nothing of facts: it says what was sent, and where silence means something, what it means.
//!
//! A member that was not sent is `None`: it is *not known*. Where the difference between "not known" and "known to
//! be none" matters, the member is a [`Presence`]: collectors write `null` for what AWS says by silence.

/// A struct of optional members in the casing that most services use.
macro_rules! shape {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }
    };
}

pub mod acm;
pub mod autoscaling;
pub mod cloudfront;
pub mod ec2;
pub mod eks;
pub mod elb;
pub mod iam;
pub mod logs;
pub mod organizations;
pub mod rds;
pub mod route53;

use serde::{Deserialize, Deserializer};

/// A member for which "not known" and "known to be none" are two things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Presence<T> {
    /// The answer does not have the member: not known.
    #[default]
    Absent,
    /// The answer has `null`: known to be none.
    Null,
    /// The answer has a value.
    Value(T),
}

impl<T> Presence<T> {
    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Presence<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// One tag in the form that most services send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Tag {
    /// The key; without it, the tag could be any.
    pub key: Option<String>,
    /// The value.
    pub value: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Sample {
        member: Presence<u8>,
    }

    #[test]
    fn absent_null_and_value_are_three_things() {
        let read = |text: &str| serde_json::from_str::<Sample>(text).expect("sample").member;
        assert_eq!(read("{}"), Presence::Absent);
        assert_eq!(read(r#"{"member": null}"#), Presence::Null);
        assert_eq!(read(r#"{"member": 1}"#), Presence::Value(1));
        assert!(read("{}").is_silent());
        assert_eq!(read(r#"{"member": 1}"#).value(), Some(&1));
    }
}
