# METADATA
# title: CloudFront compresses static content with Gzip and Brotli
# description: >-
#   Compression takes three settings at once: `Compress` of the behavior, both formats in its cache policy, and a lifetime above zero, since
#   CloudFront compresses only what it may cache. One of them missing, everything is sent in full. Behaviors of declared dynamic paths are left
#   out: they must not be cached (KA-CF-032), so their answers are for the origin to compress.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
# custom:
#   id: KA-CF-030
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: Turn on `Compress` for the named behavior and give it a cache policy with Gzip, Brotli and a default lifetime above zero.
#   reads: [cloudfront:ListDistributions, cloudfront:GetCachePolicy]
#   joins: [cache_policies]
#   claims: [cf-compression]
#   fix: cloudfront.compression
package konecta.cloudfront.compression

import rego.v1

import data.konecta.lib.cloudfront

formats := {"EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"}

lifetimes := {"DefaultTTL", "MaxTTL"}

pass if {
	count(cloudfront.static_behaviors) > 0
	every behavior in cloudfront.static_behaviors {
		behavior.config.Compress == true
		settings := cloudfront.cache_settings(behavior)
		every format in formats { settings[format] == true }
		every lifetime in lifetimes {
			is_number(settings[lifetime])
			settings[lifetime] > 0
		}
	}
}

violations contains {"path": sprintf("%s.Compress", [behavior.path]), "actual": false, "expected": true} if {
	some behavior in cloudfront.known_static_behaviors
	behavior.config.Compress == false
}

# Without a cache policy there is no Brotli.
violations contains {"path": path, "actual": null, "expected": "a cache policy with Gzip and Brotli"} if {
	some behavior in cloudfront.known_static_behaviors
	behavior.config.CachePolicyId == null
	path := sprintf("%s.CachePolicyId", [behavior.path])
}

violations contains {"path": path, "actual": false, "expected": true} if {
	some behavior in cloudfront.known_static_behaviors
	some format in formats
	cloudfront.cache_settings(behavior)[format] == false
	path := sprintf("%s.CachePolicy.%s", [behavior.path, format])
}

# With a default lifetime of 0 an answer is kept, and compressed, where the origin says so.
violations contains {"path": path, "actual": 0, "expected": "more than 0"} if {
	some behavior in cloudfront.known_static_behaviors
	cloudfront.cache_settings(behavior).MaxTTL == 0
	path := sprintf("%s.CachePolicy.MaxTTL", [behavior.path])
}

not_applicable contains "every path is declared dynamic" if count(cloudfront.static_behaviors) == 0
