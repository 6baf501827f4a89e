//! Managed prefix lists: which ranges a list stands for, and which list is CloudFront's own.
//! Knows nothing of who names a list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cidr::{Family, Span};
use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::world::{Regional, Supplemented};
use crate::model::ec2;
use konecta_base::calls;

/// The lists under which AWS publishes the addresses of CloudFront's edge. Only AWS's own list of that name counts:
/// a customer may give the name to a list of his own.
const CLOUDFRONT: [&str; 2] =
    ["com.amazonaws.global.cloudfront.origin-facing", "com.amazonaws.global.ipv6.cloudfront.origin-facing"];

/// A prefix list.
#[derive(Debug, Default)]
pub(crate) struct PrefixList {
    name: Option<String>,
    /// Whether it is AWS's list of CloudFront's edge; `None` where owner or name was not sent.
    pub(crate) cloudfront: Option<bool>,
    /// Whether AWS keeps it.
    aws: bool,
    cidrs: Option<Vec<String>>,
}

impl PrefixList {
    /// Its ranges; `None` where an entry was not read or is not understood.
    pub(crate) fn spans(&self) -> Option<Vec<Span>> {
        self.cidrs.as_ref()?.iter().map(|cidr| Span::parse(cidr)).collect()
    }

    /// The family of CloudFront's addresses if it is AWS's list of them, `Some(None)` if it is not; `None` where that was not sent.
    pub(crate) fn of_cloudfront(&self) -> Option<Option<Family>> {
        let six = self.name.as_deref().is_some_and(|name| name.contains(".ipv6."));
        let family = if six { Family::Ipv6 } else { Family::Ipv4 };
        self.cloudfront.map(|cloudfront| cloudfront.then_some(family))
    }

    /// Its ranges as destination of a route. Lists that AWS keeps are those of its services: none is the internet, read or not.
    pub(crate) fn routed(&self) -> Option<Vec<Span>> {
        self.spans().or_else(|| self.aws.then(Vec::new))
    }
}

/// The prefix lists of one place, by id.
#[derive(Debug, Default)]
pub(crate) struct PrefixLists(BTreeMap<String, PrefixList>);

impl PrefixLists {
    pub(crate) fn of(place: &AccountRegion, here: &Regional, seen: &Seen) -> Self {
        Self(here.prefix_lists.iter().map(|list| read(place, list, seen)).collect())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&PrefixList> {
        self.0.get(id)
    }

    /// A list as a source names it.
    pub(crate) fn describe(&self, id: &str) -> Value {
        let list = self.get(id);
        object([
            ("id", Some(json!(id))),
            ("name", list.and_then(|list| list.name.as_ref()).map(|name| json!(name))),
            ("cloudfront", list.and_then(|list| list.cloudfront).map(Value::Bool)),
            ("cidrs", list.and_then(|list| list.cidrs.as_ref()).map(|cidrs| json!(cidrs))),
        ])
    }
}

fn read(
    place: &AccountRegion,
    list: &Supplemented<ec2::PrefixList, Vec<ec2::PrefixListEntry>>,
    seen: &Seen,
) -> (String, PrefixList) {
    let sent = &list.item.body;
    let unread = seen.lacks(place, calls::EC2_GET_MANAGED_PREFIX_LIST_ENTRIES, &list.item.arn);
    let entries = list.supplement.as_ref().filter(|_| !unread);
    let read = PrefixList {
        name: sent.prefix_list_name.clone(),
        aws: sent.owner_id.as_deref() == Some("AWS"),
        cloudfront: is_cloudfront(sent.owner_id.as_deref(), sent.prefix_list_name.as_deref()),
        cidrs: entries.and_then(|entries| entries.iter().map(|entry| entry.cidr.clone()).collect()),
    };
    (list.item.id(sent.prefix_list_id.as_ref()).to_owned(), read)
}

fn is_cloudfront(owner: Option<&str>, name: Option<&str>) -> Option<bool> {
    let owner = owner.map(|owner| owner == "AWS");
    let name = name.map(|name| CLOUDFRONT.contains(&name));
    match (owner, name) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        (None, _) | (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_awss_own_list_is_cloudfronts() {
        let [name, six] = CLOUDFRONT.map(Some);
        assert_eq!(is_cloudfront(Some("AWS"), name), Some(true));
        assert_eq!(is_cloudfront(Some("AWS"), six), Some(true));
        assert_eq!(is_cloudfront(Some("123456789012"), name), Some(false));
        assert_eq!(is_cloudfront(Some("AWS"), Some("com.amazonaws.us-east-1.s3")), Some(false));
        assert_eq!(is_cloudfront(None, name), None);
        assert_eq!(is_cloudfront(Some("AWS"), None), None);
    }
}
