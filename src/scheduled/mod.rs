//! The Lambda: an event, what it asks for, an answer. `docs/scheduled.md` is the contract.
//!
//! A thin shell: reading, judging and telling are the library's, and the same as the command line's.

mod answer;
mod deadline;
mod event;
mod failure;
mod fix;
mod function;
mod log;
mod notify;
mod organization;
mod reports;
mod run;
mod scan;
mod target;

use std::process::ExitCode;

use konecta_base::target::Target;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::{Value, json};

use self::deadline::Deadline;
use self::event::{Request, Task};
use self::failure::Failure;
use self::function::Function;
use self::log::Log;
use crate::config::scheduled::Settings;
use crate::error::{Error, Exit};
use crate::ui;

/// Takes one event after the other.
pub(crate) fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => {
            ui::complain(&Error::Runtime(source));
            return Exit::CouldNotRun.into();
        }
    };
    match runtime.block_on(lambda_runtime::run(service_fn(handle))) {
        Ok(()) => Exit::Clean.into(),
        Err(error) => {
            ui::note(&format!("error: the Lambda runtime ended: {error}"));
            Exit::CouldNotRun.into()
        }
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Failure> {
    let LambdaEvent { payload, context } = event;
    let log = Log::of(&context.request_id);
    let answered = answer(&payload, &context, &log).await;
    match &answered {
        Ok(answer) => log.info("answered", json!({"status": answer["status"], "run": answer["run"]})),
        Err(failure) => log.error("failed", json!({"error": failure.name(), "reason": failure.to_string()})),
    }
    answered
}

async fn answer(payload: &Value, context: &Context, log: &Log) -> Result<Value, Failure> {
    let request = Request::of(payload)?;
    let settings = Settings::from_environment()?;
    let deadline = Deadline::of(context.deadline, settings.margin);
    let function = Function::open(settings, log.clone(), deadline).await?;
    log.info(
        "begun",
        json!({"task": request.task, "account": function.base.own(), "secondsLeft": deadline.left().as_secs()}),
    );
    // A retry of the same delivery has the same request id, and so finds its run.
    let name = request.run.clone().unwrap_or_else(|| context.request_id.clone());
    if let Some(from) = &request.continuation {
        return Ok(serde_json::to_value(scan::resume(&function, &from.run, from.target().as_ref()).await?)?);
    }
    match (request.task, &request.account, &request.region) {
        (Task::Plan, ..) => organization::plan(&function, &request, &name).await,
        (Task::Rollup, ..) => organization::rollup(&function, &name).await,
        (Task::Target, Some(account), Some(region)) => {
            let target = Target { account: account.clone(), region: region.clone() };
            Ok(serde_json::to_value(scan::resume(&function, &name, Some(&target)).await?)?)
        }
        (Task::Scan | Task::Target, ..) => Ok(serde_json::to_value(scan::scan(&function, &request, &name).await?)?),
    }
}
