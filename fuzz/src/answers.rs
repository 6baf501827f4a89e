//! An answer of AWS as a target gets it: a line that names service and operation, then the body.

use crate::wire::{Wire, decode, table};

/// Decodes a body by the table of the operation that the first line names, such as `ecr DescribeRepositories`.
pub fn decode_answer(data: &[u8]) {
    let Some(end) = data.iter().position(|&byte| byte == b'\n') else { return };
    let Ok(head) = std::str::from_utf8(&data[..end]) else { return };
    let Some((service, operation)) = head.split_once(' ') else { return };
    let Ok(table) = table(service) else { return };
    let wire = Wire { body: data[end + 1..].to_vec().into(), ..Wire::default() };
    let _ = decode(table, operation, &wire);
}
