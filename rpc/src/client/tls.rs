//! TLS of a client: whose nodes it believes, and what it shows them.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;

use super::ConnectError;
use crate::pem::{self, Unusable};

/// The files of a client that speaks TLS to nodes of a private authority, all PEM. Without them it believes the
/// authorities of its system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientTls {
    /// Certificates of the authorities that a node's certificate may lead to; no other is believed.
    pub authorities: PathBuf,
    /// What the client shows a node that lets in only whom its own authority knows.
    pub identity: Option<ClientIdentity>,
}

/// A client's certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientIdentity {
    /// The certificate and those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl ClientTls {
    /// Reads the files.
    pub(super) fn config(&self) -> Result<ClientConfig, ConnectError> {
        Ok(self.read()?)
    }

    fn read(&self) -> Result<ClientConfig, Unusable> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Unusable::new(&self.authorities, error))?
            .with_root_certificates(pem::authorities(&self.authorities)?);
        let Some(ClientIdentity { certificate, key }) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let config = builder.with_client_auth_cert(pem::certificates(certificate)?, pem::key(key)?);
        config.map_err(|error| Unusable::new(certificate, error))
    }
}

/// Says which cryptography is used where nobody named one, as jsonrpsee doesn't. Several libraries bring one, so rustls
/// would not know which to take. What was chosen before stays.
pub(super) fn choose_provider() {
    let _ = ring::default_provider().install_default();
}

impl From<Unusable> for ConnectError {
    fn from(Unusable { path, reason }: Unusable) -> Self {
        Self::Tls { path, reason }
    }
}
