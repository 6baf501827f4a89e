//! `konecta-audit fix` as a person runs it, against the emulators: what it changes, what it leaves alone, and that
//! the way back leads to where it began.

mod chaos;
mod content;
mod emit;
mod expired;
mod forged;
mod interrupted;
mod liar;
mod limits;
mod lost_answer;
mod procedure;
mod s3_state;
mod tfstate;
mod way_back;
mod whole;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::Value;

use crate::world::World;
use content::Content;

/// A world with a folder for what a run leaves behind.
pub(crate) struct TestAccount {
    pub(crate) world: World,
    pub(crate) dir: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Waits until the journal in S3 says that a change is begun, and sends a signal to the run at once: whoever looks does it, for a
/// run may be over before another process could.
const SIGNALLED_ONCE_BEGUN: &str = "import boto3,os,signal,time
s=boto3.client('s3')
for _ in range(6000):
  names=[o['Key'] for o in s.list_objects_v2(Bucket='konecta-state').get('Contents', []) if o['Key'].endswith('.jsonl')]
  if names and b'intent' in s.get_object(Bucket='konecta-state', Key=names[0])['Body'].read():
    os.kill(PID, signal.SIGNAL)
    break
  time.sleep(0.005)
else: raise SystemExit('nothing is begun')";

impl TestAccount {
    /// Sends a run, whose journal is in S3, a signal as soon as it has begun its first change.
    fn signal_once_begun(&self, run: &Child, signal: &str) {
        let code = SIGNALLED_ONCE_BEGUN.replace("PID", &run.id().to_string()).replace("SIGNAL", signal);
        self.world.somebody_else(&code);
    }

    pub(crate) fn over(world: World) -> Self {
        Self { world, dir: tempfile::tempdir().expect("dir") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command();
        command.args(arguments).env("HOME", self.dir.path());
        if ["fix", "rollback", "runs"].contains(&arguments[0]) {
            command.arg("--state-dir").arg(self.path("state"));
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// Everything there is, as content.
    pub(crate) fn content(&self, name: &str) -> Content {
        let file = self.path(name);
        let ended = ended(self.command(&["scan", "--read-all", "--exit-zero", "--save-snapshot"]).arg(&file));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        Content::of(&file)
    }

    /// The plan of a `fix` with these arguments, without doing anything.
    pub(crate) fn plan(&self, arguments: &[&str]) -> Value {
        let file = self.path("plan.json");
        let ended = ended(
            self.command(&["fix", "--dry-run", "--max-changes", "500"]).args(arguments).arg("--plan-out").arg(&file),
        );
        assert!(matches!(ended.code, Some(0 | 1)), "{ended:?}");
        serde_json::from_slice(&std::fs::read(&file).expect("a plan")).expect("JSON")
    }

    /// The newest run.
    pub(crate) fn last_run(&self) -> String {
        let mut runs: Vec<String> = journals(&self.path("state")).into_iter().filter_map(|path| stem(&path)).collect();
        runs.sort();
        runs.pop().expect("a run")
    }
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Every journal below a state directory.
pub(crate) fn journals(state: &Path) -> Vec<PathBuf> {
    let entries = |dir: &Path| {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut found: Vec<PathBuf> = entries(state)
        .iter()
        .flat_map(|account| entries(account))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    found.sort();
    found
}

fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_string_lossy().into_owned())
}
