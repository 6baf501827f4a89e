//! The accounts of an organization: all of them, or those below some OUs. The list is whole or it is an error: an account
//! that is missing from it would be missed by nobody.
//! Knows nothing of how an account is entered.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::Account;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use konecta_base::gap::GapKind;
use konecta_base::id::AccountId;

use crate::classify::{Failure, classify};

/// All actions that this module may need.
pub const ACTIONS: [&str; 3] = [ACCOUNTS, ACCOUNTS_BELOW, UNITS_BELOW];

const ACCOUNTS: &str = "organizations:ListAccounts";
const ACCOUNTS_BELOW: &str = "organizations:ListAccountsForParent";
const UNITS_BELOW: &str = "organizations:ListOrganizationalUnitsForParent";

/// What Organizations says of an account that is in use.
const ACTIVE: &str = "ACTIVE";

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub id: AccountId,
    /// What the organization calls it.
    pub name: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, … as Organizations says; `None` where it says nothing.
    pub state: Option<String>,
}

impl Member {
    /// The state that keeps it from being entered. Of an account without a state, that is not known: entering it will tell.
    #[must_use]
    pub fn suspended(&self) -> Option<&str> {
        self.state.as_deref().filter(|state| *state != ACTIVE)
    }
}

/// Which part of the organization: ids of OUs or of the root, each with everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// Only these; everything where there are none.
    pub include: Vec<String>,
    /// Not these, also where they are below one that is included.
    pub exclude: Vec<String>,
}

/// Why there is no list of accounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrganizationError {
    /// The credentials' account is in no organization.
    #[error("the account of these credentials is not a member of an organization")]
    NoOrganization,
    /// The identity may not ask.
    #[error("{action} is denied: {reason}")]
    Denied {
        /// The IAM action that is missing.
        action: &'static str,
        /// What Organizations said.
        reason: String,
    },
    /// There is no such OU.
    #[error("there is no OU `{unit}` in the organization: {reason}")]
    NoUnit {
        /// The id that was given, or met on the way.
        unit: String,
        /// What Organizations said.
        reason: String,
    },
    /// Organizations did not answer, or not to the end.
    #[error("{action} was not answered to its end: {reason}")]
    Failed {
        /// The IAM action.
        action: &'static str,
        /// What happened.
        reason: String,
    },
}

impl OrganizationError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoOrganization => {
                "use the credentials of the management account or of a delegated administrator, or name accounts with --role-arn"
                    .to_owned()
            }
            Self::Denied { action, .. } => format!(
                "allow {action} (`konecta-audit permissions --organization` prints the policy); beside the management account, only a \
                 delegated administrator may ask"
            ),
            Self::NoUnit { .. } => {
                "an OU looks like ou-a1b2-c3d4e5f6, the root like r-a1b2; `aws organizations list-roots` and \
                 `list-organizational-units-for-parent` show them"
                    .to_owned()
            }
            Self::Failed { .. } => "nothing was scanned, since accounts would be missing unnoticed; try again".to_owned(),
        }
    }
}

/// The accounts of these units, sorted by number, suspended ones among them.
///
/// # Errors
/// Every [`OrganizationError`]; each has a hint.
pub async fn members(sdk: &SdkConfig, units: &Units) -> Result<Vec<Member>, OrganizationError> {
    let desk = AccountTree { client: Client::new(sdk) };
    let mut members = if units.include.is_empty() { desk.all().await? } else { desk.below(&units.include).await? };
    if !units.exclude.is_empty() {
        for id in desk.below(&units.exclude).await?.into_keys() {
            members.remove(&id);
        }
    }
    Ok(members.into_values().collect())
}

type Members = BTreeMap<AccountId, Member>;

struct AccountTree {
    client: Client,
}

impl AccountTree {
    async fn all(&self) -> Result<Members, OrganizationError> {
        let mut members = Members::new();
        let mut pages = Pages::of(ACCOUNTS);
        while let Some(token) = pages.next()? {
            let answer = self.client.list_accounts().set_next_token(token).send().await;
            let answer = answer.map_err(|error| failure(ACCOUNTS, None, &error))?;
            pages.page(answer.next_token);
            take(&mut members, ACCOUNTS, answer.accounts)?;
        }
        Ok(members)
    }

    /// The accounts of these units and of all units below them.
    async fn below(&self, units: &[String]) -> Result<Members, OrganizationError> {
        let mut members = Members::new();
        let mut open: Vec<String> = units.to_vec();
        let mut walked = BTreeSet::new();
        while let Some(unit) = open.pop() {
            if !walked.insert(unit.clone()) {
                continue;
            }
            let mut pages = Pages::of(ACCOUNTS_BELOW);
            while let Some(token) = pages.next()? {
                let asked = self.client.list_accounts_for_parent().parent_id(&unit).set_next_token(token);
                let answer = asked.send().await.map_err(|error| failure(ACCOUNTS_BELOW, Some(&unit), &error))?;
                pages.page(answer.next_token);
                take(&mut members, ACCOUNTS_BELOW, answer.accounts)?;
            }
            let mut pages = Pages::of(UNITS_BELOW);
            while let Some(token) = pages.next()? {
                let asked = self.client.list_organizational_units_for_parent().parent_id(&unit).set_next_token(token);
                let answer = asked.send().await.map_err(|error| failure(UNITS_BELOW, Some(&unit), &error))?;
                pages.page(answer.next_token);
                for below in answer.organizational_units.ok_or_else(|| broken(UNITS_BELOW, "it has no list"))? {
                    open.push(below.id.ok_or_else(|| broken(UNITS_BELOW, "an OU has no id"))?);
                }
            }
        }
        Ok(members)
    }
}

/// The tokens of one listing. A page that names itself as the next would be asked for for ever.
struct Pages {
    action: &'static str,
    begun: bool,
    next: Option<String>,
    seen: BTreeSet<String>,
}

impl Pages {
    fn of(action: &'static str) -> Self {
        Self { action, begun: false, next: None, seen: BTreeSet::new() }
    }

    /// The token of the next page (of the first, none); nothing after the last.
    fn next(&mut self) -> Result<Option<Option<String>>, OrganizationError> {
        match self.next.take() {
            None if self.begun => Ok(None),
            None => {
                self.begun = true;
                Ok(Some(None))
            }
            Some(token) if self.seen.insert(token.clone()) => Ok(Some(Some(token))),
            Some(_) => Err(broken(self.action, "its pages go round in a circle")),
        }
    }

    fn page(&mut self, next: Option<String>) {
        self.next = next.filter(|token| !token.is_empty());
    }
}

/// The SDK takes an answer without a list for an empty one.
fn take(members: &mut Members, action: &'static str, accounts: Option<Vec<Account>>) -> Result<(), OrganizationError> {
    for account in accounts.ok_or_else(|| broken(action, "it has no list"))? {
        let id: AccountId = account
            .id()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| broken(action, "an account in it has no number"))?;
        let member = Member { id: id.clone(), name: account.name().map(str::to_owned), state: state(&account) };
        members.insert(id, member);
    }
    Ok(())
}

/// AWS retires `Status` for `State`, which also knows of closed accounts and of those not yet active.
fn state(account: &Account) -> Option<String> {
    let state = account.state().map(|state| state.as_str());
    state.or_else(|| account.status().map(|status| status.as_str())).map(str::to_owned)
}

fn broken(action: &'static str, reason: &str) -> OrganizationError {
    OrganizationError::Failed { action, reason: format!("the answer is not whole: {reason}") }
}

fn failure<E>(action: &'static str, unit: Option<&str>, error: &SdkError<E, HttpResponse>) -> OrganizationError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Failure { kind, code, message } = classify(error);
    let reason = format!("{code}: {message}");
    match (error.code(), unit) {
        (Some("AWSOrganizationsNotInUseException"), _) => OrganizationError::NoOrganization,
        (Some("ParentNotFoundException" | "InvalidInputException"), Some(unit)) => {
            OrganizationError::NoUnit { unit: unit.to_owned(), reason }
        }
        _ if kind == GapKind::Denied => OrganizationError::Denied { action, reason },
        _ => OrganizationError::Failed { action, reason },
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::types::{AccountState, AccountStatus};

    use super::*;

    #[test]
    fn the_state_counts_and_the_status_where_there_is_none() {
        let account = |state: Option<&str>, status: Option<&str>| {
            let account = Account::builder()
                .set_state(state.map(AccountState::from))
                .set_status(status.map(AccountStatus::from))
                .build();
            let id = "123456789012".parse().expect("account");
            Member { id, name: None, state: super::state(&account) }
        };
        for (state, status, suspended) in [
            (Some("ACTIVE"), Some("ACTIVE"), None),
            (Some("ACTIVE"), None, None),
            (None, Some("ACTIVE"), None),
            (None, None, None),
            (None, Some("SUSPENDED"), Some("SUSPENDED")),
            // What was closed and is not gone yet: the older word for it is the same as for any other suspension.
            (Some("CLOSED"), Some("SUSPENDED"), Some("CLOSED")),
            (Some("PENDING_ACTIVATION"), Some("ACTIVE"), Some("PENDING_ACTIVATION")),
            (Some("A_NEW_WORD"), None, Some("A_NEW_WORD")),
        ] {
            assert_eq!(account(state, status).suspended(), suspended, "{state:?} {status:?}");
        }
    }

    #[test]
    fn pages_end_and_do_not_go_round() {
        let mut pages = Pages::of(ACCOUNTS);
        assert_eq!(pages.next(), Ok(Some(None)));
        pages.page(Some("two".to_owned()));
        assert_eq!(pages.next(), Ok(Some(Some("two".to_owned()))));
        pages.page(Some(String::new()));
        assert_eq!(pages.next(), Ok(None));

        let mut pages = Pages::of(ACCOUNTS);
        assert_eq!(pages.next(), Ok(Some(None)));
        for _ in 0..2 {
            pages.page(Some("again".to_owned()));
            if let Err(error) = pages.next() {
                assert!(error.to_string().contains("circle"), "{error}");
                return;
            }
        }
        panic!("the same page twice");
    }

    #[test]
    fn an_answer_without_a_list_is_no_empty_organization() {
        let mut members = Members::new();
        assert!(matches!(take(&mut members, ACCOUNTS, None), Err(OrganizationError::Failed { .. })));
        assert_eq!(take(&mut members, ACCOUNTS, Some(Vec::new())), Ok(()));
        let nameless = vec![Account::builder().name("x").build()];
        assert!(matches!(take(&mut members, ACCOUNTS, Some(nameless)), Err(OrganizationError::Failed { .. })));
    }
}
