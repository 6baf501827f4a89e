//! A repository for the tests beside it. Knows no control.

use serde_json::{Value, json};

/// A good repository with this supplement.
pub(super) fn repository(name: &str, supplement: Value) -> Value {
    let arn = format!("arn:aws:ecr:us-east-1:123456789012:repository/{name}");
    json!({
        "resourceType": "AWS::ECR::Repository", "resourceId": name, "region": "us-east-1", "arn": arn,
        "configuration": {
            "repositoryName": name, "repositoryArn": arn,
            "imageScanningConfiguration": {"scanOnPush": true},
            "encryptionConfiguration": {"encryptionType": "AES256"},
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest"}],
        },
        "supplement": supplement,
    })
}
