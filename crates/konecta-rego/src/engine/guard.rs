//! What keeps one policy from taking the program with it: a panic of the engine is an error of that policy, and where a
//! watch is kept, an evaluation that does not end is ended by its name.
//! Knows nothing of controls and of what an evaluation does.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What each thread evaluates, and since when.
static RUNNING: LazyLock<Mutex<HashMap<ThreadId, (String, Instant)>>> = LazyLock::new(Mutex::default);

static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// Whether this thread is inside an evaluation, so that a panic is caught and told as an error of the policy.
#[must_use]
pub fn is_inside() -> bool {
    INSIDE.get()
}

/// Calls `ended` with the name of the policy when one evaluation, or the loading of one, takes longer than `limit`.
///
/// The engine counts the steps that it takes, and ends by itself after `time_limit`; a single built-in is one
/// step, however long it takes. No thread can be ended from outside: `ended` must end the process. So this is for a
/// process that does nothing but judge.
pub fn watch(limit: Duration, ended: impl Fn(&str) + Send + 'static) {
    IS_WATCHED.store(true, Ordering::Relaxed);
    thread::spawn(move || {
        loop {
            thread::sleep(limit / 10);
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            let late = running.values().find(|(_, since)| since.elapsed() > limit).map(|(name, _)| name.clone());
            drop(running);
            if let Some(name) = late {
                ended(&name);
            }
        }
    });
}

/// Does what may panic or not end. `name` is what the watch would call it; without one, it is not watched.
pub(crate) fn guarded<T>(name: Option<&str>, work: impl FnOnce() -> T) -> Result<T, String> {
    let _mark = Mark::set(name);
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        format!("the policy engine panicked: {words}")
    })
}

struct Mark(bool);

impl Mark {
    fn set(name: Option<&str>) -> Self {
        let name = name.filter(|_| IS_WATCHED.load(Ordering::Relaxed));
        if let Some(name) = name {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            running.insert(thread::current().id(), (name.to_owned(), Instant::now()));
        }
        INSIDE.set(true);
        Self(name.is_some())
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        INSIDE.set(false);
        if self.0 {
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&thread::current().id());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words() {
        let ended: Result<(), String> = guarded(Some("ka_x"), || panic!("window size must be non-zero"));
        assert_eq!(ended, Err("the policy engine panicked: window size must be non-zero".to_owned()));
        assert!(!is_inside());
        assert_eq!(guarded(Some("ka_x"), is_inside), Ok(true));
    }

    #[test]
    fn what_does_not_end_is_named_and_what_ends_is_not() {
        let (tell, told) = mpsc::channel();
        watch(Duration::from_millis(100), move |name| tell.send(name.to_owned()).unwrap_or_default());
        for _ in 0..100 {
            guarded(Some("quick"), || ()).expect("ends");
        }
        guarded(Some("slow"), || thread::sleep(Duration::from_secs(1))).expect("ends, here");
        assert_eq!(told.recv().expect("told"), "slow");
    }
}
