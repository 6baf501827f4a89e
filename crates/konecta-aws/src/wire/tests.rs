//! Recorded answers in each of the five protocols, whole, empty, cut short and foreign.

use serde_json::{Value, json};

use super::*;

fn answer(prefix: &str, operation: &str, body: &str) -> Result<Value, WireError> {
    let wire = Wire { headers: vec![("etag".to_owned(), "E2QWRUHEXAMPLE".to_owned())], body: body.as_bytes().to_vec() };
    decode(table(prefix)?, operation, &wire)
}

/// ECR API reference, DescribeRepositories, "Sample Response" (json 1.1, epoch times).
const REPOSITORIES: &str = r#"{"repositories": [{
    "createdAt": 1447449600.5, "repositoryArn": "arn:aws:ecr:us-west-2:012345678910:repository/ubuntu",
    "registryId": "012345678910", "repositoryName": "ubuntu", "imageScanningConfiguration": {"scanOnPush": false},
    "imageTagMutability": null, "aMemberOfNextYear": 1}], "nextToken": null}"#;

#[test]
fn json_keeps_what_was_sent_and_nothing_else() {
    assert_eq!(
        answer("ecr", "DescribeRepositories", REPOSITORIES),
        Ok(json!({"repositories": [{
            "createdAt": "2015-11-13T21:20:00.5Z",
            "repositoryArn": "arn:aws:ecr:us-west-2:012345678910:repository/ubuntu",
            "registryId": "012345678910",
            "repositoryName": "ubuntu",
            "imageScanningConfiguration": {"scanOnPush": false},
        }]}))
    );
}

#[test]
fn empty_lists_stay_empty_and_missing_lists_stay_missing() {
    assert_eq!(answer("ecr", "DescribeRepositories", r#"{"repositories": []}"#), Ok(json!({"repositories": []})));
    assert_eq!(answer("ecr", "DescribeRepositories", "{}"), Ok(json!({})));
    let empty =
        r#"<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcSet/></DescribeVpcsResponse>"#;
    assert_eq!(answer("ec2", "DescribeVpcs", empty), Ok(json!({"Vpcs": []})));
}

/// EKS API reference, DescribeCluster (rest-json, maps, epoch times).
#[test]
fn rest_json_knows_maps() {
    let body = r#"{"cluster": {"name": "prod", "createdAt": 1.5277999E9, "tags": {"Project": "konecta-erp"},
        "resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]}}}"#;
    assert_eq!(
        answer("eks", "DescribeCluster", body),
        Ok(json!({"cluster": {"name": "prod", "createdAt": "2018-05-31T20:51:40Z", "tags": {"Project": "konecta-erp"},
            "resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]}}}))
    );
}

/// RDS API reference, DescribeDBInstances (query).
const INSTANCES: &str = r#"<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
  <DescribeDBInstancesResult><DBInstances><DBInstance>
    <DBInstanceIdentifier>db</DBInstanceIdentifier><AllocatedStorage>200</AllocatedStorage><MultiAZ>false</MultiAZ>
    <InstanceCreateTime>2020-04-20T10:00:00.061Z</InstanceCreateTime><DBName></DBName>
    <VpcSecurityGroups/><Unheard>of</Unheard>
    <TagList><Tag><Key>a</Key><Value>b &amp; c</Value></Tag></TagList>
  </DBInstance></DBInstances></DescribeDBInstancesResult>
  <ResponseMetadata><RequestId>523e3218-afc7-11c3-90f5-f90431260ab4</RequestId></ResponseMetadata>
</DescribeDBInstancesResponse>"#;

#[test]
fn query_xml_is_typed_by_the_table() {
    assert_eq!(
        answer("rds", "DescribeDBInstances", INSTANCES),
        Ok(json!({"DBInstances": [{
            "DBInstanceIdentifier": "db", "AllocatedStorage": 200, "MultiAZ": false,
            "InstanceCreateTime": "2020-04-20T10:00:00.061Z", "DBName": "",
            "VpcSecurityGroups": [], "TagList": [{"Key": "a", "Value": "b & c"}],
        }]}))
    );
}

/// EC2 API reference, DescribeSecurityGroups (ec2: other names on the wire than in the result).
#[test]
fn ec2_xml_is_renamed_by_the_table() {
    let body = r#"<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
      <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><securityGroupInfo><item>
        <ownerId>123456789012</ownerId><groupId>sg-1</groupId><groupName>web</groupName>
        <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><groups/>
          <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions>
        <tagSet><item><key>Name</key><value>web</value></item></tagSet>
      </item></securityGroupInfo></DescribeSecurityGroupsResponse>"#;
    assert_eq!(
        answer("ec2", "DescribeSecurityGroups", body),
        Ok(json!({"SecurityGroups": [{
            "OwnerId": "123456789012", "GroupId": "sg-1", "GroupName": "web",
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [],
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            "Tags": [{"Key": "Name", "Value": "web"}],
        }]}))
    );
}

/// CloudFront API reference, GetDistribution (rest-xml: the body is one member, the ETag a header field).
#[test]
fn rest_xml_takes_the_payload_from_the_body_and_the_etag_from_the_header() {
    let body = r#"<?xml version="1.0"?><Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
      <Id>EDFDVBD6EXAMPLE</Id><DistributionConfig><Aliases><Quantity>1</Quantity><Items><CNAME>a.example</CNAME></Items>
      </Aliases><Enabled>true</Enabled></DistributionConfig></Distribution>"#;
    assert_eq!(
        answer("cloudfront", "GetDistribution", body),
        Ok(json!({"ETag": "E2QWRUHEXAMPLE", "Distribution": {"Id": "EDFDVBD6EXAMPLE", "DistributionConfig": {
            "Aliases": {"Quantity": 1, "Items": ["a.example"]}, "Enabled": true}}}))
    );
}

/// IAM API reference, GetAccountAuthorizationDetails: policies are URL-encoded (RFC 3986).
#[test]
fn policies_of_iam_are_decoded_and_others_left_as_text() {
    let role = |document: &str| {
        format!(
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><RoleDetailList><member>\
             <AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument></member></RoleDetailList>\
             </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        )
    };
    let decoded = answer("iam", "GetAccountAuthorizationDetails", &role("%7B%22Version%22%3A%222012-10-17%22%7D"));
    let document = decoded.expect("answer").pointer("/RoleDetailList/0/AssumeRolePolicyDocument").cloned();
    assert_eq!(document, Some(json!({"Version": "2012-10-17"})));
    let decoded = answer("iam", "GetAccountAuthorizationDetails", &role("%7B%22Version"));
    let document = decoded.expect("answer").pointer("/RoleDetailList/0/AssumeRolePolicyDocument").cloned();
    assert_eq!(document, Some(json!("%7B%22Version")));
}

#[test]
fn an_answer_cut_short_anywhere_is_an_error() {
    for (prefix, operation, body) in
        [("ecr", "DescribeRepositories", REPOSITORIES), ("rds", "DescribeDBInstances", INSTANCES)]
    {
        for end in 0..body.len() {
            let result = answer(prefix, operation, body.get(..end).expect("ASCII"));
            assert!(matches!(result, Err(WireError::Syntax { .. })), "{prefix} cut at {end}: {result:?}");
        }
    }
}

#[test]
fn foreign_text_is_an_error() {
    let html = "<html><body>Sign in to the hotel network</body></html>";
    for (prefix, operation) in [
        ("ecr", "DescribeRepositories"),
        ("eks", "ListClusters"),
        ("rds", "DescribeDBInstances"),
        ("ec2", "DescribeVpcs"),
        ("cloudfront", "ListDistributions"),
        ("route53", "ListHostedZones"),
    ] {
        for body in [html, "[]", "null", "\"\"", "", "<DescribeDBInstancesResponse/>"] {
            let result = answer(prefix, operation, body);
            assert!(result.is_err(), "{prefix} took {body}: {result:?}");
        }
    }
}

#[test]
fn a_member_of_another_type_is_named_and_its_value_is_not() {
    let body = r#"{"repositories": [{}, {"imageScanningConfiguration": {"scanOnPush": "s3cr3t"}}]}"#;
    let error = answer("ecr", "DescribeRepositories", body).expect_err("wrong type").to_string();
    assert_eq!(error, "repositories[1].imageScanningConfiguration.scanOnPush: true or false was expected, not text");
    let body = INSTANCES.replace("<MultiAZ>false</MultiAZ>", "<MultiAZ>No</MultiAZ>");
    let error = answer("rds", "DescribeDBInstances", &body).expect_err("wrong type").to_string();
    assert_eq!(error, "DBInstances[0].MultiAZ: true or false was expected, not other text");
    let body = INSTANCES.replace("<MultiAZ>false</MultiAZ>", "<MultiAZ>false</MultiAZ><MultiAZ>true</MultiAZ>");
    assert!(answer("rds", "DescribeDBInstances", &body).is_err(), "a repeated member was taken");
}

/// No operation of ours has flattened lists or XML maps today; the protocol has, so the decoder does.
#[test]
fn flattened_lists_and_xml_maps() {
    let table: Table = serde_json::from_str(
        r#"{"service": "test", "protocol": "query",
            "operations": {"Get": {"output": "Out", "wrapper": "GetResult"}},
            "shapes": {
                "Out": {"structure": {
                    "Names": {"t": "Names", "n": "Name", "flat": true},
                    "Flat": {"t": "Pairs", "flat": true}, "Wrapped": "Pairs", "Size": "float", "Raw": "blob"}},
                "Names": {"list": "string"},
                "Pairs": {"map": "integer", "n": ["Key", "value"]}}}"#,
    )
    .expect("table");
    let body = "<GetResponse><GetResult><Name>a</Name><Name>b</Name>\
        <Flat><Key>x</Key><value>1</value></Flat><Flat><Key>y</Key><value>2</value></Flat>\
        <Wrapped><entry><Key>z</Key><value>3</value></entry></Wrapped><Size>1.5</Size><Raw>aGk=</Raw>\
        </GetResult></GetResponse>";
    let wire = Wire { headers: Vec::new(), body: body.as_bytes().to_vec() };
    assert_eq!(
        decode(&table, "Get", &wire),
        Ok(json!({"Names": ["a", "b"], "Flat": {"x": 1, "y": 2}, "Wrapped": {"z": 3}, "Size": 1.5, "Raw": "aGk="}))
    );
}

#[test]
fn an_element_with_absurdly_many_attributes_is_refused() {
    let attributes: String = (0..100_000).map(|number| format!(" a{number}='>='")).collect();
    let body = format!("<DescribeVpcsResponse{attributes}><vpcSet/></DescribeVpcsResponse>");
    let error = answer("ec2", "DescribeVpcs", &body).expect_err("refused");
    assert!(error.to_string().contains("more than 64 attributes"), "{error}");
    let text =
        "<DescribeVpcsResponse><vpcSet><item><vpcId>a = b = '=' \" = </vpcId></item></vpcSet></DescribeVpcsResponse>";
    assert!(answer("ec2", "DescribeVpcs", text).is_ok(), "equals signs in text are no attributes");
}

#[test]
fn endless_nesting_is_refused() {
    let deep = |open: &str, close: &str, times: usize| format!("{}{}", open.repeat(times), close.repeat(times));
    let statement = deep("{\"NotStatement\":{\"Statement\":", "}}", 60).replace(":}", ":{}}");
    let body = format!(r#"{{"WebACL": {{"Rules": [{{"Statement": {statement}}}]}}}}"#);
    assert!(answer("wafv2", "GetWebACL", &body).is_err());
}
