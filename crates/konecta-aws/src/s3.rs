//! What is kept in S3: objects below one place, written whole, created only once where that is asked.
//! Knows nothing of what the objects mean.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::Env;

use crate::classify::classify;

/// The metadata by which a writer knows its own object again when the answer to its write was lost.
const WRITER: &str = "konecta-writer";

/// Why something could not be kept in S3 or read from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What was given is no place in S3.
    #[error("`{0}` is no place in S3; s3://bucket/prefix was expected")]
    Place(String),
    /// S3 does not do it.
    #[error("{location} cannot be {deed}: {reason}")]
    Failed {
        /// The object.
        location: String,
        /// What was tried.
        deed: &'static str,
        /// What S3 says.
        reason: String,
    },
    /// The machine has no random bytes to give.
    #[error("this machine has no random numbers to give")]
    Random,
}

/// A bucket, and what keys in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket's name.
    pub bucket: String,
    /// The prefix, without a slash at either end; may be empty.
    pub prefix: String,
}

impl std::str::FromStr for S3Place {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = || StoreError::Place(text.to_owned());
        let rest = text.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        if bucket.len() < 3 || !bucket.bytes().all(good) {
            return Err(wrong());
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

/// What came of creating an object that must not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is there now, and we wrote it; its ETag.
    Ours(String),
    /// Somebody was here before; nothing was written.
    Already,
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its ETag.
    pub etag: String,
}

/// A place in S3, with credentials for it. Keys are given without the place's prefix.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    place: S3Place,
    kms_key: Option<String>,
}

impl Store {
    /// Objects are encrypted with the KMS key, or with S3's own (AES256).
    #[must_use]
    pub fn new(sdk: &SdkConfig, place: S3Place, kms_key: Option<String>) -> Self {
        Self { client: client(sdk), place, kms_key }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.place.bucket
    }

    /// A key as S3 knows it.
    #[must_use]
    pub fn full_key(&self, key: &str) -> String {
        if self.place.prefix.is_empty() { key.to_owned() } else { format!("{}/{key}", self.place.prefix) }
    }

    /// Where an object is, as `s3://bucket/key`.
    #[must_use]
    pub fn location(&self, key: &str) -> String {
        format!("s3://{}/{}", self.place.bucket, self.full_key(key))
    }

    /// Writes an object that must not be there yet.
    ///
    /// # Errors
    /// When S3 does not take it for another reason than that it is there.
    pub async fn create(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<Created, StoreError> {
        let mut nonce = [0_u8; 16];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::Random)?;
        let writer = format!("{:032x}", u128::from_be_bytes(nonce));
        let put = self.put_request(key, content_type, bytes).if_none_match("*").metadata(WRITER, &writer);
        let error = match put.send().await {
            Ok(answer) => return Ok(Created::Ours(answer.e_tag().unwrap_or_default().to_owned())),
            Err(error) => error,
        };
        // After a lost answer the SDK asks again and then finds its own object.
        let head = self.client.head_object().bucket(&self.place.bucket).key(self.full_key(key)).send().await;
        match head {
            Ok(found) if found.metadata().and_then(|known| known.get(WRITER)) == Some(&writer) => {
                Ok(Created::Ours(found.e_tag().unwrap_or_default().to_owned()))
            }
            Ok(_) if is_refused(&error) => Ok(Created::Already),
            Ok(_) | Err(_) => Err(self.failed(key, "written", &error)),
        }
    }

    /// Writes an object over what was there.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn put(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<String, StoreError> {
        let answer = self.put_request(key, content_type, bytes).send().await;
        let answer = answer.map_err(|error| self.failed(key, "written", &error))?;
        Ok(answer.e_tag().unwrap_or_default().to_owned())
    }

    /// Writes an object over the version with this ETag; `None` where it is another one by now.
    ///
    /// # Errors
    /// When S3 does not take it for another reason.
    pub async fn replace(
        &self,
        key: &str,
        content_type: &str,
        bytes: Vec<u8>,
        etag: &str,
    ) -> Result<Option<String>, StoreError> {
        match self.put_request(key, content_type, bytes.clone()).if_match(etag).send().await {
            Ok(answer) => Ok(Some(answer.e_tag().unwrap_or_default().to_owned())),
            // After a lost answer the SDK asks again and then finds its own version.
            Err(error) => match self.get(key).await? {
                Some(found) if found.bytes == bytes => Ok(Some(found.etag)),
                Some(_) | None if is_refused(&error) || error.code() == Some("NoSuchKey") => Ok(None),
                Some(_) | None => Err(self.failed(key, "written", &error)),
            },
        }
    }

    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// When S3 does not give it.
    pub async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let answer = self.client.get_object().bucket(&self.place.bucket).key(self.full_key(key)).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(self.failed(key, "read", &error)),
        };
        let etag = answer.e_tag().unwrap_or_default().to_owned();
        let broken = |error: aws_sdk_s3::primitives::ByteStreamError| StoreError::Failed {
            location: self.location(key),
            deed: "read",
            reason: error.to_string(),
        };
        let bytes = answer.body.collect().await.map_err(broken)?.to_vec();
        Ok(Some(Object { bytes, etag }))
    }

    /// Writes an object's content out piece by piece as it comes, however large it is; whether there is one.
    ///
    /// # Errors
    /// When S3 does not give it, or what takes it takes no more.
    pub async fn copy(&self, key: &str, out: &mut impl std::io::Write) -> Result<bool, StoreError> {
        let answer = self.client.get_object().bucket(&self.place.bucket).key(self.full_key(key)).send().await;
        let mut body = match answer {
            Ok(answer) => answer.body,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(false),
            Err(error) => return Err(self.failed(key, "read", &error)),
        };
        let broken = |reason: String| StoreError::Failed { location: self.location(key), deed: "read", reason };
        while let Some(piece) = body.try_next().await.map_err(|error| broken(error.to_string()))? {
            out.write_all(&piece).map_err(|error| broken(error.to_string()))?;
        }
        Ok(true)
    }

    /// Takes an object away; that there is none is no error.
    ///
    /// # Errors
    /// When S3 does not do it.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let sent = self.client.delete_object().bucket(&self.place.bucket).key(self.full_key(key)).send().await;
        sent.map(|_| ()).map_err(|error| self.failed(key, "deleted", &error))
    }

    /// One page (at most 1,000) of the keys that begin with `prefix`, in the order of their bytes, after `after`. An empty
    /// page is the end.
    ///
    /// # Errors
    /// When S3 does not list.
    pub async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let asked = self
            .client
            .list_objects_v2()
            .bucket(&self.place.bucket)
            .prefix(self.full_key(prefix))
            .set_start_after(after.map(|key| self.full_key(key)));
        let answer = asked.send().await.map_err(|error| self.failed(prefix, "listed", &error))?;
        let strip = if self.place.prefix.is_empty() { 0 } else { self.place.prefix.len() + 1 };
        let keys = answer.contents().iter().filter_map(|object| object.key()?.get(strip..));
        Ok(keys.map(str::to_owned).collect())
    }

    fn put_request(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> PutObjectFluentBuilder {
        let put = self
            .client
            .put_object()
            .bucket(&self.place.bucket)
            .key(self.full_key(key))
            .content_type(content_type)
            .body(ByteStream::from(bytes));
        match &self.kms_key {
            Some(key) => put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key),
            None => put.server_side_encryption(ServerSideEncryption::Aes256),
        }
    }

    fn failed<E>(&self, key: &str, deed: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        StoreError::Failed { location: self.location(key), deed, reason: classify(error).to_string() }
    }
}

/// Whether S3 refused because of `If-Match` or `If-None-Match`.
pub(crate) fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict"))
}

/// A client that also works where the bucket's name before the host's does not resolve: anywhere but at AWS.
pub(crate) fn client(sdk: &SdkConfig) -> Client {
    let custom = sdk.endpoint_url().is_some() || Env::real().get("AWS_ENDPOINT_URL_S3").is_ok();
    Client::from_conf(Builder::from(sdk).force_path_style(custom).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_s3() {
        let here = |bucket: &str, prefix: &str| Ok(S3Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        assert_eq!("s3://state".parse(), here("state", ""));
        assert_eq!("s3://state/a/b/".parse(), here("state", "a/b"));
        for bad in ["state", "https://state/a", "s3://", "s3:///a", "s3://A b/c"] {
            assert_eq!(bad.parse::<S3Place>(), Err(StoreError::Place(bad.to_owned())), "{bad}");
        }
    }
}
