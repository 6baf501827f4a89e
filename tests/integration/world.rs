//! The emulators with a world in them, and the program pointed at it. Everything ends with the test, also a failed one.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};

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

/// Emulators and a world in them; stopped when this is dropped.
pub(crate) struct World {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What the builder said: `env`, `config`, `truth`, `secrets`.
    pub(crate) told: Value,
}

impl World {
    /// Starts emulators and builds a world: `good`, `drifted` or `empty`.
    pub(crate) fn up(world: &str) -> Self {
        Self::with(&["--world", world])
    }

    /// The same with further arguments of `world.py up`.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new(python())
            .arg(root().join("tests/emulator/world.py"))
            .arg("up")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("world.py starts");
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let mut world = Self { child, commands, answers, told: Value::Null };
        world.told = world.answer();
        world
    }

    /// Empties the emulators and builds the good world with these labels.
    pub(crate) fn rebuild(&mut self, labels: &[&str]) {
        let commands = self.commands.as_mut().expect("open");
        writeln!(commands, "{}", json!({"rebuild": labels})).expect("world.py listens");
        self.told = self.answer();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("world.py answers");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("world.py said {line:?}"));
        assert!(told.get("error").is_none(), "world.py: {told}");
        told
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
        drop(self.commands.take());
        if self.child.wait().is_err() {
            let _ = self.child.kill();
        }
    }
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
