//! Rules of security groups, one at a time: closing one by its id, opening one for a prefix list, and the ways back.
//! Knows nothing of which rule is at fault or why.
//!
//! A rule is a resource of its own (`AWS::EC2::SecurityGroupRule`). `IpPermissions` of the group shows the same rules
//! a second time, in no order; it is volatile (docs/fix.md), no control reads it, and no effect speaks of it.

use serde_json::{Map, Value, json};

use crate::registry::Remedy;
use crate::step::{Call, Class, Effect, Find, Step};
use crate::{RemedyContext, View, action, own};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

const RULE: &str = resource_types::EC2_SECURITY_GROUP_RULE;

/// What a remedy that closes ingress rules declares.
pub(crate) const CLOSE: &[&str] = &[
    changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
    changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
    changes::EC2_CREATE_TAGS,
];

/// The key of the step that closes a rule, whichever remedy asks for it.
pub(crate) fn close_key(rule: &str) -> String {
    format!("ec2.close_rule/{rule}")
}

/// Where a rule names a group as its source.
pub(crate) const PEER_GROUP: &str = "/configuration/ReferencedGroupInfo/GroupId";

/// Whether nodes, pods, the control plane or the load balancer of the stack's cluster come in by a rule as well, or may:
/// of what carries the group that it names, not all may be known.
pub(crate) fn admits_own(context: &RemedyContext<'_>, rule: &View) -> bool {
    let carriers = rule.text(PEER_GROUP).and_then(|group| context.index("group_carriers", group));
    let cluster = &context.blueprint.eks.cluster;
    let own = ["node", "pod", "cluster", "alb"].map(|kind| format!("{kind}/{cluster}"));
    carriers.and_then(Value::as_array).into_iter().flatten().any(|carrier| match carrier["roles"].as_array() {
        Some(roles) => roles.iter().any(|role| own.iter().any(|own| role == own)),
        None => true,
    })
}

/// The rule of this id.
pub(crate) fn find<'a>(context: &'a RemedyContext<'_>, id: &str) -> Option<&'a View> {
    context.all(RULE).find(|rule| rule.id == id)
}

/// The group of this id.
pub(crate) fn group<'a>(context: &'a RemedyContext<'_>, id: &str) -> Option<&'a View> {
    context.all(resource_types::EC2_SECURITY_GROUP).find(|group| group.id == id)
}

/// A rule in one line, as in `tcp 22 from 0.0.0.0/0 (sgr-1)`.
pub(crate) fn named(rule: &View) -> String {
    let at = |key: &str| rule.at(&format!("/configuration/{key}"));
    let text = |key: &str| rule.text(&format!("/configuration/{key}"));
    let protocol = text("IpProtocol").filter(|protocol| *protocol != "-1").unwrap_or("all traffic");
    let ports = match (at("FromPort").and_then(Value::as_i64), at("ToPort").and_then(Value::as_i64)) {
        (Some(from), Some(to)) if from == to && from >= 0 => format!(" {from}"),
        (Some(from), Some(to)) if from >= 0 => format!(" {from}-{to}"),
        (_, _) => String::new(),
    };
    let peer = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo/GroupId"].into_iter().find_map(text);
    let way = if is_egress(rule) { "to" } else { "from" };
    format!("{protocol}{ports} {way} {} ({})", peer.unwrap_or("?"), rule.id)
}

/// The first id in brackets of a violation's path, as in `ingress[sgr-1].source`.
pub(super) fn in_brackets(path: &str) -> Option<String> {
    Some(path.split_once('[')?.1.split_once(']')?.0.to_owned())
}

/// Closes one rule by its id. `None` where the rule, its group or its peer is not known: nobody revokes what could not be restored.
///
/// Every remedy that wants this rule gone gives the same step; rules of a group that may go together go in one call.
pub(crate) fn close(context: &RemedyContext<'_>, rule: &View, remedy: &Remedy, class: Class) -> Option<Step> {
    let group = group(context, rule.text("/configuration/GroupId")?)?;
    let direction = if is_egress(rule) { "Egress" } else { "Ingress" };
    let (revoke, authorize) = (format!("RevokeSecurityGroup{direction}"), format!("AuthorizeSecurityGroup{direction}"));
    let mut back = json!({"GroupId": group.id, "IpPermissions": [permission(rule, group)?]});
    let mut actions = vec![action(&format!("ec2:{revoke}")), action(&format!("ec2:{authorize}"))];
    // What AWS itself has put on a rule cannot be given by anybody.
    let tags = rule.body["tags"].as_object().into_iter().flatten().filter(|(key, _)| !key.starts_with("aws:"));
    let tags: Vec<Value> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    if !tags.is_empty() {
        back["TagSpecifications"] = json!([{"ResourceType": "security-group-rule", "Tags": tags}]);
        actions.push(action(changes::EC2_CREATE_TAGS));
    }
    Some(Step {
        merge: Some(format!("ec2:{revoke}/{}/{class}", group.id)),
        class,
        consequences: vec!["on the way back the rule gets a new id".to_owned()],
        effects: vec![Effect::Removed { resource: rule.reference.clone() }],
        inverse: vec![Call::new("ec2", &authorize, back)],
        actions,
        ..Step::new(
            remedy,
            &group.reference,
            close_key(&rule.id),
            format!("Remove {} from {}", named(rule), group.id),
            Call::new("ec2", &revoke, json!({"GroupId": group.id, "SecurityGroupRuleIds": [rule.id]})),
        )
    })
}

/// Whom a new rule lets in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A prefix list, by its id.
    List(&'a str),
    /// A range of addresses.
    Range(&'a str),
}

impl Source<'_> {
    fn text(self) -> String {
        match self {
            Self::List(text) | Self::Range(text) => text.to_owned(),
        }
    }

    /// The member of a rule that names it, and the list and member of a permission.
    fn members(self) -> [&'static str; 3] {
        match self {
            Self::List(_) => ["PrefixListId", "PrefixListIds", "PrefixListId"],
            Self::Range(range) if range.contains(':') => ["CidrIpv6", "Ipv6Ranges", "CidrIpv6"],
            Self::Range(_) => ["CidrIpv4", "IpRanges", "CidrIp"],
        }
    }
}

/// Opens a TCP port of a group to a prefix list or a range.
pub(crate) fn admit(
    group: &View,
    source: Source<'_>,
    port: u16,
    description: &str,
    remedy: &Remedy,
    class: Class,
) -> Step {
    let from = source.text();
    let [member, list, key] = source.members();
    let id = format!("sgr-{}-{port}", from.replace(['/', ':'], "_"));
    let wanted = json!({format!("/{member}"): from, "/IpProtocol": "tcp", "/FromPort": port, "/ToPort": port, "/IsEgress": false});
    let exists = Find {
        service: "ec2".to_owned(),
        operation: "DescribeSecurityGroupRules".to_owned(),
        parameters: json!({"Filters": [{"Name": "group-id", "Values": [group.id]}]}),
        list: "/SecurityGroupRules".to_owned(),
        matching: wanted.as_object().cloned().unwrap_or_default(),
        take: "/SecurityGroupRuleId".to_owned(),
        planned: json!(id),
    };
    let configuration = json!({
        "SecurityGroupRuleId": id, "GroupId": group.id, "GroupOwnerId": group.reference.account_id, "IsEgress": false,
        "IpProtocol": "tcp", "FromPort": port, "ToPort": port, member: from, "Description": description, "Tags": [],
    });
    let arn = group
        .reference
        .arn
        .as_str()
        .replace(&format!("security-group/{}", group.id), &format!("security-group-rule/{id}"));
    let reference = ResourceRef { arn: own(&arn), resource_type: own(RULE), ..group.reference.clone() };
    let body = json!({"configuration": configuration, "supplement": {}, "tags": {}});
    let permission = json!({
        "IpProtocol": "tcp", "FromPort": port, "ToPort": port, list: [{key: from, "Description": description}],
    });
    let back = json!({"GroupId": group.id, "SecurityGroupRuleIds": [exists.placeholder()]});
    let actions = [
        changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
        changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
        calls::EC2_DESCRIBE_SECURITY_GROUP_RULES,
    ];
    Step {
        merge: Some(format!("ec2:AuthorizeSecurityGroupIngress/{}/{class}", group.id)),
        class,
        effects: vec![Effect::Created { resource: Box::new(View { reference, id, body }), exists }],
        inverse: vec![Call::new("ec2", "RevokeSecurityGroupIngress", back)],
        actions: actions.iter().map(|name| action(name)).collect(),
        ..Step::new(
            remedy,
            &group.reference,
            format!("ec2.open_rule/{}/{from}/{port}", group.id),
            format!("Let {from} in on tcp {port} of {}", group.id),
            Call::new(
                "ec2",
                "AuthorizeSecurityGroupIngress",
                json!({"GroupId": group.id, "IpPermissions": [permission]}),
            ),
        )
    }
}

/// The rule as it is authorized.
fn permission(rule: &View, group: &View) -> Option<Value> {
    let settings = rule.at("/configuration")?;
    let mut permission = members(settings, &["IpProtocol"]);
    // All traffic is told with ports of -1, and given without any; for ICMP, -1 is a type like others.
    if settings["IpProtocol"] != "-1" {
        permission.extend(members(settings, &["FromPort", "ToPort"]));
    }
    let description = description(rule, group).cloned();
    let peer = |list: &str, key: &str, value: Value| {
        let mut peer = Map::from_iter([(key.to_owned(), value)]);
        peer.extend(description.clone().map(|text| ("Description".to_owned(), text)));
        (list.to_owned(), json!([peer]))
    };
    let plain = [
        ("CidrIpv4", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("PrefixListId", "PrefixListIds", "PrefixListId"),
    ];
    let found = plain.iter().find_map(|(key, list, member)| Some(peer(list, member, settings.get(key)?.clone())));
    let (list, mut peers) = match (found, settings.get("ReferencedGroupInfo")) {
        (Some(found), _) => found,
        (None, info) => peer("UserIdGroupPairs", "GroupId", info?.get("GroupId")?.clone()),
    };
    if let (Some(pair), Some(info)) = (peers[0].as_object_mut(), settings.get("ReferencedGroupInfo")) {
        pair.extend(members(info, &["UserId", "VpcId", "VpcPeeringConnectionId"]));
    }
    permission.insert(list, peers);
    settings.get("IpProtocol").map(|_| Value::Object(permission))
}

/// What was written beside the rule.
pub(super) fn description<'a>(rule: &'a View, group: &'a View) -> Option<&'a Value> {
    let settings = rule.at("/configuration")?;
    settings.get("Description").or_else(|| told_by_group(settings, group))
}

/// The description that stands beside a group source in `IpPermissions`, for a rule that was told without it.
fn told_by_group<'a>(rule: &Value, group: &'a View) -> Option<&'a Value> {
    let wanted = rule.get("ReferencedGroupInfo")?.get("GroupId")?;
    let port = |value: &Value, key: &str| value.get(key).and_then(Value::as_i64).filter(|port| *port >= 0);
    let fits = |one: &&Value| {
        one.get("IpProtocol") == rule.get("IpProtocol")
            && ["FromPort", "ToPort"].iter().all(|key| port(one, key) == port(rule, key))
    };
    let mut pairs = group
        .list("/configuration/IpPermissions")
        .iter()
        .filter(fits)
        .flat_map(|one| one["UserIdGroupPairs"].as_array())
        .flatten();
    pairs.find(|pair| pair.get("GroupId") == Some(wanted))?.get("Description")
}

fn is_egress(rule: &View) -> bool {
    rule.at("/configuration/IsEgress") == Some(&Value::Bool(true))
}

fn members(value: &Value, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), value.get(key)?.clone()))).collect()
}

#[cfg(test)]
mod tests;
