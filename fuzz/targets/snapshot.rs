//! A snapshot file: opened, read to its end, and judged as far as facts go.
#![no_main]

use std::path::PathBuf;

use konecta_base::blueprint::Blueprint;
use konecta_base::snapshot::SnapshotFile;
use konecta_fuzz::sealed::archive;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static PATH: PathBuf = std::env::temp_dir().join(format!("konecta-fuzz-{}.snapshot", std::process::id()));
}

fuzz_target!(|data: &[u8]| {
    PATH.with(|path| {
        std::fs::write(path, archive(data)).expect("a temporary file");
        let Ok(file) = SnapshotFile::open(path) else { return };
        let Ok(snapshot) = file.load() else { return };
        let _ = konecta_core::facts::derive(&snapshot, &Blueprint::default());
    });
});
