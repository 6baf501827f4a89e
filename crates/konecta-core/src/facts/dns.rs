//! What a public name leads to, by the Route 53 zones of all accounts of the scan.
//! Knows nothing of load balancers. What other name servers say is not known, and neither is a name in their hands.

use std::collections::{BTreeSet, HashMap};

use super::region_index::RegionIndex;
use super::seen::Seen;
use crate::model::route53::RecordSet;
use konecta_base::calls;

/// A CNAME or alias chain longer than this is not followed.
const MAX_HOPS: usize = 8;

/// Where a name ends, and over which hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) end: End,
    pub(crate) hops: Vec<String>,
}

/// The end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// A name that only AWS gives away.
    Aws(String),
    /// An address, or nothing at all.
    Elsewhere,
}

/// The public zones of all accounts of the scan.
#[derive(Debug, Default)]
pub(crate) struct Zones<'a> {
    zones: Vec<Zone<'a>>,
    /// Their places in the list, by name.
    by_name: HashMap<String, Vec<usize>>,
    /// Why there may be zones that were not seen. A zone that was seen answers for its names whatever others there are:
    /// one below it would have to be delegated to by it.
    doubt: Option<String>,
}

#[derive(Debug)]
struct Zone<'a> {
    name: String,
    account: String,
    /// `None` where it was not sent.
    private: Option<bool>,
    /// By name; `None` where there may be more than were seen.
    records: Option<Records<'a>>,
}

/// Records by name, in the order in which they were sent. A name below which there are others is there, without records.
type Records<'a> = HashMap<String, Vec<&'a RecordSet>>;

impl<'a> Zones<'a> {
    pub(crate) fn of(grounds: &[RegionIndex<'a>], seen: &Seen) -> Self {
        let mut zones = Self::default();
        for region_index in grounds.iter().filter(|region_index| region_index.place.region.is_global()) {
            if !seen.whole(region_index.place, calls::ROUTE53_LIST_HOSTED_ZONES) {
                let account = &region_index.place.account;
                zones.doubt = Some(format!("hosted zones of account {account} were not listed to the end"));
            }
            zones.see(region_index, seen);
        }
        zones
    }

    fn see(&mut self, region_index: &RegionIndex<'a>, seen: &Seen) {
        for zone in &region_index.here.hosted_zones {
            let Some(name) = &zone.item.body.name else {
                self.doubt = Some(format!("the name of the zone {} was not sent", zone.item.arn));
                continue;
            };
            let unread = seen.lacks(region_index.place, calls::ROUTE53_LIST_RESOURCE_RECORD_SETS, &zone.item.arn);
            let records = zone.supplement.as_ref().filter(|_| !unread);
            self.add(Zone {
                name: normal(name),
                account: region_index.place.account.to_string(),
                private: zone.item.body.config.as_ref().and_then(|config| config.private_zone),
                records: records.and_then(by_name),
            });
        }
    }

    fn add(&mut self, zone: Zone<'a>) {
        self.by_name.entry(zone.name.clone()).or_default().push(self.zones.len());
        self.zones.push(zone);
    }

    /// Follows a name to all its ends.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub(crate) fn follow(&self, name: &str) -> Result<Vec<Path>, String> {
        let mut paths = Vec::new();
        self.walk(&normal(name), &mut Vec::new(), &mut paths)?;
        Ok(paths)
    }

    fn walk(&self, name: &str, hops: &mut Vec<String>, paths: &mut Vec<Path>) -> Result<(), String> {
        if is_aws(name) {
            paths.push(Path { end: End::Aws(name.to_owned()), hops: hops.clone() });
            return Ok(());
        }
        if hops.len() >= MAX_HOPS {
            return Err(format!("{name} is reached over more than {MAX_HOPS} records"));
        }
        let records = self.records(name)?;
        if records.is_empty() {
            paths.push(Path { end: End::Elsewhere, hops: hops.clone() });
        }
        for record in records {
            let kind = record.kind.as_deref().ok_or_else(|| format!("the type of a record {name} was not sent"))?;
            for target in targets(record).ok_or_else(|| format!("it was not sent what {name} leads to"))? {
                hops.push(format!("{name} → {target} ({kind})"));
                match target.parse::<std::net::IpAddr>() {
                    Ok(_) => paths.push(Path { end: End::Elsewhere, hops: hops.clone() }),
                    Err(_) => self.walk(&target, hops, paths)?,
                }
                hops.pop();
            }
        }
        Ok(())
    }

    /// The records that answer for a name. Where several zones have its name, which of them answers is said by name
    /// servers that were not asked: it is known only where all of them say the same.
    fn records(&self, name: &str) -> Result<Vec<&'a RecordSet>, String> {
        let mut answer: Option<(&Zone<'a>, Vec<&'a RecordSet>)> = None;
        for zone in self.zones(name)? {
            let found = records(zone, name)?;
            match &answer {
                Some((first, known)) if *known != found => {
                    let (one, two) = (&first.account, &zone.account);
                    return Err(format!("there are two public zones {} (accounts {one} and {two})", zone.name));
                }
                Some(_) => {}
                None => answer = Some((zone, found)),
            }
        }
        Ok(answer.map(|(_, found)| found).unwrap_or_default())
    }

    /// The public zones that may answer for a name: the longest that it ends in.
    fn zones(&self, name: &str) -> Result<Vec<&Zone<'a>>, String> {
        let places = ancestors(name).filter_map(|ancestor| self.by_name.get(ancestor)).flatten();
        let places: BTreeSet<usize> = places.copied().collect();
        let candidates: Vec<&Zone<'a>> = places.into_iter().map(|place| &self.zones[place]).collect();
        if let Some(zone) = candidates.iter().find(|zone| zone.private.is_none()) {
            return Err(format!("it was not sent whether the zone {} is private", zone.name));
        }
        let public = || candidates.iter().filter(|zone| zone.private == Some(false));
        let longest = public().map(|zone| zone.name.len()).max();
        match (longest, &self.doubt) {
            (None, Some(doubt)) => Err(doubt.clone()),
            (None, None) => Err(format!("no public zone of the scan's accounts holds {name}")),
            (Some(_), _) => Ok(public().filter(|zone| Some(zone.name.len()) == longest).copied().collect()),
        }
    }
}

/// The records of a zone that answer for a name: A, AAAA and CNAME, exact ones or those of a wildcard.
fn records<'a>(zone: &Zone<'a>, name: &str) -> Result<Vec<&'a RecordSet>, String> {
    let unread = || format!("the records of {} were not read to the end", zone.name);
    let all = zone.records.as_ref().ok_or_else(unread)?;
    let at = |wanted: &str| all.get(wanted).cloned().unwrap_or_default();
    let below_apex: Vec<&str> = ancestors(name).take_while(|ancestor| *ancestor != zone.name).collect();
    let is_ns = |record: &&RecordSet| record.kind.as_deref().is_none_or(|kind| kind == "NS");
    if let Some(cut) = below_apex.iter().find(|ancestor| at(ancestor).iter().any(is_ns)) {
        return Err(format!("{cut} is in the hands of other name servers"));
    }
    let exact = at(name);
    let found = if exact.is_empty() { wildcard(all, &below_apex) } else { exact };
    let answers =
        |record: &&RecordSet| record.kind.as_deref().is_none_or(|kind| ["A", "AAAA", "CNAME"].contains(&kind));
    let found: Vec<&RecordSet> = found.into_iter().filter(answers).collect();
    Ok(found.iter().copied().filter(|record| !rests(record, &found)).collect())
}

/// Whether a record is never given: its weight is 0 beside one that always is. Where all others may be unhealthy, one of
/// weight 0 is given too.
fn rests(record: &RecordSet, beside: &[&RecordSet]) -> bool {
    let always = |other: &&RecordSet| {
        let alias = other.alias_target.as_ref().is_none_or(|alias| alias.evaluate_target_health == Some(false));
        other.kind.is_some()
            && other.kind == record.kind
            && other.weight.is_some_and(|weight| weight > 0)
            && other.health_check_id.is_none()
            && alias
    };
    record.weight == Some(0) && beside.iter().any(always)
}

/// The records of the wildcard that answers for a name without records: that of the nearest name that exists.
fn wildcard<'a>(all: &Records<'a>, below_apex: &[&str]) -> Vec<&'a RecordSet> {
    for name in below_apex {
        let Some((_, parent)) = name.split_once('.') else { break };
        let below = format!(".{parent}");
        if let Some(found) = all.get(&format!("*{below}")).filter(|found| !found.is_empty()) {
            return found.clone();
        }
        if all.contains_key(parent) {
            break;
        }
    }
    Vec::new()
}

/// A name and all that it is in: `a.b.c`, `b.c`, `c`.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest))
}

/// `None` where a record does not say its name.
fn by_name(records: &Vec<RecordSet>) -> Option<Records<'_>> {
    let mut named = Records::new();
    for record in records {
        named.entry(normal(record.name.as_deref()?)).or_default().push(record);
    }
    let parents = named.keys().flat_map(|name| ancestors(name).skip(1)).map(str::to_owned).collect::<BTreeSet<_>>();
    for parent in parents {
        named.entry(parent).or_default();
    }
    Some(named)
}

fn targets(record: &RecordSet) -> Option<Vec<String>> {
    match &record.alias_target {
        Some(alias) => Some(vec![normal(alias.dns_name.as_deref()?)]),
        None => record.resource_records.as_ref()?.iter().map(|one| Some(normal(one.value.as_deref()?))).collect(),
    }
}

/// Lower case, without the last dot, with the wildcard that Route 53 escapes; a load balancer's name without the
/// prefix under which it also answers with IPv6.
pub(crate) fn normal(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*");
    match name.strip_prefix("dualstack.") {
        Some(rest) if is_load_balancer(rest) => rest.to_owned(),
        Some(_) | None => name,
    }
}

/// Names that only AWS gives away.
fn is_aws(name: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".on.aws", ".api.aws", ".cloudfront.net", ".awsglobalaccelerator.com"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// `name-1.us-east-1.elb.amazonaws.com` and `name-1.elb.us-east-1.amazonaws.com`.
pub(crate) fn is_load_balancer(name: &str) -> bool {
    let host = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"));
    let mut labels = host.unwrap_or_default().rsplit('.');
    labels.next() == Some("elb") || labels.next() == Some("elb")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ALB: &str = "alb-1.us-east-1.elb.amazonaws.com";

    fn follow(records: Value, name: &str) -> Result<Vec<String>, String> {
        let records: Vec<RecordSet> = serde_json::from_value(records).expect("records");
        let zones = zones([zone("1", &records)]);
        let end = |path: Path| match path.end {
            End::Aws(name) => name,
            End::Elsewhere => "elsewhere".to_owned(),
        };
        Ok(zones.follow(name)?.into_iter().map(end).collect())
    }

    fn zones<'a>(all: impl IntoIterator<Item = Zone<'a>>) -> Zones<'a> {
        let mut zones = Zones::default();
        all.into_iter().for_each(|zone| zones.add(zone));
        zones
    }

    fn zone<'a>(account: &str, records: &'a Vec<RecordSet>) -> Zone<'a> {
        let (name, account) = ("example.com".to_owned(), account.to_owned());
        Zone { name, account, private: Some(false), records: by_name(records) }
    }

    #[test]
    fn two_zones_of_one_name_are_known_as_far_as_they_say_the_same() {
        let read = |records: Value| serde_json::from_value::<Vec<RecordSet>>(records).expect("records");
        let one = read(json!([alias("o.example.com", ALB), alias("p.example.com", ALB)]));
        let two = read(json!([alias("o.example.com", ALB)]));
        let zones = zones([zone("1", &one), zone("2", &two)]);
        assert!(zones.follow("o.example.com").is_ok());
        let why = zones.follow("p.example.com").expect_err("open");
        assert_eq!(why, "there are two public zones example.com (accounts 1 and 2)");
    }

    fn alias(name: &str, to: &str) -> Value {
        json!({"Name": name, "Type": "A", "AliasTarget": {"DNSName": to}})
    }

    fn cname(name: &str, to: &str) -> Value {
        json!({"Name": name, "Type": "CNAME", "ResourceRecords": [{"Value": to}]})
    }

    #[test]
    fn aliases_and_names_of_names_are_followed() {
        let records = json!([
            alias("origin.example.com.", "dualstack.ALB-1.us-east-1.elb.amazonaws.com."),
            cname("a.example.com.", "b.example.com."),
            cname("b.example.com.", "Origin.example.com"),
        ]);
        assert_eq!(follow(records.clone(), "ORIGIN.example.com."), Ok(vec![ALB.to_owned()]));
        assert_eq!(follow(records.clone(), "a.example.com"), Ok(vec![ALB.to_owned()]));
        assert_eq!(follow(records.clone(), "nothing.example.com"), Ok(vec!["elsewhere".to_owned()]));
        assert!(follow(records, "origin.example.org").is_err());
    }

    #[test]
    fn weighted_records_lead_to_all_their_targets() {
        let records = json!([alias("o.example.com", ALB), alias("o.example.com", "alb-2.us-east-1.elb.amazonaws.com")]);
        assert_eq!(follow(records, "o.example.com").expect("ends").len(), 2);
    }

    #[test]
    fn a_record_of_weight_zero_leads_nowhere_beside_one_that_is_always_given() {
        let with = |more: Value| {
            let (mut first, mut second) =
                (alias("o.example.com", ALB), alias("o.example.com", "alb-2.us-east-1.elb.amazonaws.com"));
            (first["Weight"], second["Weight"]) = (json!(100), json!(0));
            first["AliasTarget"]["EvaluateTargetHealth"] = json!(false);
            for (key, value) in more.as_object().expect("changes") {
                first[key] = value.clone();
            }
            follow(json!([first, second]), "o.example.com").expect("ends").len()
        };
        assert_eq!(with(json!({})), 1);
        assert_eq!(with(json!({"HealthCheckId": "h-1"})), 2);
        assert_eq!(with(json!({"Weight": 0})), 2);
        assert_eq!(with(json!({"Type": "AAAA"})), 2);
        assert_eq!(with(json!({"AliasTarget": {"DNSName": ALB, "EvaluateTargetHealth": true}})), 2);
    }

    #[test]
    fn a_wildcard_answers_for_what_has_no_record_of_its_own() {
        let records = json!([
            alias("\\052.example.com.", ALB),
            {"Name": "own.example.com", "Type": "TXT", "ResourceRecords": [{"Value": "x"}]},
        ]);
        assert_eq!(follow(records.clone(), "a.example.com"), Ok(vec![ALB.to_owned()]));
        assert_eq!(follow(records.clone(), "a.b.example.com"), Ok(vec![ALB.to_owned()]));
        assert_eq!(follow(records.clone(), "a.own.example.com"), Ok(vec!["elsewhere".to_owned()]));
        assert_eq!(follow(records, "own.example.com"), Ok(vec!["elsewhere".to_owned()]));
    }

    #[test]
    fn what_is_delegated_or_never_ends_is_not_known() {
        let delegated = json!([{"Name": "sub.example.com", "Type": "NS", "ResourceRecords": [{"Value": "ns.other"}]}]);
        assert!(follow(delegated, "a.sub.example.com").is_err());
        let circle = json!([cname("a.example.com", "b.example.com"), cname("b.example.com", "a.example.com")]);
        assert!(follow(circle, "a.example.com").is_err());
        let outside = json!([cname("a.example.com", "a.example.org")]);
        assert!(follow(outside, "a.example.com").is_err());
    }

    #[test]
    fn what_was_not_sent_is_not_known() {
        for record in [
            json!({"Type": "A", "AliasTarget": {"DNSName": ALB}}),
            json!({"Name": "o.example.com", "AliasTarget": {"DNSName": ALB}}),
            json!({"Name": "o.example.com", "Type": "A"}),
            json!({"Name": "o.example.com", "Type": "A", "AliasTarget": {}}),
            json!({"Name": "o.example.com", "Type": "CNAME", "ResourceRecords": [{}]}),
        ] {
            assert!(follow(json!([record.clone()]), "o.example.com").is_err(), "{record}");
        }
    }

    #[test]
    fn load_balancers_are_told_by_their_names() {
        for name in [ALB, "nlb-1.elb.us-east-1.amazonaws.com", "internal-a-1.eu-west-1.elb.amazonaws.com"] {
            assert!(is_load_balancer(name), "{name}");
        }
        for name in ["elb.example.com", "b.s3.us-east-1.amazonaws.com", "x.amazonaws.com", ""] {
            assert!(!is_load_balancer(name), "{name}");
        }
    }
}
