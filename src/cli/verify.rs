//! What may be typed about a signed report: what it is held against.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The report: JSON, with FILE.sig and FILE.intoto.json beside it
    pub(crate) report: PathBuf,

    /// The public key (PEM) of whoever signed it
    #[arg(long, value_name = "PUB")]
    pub(crate) verify_key: PathBuf,

    /// The report that it was held against: it must be the one that the statement names
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,

    /// The snapshot that it was made of: it must be the one that the statement names, and every verdict is derived anew
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
}
