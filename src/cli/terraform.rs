//! What may be typed about Terraform: `scan --terraform`, `fix --terraform` and `drift`.

use std::path::PathBuf;

use clap::Args;

use super::{AccountArgs, SelectArgs};

/// Which Terraform declares the account.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct TerraformArgs {
    /// Point SARIF and GitLab at the lines of the Terraform in this folder, repeatable
    #[arg(long, value_name = "DIR", conflicts_with = "organization")]
    pub(crate) terraform: Vec<PathBuf>,

    /// The state of that Terraform, in a file or in S3, which says what is what; without it, names and tags do; repeatable
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY", requires = "terraform")]
    pub(crate) tfstate: Vec<String>,

    /// Judge the account as it would be after this plan, as `terraform show -json` writes it: only what it breaks makes the
    /// exit code 1
    #[arg(long, value_name = "FILE", conflicts_with_all = ["organization", "baseline", "state_dir", "push_security_hub", "sign_key"])]
    pub(crate) plan: Option<PathBuf>,
}

/// What Terraform manages, and where the plan is written into it.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct FixTerraform {
    /// A Terraform state, in a file or in S3: what it manages is left alone, unless --terraform names its configuration; may
    /// be repeated
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY")]
    pub(crate) tfstate: Vec<String>,

    /// Show the plan as a diff of the Terraform in this folder, with --emit terraform; repeatable
    #[arg(long, value_name = "DIR", requires = "emit")]
    pub(crate) terraform: Vec<PathBuf>,

    /// Write into the files what the diff shows; what lives is changed by the next `terraform apply`
    #[arg(long, requires = "terraform")]
    pub(crate) write: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Drift {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// A Terraform state, in a file or in S3; repeatable
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY", required = true)]
    pub(crate) tfstate: Vec<String>,

    /// Compare with this snapshot instead of reading an account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "role_arn", "endpoint_url"])]
    pub(crate) snapshot: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exit with 0 whatever has come apart or was not seen
    #[arg(long)]
    pub(crate) exit_zero: bool,
}
