//! A parameter, one that is not there, and one that is not given.

use serde_json::{Value, json};

use super::*;
use crate::scripted::Scripted;

#[tokio::test]
async fn a_parameter_is_asked_for_decrypted() {
    let answer = json!({"Parameter": {"Name": "/konecta/config", "Value": "[rds]\nretention = 7\n"}}).to_string();
    let server = Scripted::new(&[(200, &answer)]);
    assert_eq!(parameter(&server.sdk(), "/konecta/config").await.as_deref(), Ok("[rds]\nretention = 7\n"));
    let asked: Value = serde_json::from_str(&server.sent()[0].body).expect("JSON");
    assert_eq!(asked, json!({"Name": "/konecta/config", "WithDecryption": true}));
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_told_from_one_that_is_not_given() {
    for (status, code, missing) in [
        (400, "ParameterNotFound", true),
        (400, "ParameterVersionNotFound", true),
        (400, "AccessDeniedException", false),
    ] {
        let answer = json!({"__type": code, "message": "no"}).to_string();
        let error = parameter(&Scripted::new(&[(status, &answer)]).sdk(), "/konecta/config").await.expect_err(code);
        assert_eq!(matches!(error, ParameterError::NotFound(_)), missing, "{error}");
        assert!(error.to_string().contains("/konecta/config"), "{error}");
    }
    let empty = parameter(&Scripted::new(&[(200, "{}")]).sdk(), "/konecta/config").await;
    assert!(matches!(empty, Err(ParameterError::Failed { .. })), "{empty:?}");
}
