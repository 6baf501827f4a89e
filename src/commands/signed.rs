//! `scan --sign-key`: the signature of a report and the statement about it, beside the file.

use std::path::{Path, PathBuf};

use konecta_base::limits;
use konecta_core::report::Report;

use crate::attestation::{self, AttestationError, Predicate};
use crate::cli::Scan;
use crate::cli::past::BaselineChoice;
use crate::error::Error;
use crate::signature::SigningKey;
use crate::ui;

/// Who signs the report in a file.
pub(super) struct Signer {
    key: SigningKey,
    file: PathBuf,
}

impl Signer {
    /// A key that cannot be used, and a report that goes to no file, are told before an account is read.
    pub(super) fn of(args: &Scan, file: Option<&Path>) -> Result<Option<Self>, Error> {
        let Some(key) = &args.delivery.sign_key else { return Ok(None) };
        let file = file.ok_or(AttestationError::NoReport)?.to_owned();
        Ok(Some(Self { key: SigningKey::read(key)?, file }))
    }

    /// Signs what was written.
    pub(super) fn sign(&self, args: &Scan, report: &Report) -> Result<(), Error> {
        let read = |source| Error::ReadFile { path: self.file.clone(), source };
        let bytes = limits::read(&self.file, limits::DOCUMENT).map_err(read)?;
        let snapshot = args.snapshot.as_deref().or(args.save_snapshot.as_deref());
        let previous = match &args.baseline {
            Some(BaselineChoice::File(path)) => Some(path.as_path()),
            Some(BaselineChoice::Last) | None => None,
        };
        let predicate = Predicate::of(report, snapshot, previous)?;
        let envelope = attestation::envelope(&self.file, &bytes, predicate, &self.key)?;
        let beside = attestation::beside(&self.file);
        ui::write(&beside, &envelope)?;
        let signature = self.key.sign(&self.file, &bytes)?;
        ui::note(&format!("Signed: {} and {}", signature.display(), beside.display()));
        Ok(())
    }
}
