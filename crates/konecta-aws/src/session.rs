//! Who asks, and where: profile, credentials, roles, regions, endpoints, timeouts, retries.
//! Knows nothing of what is asked. All of its errors end a scan before it begins.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::ConfigLoader;
use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region as SdkRegion;
use konecta_base::id::{AccountId, Region};

pub use crate::session_error::SessionError;
use crate::session_error::{identity_failure, regions_failure};

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// A profile of the shared configuration files; otherwise the environment decides.
    pub profile: Option<String>,
    /// The regions to read.
    pub regions: RegionChoice,
    /// One endpoint for all services; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` work without it.
    pub endpoint_url: Option<String>,
    /// Roles to assume, one for each account to read; the caller's own account where there are none.
    pub role_arns: Vec<String>,
    /// The external id that the roles demand.
    pub external_id: Option<String>,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// Attempts for one request, the first included.
    pub max_attempts: u32,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            profile: None,
            regions: RegionChoice::Configured,
            endpoint_url: None,
            role_arns: Vec::new(),
            external_id: None,
            timeouts: Timeouts::default(),
            max_attempts: 5,
        }
    }
}

/// The regions of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoice {
    /// The one that environment or profile name.
    Configured,
    /// These.
    Named(Vec<Region>),
    /// All that are enabled for the account.
    All,
}

/// How long is waited for what. There is no waiting without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For the first byte of an answer.
    pub read: Duration,
    /// For one attempt, to the last byte.
    pub attempt: Duration,
    /// For one request with all its attempts.
    pub operation: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(20),
            attempt: Duration::from_secs(30),
            operation: Duration::from_secs(120),
        }
    }
}

/// Accounts that can be read, each proven by an answer of STS.
#[derive(Debug)]
pub struct Session {
    accounts: Vec<Account>,
}

/// One account, with credentials that work.
#[derive(Debug, Clone)]
pub struct Account {
    id: AccountId,
    partition: String,
    caller: String,
    regions: Vec<Region>,
    config: SdkConfig,
}

impl Account {
    /// An account as a test plays it, without the environment of this process.
    #[cfg(test)]
    pub(crate) fn played(id: AccountId, regions: Vec<Region>, config: SdkConfig) -> Self {
        let (partition, caller) = ("aws".to_owned(), format!("arn:aws:iam::{id}:user/auditor"));
        Self { id, partition, caller, regions, config }
    }

    /// The account's number.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.id
    }

    /// What its ARNs begin with.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The ARN of the identity that reads.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// The regions to read.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Everything a client needs to speak to a region, or to the services that belong to none.
    #[must_use]
    pub fn sdk(&self, region: &Region) -> SdkConfig {
        let place = if region.is_global() { &Region::home_of_global_services(&self.partition) } else { region };
        self.config.to_builder().region(SdkRegion::new(place.as_str().to_owned())).build()
    }
}

/// Credentials that work, before it is settled which accounts are read with them.
#[derive(Debug)]
pub struct Base {
    config: SdkConfig,
    own: Identity,
}

/// The role by which an account is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, the same in every account; may have a path.
    pub name: String,
    /// The external id that it demands.
    pub external_id: Option<String>,
}

impl Base {
    /// Finds credentials and asks STS whose they are. Of the options, roles are not looked at.
    ///
    /// # Errors
    /// Every [`SessionError`]; each has a hint.
    pub async fn open(options: &SessionOptions) -> Result<Self, SessionError> {
        check_profile(options.profile.as_deref()).await?;
        let config = base_config(options).await?;
        let own = identify(&config, None).await?;
        Ok(Self { config, own })
    }

    /// The account that the credentials belong to.
    #[must_use]
    pub fn own(&self) -> &AccountId {
        &self.own.account
    }

    /// The ARN of the identity behind the credentials.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.own.arn
    }

    /// What the credentials' ARNs begin with.
    #[must_use]
    pub fn partition(&self) -> &str {
        partition_of(&self.own.arn)
    }

    /// Everything a client needs to act as the credentials' own identity.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.config
    }

    /// The own account, without a role.
    ///
    /// # Errors
    /// When its regions cannot be settled.
    pub async fn account(&self, regions: &RegionChoice) -> Result<Account, SessionError> {
        settle(self.own.clone(), self.config.clone(), regions).await
    }

    /// Another account, by the role of this ARN.
    ///
    /// # Errors
    /// When the role cannot be assumed, is another account's, or the regions cannot be settled.
    pub async fn assume(
        &self,
        role: &str,
        external_id: Option<&str>,
        regions: &RegionChoice,
    ) -> Result<Account, SessionError> {
        let named = account_of(role)?;
        let config = assume(&self.config, role, external_id).await;
        let identity = identify(&config, Some(role)).await?;
        if identity.account != named {
            return Err(SessionError::WrongAccount { role: role.to_owned(), account: identity.account });
        }
        settle(identity, config, regions).await
    }

    /// An account by its number: the own one as we are, every other by the role.
    ///
    /// # Errors
    /// As [`Base::account`] and [`Base::assume`].
    pub async fn enter(
        &self,
        account: &AccountId,
        role: &Role,
        regions: &RegionChoice,
    ) -> Result<Account, SessionError> {
        if account == self.own() {
            return self.account(regions).await;
        }
        let arn = role_arn(self.partition(), account, &role.name);
        self.assume(&arn, role.external_id.as_deref(), regions).await
    }
}

impl Session {
    /// Finds credentials, asks STS whose they are, assumes the roles, and settles the regions.
    ///
    /// # Errors
    /// Every [`SessionError`]; each has a hint.
    pub async fn open(options: &SessionOptions) -> Result<Self, SessionError> {
        let base = Base::open(options).await?;
        let mut accounts: Vec<Account> = Vec::new();
        if options.role_arns.is_empty() {
            accounts.push(base.account(&options.regions).await?);
        }
        let mut by_account: BTreeMap<AccountId, &str> = BTreeMap::new();
        for role in &options.role_arns {
            let account = base.assume(role, options.external_id.as_deref(), &options.regions).await?;
            if let Some(first) = by_account.insert(account.id.clone(), role) {
                return Err(SessionError::AccountTwice {
                    account: account.id,
                    first: first.to_owned(),
                    second: role.clone(),
                });
            }
            accounts.push(account);
        }
        Ok(Self { accounts })
    }

    /// Accounts that were entered one by one.
    #[must_use]
    pub fn of(accounts: Vec<Account>) -> Self {
        Self { accounts }
    }

    /// The accounts in the order of their roles.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// All regions of all accounts, in order.
    #[must_use]
    pub fn regions(&self) -> Vec<Region> {
        let all: BTreeSet<&Region> = self.accounts.iter().flat_map(|account| &account.regions).collect();
        all.into_iter().cloned().collect()
    }
}

/// The SDK takes an unknown profile for an empty one and then says that there are no credentials; the user
/// deserves to hear which name is wrong.
async fn check_profile(wanted: Option<&str>) -> Result<(), SessionError> {
    let wanted_name = wanted.map(|name| name.to_owned().into());
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), wanted_name)
        .await
        .map_err(|error| SessionError::ConfigFile { source: Box::new(error) })?;
    let selected = profiles.selected_profile();
    let is_named = wanted.is_some() || selected != "default";
    if is_named && profiles.get_profile(selected).is_none() {
        let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
        known.sort_unstable();
        return Err(SessionError::UnknownProfile { profile: selected.to_owned(), known });
    }
    Ok(())
}

async fn base_config(options: &SessionOptions) -> Result<SdkConfig, SessionError> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(options.timeouts.connect)
        .read_timeout(options.timeouts.read)
        .operation_attempt_timeout(options.timeouts.attempt)
        .operation_timeout(options.timeouts.operation)
        .build();
    // Not the adaptive mode: it sets its pace by what it has measured, which is next to nothing when the first calls of a service
    // are throttled, and each retry then costs ten seconds. `make faults` shows it: eleven calls took more than two minutes.
    let mut loader: ConfigLoader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(options.max_attempts.max(1)));
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile).credentials_provider(profile_credentials(profile, options).await);
    }
    if let Some(endpoint) = &options.endpoint_url {
        check_endpoint(endpoint)?;
        loader = loader.endpoint_url(endpoint);
    }
    if let RegionChoice::Named(regions) = &options.regions {
        for region in regions {
            check_region(region)?;
        }
        let first = regions.first().ok_or(SessionError::NoRegion)?;
        loader = loader.region(SdkRegion::new(first.as_str().to_owned()));
    }
    let config = loader.load().await;
    match (config.region(), &options.regions) {
        (Some(_), _) => Ok(config),
        // Some region must be asked which regions there are.
        (None, RegionChoice::All) => Ok(config.to_builder().region(SdkRegion::from_static("us-east-1")).build()),
        (None, RegionChoice::Configured | RegionChoice::Named(_)) => Err(SessionError::NoRegion),
    }
}

/// The SDK lets keys in the environment win over a profile that was named; the CLI, and whoever names one, does not.
/// Without this, `--profile production` would quietly read the account of a forgotten AWS_ACCESS_KEY_ID.
async fn profile_credentials(profile: &str, options: &SessionOptions) -> ProfileFileCredentialsProvider {
    let region = match &options.regions {
        RegionChoice::Named(regions) => regions.first().map(|region| SdkRegion::new(region.as_str().to_owned())),
        RegionChoice::Configured | RegionChoice::All => {
            DefaultRegionChain::builder().profile_name(profile).build().region().await
        }
    };
    let provider = ProviderConfig::without_region().with_region(region);
    ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build()
}

fn check_endpoint(endpoint: &str) -> Result<(), SessionError> {
    let host = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') && !endpoint.contains(char::is_whitespace) => Ok(()),
        Some(_) | None => Err(SessionError::BadEndpoint { endpoint: endpoint.to_owned() }),
    }
}

/// Regions are not looked up in a list, which would be old next year; only what cannot be one is refused.
fn check_region(region: &Region) -> Result<(), SessionError> {
    let mut parts: Vec<&str> = region.as_str().split('-').collect();
    let number = parts.pop().is_some_and(|last| last.parse::<u8>().is_ok());
    let words =
        parts.len() >= 2 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
    if number && words { Ok(()) } else { Err(SessionError::UnknownRegion { region: region.to_string() }) }
}

async fn assume(base: &SdkConfig, role: &str, external_id: Option<&str>) -> SdkConfig {
    let mut builder = AssumeRoleProvider::builder(role).session_name("konecta-audit").configure(base);
    if let Some(external_id) = external_id {
        builder = builder.external_id(external_id);
    }
    let provider = builder.build().await;
    base.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// The account that a role's ARN names: what is read must be that one.
fn account_of(role: &str) -> Result<AccountId, SessionError> {
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, name] if name.starts_with("role/") => account.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| SessionError::BadRole { role: role.to_owned() })
}

#[derive(Debug, Clone)]
struct Identity {
    account: AccountId,
    arn: String,
}

/// Asks STS, with few attempts: a person is waiting for the first sign of life. Being refused for load is quick, so there are
/// as many as bear it twice.
async fn identify(config: &SdkConfig, role: Option<&str>) -> Result<Identity, SessionError> {
    let endpoint = config.endpoint_url().map_or_else(|| "the STS endpoint of the region".to_owned(), str::to_owned);
    let impatient = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let attempts = impatient.max_attempts().min(3);
    let sts = aws_sdk_sts::config::Builder::from(config).retry_config(impatient.with_max_attempts(attempts)).build();
    let answer = aws_sdk_sts::Client::from_conf(sts)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| identity_failure(&error, role, &endpoint))?;
    let broken = || SessionError::Unreachable {
        endpoint: endpoint.clone(),
        reason: "what answers there is not STS: its answer names no account".to_owned(),
    };
    let account = answer.account().and_then(|account| account.parse().ok()).ok_or_else(broken)?;
    let arn = answer.arn().ok_or_else(broken)?.to_owned();
    Ok(Identity { account, arn })
}

fn role_arn(partition: &str, account: &AccountId, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/'))
}

fn partition_of(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or("aws")
}

async fn settle(identity: Identity, config: SdkConfig, regions: &RegionChoice) -> Result<Account, SessionError> {
    let mut regions = match regions {
        RegionChoice::Named(regions) => regions.clone(),
        RegionChoice::Configured => {
            let name = config.region().ok_or(SessionError::NoRegion)?.as_ref();
            let region: Region = name.parse().map_err(|_| SessionError::UnknownRegion { region: name.to_owned() })?;
            vec![region]
        }
        RegionChoice::All => enabled_regions(&config).await?,
    };
    regions.sort();
    regions.dedup();
    let partition = partition_of(&identity.arn).to_owned();
    Ok(Account { id: identity.account, partition, caller: identity.arn, regions, config })
}

/// Without `AllRegions`, EC2 answers only those that are enabled for the account.
async fn enabled_regions(config: &SdkConfig) -> Result<Vec<Region>, SessionError> {
    let answer =
        aws_sdk_ec2::Client::new(config).describe_regions().send().await.map_err(|error| regions_failure(&error))?;
    let regions: Vec<Region> = answer
        .regions()
        .iter()
        .filter_map(|region| region.region_name())
        .filter_map(|name| name.parse().ok())
        .collect();
    if regions.is_empty() {
        return Err(SessionError::Regions { reason: "the answer names no region".to_owned() });
    }
    Ok(regions)
}

#[cfg(test)]
mod tests;
