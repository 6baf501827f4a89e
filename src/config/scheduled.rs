//! What the environment of the Lambda says: read once, checked, each wrong value named.
//! Knows nothing of what is then done with it.

use konecta_aws::s3::S3Place;
use konecta_base::id::{AccountId, Arn, ControlId, Region};

/// Which accounts a request may name besides the function's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Accounts {
    /// None.
    Own,
    /// These.
    Named(Vec<AccountId>),
    /// Those of the organization.
    Organization,
}

/// Where the blueprint is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blueprint {
    /// Nowhere: the defaults.
    Defaults,
    /// An object in S3; the place's prefix is its key.
    S3(S3Place),
    /// A parameter of the Systems Manager.
    Parameter(String),
}

/// The settings of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) place: S3Place,
    pub(crate) kms_key: Option<String>,
    pub(crate) blueprint: Blueprint,
    pub(crate) role: Option<konecta_aws::Role>,
    pub(crate) accounts: Accounts,
    pub(crate) ou_include: Vec<String>,
    pub(crate) ou_exclude: Vec<String>,
    /// The regions that `plan` takes; all that an account has enabled where none are named.
    pub(crate) regions: Vec<Region>,
    pub(crate) topic: Option<Arn>,
    pub(crate) security_hub: bool,
    pub(crate) fix: Vec<ControlId>,
    /// Seconds before the end of an invocation.
    pub(crate) margin: u64,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub(crate) struct SettingError {
    name: &'static str,
    reason: String,
}

/// A setting's text; an empty one is as good as none, as a template leaves it.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Takes them out of the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the environment is read in config and nowhere else")]
    pub(crate) fn from_environment() -> Result<Self, SettingError> {
        Self::of(&|name| std::env::var(name).ok())
    }

    fn of(environment: Lookup<'_>) -> Result<Self, SettingError> {
        let get = |name: &str| environment(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let bucket =
            get("KONECTA_BUCKET").ok_or_else(|| wrong("KONECTA_BUCKET", "is not set: reports must go somewhere"))?;
        let prefix = get("KONECTA_PREFIX").unwrap_or_default();
        let place = format!("s3://{bucket}/{prefix}").parse().map_err(|error| wrong("KONECTA_BUCKET", error))?;
        let external_id = get("KONECTA_EXTERNAL_ID");
        let role = get("KONECTA_ROLE_NAME").map(|name| konecta_aws::Role { name, external_id });
        let accounts = match get("KONECTA_ACCOUNTS").as_deref() {
            None => Accounts::Own,
            Some("organization") => Accounts::Organization,
            Some(text) => Accounts::Named(list("KONECTA_ACCOUNTS", text)?),
        };
        if accounts != Accounts::Own && role.is_none() {
            return Err(wrong("KONECTA_ROLE_NAME", "is not set: other accounts can only be entered by a role"));
        }
        let regions = match get("KONECTA_REGIONS").as_deref() {
            None | Some("all") => Vec::new(),
            Some(text) => list("KONECTA_REGIONS", text)?,
        };
        let security_hub = match get("KONECTA_SECURITY_HUB").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(wrong("KONECTA_SECURITY_HUB", format!("`{other}` is neither true nor false"))),
        };
        let margin = match get("KONECTA_MARGIN_SECONDS") {
            None => 20,
            Some(text) => text
                .parse()
                .map_err(|_| wrong("KONECTA_MARGIN_SECONDS", format!("`{text}` is not a number of seconds")))?,
        };
        let optional = |name: &'static str| get(name).map_or(Ok(Vec::new()), |text| list(name, &text));
        Ok(Self {
            place,
            kms_key: get("KONECTA_KMS_KEY"),
            blueprint: blueprint(get("KONECTA_CONFIG").as_deref())?,
            role,
            accounts,
            ou_include: optional("KONECTA_OU_INCLUDE")?,
            ou_exclude: optional("KONECTA_OU_EXCLUDE")?,
            regions,
            topic: get("KONECTA_TOPIC")
                .map(|arn| arn.parse().map_err(|error| wrong("KONECTA_TOPIC", error)))
                .transpose()?,
            security_hub,
            fix: get("KONECTA_FIX").map_or(Ok(Vec::new()), |text| list("KONECTA_FIX", &text))?,
            margin,
        })
    }
}

fn blueprint(text: Option<&str>) -> Result<Blueprint, SettingError> {
    let Some(text) = text else { return Ok(Blueprint::Defaults) };
    if let Some(name) = text.strip_prefix("ssm:").filter(|name| !name.is_empty()) {
        return Ok(Blueprint::Parameter(name.to_owned()));
    }
    match text.parse::<S3Place>() {
        Ok(place) if !place.prefix.is_empty() => Ok(Blueprint::S3(place)),
        Ok(_) | Err(_) => Err(wrong("KONECTA_CONFIG", format!("`{text}` is neither s3://bucket/key nor ssm:NAME"))),
    }
}

fn list<T>(name: &'static str, text: &str) -> Result<Vec<T>, SettingError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| wrong(name, error))).collect()
}

fn wrong(name: &'static str, reason: impl std::fmt::Display) -> SettingError {
    SettingError { name, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let known: BTreeMap<&str, &str> = pairs.iter().copied().collect();
        Settings::of(&|name| known.get(name).map(|text| (*text).to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bucket_is_enough() {
        let found = settings(&[("KONECTA_BUCKET", "audit"), ("KONECTA_TOPIC", "")]).expect("settings");
        assert_eq!(found.place, S3Place { bucket: "audit".to_owned(), prefix: String::new() });
        assert_eq!((found.accounts, found.blueprint, found.margin), (Accounts::Own, Blueprint::Defaults, 20));
        assert_eq!((found.topic, found.security_hub, found.fix), (None, false, Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |name, value| settings(&[("KONECTA_BUCKET", "audit"), (name, value)]).expect_err(value);
        assert!(settings(&[]).expect_err("none").starts_with("KONECTA_BUCKET: is not set"));
        assert!(with("KONECTA_ACCOUNTS", "organization").starts_with("KONECTA_ROLE_NAME: is not set"));
        assert!(with("KONECTA_ACCOUNTS", "12").starts_with("KONECTA_ACCOUNTS: `12` is not"));
        assert!(with("KONECTA_TOPIC", "news").starts_with("KONECTA_TOPIC: `news` is not an ARN"));
        assert!(with("KONECTA_CONFIG", "s3://audit").starts_with("KONECTA_CONFIG: `s3://audit` is neither"));
        assert!(with("KONECTA_FIX", "all").starts_with("KONECTA_FIX: `all` is not a control id"));
        assert!(with("KONECTA_SECURITY_HUB", "yes").starts_with("KONECTA_SECURITY_HUB: `yes`"));
        assert!(with("KONECTA_MARGIN_SECONDS", "soon").starts_with("KONECTA_MARGIN_SECONDS: `soon`"));
    }

    #[test]
    fn everything_can_be_set() {
        let found = settings(&[
            ("KONECTA_BUCKET", "audit"),
            ("KONECTA_PREFIX", "/a/b/"),
            ("KONECTA_CONFIG", "ssm:/konecta/audit"),
            ("KONECTA_ROLE_NAME", "konecta-audit"),
            ("KONECTA_EXTERNAL_ID", "42"),
            ("KONECTA_ACCOUNTS", "111111111111, 222222222222"),
            ("KONECTA_REGIONS", "us-east-1,eu-west-1"),
            ("KONECTA_FIX", "KA-ECR-001"),
        ]);
        let found = found.expect("settings");
        assert_eq!(found.place.prefix, "a/b");
        assert_eq!(found.blueprint, Blueprint::Parameter("/konecta/audit".to_owned()));
        assert!(matches!(&found.accounts, Accounts::Named(named) if named.len() == 2));
        assert_eq!((found.regions.len(), found.fix.len()), (2, 1));
        assert_eq!(found.role.and_then(|role| role.external_id).as_deref(), Some("42"));
    }
}
