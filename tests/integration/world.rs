//! The emulators with a world in them, and the program pointed at it. Everything ends with the test, also a failed one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::helper::Helper;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python of the project's own venv, which `make test` makes.
pub(crate) fn python() -> PathBuf {
    let python = root().join(".venv/bin/python");
    assert!(python.exists(), "no {}: run `make test`, which makes it", python.display());
    python
}

/// Worlds that are built once for all tests, of which each test gets a copy: by `world.py up`, which ends with this process.
static ORIGINALS: LazyLock<Mutex<BTreeMap<String, Arc<Mutex<Helper>>>>> = LazyLock::new(Mutex::default);

fn original(world: &str) -> Arc<Mutex<Helper>> {
    let mut originals = ORIGINALS.lock().unwrap_or_else(PoisonError::into_inner);
    let start = || Arc::new(Mutex::new(Helper::file("world.py", &["up", "--world", world]).0));
    Arc::clone(originals.entry(world.to_owned()).or_insert_with(start))
}

/// Emulators and a world in them; stopped when this is dropped.
pub(crate) struct World {
    builder: Arc<Mutex<Helper>>,
    /// What the builder said: `env`, `config`, `truth`, `secrets`, and what it calls this `copy`.
    pub(crate) told: Value,
}

impl World {
    /// Emulators with a world: `good`, `drifted` or `empty`.
    pub(crate) fn up(world: &str) -> Self {
        Self::labelled(world, &[])
    }

    /// The same, changed by labels.
    pub(crate) fn labelled(world: &str, labels: &[&str]) -> Self {
        let builder = original(world);
        let told = ask(&builder, &json!({"copy": labels}));
        Self { builder, told }
    }

    /// A world behind the fault-injecting proxy: no copy, but emulators of its own.
    pub(crate) fn behind_microburst(world: &str, labels: &[&str]) -> Self {
        let labels = labels.join(",");
        let arguments = ["up", "--world", world, "--microburst", "--labels", &labels];
        let (builder, told) = Helper::file("world.py", &arguments);
        Self { builder: Arc::new(Mutex::new(builder)), told }
    }

    /// Empties the emulators and builds the good world with these labels.
    pub(crate) fn rebuild(&mut self, labels: &[&str]) {
        let copy = self.told["copy"].take();
        assert!(copy.is_object(), "only a copy is built anew");
        self.told = ask(&self.builder, &json!({"rebuild": labels, "in": copy}));
        self.told["copy"] = copy;
    }

    /// The labels in force, with their controls.
    pub(crate) fn labels(&self) -> Vec<Value> {
        self.told["truth"]["labels"].as_array().expect("labels").clone()
    }

    /// The program, pointed at this world, with the environment of nobody else.
    pub(crate) fn command(&self) -> Command {
        let mut command = program();
        for (name, value) in self.told["env"].as_object().expect("env") {
            command.env(name, value.as_str().expect("text"));
        }
        command.arg("--config").arg(self.told["config"].as_str().expect("config"));
        command
    }

    /// Somebody else, who works on the same account with boto3; what is printed.
    pub(crate) fn somebody_else(&self, code: &str) -> String {
        let mut command = Command::new(python());
        command.env_clear().args(["-c", code]);
        for (name, value) in self.told["env"].as_object().expect("env") {
            command.env(name, value.as_str().expect("text"));
        }
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// The same; what is printed is JSON.
    pub(crate) fn ask(&self, code: &str) -> Value {
        let said = self.somebody_else(code);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// A scan as JSON, with its exit code.
    pub(crate) fn scan(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let output = self.command().args(["scan", "--format", "json"]).args(arguments).output().expect("runs");
        (report(&output), output.status.code())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test that fails has more to say than that its emulators could not be ended; they end with this process.
        if let Some(copy) = self.told.get("copy").filter(|_| !std::thread::panicking()) {
            ask(&self.builder, &json!({"drop": copy}));
        }
    }
}

fn ask(builder: &Mutex<Helper>, command: &Value) -> Value {
    let told = builder.lock().unwrap_or_else(PoisonError::into_inner).order(command);
    assert!(told.get("error").is_none(), "world.py: {told}");
    told
}

/// The built program with an empty environment: no credentials, no profile and no endpoint of the machine gets in.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_konecta-audit"));
    command
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent")
        .current_dir(std::env::temp_dir());
    command
}

/// The JSON report on standard output.
pub(crate) fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "no report ({error}), exit {:?}\n{}\n{}",
            output.status.code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Findings of a status as `control arn`.
pub(crate) fn findings(report: &Value, status: &str) -> Vec<String> {
    report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["status"] == status)
        .map(|finding| {
            format!(
                "{} {}",
                finding["control"].as_str().unwrap_or_default(),
                finding["resource"]["arn"].as_str().unwrap_or_default()
            )
        })
        .collect()
}
