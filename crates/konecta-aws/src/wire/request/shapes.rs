//! What requests look like on the wire: tables made from AWS's models by `tools/shapes.py`, which describes their form.
//! Knows nothing of values.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::embedded::embedded_json;
use serde::Deserialize;

use super::EncodeError;
use crate::wire::shapes::{Protocol, Ref};

/// The requests of one service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requests {
    service: String,
    pub(super) protocol: Protocol,
    pub(super) version: String,
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

/// The request of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    pub(super) input: Ref,
    /// Only for whoever reads the table: the SDK knows the method.
    #[serde(rename = "method")]
    _method: String,
    pub(super) uri: String,
    /// The member that the whole body is.
    #[serde(default)]
    pub(super) payload: Option<String>,
    /// The members that name the page, in the order of the answer's parts.
    #[serde(default)]
    pub(crate) token: Vec<String>,
    /// The operation, and its member, in which what is read here goes back whole.
    #[serde(default)]
    pub(crate) whole: Option<[String; 2]>,
}

/// A type that is made of others.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawShape")]
pub(super) enum Shape {
    /// Members in the order of the model.
    Structure(Vec<Member>),
    /// Elements of one type.
    List {
        /// The type.
        element: Ref,
        /// What an element is called, if the model says so.
        name: Option<String>,
    },
    /// Values of one type by text keys.
    Map {
        /// The type of the values.
        value: Ref,
        /// What key and value are called in a form or in XML.
        names: [String; 2],
    },
}

/// One member of a structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    #[serde(rename = "m")]
    pub(super) name: String,
    #[serde(rename = "t")]
    pub(super) kind: Ref,
    #[serde(default, rename = "n")]
    wire: Option<String>,
    #[serde(default, rename = "in")]
    pub(super) place: MemberLocation,
    #[serde(default)]
    pub(super) flat: bool,
    #[serde(default, rename = "r")]
    pub(super) required: bool,
    #[serde(default, rename = "ns")]
    pub(super) namespace: Option<String>,
    /// Only for whoever reads the table: what is told of a request holds none of its values anyway.
    #[serde(default, rename = "s")]
    _sensitive: bool,
}

impl Member {
    /// What the member is called on the wire.
    pub(super) fn wire_name(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MemberLocation {
    /// In the body.
    #[default]
    Body,
    /// In the path.
    Uri,
    /// In the query.
    Query,
    /// In a header field.
    Header,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShape {
    structure: Option<Vec<Member>>,
    list: Option<Ref>,
    map: Option<Ref>,
    n: Option<Names>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Element(String),
    Entry([String; 2]),
}

impl TryFrom<RawShape> for Shape {
    type Error = &'static str;

    fn try_from(raw: RawShape) -> Result<Self, Self::Error> {
        match (raw.structure, raw.list, raw.map, raw.n) {
            (Some(members), None, None, None) => Ok(Self::Structure(members)),
            (None, Some(element), None, None) => Ok(Self::List { element, name: None }),
            (None, Some(element), None, Some(Names::Element(name))) => Ok(Self::List { element, name: Some(name) }),
            (None, None, Some(value), None) => Ok(Self::Map { value, names: ["key".to_owned(), "value".to_owned()] }),
            (None, None, Some(value), Some(Names::Entry(names))) => Ok(Self::Map { value, names }),
            _ => Err("a shape is exactly one of structure, list and map"),
        }
    }
}

impl Requests {
    pub(crate) fn operation(&self, name: &str) -> Result<&Operation, EncodeError> {
        self.operations.get(name).ok_or_else(|| EncodeError::NoTable(format!("{}:{name}", self.service)))
    }

    pub(super) fn shape(&self, name: &str) -> Result<&Shape, EncodeError> {
        self.shapes.get(name).ok_or_else(|| EncodeError::NoTable(format!("{}'s {name}", self.service)))
    }
}

macro_rules! tables {
    ($($service:ident),* $(,)?) => {
        $(#[allow(non_upper_case_globals, reason = "named as the file")]
        static $service: LazyLock<Requests> = LazyLock::new(|| {
            let text = include_str!(concat!("../../../shapes/requests/", stringify!($service), ".json"));
            embedded_json(stringify!($service), text)
        });)*

        /// The requests of a service, by the name that the CLI gives it.
        pub(crate) fn requests(service: &str) -> Result<&'static Requests, EncodeError> {
            $(if service == stringify!($service) {
                return Ok(&$service);
            })*
            Err(EncodeError::NoTable(service.to_owned()))
        }
    };
}

tables!(cloudfront, ec2, ecr, eks, elbv2, iam, rds, wafv2);
