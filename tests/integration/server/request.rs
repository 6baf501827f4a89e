//! One request as it came: read off the connection, and named as the IAM action that it needs.

use std::io::{self, Read};
use std::net::TcpStream;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The `Host` header.
    pub(crate) host: String,
    /// Such as `ecr:DescribeRepositories`; the service is the one that the request is signed for.
    pub(crate) action: String,
    /// The region that the request is signed for.
    pub(crate) region: String,
    /// Whose signature it bears.
    pub(crate) access_key: String,
    /// Path and query.
    pub(crate) target: String,
    /// The body.
    pub(crate) body: String,
}

impl Request {
    /// Reads a request; `None` where the client has closed.
    ///
    /// The last byte is looked at and left in the socket, until [`Self::finish`]: a socket that is closed with
    /// something unread in it resets the connection, and std has no other way to do so.
    pub(super) fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r") {
            if stream.read(&mut byte)? == 0 {
                return Ok(None);
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
        };
        let body = read_body(stream, header("content-length").parse().unwrap_or(0))?;
        let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let (access_key, region, service) = credential_scope(header("authorization"));
        let operation = operation(service, header("x-amz-target"), &target, &body);
        Ok(Some(Self {
            host: header("host").to_owned(),
            action: format!("{service}:{operation}"),
            region: region.to_owned(),
            access_key: access_key.to_owned(),
            target,
            body,
        }))
    }

    /// Takes the byte that [`Self::read`] left.
    pub(super) fn finish(stream: &mut TcpStream) -> io::Result<()> {
        stream.read_exact(&mut [0])
    }
}

/// The body, with its last byte left in the socket; without a body that byte is the line feed after the head.
fn read_body(stream: &mut TcpStream, length: usize) -> io::Result<String> {
    let Some(all_but_one) = length.checked_sub(1) else { return Ok(String::new()) };
    stream.read_exact(&mut [0])?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body[..all_but_one])?;
    stream.peek(&mut body[all_but_one..])?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Access key, region and service of `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
fn credential_scope(authorization: &str) -> (&str, &str, &str) {
    let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let mut parts = scope.split('/');
    let key = parts.next().unwrap_or_default();
    let (region, service) = (parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
    (key, region, service)
}

/// JSON services name the operation in a header, query services in the body, REST services by the path.
fn operation(service: &str, target: &str, path: &str, body: &str) -> String {
    let named = target.rsplit_once('.').map(|(_, operation)| operation);
    let named = named.or_else(|| body.split('&').find_map(|pair| pair.strip_prefix("Action=")));
    named.unwrap_or_else(|| by_path(service, path)).to_owned()
}

fn by_path(service: &str, target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (service, steps.as_slice()) {
        ("cloudfront", [_, "distribution"]) => "ListDistributions",
        ("cloudfront", [_, "distribution", _]) => "GetDistribution",
        ("cloudfront", [_, "tagging"]) => "ListTagsForResource",
        ("route53", [_, "hostedzone"]) => "ListHostedZones",
        ("eks", ["clusters"]) => "ListClusters",
        ("eks", ["clusters", _]) => "DescribeCluster",
        ("eks", ["cluster-versions"]) => "DescribeClusterVersions",
        _ => "Unknown",
    }
}
