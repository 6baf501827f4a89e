//! Which route table is in force for a subnet: every list of tables is gone through once for all subnets.
//! Knows nothing of where routes lead.

use std::collections::HashMap;

use super::edge_routes::of_gateway;
use super::world::Item;
use crate::model::ec2;

pub(super) type Table = Item<ec2::RouteTable>;

/// The route tables of one place, by what they are associated with.
pub(super) struct Tables<'a> {
    /// By subnet, in the order of the list.
    own: HashMap<&'a str, Vec<(&'a Table, &'a ec2::RouteTableAssociation)>>,
    /// The first by VPC that has an association that could be any subnet's, with its place in the list; under `None` one
    /// that could be of any VPC.
    unclear: HashMap<Option<&'a str>, (usize, &'a Table)>,
    /// The first that does not say its VPC.
    stray: Option<&'a Table>,
    /// By VPC.
    main: HashMap<&'a str, Vec<&'a Table>>,
    /// Those that are, or may be, associated with an internet gateway.
    pub(super) edges: Vec<&'a Table>,
}

impl<'a> Tables<'a> {
    pub(super) fn of(tables: &'a [Table]) -> Self {
        let mut found = Self {
            own: HashMap::new(),
            unclear: HashMap::new(),
            stray: tables.iter().find(|table| table.body.vpc_id.is_none()),
            main: HashMap::new(),
            edges: tables.iter().filter(|table| of_gateway(table).1 != Some(false)).collect(),
        };
        for (place, table) in tables.iter().enumerate() {
            let vpc = table.body.vpc_id.as_deref();
            for one in table.body.associations.iter().flatten() {
                if let Some(subnet) = &one.subnet_id {
                    found.own.entry(subnet).or_default().push((table, one));
                }
            }
            if is_unclear(table) {
                found.unclear.entry(vpc).or_insert((place, table));
            }
            if let Some(vpc) = vpc.filter(|_| is_main(table)) {
                found.main.entry(vpc).or_default().push(table);
            }
        }
        found
    }

    /// The table in force, and how that is known: the one associated with the subnet, else the main table of its VPC.
    ///
    /// # Errors
    /// Why it is not known.
    pub(super) fn of_subnet(&self, subnet: &str, vpc: Option<&str>) -> Result<(&'a Table, &'static str), String> {
        let own = self.own.get(subnet).map_or(&[][..], Vec::as_slice);
        if let Some(state) = own.iter().find_map(|(_, one)| under_way(one)) {
            return Err(format!("the association of {subnet} with a route table is {state}"));
        }
        let mut explicit = own.iter().filter(|(_, one)| in_force(one)).map(|(table, _)| *table);
        if let Some(table) = explicit.next() {
            // Of one table that is associated twice, it is certain which it is.
            return match explicit.find(|other| !std::ptr::eq(*other, table)) {
                Some(_) => Err(format!("{subnet} is associated with two route tables")),
                None => Ok((table, "associated")),
            };
        }
        let vpc = vpc.ok_or_else(|| format!("the VPC of {subnet} was not sent"))?;
        let unclear = [None, Some(vpc)].into_iter().filter_map(|of| self.unclear.get(&of));
        if let Some((_, table)) = unclear.min_by_key(|(place, _)| *place) {
            let name = table.id(table.body.route_table_id.as_ref());
            return Err(format!("it was not sent what {name} is associated with"));
        }
        if let Some(table) = self.stray {
            let name = table.id(table.body.route_table_id.as_ref());
            return Err(format!("the VPC of {name} was not sent: it could be the main route table of {vpc}"));
        }
        match self.main.get(vpc).map_or(&[][..], Vec::as_slice) {
            [table] => Ok((table, "main")),
            [] => Err(format!("the main route table of {vpc} was not seen")),
            [..] => Err(format!("{vpc} has two main route tables")),
        }
    }
}

/// Whether an association is in force. AWS names the state of each; one that is not named is held to be.
fn in_force(one: &ec2::RouteTableAssociation) -> bool {
    state(one).is_none_or(|state| state == "associated")
}

/// The state of an association of which it is not known whether it is in force.
fn under_way(one: &ec2::RouteTableAssociation) -> Option<&str> {
    state(one).filter(|state| !["associated", "disassociated", "failed"].contains(state))
}

fn state(one: &ec2::RouteTableAssociation) -> Option<&str> {
    one.association_state.as_ref()?.state.as_deref()
}

/// An association that could be any subnet's.
fn is_unclear(table: &Table) -> bool {
    let Some(associations) = &table.body.associations else { return true };
    associations.iter().any(|one| one.subnet_id.is_none() && one.gateway_id.is_none() && one.main != Some(true))
}

fn is_main(table: &Table) -> bool {
    table.body.associations.iter().flatten().any(|one| one.main == Some(true))
}
