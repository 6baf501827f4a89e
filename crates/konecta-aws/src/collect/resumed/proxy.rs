//! A proxy on loopback that writes down what it answers, and after a number of answers holds everything else back.
//! One connection, one request: nobody need find out where an answer ends. Knows nothing of recordings.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    /// For everything, and for CloudFront.
    upstreams: [String; 2],
    state: Mutex<State>,
    bell: Condvar,
}

struct State {
    stopped: bool,
    /// Changes whenever another number is allowed: who was held back before that is sent away.
    round: u64,
    allowed: usize,
    answered: Vec<String>,
}

impl Proxy {
    pub(super) fn start(most: &str, cloudfront: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let upstreams = [most, cloudfront].map(|url| url.strip_prefix("http://").expect("http").to_owned());
        let state = State { stopped: false, round: 0, allowed: usize::MAX, answered: Vec::new() };
        let shared = Arc::new(Shared { upstreams, state: Mutex::new(state), bell: Condvar::new() });
        let acceptor = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many answers there are from now on.
    pub(super) fn allow(&self, answers: usize) {
        let mut state = self.shared.state();
        state.allowed = answers;
        state.round += 1;
        drop(state);
        self.shared.bell.notify_all();
    }

    /// What was answered since this was last asked, in order of its words.
    pub(super) fn answered(&self) -> Vec<String> {
        let mut answered = std::mem::take(&mut self.shared.state().answered);
        answered.sort_unstable();
        answered
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.state().stopped = true;
        self.shared.bell.notify_all();
        // The acceptor waits for a connection: this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request is answered; one that is held back learns it when it is too late.
    fn admits(&self, request: &str) -> bool {
        let mut state = self.state();
        if state.allowed == 0 {
            let round = state.round;
            drop(self.bell.wait_while(state, |state| !state.stopped && state.round == round));
            return false;
        }
        state.allowed -= 1;
        state.answered.push(request.to_owned());
        true
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.state().stopped {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // A client that goes away in the middle is what the tests are about.
        std::thread::spawn(move || drop(serve(stream, &shared)));
    }
}

fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (Vec::new(), 0);
    let (mut first, mut scope) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            // Region and service of `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
            "authorization" => {
                let words = value.split(',').next().unwrap_or_default().split('/').skip(2);
                scope = words.take(2).collect::<Vec<_>>().join("/");
            }
            "x-amz-target" => first = format!("{first} {}", value.trim()),
            _ => {}
        }
        if first.is_empty() {
            first = line.trim().to_owned();
        }
        if line == "\r\n" {
            break;
        }
        if !name.eq_ignore_ascii_case("connection") {
            head.extend_from_slice(line.as_bytes());
        }
    }
    head.extend_from_slice(b"connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if !shared.admits(&format!("{scope} {first} {}", String::from_utf8_lossy(&body))) {
        return Ok(());
    }
    let [most, cloudfront] = &shared.upstreams;
    let mut server = TcpStream::connect(if scope.ends_with("/cloudfront") { cloudfront } else { most })?;
    server.write_all(&head)?;
    server.write_all(&body)?;
    io::copy(&mut server, &mut client)?;
    Ok(())
}
