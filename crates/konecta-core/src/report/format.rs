//! The formats of a report: the one list of them, with their names, file endings and content types, and the one door
//! through which all are written. A new format is a file beside this one and an arm in each of the matches below.

use std::io::{self, Write};

use super::sarif::preflight::SarifProblem;
use super::sarif::{self, Places, SarifError, SarifOptions, SarifText};
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
    Sarif(#[from] SarifError),
    /// JSON could not be written.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A format that is streamed could not be written.
    #[error("the report cannot be written")]
    Stream(#[from] io::Error),
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

    /// Writes the report as one text.
    ///
    /// # Errors
    /// As [`Format::document`].
    pub fn render(self, report: &Report, options: &FormatOptions<'_>) -> Result<String, FormatError> {
        self.document(report, options)?.text()
    }

    /// The report as one document.
    ///
    /// # Errors
    /// When the format needs places and none are given, or its own limits would be broken.
    pub fn document<'a>(self, report: &'a Report, options: &FormatOptions<'_>) -> Result<Rendered<'a>, FormatError> {
        Ok(match self.renderer() {
            Renderer::Text(render) => Rendered::Text(render(report, options)?),
            Renderer::Sarif(render) => {
                let places = options.places.ok_or(FormatError::NoPlaces(self))?;
                Rendered::Sarif(render(report, places, &options.sarif())?)
            }
            Renderer::Stream(write) => Rendered::Stream(report, write),
        })
    }

    /// The report as as many documents as the format's limits make of it: one, but for SARIF.
    ///
    /// # Errors
    /// As [`Format::document`].
    pub fn documents<'a>(
        self,
        report: &'a Report,
        options: &FormatOptions<'_>,
    ) -> Result<Vec<Rendered<'a>>, FormatError> {
        match (self, options.places) {
            (Self::Sarif, Some(places)) => {
                let documents = sarif::render_several(report, places, &options.sarif())?;
                Ok(documents.into_iter().map(Rendered::Sarif).collect())
            }
            _ => Ok(vec![self.document(report, options)?]),
        }
    }

    fn renderer(self) -> Renderer {
        match self {
            Self::Table => Renderer::Text(|report, options| {
                let FormatOptions { width, color, show_pass, .. } = *options;
                Ok(table::render(report, &TableOptions { width, color, show_pass }))
            }),
            Self::Json => Renderer::Stream(|report, out| Ok(json_v1::write(report, out)?)),
            Self::Jsonl => Renderer::Stream(|report, out| Ok(jsonl::write(report, out)?)),
            Self::Csv => Renderer::Stream(|report, out| Ok(csv::write(report, out)?)),
            Self::Sarif => Renderer::Sarif(sarif::render),
            Self::Html => Renderer::Text(|report, _| Ok(html::render(report)?)),
            Self::Markdown => Renderer::Text(|report, _| Ok(markdown::render(report))),
            Self::Junit => Renderer::Text(|report, _| Ok(junit::render(report)?)),
            Self::Gitlab => Renderer::Text(|report, options| {
                let places = options.places.ok_or(FormatError::NoPlaces(Self::Gitlab))?;
                Ok(gitlab::render(report, places)?)
            }),
            Self::Ocsf => Renderer::Stream(|report, out| Ok(ocsf::write(report, out)?)),
        }
    }
}

/// What makes a format of a report.
enum Renderer {
    /// A format with a view of the whole, or limits of its own.
    Text(fn(&Report, &FormatOptions<'_>) -> Result<String, FormatError>),
    /// A format that is checked when it is written.
    Sarif(fn(&Report, &Places, &SarifOptions) -> Result<SarifText, SarifError>),
    /// A format that holds every finding: it is written while it is made, so that the report does not exist twice.
    Stream(StreamWriter),
}

/// Writes a report while it makes its text; fails only where what takes it does.
type StreamWriter = fn(&Report, &mut dyn Write) -> io::Result<()>;

/// A report in a format, ready to be written.
#[derive(Debug)]
pub enum Rendered<'a> {
    /// As it will be.
    Text(String),
    /// As it will be, and what its reader will cut off.
    Sarif(SarifText),
    /// To be made while it is written.
    Stream(&'a Report, StreamWriter),
}

impl Rendered<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text(text) | Self::Sarif(SarifText { text, .. }) => out.write_all(text.as_bytes()),
            Self::Stream(report, write) => write(report, out),
        }
    }

    /// What the reader of the format will cut off.
    #[must_use]
    pub fn cut(&self) -> &[SarifProblem] {
        if let Self::Sarif(SarifText { cut, .. }) = self { cut } else { &[] }
    }

    /// Its text.
    ///
    /// # Errors
    /// When the report cannot be written in the format, which those that are streamed always can.
    pub fn text(self) -> Result<String, FormatError> {
        match self {
            Self::Text(text) | Self::Sarif(SarifText { text, .. }) => Ok(text),
            Self::Stream(report, write) => {
                let mut bytes = Vec::new();
                write(report, &mut bytes)?;
                Ok(String::from_utf8(bytes).map_err(io::Error::other)?)
            }
        }
    }
}
