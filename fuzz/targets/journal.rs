//! A journal: as it is, and with lines that follow one another.
#![no_main]

use konecta_fix::journal::{Kept, RunState, read};
use konecta_fuzz::sealed::{InMemory, journal, now};
use libfuzzer_sys::fuzz_target;

fn look(kept: Kept) {
    let Some(Ok(book)) = now(read(&mut InMemory(kept))) else { return };
    let _ = book.problem.as_ref().map(ToString::to_string);
    let Some(state) = RunState::of(&book.lines) else { return };
    let _ = (state.applied().count(), state.standing().count(), state.to_take_back().count());
}

fuzz_target!(|data: &[u8]| {
    look(Kept { lines: data.to_vec(), head: data.split(|&byte| byte == b'\n').next().map(<[u8]>::to_vec) });
    look(journal(data));
});
