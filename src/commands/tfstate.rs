//! The Terraform states that `--tfstate` names, in files and in S3, and what they manage.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use konecta_aws::Session;
use konecta_aws::s3::{self, S3Place, Store};
use konecta_base::{encoding, limits};
use konecta_fix::ownership::{Owner, terraform_state};
use konecta_fix::terraform_state::{Instance, instances};

use super::reading;
use super::rollback::block_on;
use crate::cli::AccountArgs;
use crate::config::Config;
use crate::error::Error;

/// What all named states manage, by the names of the resources.
pub(super) fn managed(
    places: &[String],
    account: &AccountArgs,
    config: &Config,
) -> Result<BTreeMap<String, Owner>, Error> {
    let mut managed = BTreeMap::new();
    for place in places {
        let text = text(place, account, config)?;
        managed.extend(terraform_state(&text).map_err(|error| wrong(place, error.to_string()))?);
    }
    Ok(managed)
}

/// The resources of every named state, each state by where it came from.
pub(super) fn states(
    places: &[String],
    account: &AccountArgs,
    config: &Config,
) -> Result<Vec<(String, Vec<Instance>)>, Error> {
    let state = |place: &String| {
        let found = instances(&text(place, account, config)?).map_err(|error| wrong(place, error.to_string()))?;
        Ok((place.clone(), found))
    };
    places.iter().map(state).collect()
}

/// A plan, as `terraform show -json` writes it.
pub(super) fn plan(path: &Path) -> Result<String, Error> {
    let foreign = |reason| Error::TerraformPlan { path: path.to_owned(), reason };
    decoded(&in_file(path)?).map_err(foreign)
}

fn text(place: &str, account: &AccountArgs, config: &Config) -> Result<String, Error> {
    let bytes = if place.starts_with("s3://") { in_s3(place, account, config)? } else { in_file(Path::new(place))? };
    decoded(&bytes).map_err(|reason| wrong(place, reason))
}

fn in_file(path: &Path) -> Result<Vec<u8>, Error> {
    limits::read(path, limits::DOCUMENT).map_err(|source| Error::ReadFile { path: path.to_owned(), source })
}

fn decoded(bytes: &[u8]) -> Result<String, String> {
    encoding::text(bytes).ok_or_else(|| "it is not text, neither UTF-8 nor UTF-16".to_owned())
}

fn wrong(place: &str, reason: String) -> Error {
    Error::Tfstate { place: place.to_owned(), reason }
}

/// What an object holds, by the credentials that read the account; the bucket may be in any region.
fn in_s3(text: &str, account: &AccountArgs, config: &Config) -> Result<Vec<u8>, Error> {
    let S3Place { bucket, prefix: key } = text.parse()?;
    if key.is_empty() {
        return Err(wrong(text, "it names a bucket and no object; s3://bucket/key was expected".to_owned()));
    }
    let options = reading::options(account, config)?;
    block_on(async {
        let session = Session::open(&options).await?;
        let account = session.accounts().first();
        let sdk = account.and_then(|account| Some(account.sdk(account.regions().first()?)));
        let sdk =
            sdk.ok_or_else(|| wrong(text, "there is no region to ask S3 in; name one with --region".to_owned()))?;
        let place = S3Place { bucket, prefix: String::new() };
        let sdk = s3::at_home(&sdk, &place).await;
        let mut bytes = Bounded(Vec::new());
        match Store::new(&sdk, place, None).copy(&key, &mut bytes).await? {
            true => Ok(bytes.0),
            false => Err(wrong(text, "there is no such object".to_owned())),
        }
    })
}

/// What is taken of an object: as much as of a file.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if (self.0.len() + piece.len()) as u64 > limits::DOCUMENT {
            return Err(io::Error::other(format!("it is larger than {} MiB", limits::DOCUMENT >> 20)));
        }
        self.0.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
