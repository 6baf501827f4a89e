//! An answer of AWS in JSON: a line that names service and operation, then the body.
#![no_main]

use konecta_fuzz::answers::decode_answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| decode_answer(data));
