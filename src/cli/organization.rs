//! What may be typed about many accounts at once: `scan --organization` and `rollup`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use konecta_aws::s3::S3Place;
use konecta_base::finding::Severity;
use konecta_base::id::AccountId;

use super::severity;

/// The role that is entered unless another one is named.
pub(crate) const ROLE_NAME: &str = "konecta-audit-scan";

/// Which accounts of an organization are read, and how.
#[derive(Debug, Args)]
pub(crate) struct OrganizationArgs {
    /// Read every account of the organization: the own one as you are, the others by a role
    #[arg(long, group = "role", requires = "output_dir", conflicts_with_all = ["snapshot", "save_snapshot", "output"])]
    pub(crate) organization: bool,

    /// Only accounts below this OU (or the root), repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "organization")]
    pub(crate) ou: Vec<String>,

    /// No accounts below this OU, repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "organization")]
    pub(crate) exclude_ou: Vec<String>,

    /// Only these accounts of the organization, repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "organization")]
    pub(crate) account: Vec<AccountId>,

    /// The role to assume in each account, by its name
    #[arg(long, value_name = "NAME", default_value = ROLE_NAME, requires = "organization")]
    pub(crate) role_name: String,

    /// Accounts that are read at once
    #[arg(long, value_name = "N", default_value_t = 8, requires = "organization", value_parser = at_once)]
    pub(crate) concurrency: usize,

    /// A folder for the reports of all accounts and the roll-up; no other run may be in it
    #[arg(long, value_name = "DIR", requires = "organization")]
    pub(crate) output_dir: Option<PathBuf>,
}

/// What the calling identity of `scan --organization` needs.
#[derive(Debug, Args)]
pub(crate) struct EnterArgs {
    /// What the caller of `scan --organization` needs besides; the role in each account needs the policy without this
    #[arg(long)]
    pub(crate) organization: bool,

    /// The role that is assumed in each account
    #[arg(long, value_name = "NAME", default_value = ROLE_NAME, requires = "organization")]
    pub(crate) role_name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rollup {
    /// A run in S3 (s3://bucket/prefix/runs/RUN), or the folder of a `scan --organization`
    #[arg(value_name = "s3://BUCKET/PREFIX/runs/RUN|DIR")]
    pub(crate) place: RunPlace,

    /// A profile of the AWS configuration files
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// The region of the bucket
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// Ask this endpoint for everything (AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_S3 work as well)
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// The form of the roll-up
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: RollupFormat,

    /// Write the roll-up to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity)]
    pub(crate) fail_on: Severity,

    /// Exit with 0 whatever was found or not seen
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// The form of a roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RollupFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// One page that opens offline; its links lead to the pages of the accounts from the folder of the run.
    Html,
}

/// Where a run is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunPlace {
    Bucket(S3Place),
    Folder(PathBuf),
}

impl FromStr for RunPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return text.parse().map(Self::Bucket).map_err(|error: konecta_aws::s3::StoreError| error.to_string());
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }
}

fn at_once(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=64) => Ok(number),
        Ok(_) | Err(_) => Err(format!("`{text}` is not a number from 1 to 64")),
    }
}
