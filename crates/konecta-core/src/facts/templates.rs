//! What an Auto Scaling group launches next: the versions of the launch templates that it names.
//! Knows nothing of the instances that run already.

use konecta_base::calls;

use super::attachments::Ids;
use super::seen::{AccountRegion, Seen};
use super::wiring::told_ids;
use super::world::Regional;
use crate::model::Presence;
use crate::model::autoscaling::{AutoScalingGroup, TemplateChoice};
use crate::model::ec2::{LaunchTemplateVersion, TemplateData};

/// A version of a launch template from which a group launches.
pub(crate) struct Launch<'a> {
    pub(crate) id: &'a str,
    pub(crate) version: i64,
    pub(crate) data: &'a TemplateData,
}

impl Launch<'_> {
    /// The template and its version, in words.
    pub(crate) fn name(&self) -> String {
        format!("{} version {}", self.id, self.version)
    }
}

/// Every version from which a group may launch, one for each template that it names; the reason where one is not known.
pub(crate) fn launches<'a>(
    place: &AccountRegion,
    here: &'a Regional,
    seen: &Seen,
    group: &'a AutoScalingGroup,
) -> Vec<Result<Launch<'a>, String>> {
    let whole = seen.whole(place, calls::EC2_DESCRIBE_LAUNCH_TEMPLATE_VERSIONS);
    let choices = group.choices();
    if choices.is_empty() {
        return vec![Err(
            "it launches from a launch configuration, which is not read, or does not say from what".to_owned()
        )];
    }
    let launch = |choice: &&'a TemplateChoice| {
        let named = choice.launch_template_id.as_deref().or(choice.launch_template_name.as_deref());
        let named = named.unwrap_or("a template without a name");
        chosen(here, choice)
            .filter(|_| whole)
            .ok_or_else(|| format!("{named} was not read in the version that it names"))
    };
    choices.iter().map(launch).collect()
}

fn chosen<'a>(here: &'a Regional, choice: &'a TemplateChoice) -> Option<Launch<'a>> {
    let versions = || here.template_versions.iter().map(|item| &item.body);
    // A version that does not say whose it is, or which, could be the one.
    if versions().any(|one| one.launch_template_id.is_none() || one.version_number.is_none()) {
        return None;
    }
    let is_named = |one: &&LaunchTemplateVersion| match (&choice.launch_template_id, &choice.launch_template_name) {
        (Some(id), _) => one.launch_template_id.as_ref() == Some(id),
        (None, Some(name)) => one.launch_template_name.as_ref() == Some(name),
        (None, None) => false,
    };
    let mut own = versions().filter(is_named);
    // A group that names no version launches from the default one.
    let found = match choice.version.as_deref()? {
        "$Latest" => own.max_by_key(|one| one.version_number),
        "$Default" => own.find(|one| one.default_version == Some(true)),
        number => own.find(|one| one.version_number.is_some_and(|own| own.to_string() == number)),
    }?;
    Some(Launch {
        id: found.launch_template_id.as_deref()?,
        version: found.version_number?,
        data: found.launch_template_data.as_ref()?,
    })
}

/// The groups that what is launched carries. Where interfaces are set, groups stand with each of them.
pub(crate) fn groups(data: &TemplateData) -> Ids {
    match &data.network_interfaces {
        Presence::Absent => Ids { whole: false, ..told_ids(&data.security_group_ids) },
        Presence::Value(interfaces) if !interfaces.is_empty() => {
            let of_each = interfaces.iter().map(|interface| match &interface.groups {
                // Of an interface without groups, the VPC's default group.
                Presence::Absent | Presence::Null => Ids::default(),
                Presence::Value(_) => told_ids(&interface.groups),
            });
            of_each.fold(Ids { whole: true, ..Ids::default() }, Ids::join)
        }
        Presence::Null | Presence::Value(_) => match &data.security_group_ids {
            Presence::Absent | Presence::Null => Ids::default(),
            Presence::Value(_) => told_ids(&data.security_group_ids),
        },
    }
}

/// Whether what is launched gets a public IPv4 address: `Ok(None)` where the subnet decides.
pub(crate) fn public_address(data: &TemplateData) -> Result<Option<bool>, &'static str> {
    let interfaces = match &data.network_interfaces {
        Presence::Absent => return Err("its interfaces were not sent"),
        Presence::Null => return Ok(None),
        Presence::Value(interfaces) => interfaces,
    };
    let mut answers = interfaces.iter().map(|interface| &interface.associate_public_ip_address);
    if answers.clone().any(|one| one == &Presence::Value(true)) {
        return Ok(Some(true));
    }
    if answers.clone().any(Presence::is_silent) {
        return Err("it was not sent whether an interface gets a public address");
    }
    // More than one interface that is made at launch gets no public address of the subnet's; one does.
    let said = !interfaces.is_empty() && answers.all(|one| one == &Presence::Value(false));
    Ok(said.then_some(false))
}
