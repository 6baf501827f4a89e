//! A recording that a scan goes on from.
#![no_main]

use konecta_fuzz::recording::Recording;
use konecta_fuzz::sealed::archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(recording) = Recording::from_bytes(&archive(data)) else { return };
    let kept = recording.to_bytes().expect("memory takes it");
    assert_eq!(Recording::from_bytes(&kept).expect("what was written is read").len(), recording.len());
});
