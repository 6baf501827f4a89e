//! Auto Scaling: the groups, with the instances that are in them.

use super::client;
use crate::call::Caller;
use crate::draft::{Draft, tag_list};

const GROUPS: &str = "autoscaling:DescribeAutoScalingGroups";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_autoscaling, &caller);
    let listing = caller
        .pages(GROUPS, None, |token, tap| {
            let call = client.describe_auto_scaling_groups().max_records(100).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for heard in listing.items {
        let Some(arn) = caller.arn(GROUPS, &heard.value, "AutoScalingGroupARN") else { continue };
        let Some(name) = caller.text(GROUPS, &heard.value, "AutoScalingGroupName") else { continue };
        let tags = tag_list(heard.value.get("Tags"));
        caller.keep(GROUPS, Draft::new("AWS::AutoScaling::AutoScalingGroup", arn, name, heard).tags(tags));
    }
}
