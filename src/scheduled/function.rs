//! What an invocation works with: settings, credentials, the bucket, the blueprint, the controls, the time that is left.
//! Knows where they come from; nothing of what is done with them.

use std::path::PathBuf;

use konecta_aws::parameter::parameter;
use konecta_aws::s3::{S3Place, Store};
use konecta_aws::{Base, RegionChoice, SessionOptions};
use konecta_base::id::ControlId;
use konecta_rego::catalogue::{Catalogue, Selection};

use super::deadline::Deadline;
use super::failure::Failure;
use super::log::Log;
use crate::config::scheduled::{Blueprint, Settings};
use crate::config::{self, Config, FILE_NAME};

/// Everything that an invocation needs.
pub(super) struct Function {
    pub(super) settings: Settings,
    pub(super) base: Base,
    pub(super) store: Store,
    pub(super) config: Config,
    pub(super) log: Log,
    pub(super) deadline: Deadline,
}

impl Function {
    /// Finds out who we are and reads the blueprint.
    pub(super) async fn open(settings: Settings, log: Log, deadline: Deadline) -> Result<Self, Failure> {
        let options = SessionOptions { regions: RegionChoice::Configured, ..SessionOptions::default() };
        let base = Base::open(&options).await?;
        let store = Store::new(base.sdk(), settings.place.clone(), settings.kms_key.clone());
        let config = blueprint(&settings.blueprint, &base).await?;
        Ok(Self { settings, base, store, config, log, deadline })
    }

    /// The built-in controls, or those of them that were named.
    pub(super) fn catalogue(&self, controls: &[ControlId]) -> Result<Catalogue, Failure> {
        let mut catalogue = Catalogue::built_in()?;
        let controls = controls.iter().map(ControlId::to_string).collect();
        catalogue.narrow(&Selection { controls, ..Selection::default() })?;
        Ok(catalogue)
    }
}

async fn blueprint(at: &Blueprint, base: &Base) -> Result<Config, Failure> {
    let (location, text) = match at {
        Blueprint::Defaults => return Ok(Config::default()),
        Blueprint::S3(place) => {
            let bucket = Store::new(base.sdk(), S3Place { prefix: String::new(), ..place.clone() }, None);
            let location = bucket.location(&place.prefix);
            let object = bucket.get(&place.prefix).await?;
            let text = object.and_then(|object| String::from_utf8(object.bytes).ok());
            let text = text.ok_or_else(|| wrong(&location, "there is no such object, or it is not text"))?;
            (location, text)
        }
        Blueprint::Parameter(name) => {
            let location = format!("ssm:{name}");
            let text = parameter(base.sdk(), name)
                .await
                .map_err(|error| wrong(&location, format!("{error}; {}", error.hint())))?;
            (location, text)
        }
    };
    // Reports point at the file by the name that it has in a repository.
    config::parse(PathBuf::from(FILE_NAME), &text).map_err(|error| wrong(&location, error))
}

fn wrong(location: &str, reason: impl std::fmt::Display) -> Failure {
    Failure::Blueprint { location: location.to_owned(), reason: reason.to_string() }
}
