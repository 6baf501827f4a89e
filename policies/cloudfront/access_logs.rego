# METADATA
# title: Every distribution writes access logs
# description: >-
#   Who asked for what, from where and with which answer is known afterwards only if it was written down then. What CloudFront answers from
#   its cache, and what the web ACL turns away, is in no log of the load balancer. Standard logging (v1) to a bucket and deliveries of
#   CloudWatch Logs (v2) both count.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
# custom:
#   id: KA-CF-040
#   severity: medium
#   resource: AWS::CloudFront::Distribution
#   remediation: Switch standard logging on, into a bucket that allows ACLs, or create a delivery of the distribution's access logs in us-east-1.
#   reads: [cloudfront:ListDistributions, cloudfront:GetDistribution, logs:DescribeDeliverySources, logs:DescribeDeliveries]
#   facts: [log_deliveries]
#   frameworks: {fsbp: [CloudFront.5]}
#   claims: [monitoring]
#   fix: cloudfront.access_logs
package konecta.cloudfront.access_logs

import rego.v1

import data.konecta.lib.logs

_logging := input.configuration.DistributionConfig.Logging

_delivered := logs.delivered(data.facts[input.arn].log_deliveries)

pass if logs.standard(_logging)

pass if count(_delivered) > 0

violations contains {"path": "DistributionConfig.Logging.Enabled", "actual": false, "expected": "true, or a delivery of its access logs"} if {
	_logging.Enabled == false
	count(_delivered) == 0
}
