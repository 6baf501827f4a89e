//! The stack itself as a resource, and the facts that are its own: its bastions and its repositories.
//! Knows the blueprint's region and name.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::indexes::whole;
use super::region_index::RegionIndex;
use super::sink::{Sink, object};
use super::wiring::Machine;
use super::world::Repository;
use konecta_base::blueprint::Blueprint;
use konecta_base::calls;
use konecta_base::id::{AccountId, Region};
use konecta_base::resource::Resource;
use konecta_base::resource_types;
use konecta_base::snapshot::ScanInfo;

/// The stacks: one for each account, in the blueprint's region.
pub(crate) fn stacks(info: &ScanInfo, blueprint: &Blueprint) -> Vec<Resource> {
    let region = blueprint.stack.region.iter();
    let pairs = region.flat_map(|region| info.accounts.iter().map(move |account| (account, region)));
    pairs.filter_map(|(account, region)| stack(info, blueprint, account, region)).collect()
}

/// The ARN of an account's stack.
pub(crate) fn arn(account: &AccountId, region: &Region, blueprint: &Blueprint) -> String {
    format!("arn:konecta:stack:{region}:{account}:{}", blueprint.stack.name)
}

fn stack(info: &ScanInfo, blueprint: &Blueprint, account: &AccountId, region: &Region) -> Option<Resource> {
    Some(Resource {
        resource_type: resource_types::AUDIT_STACK.parse().ok()?,
        arn: arn(account, region, blueprint).parse().ok()?,
        resource_id: blueprint.stack.name.clone(),
        account_id: account.clone(),
        region: region.clone(),
        tags: None,
        captured_at: info.started_at,
        configuration: RawValue::from_string("{}".to_owned()).ok()?,
        supplement: std::collections::BTreeMap::new(),
    })
}

/// States the facts of the stack in this place.
pub(crate) fn state(region_index: &RegionIndex<'_>, blueprint: &Blueprint, sink: &mut Sink) {
    let arn = arn(&region_index.place.account, &region_index.place.region, blueprint);
    sink.fact(&arn, "bastions", bastions(region_index));
    sink.fact(&arn, "repositories", repositories(region_index));
}

/// `None` where instances were not listed to the end, or one may be a bastion, or gone, or not.
fn bastions(region_index: &RegionIndex<'_>) -> Option<Value> {
    if !region_index.seen.whole(region_index.place, calls::EC2_DESCRIBE_INSTANCES) {
        return None;
    }
    let mut bastions = Vec::new();
    for (id, machine) in region_index.wiring.machines.iter().filter(|(_, machine)| !machine.is_gone()) {
        if machine.bastion? {
            // Of one whose state was not sent, it is not known whether it is there at all.
            let state = machine.state.as_ref()?;
            bastions.push(bastion(region_index, id, machine, state));
        }
    }
    Some(Value::Array(bastions))
}

fn bastion(region_index: &RegionIndex<'_>, id: &str, machine: &Machine, state: &str) -> Value {
    let reach = machine.subnet.as_deref().and_then(|subnet| region_index.reaches.get(subnet));
    let groups = &machine.groups;
    let ssh = groups.whole.then(|| region_index.sources_on(&groups.known, 22)).flatten();
    object([
        ("arn", Some(json!(machine.arn))),
        ("instance", Some(json!(id))),
        ("state", Some(json!(state))),
        ("subnet", machine.subnet.as_ref().map(|subnet| json!(subnet))),
        ("internet", reach.and_then(|reach| reach.open).map(Value::Bool)),
        ("why", reach.filter(|reach| !reach.why.is_empty()).map(|reach| json!(reach.why))),
        ("addressed", machine.addressed.map(Value::Bool)),
        ("groups", whole(groups)),
        ("ssh", ssh.map(Value::Array)),
    ])
}

fn repositories(region_index: &RegionIndex<'_>) -> Option<Value> {
    if !region_index.seen.whole(region_index.place, calls::ECR_DESCRIBE_REPOSITORIES) {
        return None;
    }
    let name = |one: &Repository| Some(one.arn.split_once(":repository/")?.1.to_owned());
    let names: Option<std::collections::BTreeSet<String>> = region_index.here.repositories.iter().map(name).collect();
    names.map(|names| json!(names))
}
