//! A control as others see it: what a report says of it, and that it could not be evaluated.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::Severity;
use crate::id::ControlId;

/// A control as a reader of the report needs it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The stable id.
    pub id: ControlId,
    /// The readable name, such as `ecr.lifecycle_keeps_ten`.
    pub name: String,
    /// The layer: the folder of the control, such as `ecr`.
    pub layer: String,
    /// One line.
    pub title: String,
    /// What goes wrong otherwise.
    pub description: String,
    /// What to do about it.
    pub remediation: String,
    /// How bad a fail is.
    pub severity: Severity,
    /// The page of our documentation; none for a control of the user's own.
    pub page: Option<String>,
    /// Pages that explain it.
    pub related_resources: Vec<String>,
    /// Ids in other standards.
    pub frameworks: BTreeMap<String, Vec<String>>,
}

/// A control that could not be evaluated: no verdict, and never silence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ControlError {
    /// The control.
    pub control: ControlId,
    /// The resource it was evaluated on.
    pub arn: String,
    /// What the engine said.
    pub message: String,
}
