//! A format of a report and the file that it goes to, as they are typed: `json=report.json`; and what is done with a
//! report besides.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use konecta_core::report::format::Format;
use strum::IntoEnumIterator as _;

/// A report format, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// What is done with a report besides writing it.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArgs {
    /// Push what fails and what is unknown into Security Hub of the account and region that it is about
    #[arg(long, conflicts_with_all = ["organization", "snapshot"])]
    pub(crate) push_security_hub: bool,

    /// Sign the JSON report with this Ed25519 key (PEM): FILE.sig and FILE.intoto.json, beside it
    #[arg(long, value_name = "KEY", conflicts_with = "organization")]
    pub(crate) sign_key: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file name must follow the `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = name.parse().map_err(|_| {
            let known: Vec<String> = Format::iter().map(|format| format.to_string()).collect();
            format!("`{name}` is none of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}
