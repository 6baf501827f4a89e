//! Who is told what came of a target: Security Hub, a topic, and whoever watches the metrics. Told once a run, by what is
//! kept of what was told before. What fails here is said in the answer; the reports are there all the same.

use std::time::Duration;

use konecta_aws::Account;
use konecta_aws::s3::Created;
use konecta_aws::topic::{Notice, publish};
use konecta_core::changes::{Known, News};
use konecta_core::report::{About, Report, emf, message};
use serde_json::json;

use super::function::Function;
use super::run::{JSON, Run};
use crate::fix_runtime::now;
use crate::security_hub::{self, ImportError};

/// Tells what is new, unless this run has told it already; what could not be told.
pub(super) async fn tell(
    function: &Function,
    run: &Run,
    account: Option<&Account>,
    report: &Report,
    about: &About<'_>,
) -> Vec<String> {
    match notified(function, run, account, report, about).await {
        Ok(errors) => errors,
        Err(error) => vec![error],
    }
}

async fn notified(
    function: &Function,
    run: &Run,
    account: Option<&Account>,
    report: &Report,
    about: &About<'_>,
) -> Result<Vec<String>, String> {
    let key = format!("state/account={}/region={}.json", about.target.account, about.target.region);
    let object = function.store.get(&key).await.map_err(text)?;
    let (known, etag) = match object {
        Some(object) => {
            (Known::from_json(&object.bytes).map_err(|error| format!("{key}: {error}"))?, Some(object.etag))
        }
        None => (Known::default(), None),
    };
    if known.is_of(&run.run) {
        return Ok(Vec::new());
    }
    let news = known.compare(report, &run.run, run.started_at);
    let mut errors = Vec::new();
    if function.settings.security_hub {
        errors.extend(import(function, account, report, &news, about).await);
    }
    if let Err(error) = notify(function, report, &news, about).await {
        errors.push(error);
    }
    // As long as somebody was not told, it stays news.
    if errors.is_empty() {
        let next = news.next.to_json().map_err(text)?;
        let kept = match etag {
            Some(etag) => function.store.replace(&key, JSON, next, &etag).await.map(|kept| kept.is_some()),
            None => function.store.create(&key, JSON, next).await.map(|kept| matches!(kept, Created::Ours(_))),
        };
        if !kept.map_err(text)? {
            errors.push(format!("{key} was changed by another run meanwhile; the next run tells by what is there"));
        }
    }
    for error in &errors {
        function.log.warn(
            "not told",
            json!({"run": run.run, "account": about.target.account, "region": about.target.region, "reason": error}),
        );
    }
    Ok(errors)
}

/// Every finding of the target, to Security Hub of its own account.
async fn import(
    function: &Function,
    account: Option<&Account>,
    report: &Report,
    news: &News<'_>,
    about: &About<'_>,
) -> Vec<String> {
    // A snapshot may be anybody's; only who was entered can be told.
    let Some(account) = account else { return Vec::new() };
    match security_hub::import(account, report, news, about).await {
        Ok((region, imported)) => {
            function.log.info(
                "Security Hub",
                json!({"region": region, "accepted": imported.accepted, "refused": imported.failed.len()}),
            );
            let refused = |one| format!("Security Hub refused {}", security_hub::refused(one));
            imported.failed.iter().map(refused).collect()
        }
        Err(ImportError::Hub(error)) => vec![format!("{error}; {}", error.hint())],
        Err(ImportError::Json(error)) => vec![text(error)],
    }
}

async fn notify(function: &Function, report: &Report, news: &News<'_>, about: &About<'_>) -> Result<(), String> {
    let Some(topic) = function.settings.topic.as_ref().filter(|_| !news.new.is_empty()) else { return Ok(()) };
    let message = message::render(report, news, about);
    let notice = Notice { run: about.run, target: about.target, subject: &message.subject, body: &message.body };
    let sent = publish(function.base.sdk(), topic.as_str(), &notice).await;
    let id = sent.map_err(|error| format!("{error}; {}", error.hint()))?;
    function.log.info("told", json!({"topic": topic, "message": id, "new": news.new.len()}));
    Ok(())
}

/// Writes the metrics of a target into the log, where CloudWatch finds them.
pub(super) fn metrics(function: &Function, report: Option<&Report>, about: &About<'_>, taken: Duration) {
    match emf::render(report, about, function.log.request(), now(), taken) {
        Ok(line) => function.log.raw(&line),
        Err(error) => function.log.warn("no metrics", json!({"reason": error.to_string()})),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
