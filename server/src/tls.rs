//! What the server proves itself by: a certificate and its key, which can be exchanged while it runs.
//!
//! A handshake takes what is current when it begins. Connections that exist have no more to do with it.

use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, CertificateError, RootCertStore, ServerConfig};
use tracing::{error, info, warn};

use crate::config::TlsFiles;
use crate::metrics::Metrics;

/// What is spoken over TLS. (HTTP/2 is not: a WebSocket has a connection to itself.)
const PROTOCOL: &[u8] = b"http/1.1";

/// Why a certificate and a key are of no use.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate's file.
    #[error("the certificate in {file}: {cause}")]
    Certificate {
        /// Its path.
        file: String,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// There is none in it.
    #[error("there is no certificate in {file}: it has to be a PEM file")]
    NoCertificate {
        /// Its path.
        file: String,
    },
    /// The key's file.
    #[error("the key in {file}: {cause}")]
    Key {
        /// Its path.
        file: String,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// They do not go together, or are none that is known here.
    #[error("the certificate in {certificate} and the key in {key}: {cause}")]
    Pair {
        /// The certificate's path.
        certificate: String,
        /// The key's path.
        key: String,
        /// What is wrong with them.
        cause: rustls::Error,
    },
    /// A mistake in this module.
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

/// A certificate's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Validity {
    Current,
    Expired,
    NotYet,
}

/// The current certificate of a server that speaks TLS, and its key.
pub struct Certificates {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    metrics: Arc<Metrics>,
}

impl Certificates {
    /// What is in the files now.
    ///
    /// # Errors
    /// [`TlsError`] when that is no certificate with its key.
    pub fn load(files: TlsFiles, metrics: Arc<Metrics>) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        Ok(Self { files, provider, current, metrics })
    }

    /// Reads the files again. If they are of no use, that is told, and what was there stays.
    ///
    /// # Errors
    /// [`TlsError`], which has been logged and counted.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = read(&self.files, &self.provider);
        self.metrics.note_tls_reload(read.is_ok());
        let certificate = self.files.certificate.display();
        match read {
            Ok(new) => {
                // It is exchanged whole: a panic elsewhere cannot have left half of one.
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(new);
                info!(%certificate, "the certificate was read again");
                Ok(())
            }
            Err(cause) => {
                error!(%cause, "the certificate was not exchanged: the old one stays");
                Err(cause)
            }
        }
    }

    /// How TLS is spoken with these.
    ///
    /// # Errors
    /// [`TlsError::Setup`] where there are no ciphers, or no randomness.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // When everybody comes back at once, they do so at a fraction of the cost, and nothing is kept for them.
        config.ticketer = ring::Ticketer::new().map_err(TlsError::Setup)?;
        Ok(Arc::new(config))
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

/// Reads a certificate and its key, and warns where its time is not now: clients turn away from it, but that is
/// for whoever runs the server to say.
fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let [file, key_file] = [&files.certificate, &files.key].map(|path| path.display().to_string());
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|cause| TlsError::Certificate { file: file.clone(), cause })?;
    let Some(leaf) = chain.first().cloned() else {
        return Err(TlsError::NoCertificate { file });
    };
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|cause| TlsError::Key { file: key_file.clone(), cause })?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|cause| TlsError::Pair {
        certificate: file.clone(),
        key: key_file,
        cause,
    })?;
    match validity(&leaf, provider) {
        Validity::Current => {}
        Validity::Expired => warn!(certificate = file, "the certificate has expired"),
        Validity::NotYet => warn!(certificate = file, "the certificate is not valid yet"),
    }
    Ok(pair)
}

/// Whether a certificate is valid at this time, whoever has signed it.
fn validity(leaf: &CertificateDer<'_>, provider: &CryptoProvider) -> Validity {
    // What has come so far has been parsed once already.
    let Ok(leaf) = ParsedCertificate::try_from(leaf) else { return Validity::Current };
    // A certificate's own time is looked at before who has signed it, and here nobody has.
    let (nobody, now) = (RootCertStore::empty(), UnixTime::now());
    let algorithms = provider.signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(&leaf, &nobody, &[], now, algorithms) {
        Err(rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Validity::Expired,
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Validity::NotYet,
        _ => Validity::Current,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn a_certificate_has_its_time() {
        let provider = ring::default_provider();
        for (from, until, due) in [
            (2000, 2001, Validity::Expired),
            (2000, 4000, Validity::Current),
            (3000, 4000, Validity::NotYet),
        ] {
            let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
            [params.not_before, params.not_after] =
                [from, until].map(|year| date_time_ymd(year, 1, 1));
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(validity(certificate.der(), &provider), due);
        }
    }
}
