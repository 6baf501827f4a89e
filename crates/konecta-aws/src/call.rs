//! One request and its answer: the budget is kept, the answer decoded, its secrets replaced, the books written. What a
//! recording holds already is not asked again.
//! Knows which service it speaks to only by name; what an answer means is the collectors' business.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use jiff::Timestamp;
use konecta_base::gap::GapKind;
use konecta_base::id::{Action, Arn};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::breaker::Breaker;
use crate::classify::{Failure, classify};
use crate::clock;
use crate::ledger::{Ledger, Scope};
use crate::pace::{Budget, Progress, Throttled};
use crate::paging::{self, Received, Token, Walk};
use crate::recording::{Key, Recording};
use crate::redact;
use crate::throttled_waits::ThrottledWaits;
use crate::wire::{self, Tap, WireError};

/// Tasks of one collector that exist at once; the budget is what limits requests, this limits memory.
const MAX_TASKS: usize = 64;

/// What a request about one thing brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The answer.
    Got(Received),
    /// The service said that there is none.
    KnownNone {
        /// When it said so.
        at: Timestamp,
    },
    /// No answer: not wanted, or a gap is in the books.
    Missing,
}

impl Answer {
    /// The answer, if there is one.
    #[must_use]
    pub fn got(self) -> Option<Received> {
        match self {
            Self::Got(heard) => Some(heard),
            Self::KnownNone { .. } | Self::Missing => None,
        }
    }
}

/// What a listing brought.
#[derive(Debug, Default)]
pub struct Listing {
    /// The elements; what came before a failing page is here.
    pub items: Vec<Received>,
    /// Whether these are all.
    pub complete: bool,
}

/// One account, region and service, ready to be asked.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: &'static str,
    sdk: SdkConfig,
    budget: Budget,
    breaker: Breaker,
    ledger: Arc<Ledger>,
    progress: Arc<Progress>,
    recording: Option<Arc<Recording>>,
    /// How often each call was answered.
    answers: Mutex<BTreeMap<Action, u64>>,
}

type Sent = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What came of one request, and when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallOutcome {
    pub at: Timestamp,
    pub outcome: Result<Value, Failure>,
}

impl Caller {
    pub(crate) fn new(
        service: &'static str,
        sdk: SdkConfig,
        budget: Budget,
        breaker: Breaker,
        ledger: Arc<Ledger>,
        progress: Arc<Progress>,
        recording: Option<Arc<Recording>>,
    ) -> Self {
        Self(Arc::new(Inner { service, sdk, budget, breaker, ledger, progress, recording, answers: Mutex::default() }))
    }

    /// Where is asked.
    #[must_use]
    pub fn place(&self) -> &Scope {
        self.0.ledger.place()
    }

    /// Credentials, region, endpoint, timeouts and retries.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.0.sdk
    }

    /// The quota of retries belongs to each account, region and service apart; by the SDK's own default, one account's
    /// throttling would use up that of all others.
    #[must_use]
    pub fn retry_partition(&self) -> String {
        let Scope { account, region, .. } = self.place();
        format!("konecta-{account}-{region}-{}", self.0.service)
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Whether this read is to be made. A name that is no action is a mistake of ours; a test looks for those.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        name.parse().is_ok_and(|action| self.0.ledger.wants(&action))
    }

    /// Whether this read is wanted and has no gap so far.
    #[must_use]
    pub fn is_complete(&self, name: &str) -> bool {
        name.parse().is_ok_and(|action| self.0.ledger.is_complete(&action))
    }

    /// Writes a gap into the books.
    pub fn missing(&self, name: &str, about: Option<&Arn>, failure: Failure) {
        if let Ok(action) = name.parse() {
            self.0.ledger.missing(&action, about, failure);
        }
    }

    /// Asks once. `none` are the error codes by which this service says that there is none.
    pub async fn one<O, E, Fut>(
        &self,
        name: &str,
        about: Option<&Arn>,
        none: &[&str],
        call: impl Fn(Tap) -> Fut + Send + Sync,
    ) -> Answer
    where
        O: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + 'static,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'static,
    {
        let Some(action) = self.wanted(name) else { return Answer::Missing };
        let CallOutcome { at, outcome } = self.ask(&action, &|tap| send(call(tap))).await;
        match outcome {
            Ok(value) => {
                self.0.ledger.answered(&action, 1);
                Answer::Got(Received { value, at })
            }
            Err(failure) if none.contains(&failure.code.as_str()) => {
                self.0.ledger.answered(&action, 1);
                Answer::KnownNone { at }
            }
            Err(failure) => {
                self.0.ledger.missing(&action, about, failure);
                Answer::Missing
            }
        }
    }

    /// Asks for all pages of a listing.
    pub async fn pages<O, E, Fut>(
        &self,
        name: &str,
        about: Option<&Arn>,
        call: impl Fn(Token, Tap) -> Fut + Send + Sync,
    ) -> Listing
    where
        O: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + 'static,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'static,
    {
        let (lists, complete) = self.pages_of_several(name, about, call).await;
        Listing { items: lists.into_iter().flatten().collect(), complete }
    }

    /// Asks for all pages of a listing that holds several lists, in the order in which botocore names them.
    pub async fn pages_of_several<O, E, Fut>(
        &self,
        name: &str,
        about: Option<&Arn>,
        call: impl Fn(Token, Tap) -> Fut + Send + Sync,
    ) -> (Vec<Vec<Received>>, bool)
    where
        O: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + 'static,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'static,
    {
        let Some(action) = self.wanted(name) else { return (Vec::new(), false) };
        let pages = match wire::table(action.service()).and_then(|table| table.pages(action.operation())) {
            Ok(Some(pages)) => pages,
            Ok(None) => return self.gap(&action, about, WireError::NoTable(format!("the paging of {name}")).into()),
            Err(error) => return self.gap(&action, about, error.into()),
        };
        let fetch = |token: Token| {
            let (action, call) = (&action, &call);
            async move {
                let CallOutcome { at, outcome } = self.ask(action, &|tap| send(call(token.clone(), tap))).await;
                outcome.map(|value| Received { value, at })
            }
        };
        let Walk { items, calls, failure } = paging::walk(pages, paging::MAX_PAGES, fetch).await;
        self.0.ledger.answered(&action, calls);
        let complete = failure.is_none();
        if let Some(failure) = failure {
            self.0.ledger.missing(&action, about, failure);
        }
        (items, complete)
    }

    fn gap(&self, action: &Action, about: Option<&Arn>, failure: Failure) -> (Vec<Vec<Received>>, bool) {
        self.0.ledger.missing(action, about, failure);
        (Vec::new(), false)
    }

    fn wanted(&self, name: &str) -> Option<Action> {
        name.parse().ok().filter(|action| self.0.ledger.wants(action))
    }

    /// Looks the question up in the recording, and asks it where it is not there. What is told is noted before anybody
    /// waits for something else, so that a scan that is dropped loses only what was under way.
    async fn ask(&self, action: &Action, call: &(impl Fn(Tap) -> Sent + Sync)) -> CallOutcome {
        let key = match &self.0.recording {
            Some(_) => {
                let tap = Tap::holding_back();
                // It always fails; where the request could not be written, the call itself will say why.
                let _ = call(tap.clone()).await;
                tap.held_back().map(|request| Key::of(self.place(), action, &request))
            }
            None => None,
        };
        let recording = self.0.recording.as_deref().zip(key);
        if let Some(told) = recording.and_then(|(recording, key)| recording.recorded(&key)) {
            return told;
        }
        let told = self.until_answered(action, call, recording).await;
        if let Some((recording, key)) = recording {
            recording.note(key, action, &told);
        }
        told
    }

    /// Asks, and asks again while the service refuses for the rate of requests: as often as the SDK would where it answers
    /// nobody meanwhile, and until it answers where it only is slow.
    async fn until_answered(
        &self,
        action: &Action,
        call: &(impl Fn(Tap) -> Sent + Sync),
        recording: Option<(&Recording, Key)>,
    ) -> CallOutcome {
        let mut waits = ThrottledWaits::of(self.sdk());
        let mut unheard = recording;
        loop {
            let (told, throttled) = self.send(action, call, unheard.take()).await;
            let Some(throttled) = throttled else { return told };
            let Some(wait) = waits.next(throttled) else {
                if let Err(failure) = &told.outcome {
                    self.0.breaker.refused(action, failure);
                }
                return told;
            };
            if let Err(failure) = self.0.breaker.unless_open(action, tokio::time::sleep(wait)).await {
                return CallOutcome { at: clock::now(), outcome: Err(failure) };
            }
        }
    }

    /// Counts answers of a call; how many it had with these.
    fn count_answers(&self, action: &Action, more: u64) -> u64 {
        let mut answers = self.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = answers.entry(action.clone()).or_default();
        *count += more;
        *count
    }

    /// Waits for a slot in the budget, sends, decodes what the tap heard, and replaces what is secret in it; unless the
    /// breaker gives the call up. Tells what a throttled answer says of the service.
    async fn send(
        &self,
        action: &Action,
        call: &(impl Fn(Tap) -> Sent + Sync),
        recording: Option<(&Recording, Key)>,
    ) -> (CallOutcome, Option<Throttled>) {
        let breaker = &self.0.breaker;
        let permit = match breaker.unless_open(action, self.0.budget.acquire()).await {
            Ok(permit) => permit,
            Err(failure) => return (CallOutcome { at: clock::now(), outcome: Err(failure) }, None),
        };
        if let Some((recording, key)) = recording {
            recording.asked(key, action);
        }
        let tap = Tap::default();
        let before = self.count_answers(action, 0);
        let shown = self.0.progress.enter(action.as_str());
        let begun = Instant::now();
        let outcome = breaker.unless_open(action, call(tap.clone())).await.and_then(|sent| sent);
        breaker.note(action, (begun, Instant::now()), &outcome);
        let throttled = match &outcome {
            // AWS counts many calls apart. One that is refused for good does not come through because others do.
            Err(failure) if failure.kind == GapKind::Throttled => Some(match permit.throttled() {
                Throttled::Slow if self.count_answers(action, 0) == before => Throttled::InVain,
                throttled @ (Throttled::Slow | Throttled::InVain | Throttled::Closed) => throttled,
            }),
            // What never came says nothing of the rate of requests.
            Err(failure) if !failure.is_of_the_service() => None,
            Ok(()) | Err(_) => {
                permit.answered();
                self.count_answers(action, 1);
                None
            }
        };
        let at = clock::now();
        drop((shown, permit));
        (CallOutcome { at, outcome: outcome.and_then(|()| self.decode(action, &tap)) }, throttled)
    }

    fn decode(&self, action: &Action, tap: &Tap) -> Result<Value, Failure> {
        let Some(heard) = tap.take() else { return Err(Failure::broken("the answer has no body")) };
        let mut value = wire::decode(wire::table(action.service())?, action.operation(), &heard)?;
        redact::answer(action, &mut value);
        Ok(value)
    }

    /// Does the same for each of many things at once, and answers in their order.
    pub async fn each<T, R, F, Fut>(&self, things: Vec<T>, work: F) -> Vec<R>
    where
        F: Fn(Self, T) -> Fut,
        Fut: Future<Output = R> + Send + 'static,
        R: Send + 'static,
    {
        let mut tasks = JoinSet::new();
        let mut done: Vec<(usize, R)> = Vec::with_capacity(things.len());
        for (index, thing) in things.into_iter().enumerate() {
            if tasks.len() >= MAX_TASKS {
                done.extend(tasks.join_next().await.map(unwind));
            }
            let future = work(self.clone(), thing);
            tasks.spawn(async move { (index, future.await) });
        }
        while let Some(joined) = tasks.join_next().await {
            done.push(unwind(joined));
        }
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

/// A task that panicked is a bug of ours and must not look like an empty answer: the panic goes on.
pub(crate) fn unwind<T>(joined: Result<T, tokio::task::JoinError>) -> T {
    match joined {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => std::panic::resume_unwind(Box::new(cancelled.to_string())),
        },
    }
}

/// Forgets the types of the SDK: its output is not used, and its errors are classified here.
fn send<O, E, Fut>(future: Fut) -> Sent
where
    O: Send + 'static,
    E: ProvideErrorMetadata + Error + Send + 'static,
    Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'static,
{
    Box::pin(async move { future.await.map(|_| ()).map_err(|error| classify(&error)) })
}

#[cfg(test)]
mod tests;
