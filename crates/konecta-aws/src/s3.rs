//! What is kept in S3: objects below one place, written whole, created only once where that is asked.
//! Knows nothing of what the objects mean.

mod place;

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
use aws_types::region::Region;

pub use self::place::S3Place;
use crate::classify::classify;

/// The metadata by which a writer knows its own object again when the answer to its write was lost.
const WRITER: &str = "konecta-writer";

/// Why something could not be kept in S3 or read from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What was given is no place in S3.
    #[error("`{0}` is not a place in S3; s3://bucket/prefix was expected")]
    Scope(String),
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
        let writer = writer()?;
        let put = self.put_request(key, content_type, bytes).if_none_match("*").metadata(WRITER, &writer);
        let error = match put.send().await {
            Ok(answer) => return Ok(Created::Ours(answer.e_tag().unwrap_or_default().to_owned())),
            Err(error) => error,
        };
        match self.written_by(key, &writer).await {
            Ok(Some(etag)) => Ok(Created::Ours(etag)),
            Ok(None) if is_refused(&error) => Ok(Created::Already),
            Ok(None) | Err(()) => Err(self.failed(key, "written", &error)),
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
        let writer = writer()?;
        let put = self.put_request(key, content_type, bytes).if_match(etag).metadata(WRITER, &writer);
        let error = match put.send().await {
            Ok(answer) => return Ok(Some(answer.e_tag().unwrap_or_default().to_owned())),
            Err(error) => error,
        };
        match self.written_by(key, &writer).await {
            Ok(Some(etag)) => Ok(Some(etag)),
            Ok(None) if is_refused(&error) => Ok(None),
            Ok(None) | Err(()) if error.code() == Some("NoSuchKey") => Ok(None),
            Ok(None) | Err(()) => Err(self.failed(key, "written", &error)),
        }
    }

    /// The ETag of the object if this writer wrote it: after a lost answer the SDK asks again, and is then refused
    /// because of its own object.
    async fn written_by(&self, key: &str, writer: &str) -> Result<Option<String>, ()> {
        let head = self.client.head_object().bucket(&self.place.bucket).key(self.full_key(key)).send().await;
        let found = head.map_err(|_| ())?;
        let is_ours = found.metadata().and_then(|known| known.get(WRITER)).is_some_and(|known| known == writer);
        Ok(is_ours.then(|| found.e_tag().unwrap_or_default().to_owned()))
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

    /// Takes away the version with this ETag; whether it was still that one.
    ///
    /// # Errors
    /// When S3 does not do it for another reason.
    pub async fn delete_version(&self, key: &str, etag: &str) -> Result<bool, StoreError> {
        let asked = self.client.delete_object().bucket(&self.place.bucket).key(self.full_key(key)).if_match(etag);
        match asked.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) || error.code() == Some("NoSuchKey") => Ok(false),
            Err(error) => Err(self.failed(key, "deleted", &error)),
        }
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

/// A name for one write, nobody else's.
fn writer() -> Result<String, StoreError> {
    let mut nonce = [0_u8; 16];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::Random)?;
    Ok(format!("{:032x}", u128::from_be_bytes(nonce)))
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

/// The same credentials for the region that the bucket is in; S3 names it even where it refuses the call. Unchanged where
/// it does not.
pub async fn at_home(sdk: &SdkConfig, place: &S3Place) -> SdkConfig {
    let asked = client(sdk).head_bucket().bucket(&place.bucket).send().await;
    let region = match &asked {
        Ok(answer) => answer.bucket_region(),
        Err(error) => error.raw_response().and_then(|answer| answer.headers().get("x-amz-bucket-region")),
    };
    match region {
        Some(region) => sdk.to_builder().region(Region::new(region.to_owned())).build(),
        None => sdk.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpListener};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    use super::*;

    /// Asked once over HTTP, it answers with these lines; gives back what was asked.
    fn answering(lines: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("asked");
            let mut asked = Vec::new();
            let mut byte = [0];
            while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("readable") == 1 {
                asked.push(byte[0]);
            }
            write!(stream, "HTTP/1.1 {lines}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("answered");
            String::from_utf8_lossy(&asked).into_owned()
        });
        (url, served)
    }

    #[tokio::test]
    async fn a_bucket_elsewhere_is_asked_where_it_is() {
        let place: S3Place = "s3://state/audit".parse().expect("a place");
        for (lines, region) in [
            ("301 Moved Permanently\r\nx-amz-bucket-region: eu-west-1", "eu-west-1"),
            ("403 Forbidden\r\nx-amz-bucket-region: eu-west-3", "eu-west-3"),
            ("200 OK\r\nx-amz-bucket-region: eu-central-1", "eu-central-1"),
            ("404 Not Found", "us-east-1"),
        ] {
            let (url, served) = answering(lines);
            let sdk = SdkConfig::builder()
                .behavior_version(aws_config::BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
                .region(Region::new("us-east-1"))
                .endpoint_url(url)
                .build();
            let home = at_home(&sdk, &place).await;
            assert_eq!(home.region().map(Region::as_ref), Some(region), "{lines}");
            assert!(served.join().expect("served").starts_with("HEAD /state"), "{lines}");
        }
    }

    #[test]
    fn a_place_in_s3() {
        let here = |bucket: &str, prefix: &str| Ok(S3Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        assert_eq!("s3://state".parse(), here("state", ""));
        assert_eq!("s3://state/a/b/".parse(), here("state", "a/b"));
        for bad in ["state", "https://state/a", "s3://", "s3:///a", "s3://A b/c"] {
            assert_eq!(bad.parse::<S3Place>(), Err(StoreError::Scope(bad.to_owned())), "{bad}");
        }
    }
}
