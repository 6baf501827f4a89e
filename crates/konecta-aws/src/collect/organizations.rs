//! Organizations: the one to which the account belongs, if it belongs to one.

use konecta_base::listed_type::ORGANIZATIONS_ORGANIZATION;

use super::client;
use crate::call::Caller;

const DESCRIBE: &str = ORGANIZATIONS_ORGANIZATION.call;

/// By this, Organizations says that the account belongs to none.
const NONE: &str = "AWSOrganizationsNotInUseException";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_organizations, &caller);
    let answer = caller
        .one(DESCRIBE, None, &[NONE], |tap| client.describe_organization().customize().interceptor(tap).send())
        .await;
    let Some(heard) = caller.member(DESCRIBE, None, answer, "Organization") else { return };
    if let Some(draft) = caller.listed(&ORGANIZATIONS_ORGANIZATION, heard) {
        caller.keep(DESCRIBE, draft);
    }
}
