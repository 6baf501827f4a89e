//! Journals in an emulator's S3: gone on with from anywhere, by one at a time, and whatever is done to one is noticed.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::types::ServerSideEncryption;
use aws_types::SdkConfig;
use jiff::Timestamp;
use konecta_fix::journal::{Event, Journal, JournalError, Log as _, Medium as _, MediumError, Way, read};
use serde_json::json;

use super::S3Journals;
use crate::s3::{Store, client};

const NAME: &str = "20261123T120000Z-00c0de";

fn journals(sdk: &SdkConfig, prefix: &str) -> S3Journals {
    let place = format!("s3://state/{prefix}").parse().expect("a place");
    S3Journals::new(Store::new(sdk, place, None), "123456789012".parse().expect("an account"))
}

fn at() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

fn begun() -> Event {
    let plan = json!({"version": 1, "tool": "t", "createdAt": "2026-11-23T12:00:00Z", "expiresAt": "2026-11-23T13:00:00Z",
        "account": "123456789012", "regions": ["us-east-1"], "changes": [], "refusals": [], "sha256": ""});
    Event::Begun {
        version: konecta_fix::journal::VERSION,
        run: NAME.to_owned(),
        who: "ada".to_owned(),
        tool: "t".to_owned(),
        plan: Box::new(serde_json::from_value(plan).expect("a plan")),
    }
}

fn resumed(who: &str) -> Event {
    Event::Resumed { who: who.to_owned(), tool: "t".to_owned() }
}

/// What is wrong with it, in words; empty if nothing is.
async fn wrong(journals: &S3Journals) -> String {
    let book = read(&mut journals.medium(NAME)).await.expect("readable");
    book.problem.map(|problem| problem.to_string()).unwrap_or_default()
}

/// All of it, against one endpoint.
pub(crate) async fn proof(sdk: &SdkConfig, upstream: &str) {
    gone_on_with_elsewhere(sdk).await;
    of_two_writers_one_is_refused(sdk).await;
    what_is_done_to_it_is_noticed(sdk).await;
    a_lost_answer_is_looked_up(sdk, upstream).await;
    it_is_encrypted_as_asked(sdk).await;
}

async fn gone_on_with_elsewhere(sdk: &SdkConfig) {
    let here = journals(sdk, "moved");
    let missing = Journal::open(here.medium(NAME)).await;
    assert!(matches!(missing, Err(JournalError::Medium(MediumError::Missing(_)))), "{missing:?}");
    assert_eq!(here.runs().await, Ok(Vec::new()));
    let mut journal = Journal::create(here.medium(NAME)).await.expect("new");
    let again = Journal::create(here.medium(NAME)).await;
    assert!(matches!(again, Err(JournalError::Medium(MediumError::Exists(_)))), "{again:?}");
    journal.write(at(), &begun()).await.expect("written");
    journal.write(at(), &Event::Ended { way: Way::Forward }).await.expect("written");

    let (mut journal, lines) = Journal::open(journals(sdk, "moved").medium(NAME)).await.expect("opens");
    assert_eq!(lines.len(), 2);
    journal.write(at(), &resumed("bob")).await.expect("written");
    assert_eq!(wrong(&here).await, "");
    drop(Journal::create(here.medium("20261124T120000Z-000001")).await.expect("new"));
    assert_eq!(here.runs().await, Ok(vec!["20261124T120000Z-000001".to_owned(), NAME.to_owned()]));
    assert_eq!(here.medium(NAME).location(), format!("s3://state/moved/123456789012/{NAME}.jsonl"));
    assert_eq!(journals(sdk, "elsewhere").runs().await, Ok(Vec::new()), "a prefix is a place of its own");
}

async fn of_two_writers_one_is_refused(sdk: &SdkConfig) {
    let here = journals(sdk, "two");
    let mut journal = Journal::create(here.medium(NAME)).await.expect("new");
    journal.write(at(), &begun()).await.expect("written");
    let (mut other, _) = Journal::open(here.medium(NAME)).await.expect("opens");
    other.write(at(), &resumed("bob")).await.expect("he was first");
    let refused = journal.write(at(), &resumed("ada")).await;
    assert!(matches!(refused, Err(JournalError::Medium(MediumError::Overtaken(_)))), "{refused:?}");
    other.write(at(), &Event::Ended { way: Way::Forward }).await.expect("he goes on");
    assert_eq!(wrong(&here).await, "");
    let (_, lines) = Journal::open(here.medium(NAME)).await.expect("opens");
    assert!(matches!(&lines[1].event, Event::Resumed { who, .. } if who == "bob"), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

async fn what_is_done_to_it_is_noticed(sdk: &SdkConfig) {
    let here = journals(sdk, "tampered");
    let mut journal = Journal::create(here.medium(NAME)).await.expect("new");
    for event in [begun(), resumed("bob"), Event::Ended { way: Way::Forward }] {
        journal.write(at(), &event).await.expect("written");
    }
    let good = read(&mut here.medium(NAME)).await.expect("readable");
    assert!(good.problem.is_none());
    let kept = here.medium(NAME).read().await.expect("readable");
    let text = String::from_utf8(kept.lines).expect("text");
    let put = async |text: String| {
        let store = Store::new(sdk, "s3://state/tampered".parse().expect("a place"), None);
        store.put(&format!("123456789012/{NAME}.jsonl"), "text/plain", text.into_bytes()).await.expect("put");
        wrong(&here).await
    };
    assert_eq!(put(text.replace("bob", "eve")).await, "line 2 was edited: its hash does not fit its content");
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.pop();
    assert_eq!(put(lines.concat()).await, "the journal ends after line 2, and 1 more were written");
    assert!(Journal::open(here.medium(NAME)).await.is_err());
    // Whoever had it open before does not write over what was put there since.
    let refused = journal.write(at(), &resumed("ada")).await;
    assert!(matches!(refused, Err(JournalError::Medium(MediumError::Overtaken(_)))), "{refused:?}");
    assert_eq!(put(text).await, "");
}

/// Passes requests on, and keeps the answer of the next conditional write to itself.
struct Severed {
    url: String,
    cut: Arc<AtomicUsize>,
}

impl Severed {
    fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let cut = Arc::new(AtomicUsize::new(0));
        std::thread::spawn({
            let cut = Arc::clone(&cut);
            move || {
                for client in listener.incoming().flatten() {
                    let (upstream, cut) = (upstream.clone(), Arc::clone(&cut));
                    // A client that goes away is its own affair.
                    drop(std::thread::spawn(move || pass_on(client, &upstream, &cut)));
                }
            }
        });
        Self { url, cut }
    }
}

/// One request a connection, so that nothing has to be understood of the answers.
fn pass_on(mut client: TcpStream, upstream: &str, cut: &AtomicUsize) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let named = |wanted: &str| {
        let mut headers = text.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
    };
    let mut body = vec![0; named("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)];
    client.read_exact(&mut body)?;
    let mut server = TcpStream::connect(upstream)?;
    let (request, headers) = text.split_once("\r\n").unwrap_or_default();
    write!(server, "{request}\r\nConnection: close\r\n{headers}")?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if request.starts_with("PUT") && named("if-match").is_some() && cut.fetch_add(1, Ordering::SeqCst) == 0 {
        return Ok(());
    }
    let line = answer.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    client.write_all(&answer[..line])?;
    client.write_all(b"Connection: close\r\n")?;
    client.write_all(&answer[line..])
}

async fn a_lost_answer_is_looked_up(sdk: &SdkConfig, upstream: &str) {
    let proxy = Severed::before(upstream);
    let severed = sdk.to_builder().endpoint_url(&proxy.url).build();
    let mut journal = Journal::create(journals(&severed, "lost").medium(NAME)).await.expect("new");
    journal.write(at(), &begun()).await.expect("written, whatever became of the answer");
    let asked = proxy.cut.load(Ordering::SeqCst);
    assert!(asked >= 2, "its answer was lost, so it was sent again: {asked}");
    journal.write(at(), &resumed("bob")).await.expect("written");
    let here = journals(sdk, "lost");
    assert_eq!(wrong(&here).await, "");
    let (_, lines) = Journal::open(here.medium(NAME)).await.expect("opens");
    assert_eq!(lines.len(), 2, "{lines:?}");
}

async fn it_is_encrypted_as_asked(sdk: &SdkConfig) {
    let keys =
        [("own", None, ServerSideEncryption::Aes256), ("key", Some("alias/audit"), ServerSideEncryption::AwsKms)];
    for (prefix, key, expected) in keys {
        let place = format!("s3://state/{prefix}").parse().expect("a place");
        let store = Store::new(sdk, place, key.map(str::to_owned));
        let here = S3Journals::new(store, "123456789012".parse().expect("an account"));
        let mut journal = Journal::create(here.medium(NAME)).await.expect("new");
        journal.write(at(), &begun()).await.expect("written");
        for ending in ["jsonl", "head"] {
            let name = format!("{prefix}/123456789012/{NAME}.{ending}");
            let head = client(sdk).head_object().bucket("state").key(&name).send().await.expect("there");
            assert_eq!(head.server_side_encryption(), Some(&expected), "{name}");
        }
    }
}
