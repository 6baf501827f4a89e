//! What vouches for itself by a digest: a target that left it to chance would never come behind it. Bytes that begin as an archive
//! are taken as they are; everything else is text that is given its digest first.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use konecta_base::medium::{Kept, Medium, MediumError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// JSON Lines with the last line that belongs to them, in zstd.
pub fn archive(data: &[u8]) -> Vec<u8> {
    if data.starts_with(&ZSTD) {
        return data.to_vec();
    }
    let mut text = data.to_vec();
    if text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    let end = json!({"end": {"lines": lines, "sha256": hex::encode(Sha256::digest(&text))}});
    text.extend(format!("{end}\n").bytes());
    zstd::encode_all(text.as_slice(), 1).unwrap_or_default()
}

/// A plan with the digest that belongs to it.
pub fn plan(text: &str) -> Option<String> {
    let mut plan: Value = serde_json::from_str(text).ok()?;
    plan.as_object_mut()?.remove("sha256");
    let digest = hex::encode(Sha256::digest(konecta_fix::plan::canonical(plan.clone()).as_bytes()));
    plan.as_object_mut()?.insert("sha256".to_owned(), Value::String(digest));
    Some(plan.to_string())
}

/// A journal whose lines follow one another, whatever they say.
pub fn journal(data: &[u8]) -> Kept {
    let (mut lines, mut head) = (Vec::new(), None);
    let mut previous = "0".repeat(64);
    for (seq, text) in data.split(|&byte| byte == b'\n').enumerate() {
        let Ok(mut line) = serde_json::from_slice::<Value>(text) else {
            lines.extend_from_slice(text);
            break;
        };
        if let Some(line) = line.as_object_mut() {
            line.remove("sha256");
            line.insert("seq".to_owned(), seq.into());
            line.insert("previous".to_owned(), Value::String(previous));
        }
        let body = line.to_string();
        let digest = hex::encode(Sha256::digest(body.as_bytes()));
        let open = body.strip_suffix('}').unwrap_or(&body);
        let _ = writeln!(lines, "{open},\"sha256\":\"{digest}\"}}");
        head = Some(json!({"seq": seq, "sha256": digest}).to_string().into_bytes());
        previous = digest;
    }
    Kept { lines, head }
}

/// A journal in memory.
pub struct InMemory(pub Kept);

impl Medium for InMemory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn create(&mut self) -> Result<(), MediumError> {
        Ok(())
    }

    async fn read(&mut self) -> Result<Kept, MediumError> {
        Ok(self.0.clone())
    }

    async fn take_up(&mut self, _: u64, _: Option<&str>) -> Result<(), MediumError> {
        Ok(())
    }

    async fn append(&mut self, _: &str, _: &str) -> Result<(), MediumError> {
        Ok(())
    }
}

/// The result of a future that never waits.
pub fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
