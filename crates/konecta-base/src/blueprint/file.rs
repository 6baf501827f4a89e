//! The text of a blueprint file: what the stack should be, and what was accepted. What is not known in it is an error.
//! Knows nothing of where the text comes from.

use serde::Deserialize;

use super::{Alb, Bastion, Blueprint, Cloudfront, Ecr, Eks, Iam, Network, Rds, Stack, Waf};
use crate::waiver::{Waiver, WaiverLimits};

/// What a blueprint file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// What the stack should be.
    pub blueprint: Blueprint,
    /// What was accepted.
    pub waivers: Vec<Waiver>,
    /// How long a waiver may hold.
    pub waiver_limits: WaiverLimits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sections {
    stack: Stack,
    cloudfront: Cloudfront,
    waf: Waf,
    alb: Alb,
    network: Network,
    eks: Eks,
    ecr: Ecr,
    rds: Rds,
    iam: Iam,
    bastion: Bastion,
    waiver: Vec<Waiver>,
    waivers: WaiverLimits,
}

/// Reads the text of a file.
///
/// # Errors
/// When it is not TOML, or says what is not known; with the place.
pub fn read(text: &str) -> Result<Declared, toml::de::Error> {
    let sections: Sections = toml::from_str(text)?;
    let Sections { stack, cloudfront, waf, alb, network, eks, ecr, rds, iam, bastion, waiver, waivers } = sections;
    Ok(Declared {
        blueprint: Blueprint { stack, cloudfront, waf, alb, network, eks, ecr, rds, iam, bastion },
        waivers: waiver,
        waiver_limits: waivers,
    })
}
