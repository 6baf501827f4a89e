//! The command line as clap sees it. Says what may be typed, and nothing of what is then done.

pub(crate) mod organization;
mod output;
pub(crate) mod past;
pub(crate) mod terraform;
pub(crate) mod verify;
pub(crate) mod waivers;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use konecta_base::finding::Severity;
use konecta_fix::Class;

use organization::{EnterArgs, OrganizationArgs, Rollup};
pub(crate) use output::{DeliveryArgs, Output};
use past::{BaselineChoice, Diff, HistoryArgs};
use terraform::{Drift, FixTerraform, TerraformArgs};
use verify::Verify;
use waivers::{Waive, Waivers};

/// Proves that a running AWS stack is what its architecture promises.
#[derive(Debug, Parser)]
#[command(name = "konecta-audit", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// The blueprint; searched upwards from the working directory if not given
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// This is the child process in which policies from outside are evaluated; the process of this number is its parent
    #[arg(long, hide = true, require_equals = true, value_name = "PROCESS")]
    pub(crate) confined: Option<u32>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0   nothing at or above --fail-on, and everything was seen
  1   findings at or above --fail-on
  2   the command could not run (usage, configuration, credentials, policies)
  3   the scan is incomplete (gaps, or verdicts that could not be proven) and nothing worse was found
  4   a fix or a rollback failed, was refused, or could not be verified
  70  a fault of konecta-audit itself";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read an account and judge it
    Scan(Box<Scan>),
    /// Hold what Terraform's state declares, what lives, and what the controls expect against each other
    Drift(Drift),
    /// Put a run over many accounts into one document: what was expected, what was seen, what is wrong
    Rollup(Rollup),
    /// Plan what brings the account back to what was promised, show it, ask, do it, and prove that it is done
    Fix(Box<Fix>),
    /// Take back what a run of `fix` changed
    Rollback(Rollback),
    /// List the runs of `fix`, show one, or check its journal
    Runs(Runs),
    /// Say what a control checks and why; with an ARN, show the evidence step by step
    Explain(Explain),
    /// List the controls, or show one
    Controls(Controls),
    /// Print the architecture document claim by claim, with its controls
    Claims(Claims),
    /// Print the least-privilege IAM policy that a scan needs
    Permissions(Permissions),
    /// Tell two scans apart: what is new, fixed, as it was, or changed
    Diff(Diff),
    /// Check the signature of a report, and derive its verdicts anew
    Verify(Verify),
    /// Show the scans that `scan --state-dir` kept, as a trend
    History(HistoryArgs),
    /// Accept a finding until a day: writes a [[waiver]] into konecta-audit.toml
    Waive(Box<Waive>),
    /// Say how the waivers of konecta-audit.toml stand
    Waivers(Waivers),
    /// Work on policies of your own
    Policy(Policy),
    /// Write a commented konecta-audit.toml
    Init(Init),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) organization: OrganizationArgs,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// Read everything there is a read for, not only what the controls look at
    #[arg(long)]
    pub(crate) read_all: bool,

    /// Judge this snapshot instead of reading an account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "role_arn", "endpoint_url", "save_snapshot", "read_all"])]
    pub(crate) snapshot: Option<PathBuf>,

    /// Keep what was read, to be judged again with --snapshot
    #[arg(long, value_name = "FILE")]
    pub(crate) save_snapshot: Option<PathBuf>,

    /// Stop asking after this time (10m, 90s, 1h 30m): what was read is judged, the rest is a gap, and the exit code is 3
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "snapshot")]
    pub(crate) deadline: Option<Duration>,

    /// table, json, jsonl, csv, sarif, html, markdown, junit, gitlab or ocsf; `FORMAT=FILE` writes to a file, and may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', default_value = "table")]
    pub(crate) format: Vec<Output>,

    /// Write the report to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Show what passed, too
    #[arg(long)]
    pub(crate) show_pass: bool,

    /// Show everything as if nothing had been accepted
    #[arg(long)]
    pub(crate) no_waivers: bool,

    /// Hold the scan against an earlier one, a report in JSON: only what is new makes the exit code 1.
    /// With `last`, the last complete one of the same accounts and regions that --state-dir holds
    #[arg(long, value_name = "FILE|last", conflicts_with = "organization")]
    pub(crate) baseline: Option<BaselineChoice>,

    /// Keep the scan in this folder, for --baseline last and `konecta-audit history`
    #[arg(long, value_name = "DIR", conflicts_with = "organization")]
    pub(crate) state_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,

    #[command(flatten)]
    pub(crate) terraform: TerraformArgs,

    /// Put waived findings into SARIF, as suppressions
    #[arg(long)]
    pub(crate) sarif_include_waived: bool,

    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity)]
    pub(crate) fail_on: Severity,

    /// Exit with 0 whatever was found or not seen (for jobs that upload the report)
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// Which account is read, and how patiently. Global for the sake of `runs`, whose actions take them too.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountArgs {
    /// A profile of the AWS configuration files
    #[arg(long, global = true)]
    pub(crate) profile: Option<String>,

    /// A region to read, repeatable; `all` for every region that the account has enabled
    #[arg(long, value_name = "REGION", value_delimiter = ',', global = true)]
    pub(crate) region: Vec<String>,

    /// Ask this endpoint for everything (AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> work as well)
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,

    /// Read the account of this role instead of your own, repeatable
    #[arg(long, value_name = "ARN", value_delimiter = ',', group = "role", global = true)]
    pub(crate) role_arn: Vec<String>,

    /// The external id that the role demands
    #[arg(long, value_name = "ID", requires = "role", global = true)]
    pub(crate) external_id: Option<String>,

    /// Seconds that one attempt of a call may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600), global = true)]
    pub(crate) timeout: u64,

    /// How often a call is tried before it becomes a gap
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20), global = true)]
    pub(crate) max_attempts: u32,
}

/// Which controls are run.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct SelectArgs {
    /// Only these controls, by id or name
    #[arg(long, alias = "only", value_name = "ID", value_delimiter = ',')]
    pub(crate) control: Vec<String>,

    /// Only these layers (cloudfront, waf, alb, path, network, eks, rds, ecr, iam, bastion)
    #[arg(long, value_name = "LAYER", value_delimiter = ',')]
    pub(crate) layer: Vec<String>,

    /// Only controls this severe or more
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) severity: Option<Severity>,

    /// A folder of policies that add to the built-in ones or take their place
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
}

/// Where runs are kept, and what keeps two of them apart. Global as [`AccountArgs`] are.
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// Where journals are kept [default: konecta-audit in the XDG state directory]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state_dir: Option<PathBuf>,

    /// Keep journals in S3, and hold a lock on the account there, so that any machine can go on with a run
    #[arg(long, value_name = "s3://BUCKET/PREFIX", global = true)]
    pub(crate) state: Option<String>,

    /// Encrypt the journals with this KMS key instead of S3's own
    #[arg(long, value_name = "KEY", requires = "state", global = true)]
    pub(crate) state_kms_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Fix {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Stop after the plan: 0 if there is nothing to do, 1 if there is
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Do not ask
    #[arg(long, conflicts_with_all = ["dry_run", "plan_out", "emit"])]
    pub(crate) yes: bool,

    /// Show every attribute before and after, calls, waits, and every procedure whole
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// Write the plan to this file and stop, as with --dry-run
    #[arg(long, value_name = "FILE")]
    pub(crate) plan_out: Option<PathBuf>,

    /// Sign the plan with this Ed25519 key (PKCS#8 PEM), into FILE.sig beside it
    #[arg(long, value_name = "KEY", requires = "plan_out")]
    pub(crate) sign_key: Option<PathBuf>,

    /// Carry out this plan and nothing else, if the remedies propose the same of the account as it is now
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan_out", "resource", "control", "layer", "severity", "snapshot", "resume"])]
    pub(crate) plan: Option<PathBuf>,

    /// Refuse the plan unless FILE.sig beside it is its signature by this Ed25519 key (public, PEM)
    #[arg(long, value_name = "PUB", requires = "plan")]
    pub(crate) verify_key: Option<PathBuf>,

    /// Plan on this snapshot instead of reading an account; changes nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "role_arn", "endpoint_url", "yes", "resume", "execute_procedure"])]
    pub(crate) snapshot: Option<PathBuf>,

    /// Only what is found on these resources
    #[arg(long, value_name = "ARN", value_delimiter = ',')]
    pub(crate) resource: Vec<String>,

    /// Nothing above this class: A is in place and reversible, B may drop traffic or cost money
    #[arg(long, value_name = "A|B", default_value = "B", value_parser = class)]
    pub(crate) max_class: Class,

    /// Take up changes of class B, which may drop traffic or cost money
    #[arg(long)]
    pub(crate) allow_disruptive: bool,

    /// Show the plan but begin nothing if it holds more changes than this
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) max_changes: usize,

    /// Change what belongs to CloudFormation, Terraform, EKS, Auto Scaling or Firewall Manager as well
    #[arg(long)]
    pub(crate) allow_managed: bool,

    #[command(flatten)]
    pub(crate) terraform: FixTerraform,

    /// Print the plan as commands or as attributes for HCL, and stop
    #[arg(long, value_name = "FORM")]
    pub(crate) emit: Option<Emit>,

    /// Go on with a run that was stopped, by the plan that it was begun with
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "dry_run", "plan_out", "emit", "verbose", "procedure", "execute_procedure", "region", "control", "layer", "severity",
        "resource", "max_class", "allow_disruptive", "max_changes", "allow_managed", "tfstate",
    ])]
    pub(crate) resume: Option<String>,

    /// Print the runbook for what is too big for a plan; with --resource, for that one
    #[arg(long, value_name = "CONTROL", conflicts_with_all = ["plan", "plan_out", "emit", "dry_run"])]
    pub(crate) procedure: Option<String>,

    /// Carry out the runbook step by step, with a stop before each
    #[arg(long, requires = "procedure", conflicts_with = "yes")]
    pub(crate) execute_procedure: bool,
}

/// Another form of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// Commands of the AWS CLI.
    AwsCli,
    /// Attributes for HCL.
    Terraform,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The run, as `konecta-audit runs` lists it
    pub(crate) run: String,

    /// Take back this change alone, as in `c3`; may be repeated. One that another rests on stays
    #[arg(long, value_name = "CHANGE")]
    pub(crate) only: Vec<String>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) action: Option<RunsAction>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsAction {
    /// One line a run, the newest first
    List,
    /// What a run was to do, and what came of each change
    Show {
        /// The run
        run: String,
    },
    /// Check that no line of a journal was edited, dropped, cut or moved
    Verify {
        /// The run
        run: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The control, by id or name
    pub(crate) control: String,

    /// A resource; reads the account, or the snapshot, and shows what the verdict rests on
    pub(crate) arn: Option<String>,

    /// Take the evidence from this snapshot
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// A folder of policies that add to the built-in ones or take their place
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Controls {
    #[command(subcommand)]
    pub(crate) action: Option<ControlsAction>,

    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ControlsAction {
    /// One line a control
    List(SelectArgs),
    /// One control, with its policy
    Show {
        /// The control, by id or name
        control: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Claims {
    /// Judge the claims by this snapshot
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Permissions {
    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// What `scan --read-all` needs
    #[arg(long)]
    pub(crate) read_all: bool,

    /// What `--region all` needs besides
    #[arg(long)]
    pub(crate) all_regions: bool,

    #[command(flatten)]
    pub(crate) enter: EnterArgs,

    /// What `fix` and `rollback` need besides, for every remedy of the selected controls
    #[arg(long)]
    pub(crate) fix: bool,

    /// The partition of the roles that --organization names: aws, aws-cn, aws-us-gov …
    #[arg(long, value_name = "NAME", default_value = "aws", value_parser = partition)]
    pub(crate) partition: String,

    /// What konecta-audit-lambda needs besides, with ${…} for the names that a deployment gives
    #[arg(long)]
    pub(crate) lambda: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) action: PolicyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyAction {
    /// Run the _test.rego files and print what they did not reach
    Test {
        /// A folder of policies of your own; the built-in ones if not given
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it
    #[arg(long, short, default_value = "konecta-audit.toml", value_name = "FILE")]
    pub(crate) output: PathBuf,
}

fn partition(text: &str) -> Result<String, String> {
    let is_plain = text.starts_with("aws") && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if is_plain { Ok(text.to_owned()) } else { Err(format!("`{text}` is not a partition (as in aws or aws-us-gov)")) }
}

fn severity(text: &str) -> Result<Severity, String> {
    text.to_lowercase().parse().map_err(|_| format!("`{text}` is none of critical, high, medium, low, info"))
}

/// A time as people write it; jiff reads `10m`, `90s`, `1h 30m`, and ISO 8601.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: Option<jiff::SignedDuration> = text.parse().ok();
    let duration = parsed.and_then(|duration| Duration::try_from(duration).ok()).filter(|duration| !duration.is_zero());
    duration.ok_or_else(|| format!("`{text}` is not a time (as in 90s, 10m or 1h 30m)"))
}

fn class(text: &str) -> Result<Class, String> {
    match text.to_uppercase().as_str() {
        "A" => Ok(Class::A),
        "B" => Ok(Class::B),
        _ => Err(format!("`{text}` is none of A, B; what is worse is never done by a plan")),
    }
}
