//! The event of the Lambda.
#![no_main]

use konecta_fuzz::is_request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = serde_json::from_slice(data) {
        let _ = is_request(&event);
    }
});
