//! Whether the server speaks TLS itself, and where it finds what it proves itself by: the flags of it.

use std::path::PathBuf;

use clap::Args;

use super::ConfigError;

/// Flags about TLS.
#[derive(Clone, Debug, Args)]
pub struct TlsFlags {
    /// Speak TLS: a PEM file with the server's certificate, and those that it is signed by after it. Read again at
    /// SIGHUP
    #[arg(long, env = "TICKWIRE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file with the key of --tls-cert: PKCS#8, PKCS#1 or SEC1, without a passphrase
    #[arg(long, env = "TICKWIRE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that it is signed by.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl TlsFlags {
    /// Both files, or none. What is in them is looked at when the server starts.
    ///
    /// # Errors
    /// [`ConfigError`] where one is given alone.
    pub fn validate(self) -> Result<Option<TlsFiles>, ConfigError> {
        let (flag, value, other) = match (self.tls_cert, self.tls_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => return Ok(Some(TlsFiles { certificate, key })),
            (Some(given), None) => ("tls-cert", given, "tls-key"),
            (None, Some(given)) => ("tls-key", given, "tls-cert"),
        };
        let value = value.display().to_string();
        Err(ConfigError { flag, value, allowed: format!("only together with --{other}") })
    }
}
