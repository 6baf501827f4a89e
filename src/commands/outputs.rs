//! Where the formats of a report go: decided and checked before an account is read, so that a long scan is not lost to a
//! misspelt path. One output that fails does not lose the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use konecta_base::output_file;
use konecta_core::report::Report;
use konecta_core::report::format::{Format, FormatOptions, Rendered};
use konecta_core::report::places::{Places, Spot};

use super::scan::sarif_places;
use super::terraform::Terraform;
use crate::cli::{Output, Scan};
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
    pub(super) fn of(args: &'a Scan, config: &Config, terraform: Option<&Terraform>) -> Result<Self, Error> {
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
        Ok(Self { args, outputs, places: sarif_places(args, config, terraform)? })
    }

    /// The file that the JSON report goes to.
    pub(super) fn json_file(&self) -> Option<&Path> {
        let json = self.outputs.iter().filter(|output| output.format == Format::Json);
        json.filter_map(|output| output.file.as_deref()).next()
    }

    /// The files of the outputs that are written while the account is judged, `None` for standard output; they are not
    /// written by [`Self::write`] any more.
    pub(super) fn take_streamed(&mut self) -> Vec<Option<PathBuf>> {
        let (streamed, others) =
            std::mem::take(&mut self.outputs).into_iter().partition(|output: &Output| output.format == Format::Jsonl);
        self.outputs = others;
        Vec::into_iter(streamed).map(|output: Output| output.file).collect()
    }

    /// What is known better than by the layer: the lines of Terraform.
    pub(super) fn point_at(&mut self, spots: BTreeMap<String, Spot>) {
        if let Some(places) = &mut self.places {
            places.spots = spots;
        }
    }

    /// Writes them all. The first error is returned, the others are told.
    pub(super) fn write(&self, report: &Report) -> Result<(), Error> {
        let written = self.outputs.iter().map(|output| self.write_one(report, output));
        ui::first_of(written.filter_map(Result::err).collect())
    }

    fn write_one(&self, report: &Report, output: &Output) -> Result<(), Error> {
        let screen = ui::screen();
        let options = FormatOptions {
            width: screen.width,
            color: screen.colour && output.file.is_none(),
            show_pass: self.args.show_pass,
            places: self.places.as_ref(),
            include_waived: self.args.sarif_include_waived,
        };
        let Some(file) = &output.file else {
            // Standard output takes one document.
            let document = output.format.document(report, &options)?;
            remark(&document);
            return ui::print_by(&mut |out| document.write(out));
        };
        for (document, number) in documents(output.format, report, &options)?.iter().zip(1..) {
            ui::write_by(&numbered(file, number), &mut |out| document.write(out))?;
        }
        Ok(())
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

/// The documents of one account in a format, each with its remarks told.
pub(super) fn documents<'r>(
    format: Format,
    report: &'r Report,
    options: &FormatOptions<'_>,
) -> Result<Vec<Rendered<'r>>, Error> {
    let documents = format.documents(report, options)?;
    documents.iter().for_each(remark);
    Ok(documents)
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

/// What GitHub will cut off is no error, and no secret.
fn remark(document: &Rendered<'_>) {
    document.cut().iter().for_each(|problem| ui::note(&format!("warning: {problem}")));
}
