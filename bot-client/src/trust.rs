//! Whose certificates a client believes, where a server speaks TLS.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Those that the system trusts, and maybe some more. Clones share them, and what they keep of servers to come
/// back to them sooner.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

/// Certificates in a file, which are trusted beside the system's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    file: PathBuf,
    certificates: Vec<CertificateDer<'static>>,
}

/// Why a file has no certificates to trust.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// It cannot be read.
    #[error("a PEM file with certificates is due: {0}")]
    File(#[from] pem::Error),
    /// There are none in it.
    #[error("a PEM file with certificates is due: there are none in it")]
    Empty,
    /// What is in it is none.
    #[error("a PEM file with certificates is due: {0}")]
    Certificate(#[from] rustls::Error),
}

impl FromStr for Authority {
    type Err = AuthorityError;

    /// Reads the file of this path.
    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let file = PathBuf::from(path);
        let certificates: Vec<_> =
            CertificateDer::pem_file_iter(&file)?.collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err(AuthorityError::Empty);
        }
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone())?;
        }
        Ok(Self { file, certificates })
    }
}

impl Authority {
    /// Where they were read.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Trust {
    /// Whom the system trusts. What cannot be read of that is passed over, as far as to nobody at all.
    #[must_use]
    pub fn system() -> Self {
        static SYSTEM: OnceLock<Trust> = OnceLock::new();
        SYSTEM.get_or_init(|| Self::of(system_roots())).clone()
    }

    /// The same, and these.
    #[must_use]
    pub fn with(authority: &Authority) -> Self {
        let mut roots = system_roots();
        roots.add_parsable_certificates(authority.certificates.iter().cloned());
        Self::of(roots)
    }

    #[expect(
        clippy::expect_used,
        reason = "ring has ciphers for all versions of TLS that are on by default"
    )]
    fn of(roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ciphers for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Arc::new(config))
    }

    /// How TLS is spoken to those.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
