//! Whole scans of the good world on the emulators, cut off and taken up again: the snapshot is the one of a scan that nobody
//! disturbed, and nothing is asked twice.

mod proxy;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use konecta_base::calls;
use konecta_base::reads::reads;
use serde_json::{Value, json};

use self::proxy::Proxy;
use super::*;

/// Long enough for the slowest machine, and short enough for a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Answered with HTML, which might be anybody's: such an answer is not kept, and would be asked for again.
const NOT_IN_MOTO: [&str; 2] = [calls::EKS_DESCRIBE_ADDON, calls::EKS_LIST_ADDONS];

/// The emulators with the good world in them; they stop when their standard input closes.
struct World {
    child: Child,
    told: Value,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl World {
    fn up() -> Self {
        let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = root.join(".venv/bin/python");
        assert!(python.exists(), "no {}: run `make test`, which makes it", python.display());
        let mut child = Command::new(python)
            .arg(root.join("tests/emulator/world.py"))
            .args(["up", "--world", "good"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("world.py starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("world.py answers");
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("world.py said {line:?}"));
        Self { child, told }
    }

    fn proxy(&self) -> Proxy {
        let env = |name: &str| self.told["env"][name].as_str().expect(name);
        Proxy::start(env("AWS_ENDPOINT_URL"), env("AWS_ENDPOINT_URL_CLOUDFRONT"))
    }

    /// A secret as it may stand in a text: as it is, and in base64, wherever that begins.
    fn secrets(&self) -> Vec<String> {
        let planted =
            self.told["secrets"].as_array().expect("secrets").iter().map(|secret| secret.as_str().expect("text"));
        let forms = planted.flat_map(|secret| {
            let encoded = (0..3).map(|skip| {
                let whole = secret.as_bytes().get(skip..).expect("long").chunks_exact(3);
                aws_smithy_types::base64::encode(whole.flatten().copied().collect::<Vec<u8>>())
            });
            encoded.chain([secret.to_owned()]).collect::<Vec<_>>()
        });
        forms.collect()
    }
}

/// The account as another process would open it. One attempt: an answer that is asked for twice cannot hide.
fn session(proxy: &Proxy) -> Session {
    let keys = Credentials::new("test", "test", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_types::region::Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(proxy.url())
        .retry_config(RetryConfig::standard().with_max_attempts(1))
        .build();
    let account = "123456789012".parse().expect("account");
    Session::of(vec![Account::played(account, vec!["us-east-1".parse().expect("region")], sdk)])
}

async fn scan(proxy: &Proxy, recording: Option<Arc<Recording>>) -> Snapshot {
    let catalogue = reads();
    let names = catalogue.iter().map(|(action, _)| action);
    let wanted = names.filter(|action| !NOT_IN_MOTO.contains(&action.as_str())).cloned().collect();
    let options = CollectOptions { recording, ..CollectOptions::default() };
    collect(&session(proxy), catalogue, &wanted, &options, &Progress::new()).await
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} does not come to an end"))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(what, wait).await;
}

/// All of a snapshot but when it was finished.
fn all_of(snapshot: &Snapshot) -> Value {
    let mut info = serde_json::to_value(&snapshot.info).expect("JSON");
    info["finishedAt"] = Value::Null;
    json!({"info": info, "resources": snapshot.resources, "reads": snapshot.reads, "gaps": snapshot.gaps})
}

/// What is the same in two scans of the same world: all but the times; moto's databases can always be restored to now.
fn without_times(snapshot: &Snapshot) -> Value {
    let mut all = all_of(snapshot);
    all["info"]["startedAt"] = Value::Null;
    for resource in all["resources"].as_array_mut().expect("resources") {
        assert!(resource["capturedAt"].take().is_string(), "{resource}");
        if let Some(time) = resource.pointer_mut("/configuration/LatestRestorableTime") {
            time.take();
        }
    }
    all
}

fn assert_same(one: &Value, other: &Value, what: &str) {
    for part in ["info", "reads", "gaps"] {
        assert_eq!(one[part], other[part], "{what}: {part}");
    }
    let lists = [one, other].map(|value| value["resources"].as_array().expect("resources"));
    for (a, b) in lists[0].iter().zip(lists[1]) {
        assert_eq!(a, b, "{what}");
    }
    assert_eq!(lists[0].len(), lists[1].len(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_is_cut_off_goes_on_and_asks_nothing_twice() {
    let world = World::up();
    let proxy = world.proxy();
    let undisturbed = scan(&proxy, None).await;
    let asked = proxy.answered();
    assert_eq!(asked.len() as u64, undisturbed.info.calls, "{:?}", undisturbed.gaps);
    assert!(undisturbed.resources.len() > 50 && asked.len() > 60, "{} calls", asked.len());
    let secrets = world.secrets();
    let planted = secrets.len();
    assert!(planted >= 4, "{planted}");

    for cut in [1, 9, asked.len() / 3, asked.len() * 2 / 3, asked.len() - 1] {
        let recording = Arc::new(Recording::new());
        proxy.allow(cut);
        tokio::select! {
            _ = scan(&proxy, Some(Arc::clone(&recording))) => panic!("it was answered all"),
            () = until("the first part", || recording.len() == cut) => {}
        }
        until("the last task", || Arc::strong_count(&recording) == 1).await;
        assert_eq!(recording.len(), cut);
        let bytes = recording.to_bytes().expect("written");
        let text = String::from_utf8(zstd::decode_all(bytes.as_slice()).expect("zstd")).expect("UTF-8");
        assert_eq!(secrets.iter().find(|secret| text.contains(secret.as_str())), None, "cut at {cut}");

        proxy.allow(usize::MAX);
        let carried = Arc::new(Recording::from_bytes(&bytes).expect("read"));
        let resumed = within("the second part", scan(&proxy, Some(Arc::clone(&carried)))).await;
        assert_same(&without_times(&resumed), &without_times(&undisturbed), &format!("cut at {cut}"));
        assert_eq!(proxy.answered(), asked, "cut at {cut}");
        assert_eq!(carried.len(), asked.len());
        assert_eq!(resumed.info.started_at, recording.begun(clock::now()));
    }
}

/// Also proves of every read that the world has an occasion for that its requests are written the same by every client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_recording_gives_the_whole_snapshot_without_a_request() {
    let world = World::up();
    let proxy = world.proxy();
    let recording = Arc::new(Recording::new());
    let first = scan(&proxy, Some(Arc::clone(&recording))).await;
    let made = |made: bool| {
        let reads = first.reads.iter().filter(move |read| (read.calls > 0) == made);
        reads.map(|read| read.action.to_string()).collect::<BTreeSet<_>>()
    };
    let silent: Vec<String> = made(false).difference(&made(true)).cloned().collect();
    // Its origin is a load balancer with a public name and a certificate of ACM's own, its cluster has no provider in IAM, no
    // Fargate profile and no associated role, and its web ACL stands at the edge and refers to AWS's rule groups alone.
    assert_eq!(
        silent,
        [
            calls::ACM_GET_CERTIFICATE,
            calls::CLOUDFRONT_GET_VPC_ORIGIN,
            calls::EKS_DESCRIBE_FARGATE_PROFILE,
            calls::EKS_DESCRIBE_POD_IDENTITY_ASSOCIATION,
            calls::IAM_GET_OPEN_ID_CONNECT_PROVIDER,
            calls::RDS_DESCRIBE_DB_CLUSTER_PARAMETERS,
            calls::WAFV2_GET_RULE_GROUP,
            calls::WAFV2_LIST_RESOURCES_FOR_WEB_ACL
        ],
        "reads that were not made: {:?}",
        first.gaps
    );
    assert_eq!(proxy.answered().len() as u64, first.info.calls);
    let bytes = recording.to_bytes().expect("written");
    let text = String::from_utf8(zstd::decode_all(bytes.as_slice()).expect("zstd")).expect("UTF-8");
    assert!(text.contains(r#""HeaderValue":"sha256:"#), "the answers that held secrets are there");
    assert_eq!(world.secrets().iter().find(|secret| text.contains(secret.as_str())), None);

    proxy.allow(0);
    let carried = Recording::from_bytes(&bytes).expect("read");
    let second = within("the second scan", scan(&proxy, Some(Arc::new(carried)))).await;
    assert_eq!(proxy.answered(), [""; 0]);
    assert_same(&all_of(&second), &all_of(&first), "from the recording");
}
