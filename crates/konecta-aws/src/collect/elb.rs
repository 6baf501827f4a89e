//! Elastic Load Balancing by its older API: classic load balancers. `elb` is what the AWS CLI calls it; IAM knows one
//! prefix for both.

use aws_sdk_elasticloadbalancing::Client;
use konecta_base::listed_type::ELASTIC_LOAD_BALANCING_LOAD_BALANCER;

use super::client;
use crate::call::Caller;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client: Client = client!(aws_sdk_elasticloadbalancing, &caller);
    let listing = caller
        .pages(ELASTIC_LOAD_BALANCING_LOAD_BALANCER.call, None, |token, tap| {
            let call = client.describe_load_balancers().page_size(400).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&ELASTIC_LOAD_BALANCING_LOAD_BALANCER, listing);
}
