//! How an element of a listing becomes a resource: which of its members are its id, its ARN and its tags. One constant a type
//! that `resources/` has an `identity` of.

/// The names that a listed element of a type goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedType {
    /// The type, as CloudFormation names it.
    pub resource_type: &'static str,
    /// The call that lists it, as an IAM action.
    pub call: &'static str,
    /// The member that holds the id, or a text with members in braces.
    pub id: &'static str,
    /// Members that hold the ARN; or, with colons, an ARN without `arn` and the partition, in which `{region}`, `{account}`,
    /// `{owner}` (the member `OwnerId`, else the account) and `{id}` stand for these. The first that the element has, counts.
    pub arn: &'static [&'static str],
    /// The member that holds the tags, if the listing tells them.
    pub tags: Option<&'static str>,
    /// Whether the service leaves that member out of what has no tags.
    pub tags_left_out: bool,
}

include!(concat!(env!("OUT_DIR"), "/listed_types.rs"));
