//! `fix --emit terraform --terraform DIR`: the plan as a diff of the user's Terraform and, with `--write`, in its files.
//! A file that is another than the one that was read is left as it is, and then so are all others.

use std::path::{Path, PathBuf};

use konecta_base::snapshot::Snapshot;
use konecta_base::{encoding, limits, output_file};
use konecta_fix::View;
use konecta_fix::plan::Plan;
use konecta_fix::terraform_source::FileEdit;

use super::terraform::{BYTES, Terraform};
use crate::cli::{Emit, Fix};
use crate::config::Config;
use crate::error::Error;
use crate::ui;

/// The mark that Windows' editors put before UTF-8; it stays.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Shows what the plan changes in the files, and writes it if that is asked for.
pub(super) fn run(planned: &Plan, read: &Snapshot, args: &Fix, config: &Config) -> Result<(), Error> {
    let named = &args.terraform;
    if let (Some(dir), true) = (named.terraform.first(), args.emit != Some(Emit::Terraform)) {
        let reason = "only --emit terraform writes into it".to_owned();
        return Err(Error::Terraform { dir: dir.clone(), reason });
    }
    let Some(terraform) = Terraform::read(&named.terraform, &named.tfstate, &args.account, config)? else {
        return Ok(());
    };
    let views: Vec<View> = read.resources.iter().map(View::of).collect();
    let edited = terraform.edited(planned, &views);
    ui::print(&edited.text())?;
    match (edited.files.is_empty(), named.write) {
        (true, _) => ui::note("There is nothing to write."),
        (false, false) => ui::note("Nothing was written; --write writes it."),
        (false, true) => write(&terraform, &edited.files)?,
    }
    Ok(())
}

fn write(terraform: &Terraform, files: &[FileEdit]) -> Result<(), Error> {
    let placed: Vec<(PathBuf, &FileEdit)> = files.iter().map(|file| (terraform.path(&file.path), file)).collect();
    for (path, file) in &placed {
        as_read(path, file)?;
    }
    for (path, file) in &placed {
        let mark = as_read(path, file)?;
        let made = output_file::amend(path, &mut |out| {
            out.write_all(mark)?;
            out.write_all(file.after.as_bytes())
        });
        made.map_err(|source| Error::WriteFile { path: path.clone(), source })?;
        ui::note(&format!("Written: {}", file.path));
    }
    Ok(())
}

/// The byte order mark of a file that is still what was read.
fn as_read(path: &Path, file: &FileEdit) -> Result<&'static [u8], Error> {
    let bytes = limits::read(path, BYTES).map_err(|source| Error::ReadFile { path: path.to_owned(), source })?;
    let (mark, text) = match bytes.strip_prefix(MARK) {
        Some(text) => (MARK, text),
        None => (&b""[..], bytes.as_slice()),
    };
    if text == file.before.as_bytes() {
        return Ok(mark);
    }
    let is_wide = encoding::text(&bytes).as_deref() == Some(file.before.as_str());
    let reason =
        if is_wide { "it is UTF-16, and Terraform takes UTF-8 only" } else { "it has changed since it was read" };
    Err(Error::TerraformFile { path: path.to_owned(), reason })
}
