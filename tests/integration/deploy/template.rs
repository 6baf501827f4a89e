//! A CloudFormation template as it comes out for given parameters: conditions decided, references filled in.
//! Names and ARNs of resources are made up where CloudFormation would make them up.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Site;

pub(super) struct Template<'a> {
    text: &'a Value,
    parameters: BTreeMap<String, String>,
    place: &'a Site,
}

/// The short forms of functions (`!Sub`) written out.
fn plain(value: serde_norway::Value) -> Value {
    use serde_norway::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(is) => json!(is),
        Yaml::Number(number) => json!(number.as_i64().expect("a whole number")),
        Yaml::String(text) => json!(text),
        Yaml::Sequence(list) => list.into_iter().map(plain).collect(),
        Yaml::Mapping(map) => {
            let key = |key: Yaml| key.as_str().expect("a key").to_owned();
            Value::Object(map.into_iter().map(|(name, value)| (key(name), plain(value))).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                "Condition" => "Condition".to_owned(),
                other => format!("Fn::{other}"),
            };
            json!({ name: plain(tagged.value) })
        }
    }
}

/// A template as it is written.
pub(super) fn parsed(text: &str) -> Value {
    plain(serde_norway::from_str(text).expect("YAML"))
}

impl<'a> Template<'a> {
    /// The template with these parameters; the others have their defaults.
    pub(super) fn new(text: &'a Value, given: &[(&str, String)], place: &'a Site) -> Self {
        let mut parameters = BTreeMap::new();
        for (name, about) in text["Parameters"].as_object().expect("parameters") {
            let default = match &about["Default"] {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => String::new(),
            };
            parameters.insert(name.clone(), default);
        }
        for (name, value) in given {
            assert!(parameters.insert((*name).to_owned(), value.clone()).is_some(), "no parameter {name}");
        }
        Self { text, parameters, place }
    }

    /// The properties of a resource; `None` where its condition does not hold.
    pub(super) fn properties(&self, name: &str) -> Option<Value> {
        let resource = &self.text["Resources"][name];
        assert!(resource.is_object(), "no resource {name}");
        let is_there = resource["Condition"].as_str().is_none_or(|condition| self.condition(condition));
        is_there.then(|| self.value(&resource["Properties"]).unwrap_or(Value::Null))
    }

    /// The names of the resources of a type that are there.
    pub(super) fn of_type(&self, kind: &str) -> Vec<String> {
        let all = self.text["Resources"].as_object().expect("resources").iter();
        let named = all.filter(|(_, resource)| resource["Type"] == kind).map(|(name, _)| name.clone());
        named.filter(|name| self.properties(name).is_some()).collect()
    }

    fn condition(&self, name: &str) -> bool {
        let condition = &self.text["Conditions"][name];
        assert!(condition.is_object(), "no condition {name}");
        self.is(condition)
    }

    fn is(&self, condition: &Value) -> bool {
        let (function, of) = condition.as_object().and_then(|one| one.iter().next()).expect("a condition");
        let all = || of.as_array().expect("conditions").iter();
        match function.as_str() {
            "Condition" => self.condition(of.as_str().expect("a name")),
            "Fn::Not" => !self.is(&of[0]),
            "Fn::And" => all().all(|one| self.is(one)),
            "Fn::Or" => all().any(|one| self.is(one)),
            "Fn::Equals" => self.value(&of[0]) == self.value(&of[1]),
            other => panic!("a condition of {other}"),
        }
    }

    fn text(&self, value: &Value) -> String {
        match self.value(value) {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    fn named(&self, name: &str) -> Option<Value> {
        let place = self.place;
        let pseudo = match name {
            "AWS::NoValue" => return None,
            "AWS::Partition" => &place.partition,
            "AWS::Region" => &place.region,
            "AWS::AccountId" => &place.account,
            "AWS::StackName" => &place.name,
            _ => return Some(self.parameters.get(name).map_or_else(|| self.resource(name), |value| json!(value))),
        };
        Some(json!(pseudo))
    }

    /// What `Ref` of a resource gives.
    fn resource(&self, name: &str) -> Value {
        let kind = self.text["Resources"][name]["Type"].as_str().unwrap_or_else(|| panic!("nothing is named {name}"));
        match kind {
            "AWS::S3::Bucket" => json!(self.place.bucket),
            "AWS::SNS::Topic" => json!(self.place.topic()),
            "AWS::StepFunctions::StateMachine" => json!(self.place.machine()),
            _ => json!(format!("ref:{name}")),
        }
    }

    fn attribute(&self, name: &str, attribute: &str) -> Value {
        let properties = self.properties(name).unwrap_or_else(|| panic!("{name} is not there"));
        let text = |key: &str| properties[key].as_str().unwrap_or_else(|| panic!("{name} has no {key}")).to_owned();
        let kind = self.text["Resources"][name]["Type"].as_str().unwrap_or_default();
        let place = self.place;
        match (kind, attribute) {
            ("AWS::S3::Bucket", "Arn") => json!(place.arn("s3", "", "", &place.bucket)),
            ("AWS::SQS::Queue", "Arn") => json!(place.queue()),
            ("AWS::Lambda::Function", "Arn") => json!(place.function(&text("FunctionName"))),
            ("AWS::Logs::LogGroup", "Arn") => json!(format!("{}:*", place.log(&text("LogGroupName")))),
            ("AWS::StepFunctions::StateMachine", "Name") => json!(place.name),
            ("AWS::IAM::Role", "Arn") => json!(format!("role:{name}")),
            ("AWS::SQS::Queue", "QueueName") => json!("dead-letters"),
            other => panic!("{other:?} is not known"),
        }
    }

    fn filled(&self, text: &str, own: &Map<String, Value>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').expect("a closed brace");
            out.push_str(before);
            let value = match (own.get(name), name.split_once('.')) {
                (Some(value), _) => value.clone(),
                (None, Some((resource, attribute))) => self.attribute(resource, attribute),
                (None, None) => self.named(name).expect("a value"),
            };
            out.push_str(value.as_str().unwrap_or_else(|| panic!("{name} is not text: {value}")));
            rest = tail;
        }
        out + rest
    }

    /// A value filled in; `None` is `AWS::NoValue`.
    fn value(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(list) => Some(list.iter().filter_map(|one| self.value(one)).collect()),
            Value::Object(map) => {
                let function = (map.len() == 1).then(|| map.iter().next()).flatten();
                match function.map(|(name, of)| (name.as_str(), of)) {
                    Some(("Ref", of)) => self.named(of.as_str().expect("a name")),
                    Some(("Fn::If", of)) => {
                        let branch = if self.condition(of[0].as_str().expect("a name")) { 1 } else { 2 };
                        self.value(&of[branch])
                    }
                    Some(("Fn::Sub", Value::String(text))) => Some(json!(self.filled(text, &Map::new()))),
                    Some(("Fn::Sub", of)) => {
                        let own = self.value(&of[1]).expect("names");
                        let text = of[0].as_str().expect("a text");
                        Some(json!(self.filled(text, own.as_object().expect("names"))))
                    }
                    Some(("Fn::GetAtt", of)) => {
                        let (name, attribute) =
                            of.as_str().and_then(|text| text.split_once('.')).expect("an attribute");
                        Some(self.attribute(name, attribute))
                    }
                    Some(("Fn::Select", of)) => {
                        let list = self.value(&of[1]).expect("a list");
                        let at = of[0].as_u64().and_then(|at| usize::try_from(at).ok()).expect("a number");
                        Some(list[at].clone())
                    }
                    Some(("Fn::Split", of)) => {
                        let (by, text) = (self.text(&of[0]), self.text(&of[1]));
                        Some(text.split(&by).collect())
                    }
                    Some(("Fn::Join", of)) => {
                        let (by, list) = (self.text(&of[0]), self.value(&of[1]).expect("a list"));
                        Some(json!(super::iam::each(&list).join(&by)))
                    }
                    Some((name, _)) if name.starts_with("Fn::") => panic!("{name} is not known"),
                    _ => {
                        let filled = map.iter().filter_map(|(name, one)| Some((name.clone(), self.value(one)?)));
                        Some(Value::Object(filled.collect()))
                    }
                }
            }
            other => Some(other.clone()),
        }
    }

    /// The statements that a role has by its own policies and by managed ones of this template.
    pub(super) fn statements(&self, role: &str) -> Option<Vec<Value>> {
        let properties = self.properties(role)?;
        let mut statements = Vec::new();
        let list = |document: &Value| document["Statement"].as_array().expect("statements").clone();
        for policy in properties["Policies"].as_array().into_iter().flatten() {
            statements.extend(list(&policy["PolicyDocument"]));
        }
        for managed in properties["ManagedPolicyArns"].as_array().into_iter().flatten() {
            let name = managed.as_str().and_then(|name| name.strip_prefix("ref:")).expect("a policy of this template");
            statements.extend(list(&self.properties(name).expect("there")["PolicyDocument"]));
        }
        Some(statements)
    }
}
