//! The reports of a target, in every format that there is, written once.
//! Decides nothing: what is in them comes from the library.

use std::collections::BTreeMap;

use konecta_aws::s3::Created;
use konecta_core::report::Report;
use konecta_core::report::format::{Format, FormatError, FormatOptions};
use konecta_core::report::sarif::Places;

use super::failure::Failure;
use super::function::Function;
use crate::config::{Config, FILE_NAME};

/// As wide as a terminal that is wide; whoever reads a stored table scrolls.
const WIDTH: usize = 160;

/// The formats that a bucket holds; the JSON one is what statuses point at.
const FORMATS: [Format; 3] = [Format::Json, Format::Table, Format::Sarif];

/// Writes all of them below `name`; the key of the JSON one. What is there already stays as it is.
pub(super) async fn keep(function: &Function, report: &Report, name: &str) -> Result<String, Failure> {
    let key = |format: Format| format!("{name}.{}", format.ending());
    let places = places(&function.config);
    let options =
        FormatOptions { width: WIDTH, color: false, show_pass: false, places: Some(&places), include_waived: false };
    // One at a time: of ten thousand resources, each text is tens of megabytes.
    for format in FORMATS {
        match format.render(report, &options) {
            Ok(text) => create(function, &key(format), format.content_type(), text).await?,
            Err(FormatError::Sarif(error)) => {
                let about = serde_json::json!({"report": key(Format::Json), "reason": error.to_string()});
                function.log.warn("no SARIF", about);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(key(Format::Json))
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
    Places { uri: FILE_NAME.to_owned(), lines, default_line: 1, spots: BTreeMap::new() }
}
