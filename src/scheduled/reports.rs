//! The reports of a target, in every format that there is, written once.
//! Decides nothing: what is in them comes from the library.

use konecta_aws::s3::Created;
use konecta_core::report::sarif::{self, Places, SarifOptions};
use konecta_core::report::table::{self, TableOptions};
use konecta_core::report::{Report, json_v1};

use super::failure::Failure;
use super::function::Function;
use super::run::JSON;
use crate::config::{Config, FILE_NAME};

/// As wide as a terminal that is wide; whoever reads a stored table scrolls.
const WIDTH: usize = 160;

/// Writes all of them below `name`; the key of the JSON one. What is there already stays as it is.
pub(super) async fn keep(function: &Function, report: &Report, name: &str) -> Result<String, Failure> {
    let json = format!("{name}.json");
    // One at a time: of ten thousand resources, each text is tens of megabytes.
    let text = json_v1::render(report)?;
    create(function, &json, JSON, text).await?;
    let options = TableOptions { width: WIDTH, color: false, show_pass: false };
    create(function, &format!("{name}.txt"), "text/plain; charset=utf-8", table::render(report, &options)).await?;
    match sarif::render(report, &places(&function.config), &SarifOptions::default()) {
        Ok(text) => create(function, &format!("{name}.sarif"), "application/sarif+json", text).await?,
        Err(error) => function.log.warn("no SARIF", serde_json::json!({"report": json, "reason": error.to_string()})),
    }
    Ok(json)
}

async fn create(function: &Function, key: &str, content_type: &str, text: String) -> Result<(), Failure> {
    let made = function.store.create(key, content_type, text.into_bytes()).await?;
    let fresh = matches!(made, Created::Ours(_));
    function.log.info("report", serde_json::json!({"key": key, "written": fresh}));
    Ok(())
}

/// Where SARIF points: the blueprint as the repository knows it, also where it came from a parameter.
fn places(config: &Config) -> Places {
    let lines = config.file.as_ref().map(crate::config::ConfigFile::places).unwrap_or_default();
    Places { uri: FILE_NAME.to_owned(), lines, default_line: 1 }
}
