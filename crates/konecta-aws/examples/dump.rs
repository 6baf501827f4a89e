//! Reads given actions and prints the snapshot as JSON Lines: to try a collector against an emulator or an account.
//!
//! ```text
//! cargo run -p konecta-aws --example dump -- --region us-east-1 ecr:GetLifecyclePolicy eks:DescribeCluster
//! cargo run -p konecta-aws --example dump -- --region all --profile audit all
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it read")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use konecta_aws::{CollectOptions, Progress, RegionChoice, Session, SessionOptions, Timeouts, collect};
use konecta_base::id::Action;
use konecta_base::reads::reads;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = SessionOptions::default();
    let mut wanted: BTreeSet<Action> = BTreeSet::new();
    let catalogue = reads();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
        match argument.as_str() {
            "--profile" => options.profile = Some(value()?),
            "--endpoint-url" => options.endpoint_url = Some(value()?),
            "--role" => options.role_arns.push(value()?),
            "--external-id" => options.external_id = Some(value()?),
            "--attempts" => options.max_attempts = value()?.parse()?,
            "--seconds" => {
                let limit = Duration::from_secs(value()?.parse()?);
                options.timeouts = Timeouts { connect: limit, read: limit, attempt: limit, operation: limit * 2 };
            }
            "--region" => {
                let names = value()?;
                options.regions = match names.as_str() {
                    "all" => RegionChoice::All,
                    names => RegionChoice::Named(names.split(',').map(str::parse).collect::<Result<_, _>>()?),
                };
            }
            "all" => wanted.extend(catalogue.iter().map(|(action, _)| action.clone())),
            action => {
                wanted.insert(action.parse()?);
            }
        }
    }
    let session = Session::open(&options).await.map_err(|error| format!("{error}\nhint: {}", error.hint()))?;
    for account in session.accounts() {
        eprintln!("{} as {} in {} regions", account.id(), account.caller(), account.regions().len());
    }
    let wanted = catalogue.closure(&wanted);
    let progress = Progress::new();
    let snapshot = collect(&session, catalogue, &wanted, &CollectOptions::default(), &progress).await;
    for read in &snapshot.reads {
        println!("{}", serde_json::json!({ "read": read }));
    }
    for gap in &snapshot.gaps {
        println!("{}", serde_json::json!({ "gap": gap }));
    }
    for resource in &snapshot.resources {
        println!("{}", serde_json::json!({ "resource": resource }));
    }
    let view = progress.view();
    let took = snapshot.info.finished_at.duration_since(snapshot.info.started_at);
    eprintln!(
        "{} calls, {} resources, {} gaps, {} requests in {took:#}",
        snapshot.info.calls,
        snapshot.resources.len(),
        snapshot.gaps.len(),
        view.done
    );
    Ok(())
}
