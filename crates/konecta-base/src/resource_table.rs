//! What is known of each resource type, by the tables in `resources/` (README there): one section a type, one column a
//! question. Knows the columns' names; what stands in one, its reader knows.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::embedded::embedded_json;
use crate::id::ResourceType;

macro_rules! columns {
    ($($(#[$text:meta])* $name:ident $file:literal)+) => {
        /// A column of the tables of resource types.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Column {
            $($(#[$text])* $name,)+
        }

        impl Column {
            fn text(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => ($file, include_str!(concat!(env!("OUT_DIR"), "/", $file, ".json"))),)+
                }
            }
        }
    };
}

columns! {
    /// The Security Finding Format's name of the type.
    Asff "asff"
    /// What tells whose a resource is.
    Owners "owners"
    /// Where a part names the whole that it belongs to.
    PartOf "part_of"
    /// Members whose absence means that there is none.
    Silence "silence"
    /// What changes by itself, and what comes in any order.
    State "state"
    /// The resource type and the arguments in Terraform's AWS provider.
    Terraform "terraform"
    /// Lists of Terraform's blocks that have names.
    TerraformBlocks "terraform_blocks"
    /// By which attributes of Terraform's state a resource is found.
    TerraformIdentity "terraform_identity"
    /// By which arguments of Terraform's files a resource is found.
    TerraformNames "terraform_names"
    /// What Terraform declares in another form than AWS answers it.
    TerraformParts "terraform_parts"
    /// Where a violation is mended in Terraform, where its path is no argument.
    TerraformPlaces "terraform_places"
}

/// What the types have in a column; those that have nothing there are left out.
///
/// # Panics
/// When the column is not of its reader's type; a test of the reader rules that out.
#[must_use]
pub fn column<T: DeserializeOwned>(column: Column) -> BTreeMap<ResourceType, T> {
    let (name, text) = column.text();
    embedded_json(name, text)
}

/// The rows of a column that has several for a type, in the order of types and of the table. Each has its type in a member
/// `type`.
///
/// # Panics
/// As [`column`].
#[must_use]
pub fn rows<T: DeserializeOwned>(of: Column) -> Vec<T> {
    column::<Vec<T>>(of).into_values().flatten().collect()
}

/// What may hide in the answers of a service, by the service of the call.
///
/// # Panics
/// As [`column`].
#[must_use]
pub fn secrets<T: DeserializeOwned>() -> BTreeMap<String, T> {
    embedded_json("secrets", include_str!(concat!(env!("OUT_DIR"), "/secrets.json")))
}
