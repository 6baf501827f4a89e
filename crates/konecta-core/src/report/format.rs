//! The formats of a report: the one list of them, with their names, file endings and content types, and the one door
//! through which all are written. A new format is a file beside this one and an arm in each of the matches below.

use super::sarif::{self, Places, SarifOptions};
use super::table::{self, TableOptions};
use super::{Report, csv, gitlab, html, json_v1, jsonl, junit, markdown, ocsf};

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumIter, strum::EnumString)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Format {
    /// Plain lines for a terminal.
    Table,
    /// Everything, version 1 (`docs/report.schema.json`).
    Json,
    /// One JSON document a line: the head, then a finding a line.
    Jsonl,
    /// A row a violation, for a spreadsheet.
    Csv,
    /// SARIF 2.1.0 as GitHub's code scanning takes it; several documents where one would break its limits.
    Sarif,
    /// One page that opens offline.
    Html,
    /// A comment on a pull request.
    Markdown,
    /// A test suite a layer, a test case a finding.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
    /// Compliance Findings of OCSF, an event a line.
    Ocsf,
}

/// What a format may need to know besides the report.
#[derive(Debug, Clone, Copy)]
pub struct FormatOptions<'a> {
    /// The columns of a table.
    pub width: usize,
    /// Whether a table is coloured.
    pub color: bool,
    /// Whether a table shows what passes.
    pub show_pass: bool,
    /// Where SARIF and GitLab point; both need it.
    pub places: Option<&'a Places>,
    /// Whether SARIF holds what is waived, suppressed.
    pub include_waived: bool,
}

/// Why a report could not be written in a format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// SARIF and GitLab point at lines of a blueprint file, and there is none.
    #[error("{0} points at lines of konecta-audit.toml, and there is none")]
    NoPlaces(Format),
    /// The report does not fit into one SARIF document, or GitHub would reject it.
    #[error("cannot write SARIF: {0}")]
    Sarif(#[from] sarif::SarifError),
    /// JSON could not be written.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// CSV could not be written.
    #[error("the report cannot be written as CSV")]
    Csv(#[from] ::csv::Error),
    /// JUnit XML could not be written.
    #[error("the report cannot be written as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

impl FormatOptions<'_> {
    fn sarif(&self) -> SarifOptions {
        SarifOptions { include_waived: self.include_waived }
    }
}

impl Format {
    /// The ending of a file that holds it.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Sarif => "sarif",
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Junit => "junit.xml",
            Self::Gitlab => "gitlab.json",
            Self::Ocsf => "ocsf.jsonl",
        }
    }

    /// What a server that hands it out calls it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Json | Self::Gitlab => "application/json",
            Self::Jsonl | Self::Ocsf => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Sarif => "application/sarif+json",
            Self::Html => "text/html; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Junit => "application/xml",
        }
    }

    /// Whether it points at lines of the blueprint file, and cannot be written without one.
    #[must_use]
    pub fn needs_places(self) -> bool {
        matches!(self, Self::Sarif | Self::Gitlab)
    }

    /// Writes the report as one document.
    ///
    /// # Errors
    /// When the format needs places and none are given, or its own limits would be broken.
    pub fn render(self, report: &Report, options: &FormatOptions<'_>) -> Result<String, FormatError> {
        let places = || options.places.ok_or(FormatError::NoPlaces(self));
        match self {
            Self::Table => {
                let FormatOptions { width, color, show_pass, .. } = *options;
                Ok(table::render(report, &TableOptions { width, color, show_pass }))
            }
            Self::Json => Ok(json_v1::render(report)?),
            Self::Jsonl => Ok(jsonl::render(report)?),
            Self::Csv => Ok(csv::render(report)?),
            Self::Sarif => Ok(sarif::render(report, places()?, &options.sarif())?),
            Self::Html => Ok(html::render(report)?),
            Self::Markdown => Ok(markdown::render(report)),
            Self::Junit => Ok(junit::render(report)?),
            Self::Gitlab => Ok(gitlab::render(report, places()?)?),
            Self::Ocsf => Ok(ocsf::render(report)?),
        }
    }

    /// Writes the report as as many documents as the format's limits make of it: one, but for SARIF.
    ///
    /// # Errors
    /// As [`Format::render`].
    pub fn documents(self, report: &Report, options: &FormatOptions<'_>) -> Result<Vec<String>, FormatError> {
        match (self, options.places) {
            (Self::Sarif, Some(places)) => Ok(sarif::render_several(report, places, &options.sarif())?),
            _ => Ok(vec![self.render(report, options)?]),
        }
    }
}
