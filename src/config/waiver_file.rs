//! A waiver written into the blueprint file: everything else in it stays as somebody wrote it, comments included.
//! Knows the file's form; does not know whether the waiver is wise.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use konecta_base::waiver::AcceptedState;
use konecta_base::{limits, output_file};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::parse;

/// A waiver as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewWaiver<'a> {
    pub(crate) control: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) expires: Date,
    pub(crate) ticket: Option<&'a str>,
    pub(crate) state: &'a AcceptedState,
}

/// Whether there was a waiver of this control for this very resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    New,
    Renewed,
}

/// Why a waiver cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WaiverFileError {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} cannot be amended")]
    Syntax {
        path: PathBuf,
        #[source]
        source: toml_edit::TomlError,
    },
    #[error("the waivers in {path} do not stand under [[waiver]]")]
    Form { path: PathBuf },
    #[error("{path} would not be read as it was meant")]
    Unfaithful { path: PathBuf },
}

impl WaiverFileError {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Read { .. } | Self::Write { .. } => Some("check that the path exists and that you may use it"),
            Self::Form { .. } => Some("write each waiver under a heading [[waiver]] of its own"),
            Self::Syntax { .. } | Self::Unfaithful { .. } => Some("the file was not touched; write the waiver by hand"),
        }
    }
}

/// Puts a waiver into the file, in the place of the one of this control for this very resource if there is one.
pub(crate) fn write(path: &Path, new: &NewWaiver<'_>) -> Result<Written, WaiverFileError> {
    let path = || path.to_owned();
    let text = limits::read_text(&path(), limits::BLUEPRINT)
        .map_err(|source| WaiverFileError::Read { path: path(), source })?;
    let (amended, written) = amended(&path(), &text, new)?;
    output_file::amend(&path(), &mut |out| out.write_all(amended.as_bytes()))
        .map_err(|source| WaiverFileError::Write { path: path(), source })?;
    Ok(written)
}

fn amended(path: &Path, text: &str, new: &NewWaiver<'_>) -> Result<(String, Written), WaiverFileError> {
    let mut document: DocumentMut =
        text.parse().map_err(|source| WaiverFileError::Syntax { path: path.to_owned(), source })?;
    let is_first = !document.contains_key("waiver");
    let list = document.entry("waiver").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let list = list.as_array_of_tables_mut().ok_or_else(|| WaiverFileError::Form { path: path.to_owned() })?;
    let is_it = |table: &Table| {
        let is = |key: &str, text: &str| table.get(key).and_then(Item::as_str) == Some(text);
        is("control", new.control) && is("resource", new.resource)
    };
    let known = list.iter().position(is_it);
    let written = match known.and_then(|at| list.get_mut(at)) {
        Some(table) => {
            fill(table, new);
            Written::Renewed
        }
        None => {
            let mut table = Table::new();
            fill(&mut table, new);
            table.decor_mut().set_prefix("\n");
            list.push(table);
            Written::New
        }
    };
    if is_first {
        // Comments at the end of the file stand before what is appended, and not behind it.
        let end = document.trailing().as_str().unwrap_or_default().to_owned();
        let last = document.get_mut("waiver").and_then(Item::as_array_of_tables_mut).and_then(|list| list.get_mut(0));
        if let Some(table) = last {
            table.decor_mut().set_prefix(format!("{end}\n"));
            document.set_trailing("");
        }
    }
    let amended = document.to_string();
    let is_meant = parse(path.to_owned(), &amended).is_ok_and(|config| {
        config.waivers.iter().any(|waiver| {
            waiver.control.as_str() == new.control
                && waiver.resource.as_str() == new.resource
                && waiver.expires == new.expires
                && waiver.reason == new.reason
                && waiver.state.as_ref() == Some(new.state)
        })
    });
    if is_meant { Ok((amended, written)) } else { Err(WaiverFileError::Unfaithful { path: path.to_owned() }) }
}

fn fill(table: &mut Table, new: &NewWaiver<'_>) {
    // What was accepted before is over, under its older names as well.
    for old in ["accepted_by", "until", "ticket", "state"] {
        table.remove(old);
    }
    table["control"] = value(new.control);
    table["resource"] = value(new.resource);
    table["reason"] = value(new.reason);
    table["owner"] = value(new.owner);
    table["expires"] = value(new.expires.to_string());
    if let Some(ticket) = new.ticket {
        table["ticket"] = value(ticket);
    }
    table["state"] = value(new.state.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    const DB: &str = "arn:aws:rds:us-east-1:123456789012:db:erp";

    fn new(state: &AcceptedState) -> NewWaiver<'_> {
        NewWaiver {
            control: "KA-RDS-006",
            resource: DB,
            reason: "single \"zone\"\nuntil spring",
            owner: "jane",
            expires: jiff::civil::date(2027, 3, 31),
            ticket: Some("OPS-17"),
            state,
        }
    }

    fn amended_text(text: &str) -> (String, Written) {
        amended(Path::new("k.toml"), text, &new(&AcceptedState::of(&[]))).expect("amended")
    }

    #[test]
    fn the_first_waiver_is_appended_behind_the_last_comment() {
        let text = "# ours\n[stack]\nname = \"erp\" # the stack\n\n# the end\n";
        let (amended, written) = amended_text(text);
        assert_eq!(written, Written::New);
        insta::assert_snapshot!(amended);
        assert!(amended.starts_with(text), "nothing before it changes");
    }

    #[test]
    fn the_example_of_init_takes_one() {
        let (amended, _) = amended_text(super::super::EXAMPLE);
        assert!(amended.starts_with(super::super::EXAMPLE));
    }

    #[test]
    fn a_further_waiver_stands_behind_the_others() {
        let other = "\n[[waiver]] # ours\ncontrol = \"KA-RDS-007\"\nresource = \"*\"\nreason = \"r\"\n\
                     accepted_by = \"joe\" # old\nuntil = \"2027-01-01\"\n";
        let text = format!("[stack]\nname = \"erp\"\n{other}\n[rds]\nengine = \"postgres\"\n# the end\n");
        let (amended, written) = amended_text(&text);
        assert_eq!(written, Written::New);
        insta::assert_snapshot!(amended);
    }

    #[test]
    fn a_waiver_of_the_same_is_renewed_in_its_place() {
        let text = format!(
            "[[waiver]]\n# why we may\ncontrol = \"KA-RDS-006\"\nresource = \"{DB}\"\nreason = \"r\"\n\
             accepted_by = \"joe\"\nuntil = \"2026-01-01\"\n\n[rds]\n"
        );
        let (amended, written) = amended_text(&text);
        assert_eq!(written, Written::Renewed);
        insta::assert_snapshot!(amended);
    }

    #[test]
    fn a_list_of_another_form_is_left_alone() {
        let text = format!("waiver = [{{ control = \"KA-RDS-006\", resource = \"{DB}\" }}]\n");
        let error = amended(Path::new("k.toml"), &text, &new(&AcceptedState::of(&[]))).expect_err("refused");
        assert!(error.to_string().contains("[[waiver]]"), "{error}");
    }
}
