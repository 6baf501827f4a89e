//! Where in the user's repository a finding is shown: at the line of Terraform that a person edits, where that is known,
//! else at the section of the blueprint that declares its layer. Is told all of it; reads no file.

use std::collections::BTreeMap;

use konecta_base::finding::{Finding, fingerprint};

/// A place in a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileLocation {
    /// The file, as a URI relative to the repository's root; see [`uri_of`](super::sarif::uri_of).
    pub uri: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in UTF-16 code units, counted from 1, where it is known.
    pub column: Option<u32>,
}

/// Where a violation is shown, and what has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// What a person edits.
    pub place: FileLocation,
    /// Further places, each with what it is, as in `module.network is called here`.
    pub related: Vec<(FileLocation, String)>,
}

/// Where in the user's repository a finding is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The file that declares the layers, as a URI relative to the repository's root; see
    /// [`uri_of`](super::sarif::uri_of).
    pub uri: String,
    /// The line that declares a layer, by the layer's name, counted from 1.
    pub lines: BTreeMap<String, u32>,
    /// The line for a layer that the file does not declare.
    pub default_line: u32,
    /// What is known better, by the fingerprint of the violation.
    pub spots: BTreeMap<String, Spot>,
}

impl Places {
    /// Where one violation of a finding is shown; `path` is empty for the finding as a whole.
    #[must_use]
    pub fn spot(&self, layer: &str, finding: &Finding, path: &str) -> Spot {
        let known = match self.spots.is_empty() {
            true => None,
            false => self.spots.get(&fingerprint(&finding.control, finding.resource.arn.as_str(), path)),
        };
        known.cloned().unwrap_or_else(|| {
            let line = self.lines.get(layer).copied().unwrap_or(self.default_line);
            Spot { place: FileLocation { uri: self.uri.clone(), line, column: None }, related: Vec::new() }
        })
    }
}
