//! An API that says "done" and did nothing: whoever trusts its word reports a door shut that stands open.
//!
//! ministack's security groups were meant for this, but it keeps its word where a rule is revoked by id, as we do. So a
//! proxy stands before moto that answers `RevokeSecurityGroupIngress` as the EC2 API reference words success, and
//! passes everything else on.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use super::content::Difference;
use super::{TestAccount, ended};
use crate::world::World;

const DONE: &str = "<RevokeSecurityGroupIngressResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><return>true</return></RevokeSecurityGroupIngressResponse>";

/// Stops with the test, also with a failed one.
struct Liar {
    url: String,
    stopped: Arc<AtomicBool>,
    lies: Arc<AtomicUsize>,
    acceptor: Option<JoinHandle<()>>,
}

impl Liar {
    fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let upstream = upstream.strip_prefix("http://").expect("http").to_owned();
        let (stopped, lies) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let acceptor = std::thread::spawn({
            let (stopped, lies) = (Arc::clone(&stopped), Arc::clone(&lies));
            move || {
                for stream in listener.incoming().flatten() {
                    if stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let (upstream, lies) = (upstream.clone(), Arc::clone(&lies));
                    // A client that goes away is its own affair.
                    drop(std::thread::spawn(move || pass_on(stream, &upstream, &lies)));
                }
            }
        });
        Self { url, stopped, lies, acceptor: Some(acceptor) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The acceptor waits for a connection: this is the last one.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// One request a connection, so that nothing has to be understood of the answers.
fn pass_on(mut client: TcpStream, upstream: &str, lies: &AtomicUsize) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut headers = text.lines().filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)];
    client.read_exact(&mut body)?;
    if String::from_utf8_lossy(&body).contains("Action=RevokeSecurityGroupIngress") {
        lies.fetch_add(1, Ordering::SeqCst);
        let length = DONE.len();
        return write!(
            client,
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{DONE}"
        );
    }
    let mut server = TcpStream::connect(upstream)?;
    let (request, headers) = text.split_once("\r\n").unwrap_or_default();
    write!(server, "{request}\r\nConnection: close\r\n{headers}")?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let line = answer.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    client.write_all(&answer[..line])?;
    client.write_all(b"Connection: close\r\n")?;
    client.write_all(&answer[line..])
}

#[test]
fn a_success_that_changed_nothing_is_told_as_what_it_is() {
    let bench = TestAccount::over(World::labelled("good", &["sg-ssh-anywhere"]));
    let before = bench.content("before.snap");
    let liar = Liar::before(bench.world.told["moto"].as_str().expect("moto"));
    let mut fix = bench.command(&["fix", "--yes", "--only", "KA-SG-001"]);
    let fixed = ended(fix.env("AWS_ENDPOINT_URL_EC2", &liar.url));
    assert_eq!(fixed.code, Some(4), "{fixed:?}");
    assert!(fixed.err.contains("did not take effect"), "{}", fixed.err);
    assert_eq!(liar.lies.load(Ordering::SeqCst), 1, "asked once, and not believed");
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
    let run = bench.last_run();
    let verified = bench.run(&["runs", "verify", &run]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    // To the one that does what it says, the same run leaves nothing to say.
    assert_eq!(bench.run(&["fix", "--yes", "--only", "KA-SG-001"]).code, Some(0));
}
