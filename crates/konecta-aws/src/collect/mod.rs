//! Makes exactly the wanted reads, all accounts, regions and services at once, and writes one snapshot.
//! Knows nothing of controls: which reads are wanted comes in.

mod acm;
mod autoscaling;
mod cloudfront;
mod ec2;
mod ecr;
mod eks;
mod elb;
mod elbv2;
mod iam;
mod logs;
mod organizations;
mod rds;
mod route53;
mod wafv2;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use konecta_base::id::{Action, Region};
use konecta_base::reads::{ReadScope, Reads};
use konecta_base::snapshot::{ScanInfo, Snapshot};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::breaker::Breaker;
use crate::call::{Caller, unwind};
use crate::clock;
use crate::ledger::{Ledger, Scope};
use crate::pace::{Budget, Limits, Progress};
use crate::recording::Recording;
use crate::session::{Account, Session};

/// How much of this machine and of AWS's patience a scan may use.
#[derive(Debug, Clone, Default)]
pub struct CollectOptions {
    /// Requests in flight at once.
    pub limits: Limits,
    /// What was told already, and is not asked again; what is told now is added.
    pub recording: Option<Arc<Recording>>,
    /// When nothing more is asked and nothing under way is waited for; what is missing then is a gap. `None`: never.
    pub deadline: Option<Instant>,
}

/// A client with the credentials, region and retry books of a caller.
macro_rules! client {
    ($sdk:ident, $caller:expr) => {{
        let caller: &crate::call::Caller = $caller;
        let config = $sdk::config::Builder::from(caller.sdk())
            .retry_partition(aws_smithy_runtime::client::retries::RetryPartition::new(caller.retry_partition()))
            .retry_classifier(crate::throttled_waits::LeaveThrottled)
            .build();
        $sdk::Client::from_conf(config)
    }};
}
use client;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One service: the prefixes of the actions that it makes, and how.
struct Service {
    prefixes: &'static [&'static str],
    start: fn(&ServiceContext, &Arc<Ledger>) -> Work,
}

macro_rules! services {
    ($($module:ident: $($prefix:literal),+;)*) => {
        const SERVICES: &[Service] = &[$(Service {
            prefixes: &[$($prefix),+],
            start: |desk, ledger| {
                let callers = [$(desk.caller($prefix, ledger)),+];
                Box::pin($module::collect(callers))
            },
        }),*];
    };
}

services! {
    acm: "acm";
    autoscaling: "autoscaling";
    cloudfront: "cloudfront";
    ec2: "ec2";
    ecr: "ecr";
    eks: "eks", "kms";
    elb: "elb";
    elbv2: "elasticloadbalancing";
    iam: "iam";
    logs: "logs";
    organizations: "organizations";
    rds: "rds";
    route53: "route53";
    wafv2: "wafv2";
}

/// What the services of one account and region share.
struct ServiceContext<'a> {
    account: &'a Account,
    overall: &'a Arc<Semaphore>,
    options: &'a CollectOptions,
    progress: &'a Arc<Progress>,
}

impl ServiceContext<'_> {
    fn caller(&self, service: &'static str, ledger: &Arc<Ledger>) -> Caller {
        Caller::new(
            service,
            self.account.sdk(&ledger.place().region),
            Budget::within(self.overall, self.options.limits),
            Breaker::new(self.options.deadline),
            Arc::clone(ledger),
            Arc::clone(self.progress),
            self.options.recording.clone(),
        )
    }
}

/// Reads everything that is wanted.
///
/// The wanted reads are made and those that they build on ([`Reads::closure`]), and no others. A read that fails is
/// a gap in the snapshot, and the scan goes on; nothing here fails as a whole.
///
/// The future may be dropped at any time: no task outlives it, and all that was told is in the recording. With that, a
/// later call goes on to the snapshot that this one would have made.
pub async fn collect(
    session: &Session,
    catalogue: &Reads,
    wanted: &BTreeSet<Action>,
    options: &CollectOptions,
    progress: &Arc<Progress>,
) -> Snapshot {
    // Without what comes before it, a read would find nothing to ask about and look complete.
    let wanted = &catalogue.closure(wanted);
    let now = clock::now();
    let started_at = options.recording.as_ref().map_or(now, |recording| recording.begun(now));
    let overall = Budget::overall(options.limits);
    let mut tasks = JoinSet::new();
    let mut ledgers = Vec::new();
    for account in session.accounts() {
        let desk = ServiceContext { account, overall: &overall, options, progress };
        for region in account.regions().iter().cloned().chain([Region::global()]) {
            let here = made_in(&region, catalogue, wanted);
            let place = Scope { account: account.id().clone(), region, partition: account.partition().to_owned() };
            let ledger = Arc::new(Ledger::open(place, here.clone(), Arc::clone(progress)));
            for service in SERVICES {
                if here.iter().any(|action| service.prefixes.contains(&action.service())) {
                    tasks.spawn((service.start)(&desk, &ledger));
                }
            }
            ledgers.push(ledger);
        }
    }
    while let Some(joined) = tasks.join_next().await {
        unwind(joined);
    }
    let mut snapshot = Snapshot {
        info: ScanInfo {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at,
            finished_at: clock::now(),
            accounts: session.accounts().iter().map(|account| account.id().clone()).collect(),
            regions: session.regions(),
            calls: 0,
        },
        resources: Vec::new(),
        reads: Vec::new(),
        gaps: Vec::new(),
    };
    snapshot.info.accounts.sort();
    for ledger in ledgers {
        let closed = ledger.close(catalogue);
        snapshot.info.calls += closed.reads.iter().map(|read| read.calls).sum::<u64>();
        snapshot.reads.extend(closed.reads);
        snapshot.gaps.extend(closed.gaps);
        snapshot.resources.extend(closed.resources);
    }
    snapshot.sort();
    snapshot
}

/// The wanted reads that belong to a region, or to none.
fn made_in(region: &Region, catalogue: &Reads, wanted: &BTreeSet<Action>) -> BTreeSet<Action> {
    let belongs = |action: &&Action| match catalogue.get(action).map(|read| read.scope) {
        Some(ReadScope::Both) => true,
        Some(ReadScope::Global) => region.is_global(),
        Some(ReadScope::Regional) => !region.is_global(),
        None => false,
    };
    wanted.iter().filter(belongs).cloned().collect()
}

#[cfg(test)]
mod answers;
#[cfg(test)]
mod resumed;
#[cfg(test)]
mod tests;
