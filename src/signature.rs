//! Detached Ed25519 signatures of files: who wrote a file is known by a key, and that nobody edited it since.
//!
//! A signature is the 64 bytes of RFC 8032 over the file's bytes as they are stored, in `FILE.sig`. Keys are PEM, as OpenSSL
//! writes them, and OpenSSL can check what is signed here:
//! `openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in FILE -sigfile FILE.sig`.
//! Knows nothing of what is signed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use crate::ui;

/// A PEM file of an Ed25519 key has some 120 bytes; comments may stand before it.
const KEY_FILE: u64 = 64 << 10;

/// Bytes of a signature.
const SIGNATURE: usize = 64;

/// What stands before the 32 bytes of the key in a DER SubjectPublicKeyInfo of Ed25519 (RFC 8410).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a file is not signed, or its signature not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("cannot read the key {path}")]
    KeyFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the private key {path} may be used by others than its owner (mode {mode:03o})")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{path} is not an {wanted}")]
    WrongKind { path: PathBuf, wanted: &'static str },
    #[error("standard output cannot be signed: the signature is a file beside a file")]
    NoFile,
    #[error("cannot write the signature {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{file} has no signature that can be read at {path}")]
    Missing {
        file: PathBuf,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the signature {path} is not one of {file} by the key {key}")]
    Wrong { file: PathBuf, path: PathBuf, key: PathBuf },
}

impl SignatureError {
    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::KeyFile { .. } => "check that the path exists and that you may use it",
            Self::Exposed { .. } => {
                "take the rights of others away with `chmod 600`, and consider whether somebody has read it"
            }
            Self::WrongKind { .. } => {
                "`openssl genpkey -algorithm ed25519 -out key.pem` makes a key, `openssl pkey -in key.pem -pubout -out pub.pem` its public half"
            }
            Self::NoFile => "name a file",
            Self::Write { .. } => "check that the folder exists and that you may write there",
            Self::Missing { .. } => "have it signed by its author, or leave the verification out",
            Self::Wrong { .. } => {
                "do not use the file: it was edited, or somebody else wrote it, or this is another key"
            }
        }
    }
}

/// A private key.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Out of a PEM file in PKCS#8, which only its owner may read (on Unix).
    ///
    /// # Errors
    /// When the file cannot be read, may be read by others, or holds something else.
    pub(crate) fn read(path: &Path) -> Result<Self, SignatureError> {
        let mut file = File::open(path).map_err(|source| SignatureError::KeyFile { path: path.to_owned(), source })?;
        check_mode(&file, path)?;
        let pem = read_key(&mut file, path)?;
        let wrong = || SignatureError::WrongKind {
            path: path.to_owned(),
            wanted: "Ed25519 private key in PEM (PKCS#8, without a passphrase)",
        };
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| wrong())?;
        Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).map(Self).map_err(|_| wrong())
    }

    /// Writes the signature of a file's bytes beside it, and says where.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn sign(&self, file: &Path, bytes: &[u8]) -> Result<PathBuf, SignatureError> {
        let path = beside(file)?;
        let signature = self.signature(bytes);
        konecta_base::output_file::write(&path, &mut |out: &mut dyn Write| out.write_all(&signature))
            .map_err(|source| SignatureError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    /// The signature of these bytes.
    pub(crate) fn signature(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

/// A public key, and the file that it is out of.
pub(crate) struct VerifyingKey {
    path: PathBuf,
    key: [u8; 32],
}

impl VerifyingKey {
    /// Out of a PEM file.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub(crate) fn read(path: &Path) -> Result<Self, SignatureError> {
        let mut file = File::open(path).map_err(|source| SignatureError::KeyFile { path: path.to_owned(), source })?;
        let pem = read_key(&mut file, path)?;
        let key = SubjectPublicKeyInfoDer::from_pem_slice(&pem)
            .ok()
            .and_then(|der| der.as_ref().strip_prefix(&ED25519_SPKI)?.try_into().ok());
        match key {
            Some(key) => Ok(Self { path: path.to_owned(), key }),
            None => Err(SignatureError::WrongKind { path: path.to_owned(), wanted: "Ed25519 public key in PEM" }),
        }
    }

    /// Checks the signature beside a file against the bytes that were read out of it.
    ///
    /// # Errors
    /// When there is none, or it is of other bytes or by another key.
    pub(crate) fn verify(&self, file: &Path, bytes: &[u8]) -> Result<(), SignatureError> {
        let path = beside(file)?;
        let most = u64::try_from(SIGNATURE).unwrap_or_default() + 1;
        let mut signature = Vec::new();
        File::open(&path)
            .and_then(|open| open.take(most).read_to_end(&mut signature))
            .map_err(|source| SignatureError::Missing { file: file.to_owned(), path: path.clone(), source })?;
        let wrong = SignatureError::Wrong { file: file.to_owned(), path, key: self.path.clone() };
        if self.has_signed(bytes, &signature) { Ok(()) } else { Err(wrong) }
    }

    /// Whether a signature is of these bytes by this key. One of another length is none.
    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key).verify(bytes, signature).is_ok()
    }
}

/// Where the signature of a file is: `FILE.sig`.
fn beside(file: &Path) -> Result<PathBuf, SignatureError> {
    if ui::is_standard_output(file) {
        return Err(SignatureError::NoFile);
    }
    Ok(with_suffix(file, ".sig"))
}

/// What stands beside a file under its name and more.
pub(crate) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn read_key(file: &mut File, path: &Path) -> Result<Vec<u8>, SignatureError> {
    let mut pem = Vec::new();
    match file.take(KEY_FILE).read_to_end(&mut pem) {
        Ok(_) => Ok(pem),
        Err(source) => Err(SignatureError::KeyFile { path: path.to_owned(), source }),
    }
}

/// Of the file that is open, not of the name: nobody can put another there in between.
#[cfg(unix)]
fn check_mode(file: &File, path: &Path) -> Result<(), SignatureError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|source| SignatureError::KeyFile { path: path.to_owned(), source })?;
    match metadata.permissions().mode() & 0o777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => Err(SignatureError::Exposed { path: path.to_owned(), mode }),
    }
}

#[cfg(not(unix))]
fn check_mode(_file: &File, _path: &Path) -> Result<(), SignatureError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8410, section 10.3, and its public half of 10.1.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    fn written(dir: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("written");
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("mode");
        path
    }

    #[test]
    fn what_was_signed_is_verified_and_nothing_else() {
        let dir = tempfile::tempdir().expect("dir");
        let file = written(dir.path(), "plan.json", "{}", 0o644);
        let key = SigningKey::read(&written(dir.path(), "key.pem", KEY, 0o600)).expect("key");
        let public = VerifyingKey::read(&written(dir.path(), "pub.pem", PUBLIC, 0o644)).expect("key");
        assert!(matches!(public.verify(&file, b"{}"), Err(SignatureError::Missing { .. })));
        let signature = key.sign(&file, b"{}").expect("signed");
        assert_eq!(signature, dir.path().join("plan.json.sig"));
        public.verify(&file, b"{}").expect("ours");
        assert!(matches!(public.verify(&file, b"{} "), Err(SignatureError::Wrong { .. })));
        let other = VerifyingKey::read(&written(dir.path(), "other.pem", OTHER, 0o644)).expect("key");
        assert!(matches!(other.verify(&file, b"{}"), Err(SignatureError::Wrong { .. })));
        let mut bytes = std::fs::read(&signature).expect("read");
        bytes.push(0);
        std::fs::write(&signature, &bytes).expect("written");
        assert!(matches!(public.verify(&file, b"{}"), Err(SignatureError::Wrong { .. })), "more than a signature");
    }

    #[test]
    fn keys_of_another_kind_and_of_everybody_are_refused() {
        let dir = tempfile::tempdir().expect("dir");
        for (text, mode) in
            [(PUBLIC, 0o600), ("no key", 0o600), ("", 0o600), (KEY.replace("K2Vw", "K2Vu").as_str(), 0o600)]
        {
            let read = SigningKey::read(&written(dir.path(), "key.pem", text, mode));
            assert!(matches!(read, Err(SignatureError::WrongKind { .. })), "{text}");
        }
        for text in [KEY, "no key", &PUBLIC.replace("K2Vw", "K2Vu")] {
            let read = VerifyingKey::read(&written(dir.path(), "pub.pem", text, 0o644));
            assert!(matches!(read, Err(SignatureError::WrongKind { .. })), "{text}");
        }
        assert!(matches!(SigningKey::read(&dir.path().join("none")), Err(SignatureError::KeyFile { .. })));
        #[cfg(unix)]
        for mode in [0o640, 0o604, 0o620] {
            let read = SigningKey::read(&written(dir.path(), "key.pem", KEY, mode));
            assert!(matches!(read, Err(SignatureError::Exposed { mode: told, .. }) if told == mode), "{mode:o}");
        }
    }

    #[test]
    fn standard_output_is_not_signed() {
        assert!(matches!(beside(Path::new("-")), Err(SignatureError::NoFile)));
    }
}
