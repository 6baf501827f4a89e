//! What a scan has to do with the scans of before: the one that it is held against, and the history that keeps it.

use konecta_core::report::Report;

use super::judged;
use crate::cli::past::BaselineChoice;
use crate::cli::{Scan, SelectArgs};
use crate::error::Error;
use crate::history::History;
use crate::ui;

/// The scans of before, as far as the command line asks for them.
pub(super) struct Past {
    history: Option<History>,
    selection: String,
    earlier: Earlier,
}

enum Earlier {
    None,
    Last,
    Report(Box<Report>),
}

impl Past {
    /// Opens what is named.
    pub(super) fn of(args: &Scan) -> Result<Self, Error> {
        let history = args.state_dir.as_deref().map(History::open).transpose()?;
        let earlier = match &args.baseline {
            None => Earlier::None,
            Some(BaselineChoice::Last) if history.is_none() => return Err(Error::NoHistory),
            Some(BaselineChoice::Last) => Earlier::Last,
            Some(BaselineChoice::File(path)) => Earlier::Report(Box::new(judged::report(path)?)),
        };
        Ok(Self { history, selection: selection(&args.select), earlier })
    }

    /// The scan that a report is held against.
    pub(super) fn earlier(&mut self, report: &Report) -> Result<Option<Report>, Error> {
        match (std::mem::replace(&mut self.earlier, Earlier::None), &self.history) {
            (Earlier::Report(earlier), _) => Ok(Some(*earlier)),
            (Earlier::Last, Some(history)) => {
                let last = history.last(report, &self.selection)?;
                if last.is_none() {
                    ui::note("no complete scan of the same accounts and regions was kept: there is no baseline yet");
                }
                Ok(last)
            }
            (Earlier::None | Earlier::Last, _) => Ok(None),
        }
    }

    /// Keeps the report, if there is a history.
    pub(super) fn keep(&mut self, report: &Report) -> Result<(), Error> {
        match &mut self.history {
            Some(history) => Ok(history.keep(report, &self.selection)?),
            None => Ok(()),
        }
    }
}

/// What a scan was narrowed to, in one spelling: a narrowed scan is no baseline of a whole one.
fn selection(select: &SelectArgs) -> String {
    let list = |label: &str, names: &[String]| {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.sort_unstable();
        (!names.is_empty()).then(|| format!("{label} {}", names.join(", ")))
    };
    let severity = select.severity.map(|severity| format!("severity {severity} or worse"));
    let policies = select.policies.as_ref().map(|folder| format!("with policies of {}", folder.display()));
    let parts = [list("control", &select.control), list("layer", &select.layer), severity, policies];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
