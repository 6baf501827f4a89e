//! The shape tables: what answers look like, as `tools/shapes.py` took it from AWS's own service models.
//! Knows nothing of bytes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::embedded::embedded_json;
use serde::Deserialize;

use super::WireError;

/// How a service writes its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Protocol {
    /// `AWS JSON` 1.0 and 1.1.
    Json,
    /// JSON over REST.
    RestJson,
    /// XML with a result element inside a response element.
    Query,
    /// EC2's own XML, without the result element.
    Ec2,
    /// XML over REST.
    RestXml,
}

/// What is known of the answers of one service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    service: String,
    pub(super) protocol: Protocol,
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

/// The answer of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    pub(super) output: Ref,
    /// The element that holds the result, in the query protocol.
    #[serde(default)]
    pub(super) wrapper: Option<String>,
    /// The member that the whole body is, in the REST protocols.
    #[serde(default)]
    pub(super) payload: Option<String>,
    #[serde(default)]
    pages: Option<Pages>,
}

/// How one operation pages; every path is dotted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Where the next page is named, in as many parts as the request wants.
    pub token: Vec<String>,
    /// Where the answer says that there is more, if it says so apart from the token.
    #[serde(default)]
    pub more: Option<String>,
    /// The lists that grow from page to page.
    pub items: Vec<String>,
}

/// The type of a member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum Ref {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// Bytes, in base64 on the wire and in the result.
    Blob,
    /// A point in time, in RFC 3339 in the result.
    Timestamp,
    /// An IAM policy document: URL-encoded JSON on the wire, JSON in the result.
    Policy,
    /// JSON of any form.
    Document,
    /// Nothing: the operation takes, or answers, no members.
    Nothing,
    /// A structure, list or map of this name.
    Named(String),
}

impl From<String> for Ref {
    fn from(word: String) -> Self {
        match word.as_str() {
            "string" => Self::String,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "blob" => Self::Blob,
            "timestamp" => Self::Timestamp,
            "policy" => Self::Policy,
            "document" => Self::Document,
            "nothing" => Self::Nothing,
            _ => Self::Named(word),
        }
    }
}

/// A type that is made of others.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawShape")]
pub(super) enum Shape {
    /// Members by the name that the CLI prints.
    Structure(BTreeMap<String, Member>),
    /// Elements of one type.
    List(Ref),
    /// Values of one type by text keys.
    Map {
        /// The type of the values.
        value: Ref,
        /// What key and value are called in XML.
        names: [String; 2],
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShape {
    structure: Option<BTreeMap<String, Member>>,
    list: Option<Ref>,
    map: Option<Ref>,
    n: Option<[String; 2]>,
}

impl TryFrom<RawShape> for Shape {
    type Error = &'static str;

    fn try_from(raw: RawShape) -> Result<Self, Self::Error> {
        match (raw.structure, raw.list, raw.map) {
            (Some(members), None, None) => Ok(Self::Structure(members)),
            (None, Some(element), None) => Ok(Self::List(element)),
            (None, None, Some(value)) => {
                Ok(Self::Map { value, names: raw.n.unwrap_or_else(|| ["key".to_owned(), "value".to_owned()]) })
            }
            _ => Err("a shape is exactly one of structure, list and map"),
        }
    }
}

/// One member of a structure.
#[derive(Debug, Deserialize)]
#[serde(from = "RawMember")]
pub(super) struct Member {
    pub(super) kind: Ref,
    wire: Option<String>,
    pub(super) place: MemberLocation,
    pub(super) flat: bool,
}

impl Member {
    /// What the member is called on the wire.
    pub(super) fn wire_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.wire.as_deref().unwrap_or(name)
    }
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MemberLocation {
    /// In the body.
    #[default]
    Body,
    /// In one header field.
    Header,
    /// In all header fields of a prefix.
    Headers,
    /// In the status line.
    Status,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawMember {
    Short(Ref),
    Long {
        t: Ref,
        n: Option<String>,
        #[serde(default, rename = "in")]
        place: MemberLocation,
        #[serde(default)]
        flat: bool,
    },
}

impl From<RawMember> for Member {
    fn from(raw: RawMember) -> Self {
        match raw {
            RawMember::Short(kind) => Self { kind, wire: None, place: MemberLocation::Body, flat: false },
            RawMember::Long { t, n, place, flat } => Self { kind: t, wire: n, place, flat },
        }
    }
}

impl Table {
    pub(super) fn operation(&self, name: &str) -> Result<&Operation, WireError> {
        self.operations.get(name).ok_or_else(|| WireError::NoTable(format!("{}:{name}", self.service)))
    }

    pub(super) fn shape(&self, name: &str) -> Result<&Shape, WireError> {
        self.shapes.get(name).ok_or_else(|| WireError::NoTable(format!("{}'s {name}", self.service)))
    }

    /// How an operation pages; `None` when it answers everything at once.
    ///
    /// # Errors
    /// When the operation is not in the table.
    pub fn pages(&self, name: &str) -> Result<Option<&Pages>, WireError> {
        Ok(self.operation(name)?.pages.as_ref())
    }
}

macro_rules! tables {
    ($($prefix:literal => $file:ident),* $(,)?) => {
        $(#[allow(non_upper_case_globals, reason = "named as the file")]
        static $file: LazyLock<Table> = LazyLock::new(|| {
            embedded_json(stringify!($file), include_str!(concat!("../../shapes/", stringify!($file), ".json")))
        });)*

        /// The table of a service, by the prefix of its IAM actions.
        ///
        /// # Errors
        /// When there is none, which a test rules out.
        pub fn table(prefix: &str) -> Result<&'static Table, WireError> {
            match prefix {
                $($prefix => Ok(&$file),)*
                _ => Err(WireError::NoTable(prefix.to_owned())),
            }
        }
    };
}

tables! {
    "acm" => acm,
    "autoscaling" => autoscaling,
    "cloudfront" => cloudfront,
    "ec2" => ec2,
    "ecr" => ecr,
    "eks" => eks,
    "elasticloadbalancing" => elbv2,
    "elb" => elb,
    "iam" => iam,
    "kms" => kms,
    "logs" => logs,
    "organizations" => organizations,
    "rds" => rds,
    "route53" => route53,
    "wafv2" => wafv2,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_of_the_catalogue_has_its_shapes() {
        for (action, _) in konecta_base::reads::reads().iter() {
            let table = table(action.service()).unwrap_or_else(|error| panic!("{action}: {error}"));
            let operation = table.operation(action.operation()).unwrap_or_else(|error| panic!("{action}: {error}"));
            let Ref::Named(output) = &operation.output else { panic!("{action}: {:?}", operation.output) };
            table.shape(output).unwrap_or_else(|error| panic!("{action}: {error}"));
        }
    }

    #[test]
    fn every_name_in_a_table_is_a_shape_of_it() {
        for prefix in [
            "acm",
            "autoscaling",
            "cloudfront",
            "ec2",
            "ecr",
            "eks",
            "elasticloadbalancing",
            "elb",
            "iam",
            "kms",
            "logs",
            "organizations",
            "rds",
            "route53",
            "wafv2",
        ] {
            let table = table(prefix).expect(prefix);
            for shape in table.shapes.values() {
                let refs: Vec<&Ref> = match shape {
                    Shape::Structure(members) => members.values().map(|member| &member.kind).collect(),
                    Shape::List(element) => vec![element],
                    Shape::Map { value, .. } => vec![value],
                };
                for kind in refs {
                    let Ref::Named(name) = kind else { continue };
                    assert!(table.shapes.contains_key(name), "{prefix}: {name}");
                }
            }
        }
    }
}
