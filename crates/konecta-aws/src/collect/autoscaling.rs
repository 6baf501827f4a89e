//! Auto Scaling: the groups, with the instances that are in them.

use konecta_base::listed_type::AUTO_SCALING_AUTO_SCALING_GROUP;

use super::client;
use crate::call::Caller;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_autoscaling, &caller);
    let listing = caller
        .pages(AUTO_SCALING_AUTO_SCALING_GROUP.call, None, |token, tap| {
            let call = client.describe_auto_scaling_groups().max_records(100).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&AUTO_SCALING_AUTO_SCALING_GROUP, listing);
}
