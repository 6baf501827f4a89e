//! What a report says of a target, into Security Hub of its own account: for the command line and for the Lambda.
//! Knows what is sent and where to; nothing of when, nor of what is said about it.

use konecta_aws::Account;
use konecta_aws::hub::{self, HubError, Imported, Refused};
use konecta_base::id::Region;
use konecta_core::changes::News;
use konecta_core::report::{About, Report, asff};

use crate::fix_runtime::now;

/// Why nothing, or not all, was taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// Imports what fails, what is unknown and what is gone; into which region, and what came of it.
pub(crate) async fn import(
    account: &Account,
    report: &Report,
    news: &News<'_>,
    about: &About<'_>,
) -> Result<(Region, Imported), ImportError> {
    let partition = account.partition();
    let region = asff::hub_region(about, partition);
    let findings = asff::render(report, news, about, partition, now());
    let findings = findings.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    Ok((region.clone(), hub::import_findings(account, &region, &findings).await?))
}

/// A finding that was not taken, in a line.
pub(crate) fn refused(one: &Refused) -> String {
    format!("{}: {} {}", one.id, one.code, one.message)
}
