//! The way of a request: viewer to distribution to load balancer to target, and whoever comes past CloudFront.
//! Knows behaviors, origins, TLS, listeners and their rules; how packets go is the walk's.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::Value;

use super::super::keeps::glob;
use super::{End, STRANGER, Walk, Works, list, text, texts};

const EDGES: &str = "com.amazonaws.global.cloudfront.origin-facing";
const TLS: [&str; 5] = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

impl Walk {
    pub(super) fn viewers(&self, works: &mut Works) {
        for distribution in self.all("AWS::CloudFront::Distribution") {
            let config = &distribution["c"]["DistributionConfig"];
            if config["Enabled"] != true {
                continue;
            }
            let id = text(distribution, "/id");
            let names = texts(config, "/Aliases/Items");
            let name = names.first().cloned().unwrap_or_else(|| text(distribution, "/c/DomainName").to_owned());
            works.stack.extend(names.iter().map(|name| format!("{id} answers to {name}")));
            self.viewer_tls(id, config, works);
            self.web_acl(id, text(config, "/WebACLId"), works);
            let default = std::iter::once(&config["DefaultCacheBehavior"]);
            for behavior in default.chain(list(config, "/CacheBehaviors/Items")) {
                let pattern = behavior["PathPattern"].as_str().unwrap_or("*");
                for method in list(behavior, "/AllowedMethods/Items") {
                    works.stack.insert(format!("{id} takes {method} at {pattern}"));
                }
                self.errors(id, config, pattern, works);
                for scheme in ["https", "http"] {
                    let policy = text(behavior, "/ViewerProtocolPolicy");
                    if scheme == "http" && policy != "allow-all" {
                        // A browser follows the redirect, or had no way in before either.
                        continue;
                    }
                    let reached = self.origin(config, behavior, &name, pattern, scheme);
                    let told =
                        reached.into_iter().map(|end| format!("viewers over {scheme} of {id} at {pattern} → {end}"));
                    if scheme == "https" { works.stack.extend(told) } else { works.others.extend(told) }
                }
            }
        }
    }

    fn viewer_tls(&self, id: &str, config: &Value, works: &mut Works) {
        let least = text(config, "/ViewerCertificate/MinimumProtocolVersion");
        let version = least.split('_').next().unwrap_or_default();
        let at = TLS.iter().position(|one| *one == version).unwrap_or(0);
        works.others.extend(TLS.iter().skip(at).map(|one| format!("viewers with {one} at {id}, as {least} lets in")));
        works.stack.extend(TLS.iter().skip(at.max(3)).map(|one| format!("viewers with {one} at {id}")));
    }

    /// Which requests no rule of a web ACL may block.
    fn web_acl(&self, id: &str, arn: &str, works: &mut Works) {
        let acl = self.all("AWS::WAFv2::WebACL").iter().find(|one| text(one, "/arn") == arn && !arn.is_empty());
        let blocks = |rule: &Value| rule["OverrideAction"]["None"].is_object() || rule["Action"]["Block"].is_object();
        let judged: BTreeSet<&str> = acl
            .into_iter()
            .flat_map(|acl| list(acl, "/c/Rules"))
            .filter(|rule| blocks(rule))
            .map(|rule| text(rule, "/Name"))
            .collect();
        for rule in [
            "AWSManagedRulesCommonRuleSet",
            "AWSManagedRulesKnownBadInputsRuleSet",
            "AWSManagedRulesSQLiRuleSet",
            "AWSManagedRulesAmazonIpReputationList",
        ] {
            if !judged.contains(rule) {
                works.others.insert(format!("viewers of {id} whom {rule} would turn away"));
            }
        }
        let limits = |rule: &Value| rule["Statement"]["RateBasedStatement"].is_object() && blocks(rule);
        if !acl.is_some_and(|acl| list(acl, "/c/Rules").iter().any(limits)) {
            works.others.insert(format!("viewers of {id} who ask often"));
        }
        if acl.is_none_or(|acl| acl["c"]["DefaultAction"]["Allow"].is_object()) {
            works.stack.insert(format!("viewers of {id} of whom no rule speaks"));
        }
    }

    /// Clients of an API that must see that they were refused.
    fn errors(&self, id: &str, config: &Value, pattern: &str, works: &mut Works) {
        for code in [403, 404] {
            let masked = list(config, "/CustomErrorResponses/Items").iter().any(|one| one["ErrorCode"] == code);
            if pattern != "*" && !masked {
                works.others.insert(format!("clients of {id} at {pattern} see {code}"));
            }
        }
    }

    /// The targets that a request through this behavior comes to.
    fn origin(&self, config: &Value, behavior: &Value, name: &str, pattern: &str, scheme: &str) -> Vec<String> {
        let target = text(behavior, "/TargetOriginId");
        let Some(origin) = list(config, "/Origins/Items").iter().find(|one| text(one, "/Id") == target) else {
            return Vec::new();
        };
        let domain = text(origin, "/DomainName");
        let Some(balancer) = self.balancer_of(domain) else { return vec![format!("origin {domain}")] };
        let custom = &origin["CustomOriginConfig"];
        let scheme = match text(custom, "/OriginProtocolPolicy") {
            "https-only" => "https",
            "http-only" => "http",
            "match-viewer" => scheme,
            _ => return Vec::new(),
        };
        let port = custom[if scheme == "https" { "HTTPSPort" } else { "HTTPPort" }].as_u64().unwrap_or_default();
        let arn = text(balancer, "/arn");
        let fits = |one: &&Value| text(one, "/c/LoadBalancerArn") == arn && one["c"]["Port"].as_u64() == Some(port);
        let Some(listener) = self.all("AWS::ElasticLoadBalancingV2::Listener").iter().find(fits) else {
            return Vec::new();
        };
        if text(listener, "/c/Protocol") != scheme.to_uppercase()
            || scheme == "https" && !self.shakes(listener, origin, name)
        {
            return Vec::new();
        }
        let edges = self.edges();
        let mut ends = self.balancer_ends(balancer);
        ends.retain(|end| !edges.is_empty() && edges.iter().all(|edge| self.connects(edge, end, port)));
        let headers: Vec<(&str, &str)> = list(origin, "/CustomHeaders/Items")
            .iter()
            .map(|one| (text(one, "/HeaderName"), text(one, "/HeaderValue")))
            .collect();
        let path = pattern.replace('*', "x");
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        // Which Host is forwarded depends on the policy: rules that ask for one must take both.
        let [mut served, other] = [domain, name].map(|host| self.served(listener, &path, host, &headers));
        served.retain(|one| other.contains(one));
        served.iter().flat_map(|group| ends.iter().flat_map(|end| self.targets(end, group))).collect()
    }

    /// Where CloudFront's edges call from: three of its ranges.
    fn edges(&self) -> Vec<End> {
        let own = |one: &&Value| text(one, "/c/PrefixListName") == EDGES && text(one, "/c/OwnerId") == "AWS";
        let found = self.all("AWS::EC2::PrefixList").iter().find(own);
        let entries = found.map_or(&[][..], |found| list(found, "/s/entries"));
        let first = |entry: &Value| Some(text(entry, "/Cidr").parse::<IpNet>().ok()?.hosts().next()?.to_string());
        entries.iter().filter_map(first).take(3).map(|address| End::outside(&address)).collect()
    }

    /// The load balancer that a name leads to, by itself or by a record of a zone.
    fn balancer_of(&self, domain: &str) -> Option<&Value> {
        let balancers = self.all("AWS::ElasticLoadBalancingV2::LoadBalancer");
        let by_name = |name: &str| {
            let name = name.trim_end_matches('.').to_lowercase();
            let name = name.strip_prefix("dualstack.").unwrap_or(&name).to_owned();
            balancers.iter().find(|one| text(one, "/c/DNSName").to_lowercase() == name)
        };
        let records = self.all("AWS::Route53::HostedZone").iter().flat_map(|zone| list(zone, "/s/recordSets"));
        let mut alias = records
            .filter(|record| text(record, "/Name").trim_end_matches('.').eq_ignore_ascii_case(domain))
            .filter_map(|record| by_name(text(record, "/AliasTarget/DNSName")));
        by_name(domain).or_else(|| alias.next())
    }

    /// Whether CloudFront and a listener agree on TLS, and CloudFront believes the certificate.
    fn shakes(&self, listener: &Value, origin: &Value, name: &str) -> bool {
        let policy = self.find("AWS::ElasticLoadBalancingV2::SslPolicy", "/c/Name", text(listener, "/c/SslPolicy"));
        let spoken = policy.map(|policy| texts(policy, "/c/SslProtocols")).unwrap_or_default();
        let offered = texts(origin, "/CustomOriginConfig/OriginSslProtocols/Items");
        let domain = text(origin, "/DomainName");
        let names = |certificate: &Value, wanted: &str| {
            let covers = |one: &String| {
                one == wanted
                    || one.strip_prefix('*').is_some_and(|rest| {
                        wanted.strip_suffix(rest).is_some_and(|label| !label.is_empty() && !label.contains('.'))
                    })
            };
            texts(certificate, "/c/SubjectAlternativeNames").iter().any(covers)
        };
        let believed = |arn: &str| {
            self.find("AWS::CertificateManager::Certificate", "/arn", arn).is_some_and(|one| {
                text(one, "/c/Status") == "ISSUED"
                    && text(one, "/c/Type") == "AMAZON_ISSUED"
                    && (names(one, domain) || names(one, name))
            })
        };
        let certificates = list(listener, "/s/certificates").iter().chain(list(listener, "/c/Certificates"));
        !spoken.is_disjoint(&offered) && certificates.map(|one| text(one, "/CertificateArn")).any(believed)
    }

    /// The target groups that a listener forwards such a request to.
    fn served(&self, listener: &Value, path: &str, host: &str, headers: &[(&str, &str)]) -> Vec<String> {
        let arn = text(listener, "/arn");
        let place = |rule: &Value| text(rule, "/c/Priority").parse::<u32>().ok();
        let mut rules: Vec<&Value> = self
            .all("AWS::ElasticLoadBalancingV2::ListenerRule")
            .iter()
            .filter(|rule| text(rule, "/s/listenerArn") == arn && place(rule).is_some())
            .collect();
        rules.sort_by_key(|rule| place(rule));
        let met = |condition: &Value| {
            let any = |pointer: &str, subject: &str| {
                texts(condition, pointer).iter().any(|pattern| glob(&pattern.to_lowercase(), &subject.to_lowercase()))
            };
            match text(condition, "/Field") {
                "path-pattern" => any("/PathPatternConfig/Values", path) || any("/Values", path),
                "host-header" => any("/HostHeaderConfig/Values", host) || any("/Values", host),
                "http-header" => headers.iter().any(|(name, value)| {
                    name.eq_ignore_ascii_case(text(condition, "/HttpHeaderConfig/HttpHeaderName"))
                        && any("/HttpHeaderConfig/Values", value)
                }),
                "http-request-method" => any("/HttpRequestMethodConfig/Values", "GET"),
                _ => false,
            }
        };
        let taken = rules.into_iter().find(|rule| list(rule, "/c/Conditions").iter().all(met));
        let actions = taken.map_or_else(|| list(listener, "/c/DefaultActions"), |rule| list(rule, "/c/Actions"));
        let Some(action) = actions.iter().find(|action| text(action, "/Type") == "forward") else { return Vec::new() };
        let many =
            list(action, "/ForwardConfig/TargetGroups").iter().map(|one| text(one, "/TargetGroupArn").to_owned());
        let one = Some(text(action, "/TargetGroupArn").to_owned()).filter(|arn| !arn.is_empty());
        let groups: BTreeSet<String> = many.chain(one).collect();
        groups.into_iter().collect()
    }

    /// The targets of a group that a load balancer reaches, by the port of the service and that of the health check.
    fn targets(&self, from: &End, group: &str) -> Vec<String> {
        let Some(group) = self.find("AWS::ElasticLoadBalancingV2::TargetGroup", "/arn", group) else {
            return Vec::new();
        };
        let mut reached = Vec::new();
        for health in list(group, "/s/targetHealth") {
            let id = text(health, "/Target/Id");
            let to = self.all("AWS::EC2::Instance").iter().find(|one| text(one, "/id") == id);
            let Some(to) = to.and_then(|one| self.instance(one)) else { continue };
            let port = health["Target"]["Port"].as_u64().or_else(|| group["c"]["Port"].as_u64()).unwrap_or_default();
            let check = text(health, "/HealthCheckPort").parse().unwrap_or(port);
            if [port, check].into_iter().all(|port| self.connects(from, &to, port)) {
                reached.push(format!("{} → {id}:{port}", from.name));
            }
        }
        reached
    }

    pub(super) fn past_the_edge(&self, works: &mut Works) {
        for balancer in self.all("AWS::ElasticLoadBalancingV2::LoadBalancer") {
            let ends = self.balancer_ends(balancer);
            let mine = |one: &&Value| text(one, "/c/LoadBalancerArn") == text(balancer, "/arn");
            for listener in self.all("AWS::ElasticLoadBalancingV2::Listener").iter().filter(mine) {
                let (id, port) = (text(listener, "/id"), listener["c"]["Port"].as_u64().unwrap_or_default());
                let policy = text(listener, "/c/SslPolicy");
                if let Some(policy) = self.find("AWS::ElasticLoadBalancingV2::SslPolicy", "/c/Name", policy) {
                    let spoken = texts(policy, "/c/SslProtocols");
                    works.others.extend(spoken.iter().map(|one| format!("clients with {one} at listener {id}")));
                    let ciphers = list(policy, "/c/Ciphers").iter().map(|one| text(one, "/Name"));
                    works.others.extend(ciphers.map(|one| format!("clients with {one} at listener {id}")));
                }
                let clients = [STRANGER].map(End::outside);
                let hosts = [text(balancer, "/c/DNSName"), "erp.example.com"];
                for client in &clients {
                    if ends.iter().any(|end| self.connects(client, end, port)) {
                        let served = hosts.iter().flat_map(|host| self.served(listener, "/x", host, &[]));
                        works.others.extend(served.map(|group| format!("anybody at listener {id} → {group}")));
                    }
                }
            }
        }
    }
}
