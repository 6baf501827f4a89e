//! Where the formats of a report go: decided and checked before an account is read, so that a long scan is not lost to a
//! misspelt path. One output that fails does not lose the others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use konecta_core::output_file;
use konecta_core::report::Report;
use konecta_core::report::sarif::{self, Places, SarifOptions};
use konecta_core::report::table::{self, TableOptions};
use konecta_core::report::{json_v1, sarif::preflight};

use super::scan::sarif_places;
use crate::cli::{Format, Output, Scan};
use crate::config::Config;
use crate::error::Error;
use crate::ui;

/// What is written, and what it needs to know.
pub(super) struct Outputs<'a> {
    args: &'a Scan,
    outputs: Vec<Output>,
    places: Option<Places>,
}

impl<'a> Outputs<'a> {
    /// Checks every format and every path of the command line.
    pub(super) fn of(args: &'a Scan, config: &Config) -> Result<Self, Error> {
        let outputs: Vec<Output> = args.format.iter().map(|output| with_file(output, args.output.as_deref())).collect();
        let mut seen = BTreeSet::new();
        for file in outputs.iter().map(|output| output.file.as_deref()).chain(args.save_snapshot.as_deref().map(Some)) {
            if let Some(destination) = file.map_or(Ok(Some(Destination::StandardOutput)), destination)?
                && !seen.insert(destination)
            {
                let name = file.map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
                return Err(Error::TwoOutputs(name));
            }
        }
        Ok(Self { args, outputs, places: sarif_places(args, config)? })
    }

    /// Writes them all. The first error is returned, the others are told.
    pub(super) fn write(&self, report: &Report) -> Result<(), Error> {
        let mut failed: Option<Error> = None;
        for output in &self.outputs {
            if let Err(error) = self.write_one(report, output)
                && let Some(earlier) = failed.replace(error)
            {
                ui::complain(&earlier);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn write_one(&self, report: &Report, output: &Output) -> Result<(), Error> {
        let Some(file) = &output.file else { return ui::print(&self.text(report, output)?) };
        match (output.format, &self.places) {
            (Format::Sarif, Some(places)) => {
                let texts = sarif_documents(report, places, self.args.sarif_include_waived)?;
                for (text, number) in texts.iter().zip(1..) {
                    ui::write(&numbered(file, number), text)?;
                }
                Ok(())
            }
            _ => ui::write(file, &self.text(report, output)?),
        }
    }

    fn text(&self, report: &Report, output: &Output) -> Result<String, Error> {
        match (output.format, &self.places) {
            (Format::Table, _) => {
                let screen = ui::screen();
                let color = screen.colour && output.file.is_none();
                let options = TableOptions { width: screen.width, color, show_pass: self.args.show_pass };
                Ok(table::render(report, &options))
            }
            (Format::Json, _) => Ok(json_v1::render(report)?),
            (Format::Sarif, Some(places)) => {
                let options = SarifOptions { include_waived: self.args.sarif_include_waived };
                let text = sarif::render(report, places, &options).map_err(sarif_error)?;
                remark(&text);
                Ok(text)
            }
            (Format::Sarif, None) => Err(Error::SarifWithoutConfig),
        }
    }
}

/// `-o` names the file of the one format that has none. What names standard output is no file.
fn with_file(output: &Output, named: Option<&Path>) -> Output {
    let file = output.file.as_deref().or(named).filter(|file| !ui::is_standard_output(file));
    Output { format: output.format, file: file.map(Path::to_owned) }
}

/// What two outputs must not share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Destination {
    StandardOutput,
    File(PathBuf),
}

/// `None` of a device or a pipe: `/dev/null` takes any number of outputs.
fn destination(file: &Path) -> Result<Option<Destination>, Error> {
    let failed = |source| Error::WriteFile { path: file.to_owned(), source };
    output_file::check(file).map_err(failed)?;
    Ok(output_file::identity(file).map_err(failed)?.map(Destination::File))
}

/// The SARIF documents of one account, each with its remarks told.
pub(super) fn sarif_documents(report: &Report, places: &Places, include_waived: bool) -> Result<Vec<String>, Error> {
    let texts = sarif::render_several(report, places, &SarifOptions { include_waived }).map_err(sarif_error)?;
    texts.iter().for_each(|text| remark(text));
    Ok(texts)
}

/// `konecta.sarif`, `konecta.2.sarif`, …
pub(super) fn numbered(file: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return file.to_owned();
    }
    let ending = file.extension().map_or("sarif".into(), |ending| ending.to_string_lossy());
    let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    file.with_file_name(format!("{stem}.{number}.{ending}"))
}

fn remark(text: &str) {
    for problem in preflight::check_text(text) {
        ui::note(&format!("warning: {problem}"));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn sarif_error(error: sarif::SarifError) -> Error {
    Error::Sarif(error.to_string())
}
