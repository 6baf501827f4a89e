//! The members of a Compliance Finding that we write, in the order of their names. Data and nothing else.

use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) activity_id: u32,
    pub(super) activity_name: &'static str,
    pub(super) category_name: &'static str,
    pub(super) category_uid: u32,
    pub(super) class_name: &'static str,
    pub(super) class_uid: u32,
    pub(super) cloud: Cloud<'a>,
    pub(super) compliance: Compliance<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) evidences: Vec<Evidence<'a>>,
    pub(super) finding_info: FindingInfo<'a>,
    pub(super) message: String,
    pub(super) metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remediation: Option<Remediation>,
    pub(super) resources: [Subject<'a>; 1],
    pub(super) severity: &'static str,
    pub(super) severity_id: u32,
    pub(super) status: &'static str,
    pub(super) status_id: u32,
    pub(super) time: i64,
    pub(super) type_name: String,
    pub(super) type_uid: u32,
}

#[derive(Serialize)]
pub(super) struct Cloud<'a> {
    pub(super) account: Account<'a>,
    pub(super) cloud_partition: String,
    pub(super) provider: &'static str,
    pub(super) region: &'a str,
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    pub(super) r#type: &'static str,
    pub(super) type_id: u32,
    pub(super) uid: &'a str,
}

#[derive(Serialize)]
pub(super) struct Compliance<'a> {
    pub(super) checks: [Check<'a>; 1],
    pub(super) control: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requirements: Vec<String>,
    pub(super) standards: Vec<String>,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) status_details: Vec<String>,
    pub(super) status_id: u32,
}

#[derive(Serialize)]
pub(super) struct Check<'a> {
    pub(super) name: String,
    pub(super) severity: &'static str,
    pub(super) severity_id: u32,
    pub(super) status: &'static str,
    pub(super) status_id: u32,
    pub(super) uid: &'a str,
}

#[derive(Serialize)]
pub(super) struct Evidence<'a> {
    pub(super) data: Data<'a>,
}

#[derive(Serialize)]
pub(super) struct Data<'a> {
    pub(super) actual: &'a Value,
    pub(super) expected: &'a Value,
    pub(super) path: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) proof: &'a [String],
}

#[derive(Serialize)]
pub(super) struct FindingInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desc: Option<String>,
    pub(super) last_seen_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) src_url: Option<&'a str>,
    pub(super) title: String,
    pub(super) uid: String,
}

#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) event_code: &'a str,
    pub(super) product: Product<'a>,
    pub(super) profiles: [&'static str; 1],
    pub(super) version: &'static str,
}

#[derive(Serialize)]
pub(super) struct Product<'a> {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) version: &'a str,
}

#[derive(Serialize)]
pub(super) struct Remediation {
    pub(super) desc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Subject<'a> {
    pub(super) cloud_partition: String,
    pub(super) name: String,
    pub(super) region: &'a str,
    pub(super) r#type: &'a str,
    pub(super) uid: String,
}
