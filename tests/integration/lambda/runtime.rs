//! What AWS is to a function: the runtime API on loopback, which hands out one event after the other and takes the answers.
//! The function itself is the real binary. It ends with the test, also with a failed one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::world::World;

/// Longer than any invocation here; a test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(900);

/// One invocation, as the runtime API hands it out.
struct Invocation {
    request: String,
    deadline: u128,
    event: String,
}

/// A function that was started.
pub(crate) struct Function {
    child: Child,
    events: Sender<Invocation>,
    answers: Receiver<Result<Value, Value>>,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Function {
    /// Starts the function in a world, with these settings besides.
    pub(crate) fn start(world: &World, settings: &[(&str, &str)]) -> Self {
        let mut environment: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in world.told["env"].as_object().expect("env") {
            environment.insert(name.clone(), value.as_str().expect("text").to_owned());
        }
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::with(&environment)
    }

    /// Starts the function with this environment and no other.
    pub(crate) fn with(environment: &BTreeMap<String, String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let (events, waiting) = channel();
        let (answered, answers) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (waiting, answered) = (Arc::clone(&waiting), answered.clone());
                // The function's end of the connection closes when it ends; so does this.
                std::thread::spawn(move || talk(stream, &waiting, &answered));
            }
        });
        let mut child = Command::new(env!("CARGO_BIN_EXE_konecta-audit-lambda"))
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("HOME", "/nonexistent")
            .env("TMPDIR", std::env::temp_dir())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "konecta-audit")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .envs(environment)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the function starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let out = child.stdout.take().expect("piped");
        std::thread::spawn({
            let log = Arc::clone(&log);
            move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    let line = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON in the log: {line}"));
                    log.lock().expect("no panic").push(line);
                }
            }
        });
        Self { child, events, answers, log }
    }

    /// Hands out an event; the answer, or what the function failed with.
    pub(crate) fn invoke(&self, request: &str, event: &str, time: Duration) -> Result<Value, Value> {
        self.begin(request, event, time);
        self.answers.recv_timeout(PATIENCE).expect("the function answers")
    }

    /// Hands out an event and does not wait.
    #[expect(clippy::disallowed_methods, reason = "AWS tells a function by the clock when its time is over")]
    pub(crate) fn begin(&self, request: &str, event: &str, time: Duration) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let deadline = (now + time).as_millis();
        let invocation = Invocation { request: request.to_owned(), deadline, event: event.to_owned() };
        self.events.send(invocation).expect("the runtime API is there");
    }

    /// What was logged so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.log.lock().expect("no panic").clone()
    }

    /// The most memory that it held so far, in megabytes.
    pub(crate) fn peak_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1024
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ran");
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn talk(
    mut stream: TcpStream,
    waiting: &Mutex<Receiver<Invocation>>,
    answered: &Sender<Result<Value, Value>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut first = String::new();
        reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
        let path = first.split_whitespace().nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let reply = if path.ends_with("/invocation/next") {
            let Invocation { request, deadline, event } = waiting.lock().ok()?.recv().ok()?;
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {request}\r\n\
                 Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:konecta-audit\r\n\
                 Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\nContent-Length: {}\r\n\r\n{event}",
                event.len()
            )
        } else {
            let answer = serde_json::from_slice(&body).ok()?;
            let answer = if path.ends_with("/response") { Ok(answer) } else { Err(answer) };
            answered.send(answer).ok()?;
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        stream.write_all(reply.as_bytes()).ok()?;
    }
}
