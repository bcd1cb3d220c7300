//! TLS for the listener, with client certificates where an authority for them is named.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use super::ServerError;
use crate::pem::{self, Unusable};

/// The files of a listener with TLS, all PEM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The server's certificate and those that lead to its authority.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// Certificates of the authorities whose clients are let in; none lets in everybody.
    pub client_authorities: Option<PathBuf>,
}

impl TlsFiles {
    /// Reads the files.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, ServerError> {
        Ok(TlsAcceptor::from(Arc::new(self.config()?)))
    }

    fn config(&self) -> Result<ServerConfig, Unusable> {
        let certificates = pem::certificates(&self.certificate)?;
        let key = pem::key(&self.key)?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Unusable::new(&self.certificate, error))?;
        let builder = match &self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let roots = Arc::new(pem::authorities(path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| Unusable::new(path, error))?)
            }
        };
        let config = builder.with_single_cert(certificates, key);
        config.map_err(|error| Unusable::new(&self.certificate, error))
    }
}

impl From<Unusable> for ServerError {
    fn from(Unusable { path, reason }: Unusable) -> Self {
        Self::Tls { path, reason }
    }
}
