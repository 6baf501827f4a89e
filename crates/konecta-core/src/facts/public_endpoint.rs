//! Whether a cluster's API endpoint is open to the internet.
//! Knows the two members that say so; nothing of who may sign in.

use serde_json::{Value, json};

use super::cidr::{Span, is_any_internet};
use crate::model::eks::Cluster;

/// The fact `public_endpoint`; `None` where it is not known whether most of the internet is let in.
pub(crate) fn public_endpoint(cluster: &Cluster) -> Option<Value> {
    let network = cluster.resources_vpc_config.as_ref()?;
    if !network.endpoint_public_access? {
        return Some(json!({"open": false, "cidrs": []}));
    }
    let cidrs = network.public_access_cidrs.as_ref().filter(|cidrs| !cidrs.is_empty())?;
    let spans: Vec<Span> = cidrs.iter().filter_map(|cidr| Span::parse(cidr)).collect();
    let open = is_any_internet(&spans);
    // What cannot be read may be anything: it can only add to what is open.
    (open || spans.len() == cidrs.len()).then(|| json!({"open": open, "cidrs": cidrs}))
}

/// Whether ranges together are the internet, as for the fact `open_ports`. What cannot be read counts as nothing.
pub fn is_most_of_the_internet(cidrs: &[String]) -> bool {
    is_any_internet(&cidrs.iter().filter_map(|cidr| Span::parse(cidr)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(network: Value) -> Option<Value> {
        let cluster = serde_json::from_value(json!({"resourcesVpcConfig": network})).expect("cluster");
        public_endpoint(&cluster)
    }

    #[test]
    fn halves_of_the_internet_are_the_internet() {
        for (cidrs, open) in [
            (json!(["0.0.0.0/0"]), true),
            (json!(["0.0.0.0/1", "128.0.0.0/1"]), true),
            (json!(["::/0"]), true),
            (json!(["203.0.113.0/24"]), false),
        ] {
            let found = fact(json!({"endpointPublicAccess": true, "publicAccessCidrs": cidrs})).expect("known");
            assert_eq!(found["open"], json!(open), "{cidrs}");
        }
    }

    #[test]
    fn what_was_not_sent_is_not_known() {
        assert_eq!(fact(json!({"endpointPublicAccess": false})).expect("known")["open"], json!(false));
        assert_eq!(fact(json!({"endpointPublicAccess": true})), None);
        assert_eq!(fact(json!({"publicAccessCidrs": ["203.0.113.0/24"]})), None);
        assert_eq!(fact(json!({"endpointPublicAccess": true, "publicAccessCidrs": []})), None);
        assert_eq!(
            fact(json!({"endpointPublicAccess": true, "publicAccessCidrs": ["203.0.113.0/24", "nonsense"]})),
            None
        );
    }
}
