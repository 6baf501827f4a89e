//! KA-IAM-013: the account's password policy asks for the declared length and memory, and for nothing less than before.
//! Knows the policy and nothing of users.

use serde_json::{Map, Value, json};

use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "iam.password_policy",
    class: Class::A,
    actions: &[changes::IAM_UPDATE_ACCOUNT_PASSWORD_POLICY, changes::IAM_DELETE_ACCOUNT_PASSWORD_POLICY],
    propose,
};

const POLICY: &str = "/configuration/PasswordPolicy";

/// What the call sets to its default unless it is sent, so all of it that is set goes back.
const MEMBERS: [&str; 8] = [
    "MinimumPasswordLength",
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
    "AllowUsersToChangePassword",
    "MaxPasswordAge",
    "PasswordReusePrevention",
];

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(account) = context.subject(finding) else { return Proposal::default() };
    let Some(before) = account.at(POLICY) else { return Proposal::default() };
    let iam = &context.blueprint.iam;
    let mut after = if before.is_null() { of_our_own() } else { before.clone() };
    for (member, least) in
        [("MinimumPasswordLength", iam.password_length), ("PasswordReusePrevention", iam.password_memory)]
    {
        let enough = after[member].as_u64().is_some_and(|value| value >= u64::from(least));
        if !enough {
            after[member] = json!(least);
        }
    }
    let edits = if before.is_null() {
        vec![Edit::new(POLICY, Some(Value::Null), Some(after.clone()))]
    } else {
        let changed = MEMBERS.into_iter().filter(|member| before.get(member) != after.get(member));
        changed
            .map(|member| {
                Edit::new(format!("{POLICY}/{member}"), before.get(member).cloned(), after.get(member).cloned())
            })
            .collect()
    };
    let back =
        if before.is_null() { Call::new("iam", "DeleteAccountPasswordPolicy", json!({})) } else { update(before) };
    Proposal::step(Step {
        class: Class::A,
        consequences: vec!["it holds from each user's next change of password on".to_owned()],
        effects: vec![Effect::amended(&account.reference, edits)],
        inverse: vec![back],
        ..Step::new(
            &REMEDY,
            &account.reference,
            format!("{}/{}", REMEDY.id, account.reference.arn),
            format!(
                "Ask for passwords of {} characters, none of the last {}",
                after["MinimumPasswordLength"], after["PasswordReusePrevention"]
            ),
            update(&after),
        )
    })
}

/// What AWS asks for where an account has no policy, as far as a policy can say it: three of four kinds of characters
/// cannot be said, so it is all four.
fn of_our_own() -> Value {
    json!({
        "RequireSymbols": true, "RequireNumbers": true, "RequireUppercaseCharacters": true,
        "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true, "ExpirePasswords": false,
    })
}

fn update(policy: &Value) -> Call {
    let mut parameters = Map::new();
    // `HardExpiry` cannot be unset but by leaving it out; the rest is sent where it is set. An age of zero is none.
    for member in MEMBERS.into_iter().chain(["HardExpiry"]) {
        if let Some(value) = policy.get(member).filter(|value| !value.is_null() && **value != json!(0)) {
            parameters.insert(member.to_owned(), value.clone());
        }
    }
    Call::new("iam", "UpdateAccountPasswordPolicy", Value::Object(parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;

    fn world(policy: Value) -> World {
        World::of(json!([{
            "resourceType": "AWS::IAM::AccountPasswordPolicy", "resourceId": "123456789012", "region": "global",
            "arn": "arn:aws:iam::123456789012:account-password-policy", "configuration": {"PasswordPolicy": policy},
        }]))
    }

    #[test]
    fn only_what_is_too_little_changes_and_the_rest_is_sent_along() {
        let before = json!({
            "MinimumPasswordLength": 20, "RequireSymbols": true, "RequireNumbers": false, "MaxPasswordAge": 90,
            "ExpirePasswords": true, "PasswordReusePrevention": null, "HardExpiry": null,
        });
        let step = world(before).mended("KA-IAM-013", "account-password-policy").remove(0);
        let sent = json!({
            "MinimumPasswordLength": 20, "RequireSymbols": true, "RequireNumbers": false, "MaxPasswordAge": 90,
            "PasswordReusePrevention": 24,
        });
        assert_eq!(step.call.parameters, sent);
        let Effect::Amended { edits, .. } = &step.effects[0] else { panic!("{step:?}") };
        assert_eq!(edits.len(), 1, "{edits:?}");
        assert!(step.inverse[0].parameters.get("PasswordReusePrevention").is_none(), "left out is none");
    }

    #[test]
    fn an_account_without_a_policy_gets_one_that_asks_for_no_less_than_aws_did() {
        let step = world(Value::Null).mended("KA-IAM-013", "account-password-policy").remove(0);
        assert_eq!(step.call.parameters["RequireSymbols"], json!(true));
        assert_eq!(step.call.parameters["MinimumPasswordLength"], json!(14));
        assert_eq!(step.inverse[0].operation, "DeleteAccountPasswordPolicy");
    }
}
