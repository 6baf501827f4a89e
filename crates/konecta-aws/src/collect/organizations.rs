//! Organizations: the one to which the account belongs, if it belongs to one.

use super::client;
use crate::call::Caller;
use crate::draft::Draft;

const DESCRIBE: &str = "organizations:DescribeOrganization";

/// By this, Organizations says that the account belongs to none.
const NONE: &str = "AWSOrganizationsNotInUseException";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_organizations, &caller);
    let answer = caller
        .one(DESCRIBE, None, &[NONE], |tap| client.describe_organization().customize().interceptor(tap).send())
        .await;
    let Some(heard) = caller.member(DESCRIBE, None, answer, "Organization") else { return };
    let Some(arn) = caller.arn(DESCRIBE, &heard.value, "Arn") else { return };
    let Some(id) = caller.text(DESCRIBE, &heard.value, "Id") else { return };
    caller.keep(DESCRIBE, Draft::new("AWS::Organizations::Organization", arn, id, heard));
}
