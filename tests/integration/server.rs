//! A scripted AWS on loopback. Unlike a mock of answers it also breaks off, resets, hangs and dawdles, as networks do.
//! Written with the standard library only, because no HTTP server lets a test send half of what it announces.
//! Knows nothing of the program that asks; [`answers`] has what an empty account says.

mod answers;
mod reply;
mod request;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) use answers::{ACCOUNT, assumed_role, db_instance, identity, query, repositories, repository};
pub(crate) use reply::Reply;
pub(crate) use request::Request;

use reply::Ending;

/// A server that ends with the test, also with a failed one.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
}

/// What is answered to a request by what it asks about.
type ByRequest = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

#[derive(Default)]
struct State {
    stopped: bool,
    script: BTreeMap<String, Vec<Reply>>,
    by_request: BTreeMap<String, ByRequest>,
    requests: Vec<Request>,
    open: Vec<TcpStream>,
    talks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens, as an account in which there is nothing.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let acceptor = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// What is answered to an action such as `ecr:DescribeRepositories`, in all regions that [`Self::on_in`] does not
    /// name: the first reply to the first call, and so on; the last one for ever after.
    pub(crate) fn on<const N: usize>(&self, action: &str, replies: [Reply; N]) -> &Self {
        self.shared.state().script.insert(action.to_owned(), replies.into());
        self
    }

    /// What is answered in one region only.
    pub(crate) fn on_in<const N: usize>(&self, region: &str, action: &str, replies: [Reply; N]) -> &Self {
        self.on(&format!("{action}@{region}"), replies)
    }

    /// What is answered to an action by what each request asks about.
    pub(crate) fn on_each(&self, action: &str, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> &Self {
        self.shared.state().by_request.insert(action.to_owned(), Arc::new(answer));
        self
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// What was asked of one action.
    pub(crate) fn requests_for(&self, action: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.action == action).collect()
    }
}

/// The times that a test gives a program until its deadline, one after the other, until `is_enough`: that depends on how busy
/// the machine is.
pub(crate) fn shortest<T>(mut run: impl FnMut(&'static str) -> (T, bool)) -> T {
    for deadline in ["3s", "15s"] {
        if let (came, true) = run(deadline) {
            return came;
        }
    }
    run("60s").0
}

impl Drop for Server {
    fn drop(&mut self) {
        let talks = {
            let mut state = self.shared.state();
            state.stopped = true;
            std::mem::take(&mut state.talks)
        };
        self.shared.bell.notify_all();
        // The acceptor waits for a connection: this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for stream in self.shared.state().open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for talk in talks {
            let _ = talk.join();
        }
    }
}

impl State {
    /// The name of the replies to a request: those of its region, if it has its own.
    fn key(&self, request: &Request) -> String {
        let regional = format!("{}@{}", request.action, request.region);
        if self.script.contains_key(&regional) { regional } else { request.action.clone() }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a request down and finds its reply.
    fn reply(&self, request: &Request) -> Reply {
        let mut state = self.state();
        let key = state.key(request);
        // Only what the same replies were for counts: another region's request takes none of them away.
        let before = state.requests.iter().filter(|other| state.key(other) == key).count();
        state.requests.push(request.clone());
        if let Some(answer) = state.by_request.get(&request.action) {
            return answer(request);
        }
        let scripted = state.script.get(&key).and_then(|replies| replies.get(before).or(replies.last()));
        scripted.cloned().unwrap_or_else(|| answers::of_an_empty_account(&request.action))
    }

    /// Waits, at most until the server stops.
    fn wait(&self, time: Duration) {
        let state = self.state();
        drop(self.bell.wait_timeout_while(state, time, |state| !state.stopped));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let mut state = shared.state();
        if state.stopped {
            return;
        }
        let Ok(stream) = stream else { continue };
        state.open.extend(stream.try_clone());
        let shared = Arc::clone(shared);
        state.talks.push(std::thread::spawn(move || {
            // A client that goes away in the middle is what these tests are about.
            let _ = talk(stream, &shared);
        }));
    }
}

/// Answers one request after the other, until one side has had enough.
fn talk(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    while let Some(request) = Request::read(&mut stream)? {
        let reply = shared.reply(&request);
        shared.wait(reply.delay);
        if reply.ending == Ending::Hang {
            shared.wait(Duration::MAX);
            return Ok(());
        }
        if reply.ending != Ending::Reset {
            Request::finish(&mut stream)?;
        }
        reply.send(&mut stream)?;
        if reply.ending != Ending::Whole {
            break;
        }
    }
    // The clone that is kept for the end holds the connection open; with a byte still unread, closing is a reset.
    let port = stream.peer_addr()?;
    shared.state().open.retain(|other| other.peer_addr().is_ok_and(|other| other != port));
    Ok(())
}
