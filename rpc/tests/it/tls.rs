//! TLS: whom the server lets in, whom our own clients believe, and what is said of files that are no certificates.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tierchain_rpc::TlsFiles;
use tierchain_rpc::api::{ChainApiClient, SystemApiClient};
use tierchain_rpc::client::{ClientIdentity, ClientTls, ConnectError, connect, connect_by};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::front::{post, read_http};
use crate::{Fixture, config};

/// How long a call may take.
const WAIT: Duration = Duration::from_secs(10);

/// An authority, and certificates of its own for a server and a client, in files.
struct Certificates {
    folder: TempDir,
    authority: CertifiedKey,
    client: CertifiedKey,
}

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = {
            let mut params = CertificateParams::new(Vec::new()).expect("no names");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key_pair = KeyPair::generate().expect("a key");
            CertifiedKey { cert: params.self_signed(&key_pair).expect("a certificate"), key_pair }
        };
        let issue = |name: &str| {
            let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
            let key_pair = KeyPair::generate().expect("a key");
            let cert = params.signed_by(&key_pair, &authority.cert, &authority.key_pair).expect("a certificate");
            CertifiedKey { cert, key_pair }
        };
        let (server, client) = (issue("localhost"), issue("client"));
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
        write("authority", authority.cert.pem());
        write("certificate", server.cert.pem());
        write("key", server.key_pair.serialize_pem());
        write("client certificate", client.cert.pem());
        write("client key", client.key_pair.serialize_pem());
        Self { folder, authority, client }
    }

    fn files(&self, with_clients: bool) -> TlsFiles {
        let path = |name: &str| self.folder.path().join(name);
        let client_authorities = with_clients.then(|| path("authority"));
        TlsFiles { certificate: path("certificate"), key: path("key"), client_authorities }
    }

    /// What our own clients are given.
    fn client_files(&self, certified: bool) -> ClientTls {
        let path = |name: &str| self.folder.path().join(name);
        let identity =
            certified.then(|| ClientIdentity { certificate: path("client certificate"), key: path("client key") });
        ClientTls { authorities: path("authority"), identity }
    }

    /// Asks over TLS, as a client with or without a certificate.
    async fn ask(&self, server: SocketAddr, certified: bool) -> std::io::Result<(u16, String, Value)> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.cert.der().clone()).expect("a certificate");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider's own")
            .with_root_certificates(roots);
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.client.key_pair.serialize_der()));
        let config = match certified {
            false => builder.with_no_client_auth(),
            true => builder.with_client_auth_cert(vec![self.client.cert.der().clone()], key).expect("our own key"),
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let socket = TcpStream::connect(server).await?;
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
        read_http(&mut stream, &post("")).await
    }
}

#[tokio::test]
async fn tls_lets_in_whom_the_authority_knows() {
    let certificates = Certificates::make();
    let mut config = config();
    config.tls = Some(certificates.files(false));
    let fixture = Fixture::start_with(config.clone()).await;
    let address = fixture.server.local_addr();
    let (status, _, body) = certificates.ask(address, false).await.expect("an answer");
    assert_eq!((status, &body["result"]), (200, &json!("Memory")));
    let mut plain = TcpStream::connect(address).await.expect("the server listens");
    let spoken = read_http(&mut plain, &post("")).await;
    assert!(spoken.is_err(), "plain HTTP isn't answered: {spoken:?}");

    config.tls = Some(certificates.files(true));
    let fixture = Fixture::start_with(config).await;
    let address = fixture.server.local_addr();
    let (_, _, body) = certificates.ask(address, true).await.expect("an answer");
    assert_eq!(body["result"], "Memory");
    assert!(certificates.ask(address, false).await.is_err(), "without a certificate");
    fixture.until(|fixture| fixture.server.meter().connections() == 0).await;
}

#[tokio::test]
async fn a_file_that_is_no_certificate_is_named() {
    let certificates = Certificates::make();
    let mut config = config();
    let files = certificates.files(false);
    config.tls = Some(TlsFiles { certificate: files.key.clone(), ..files });
    let backend = Fixture::start().await.backend.clone();
    let error = tierchain_rpc::start(&config, backend).await.expect_err("a key is no certificate").to_string();
    assert!(error.contains("holds no certificate") && error.contains("--rpc-tls-cert"), "{error}");
}

/// Asks with our own client, over a scheme; an error at connecting or at the first call.
async fn ask(fixture: &Fixture, scheme: &str, tls: Option<&ClientTls>) -> Result<String, String> {
    let url = format!("{scheme}://localhost:{}", fixture.server.local_addr().port());
    let client = connect_by(&url, WAIT, tls).await.map_err(|error| with_causes(&error))?;
    client.chain().await.map_err(|error| with_causes(&error))
}

/// An error as our commands print it: with all that caused it.
fn with_causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn our_clients_speak_tls_with_a_node_that_they_believe_and_that_lets_them_in() {
    let certificates = Certificates::make();
    let mut config = config();
    config.tls = Some(certificates.files(true));
    let fixture = Fixture::start_with(config).await;
    for scheme in ["https", "wss"] {
        let known = certificates.client_files(true);
        assert_eq!(ask(&fixture, scheme, Some(&known)).await, Ok("Memory".into()), "{scheme}");
        let nobody = certificates.client_files(false);
        assert!(ask(&fixture, scheme, Some(&nobody)).await.is_err(), "{scheme} without a certificate");
        let stranger = ask(&fixture, scheme, None).await.expect_err("the system doesn't know the authority");
        assert!(stranger.contains("certificate"), "{scheme}: {stranger}");
        let other = Certificates::make().client_files(true);
        assert!(ask(&fixture, scheme, Some(&other)).await.is_err(), "{scheme} with another authority");
    }
    fixture.until(|fixture| fixture.server.meter().connections() == 0).await;
}

#[tokio::test]
async fn subscriptions_come_over_tls() {
    let certificates = Certificates::make();
    let mut config = config();
    config.tls = Some(certificates.files(false));
    let fixture = Fixture::start_with(config).await;
    let url = format!("wss://localhost:{}", fixture.server.local_addr().port());
    let client = connect_by(&url, WAIT, Some(&certificates.client_files(false))).await.expect("it is believed");
    let mut heads = client.subscribe_finalized_heads().await.expect("a subscription");
    let first = heads.next().await.expect("the newest head").expect("a header");
    fixture.backend.finalise(Vec::new());
    let second = heads.next().await.expect("the next head").expect("a header");
    assert_eq!(second.number.0, first.number.0 + 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_clients_address_or_files_is_said() {
    let certificates = Certificates::make();
    let files = certificates.client_files(true);
    for url in ["http://localhost:1", "ws://localhost:1"] {
        let error = connect_by(url, WAIT, Some(&files)).await.expect_err("certificates without TLS");
        assert!(matches!(error, ConnectError::Plain(_)) && error.to_string().contains("https://"), "{error}");
    }
    for url in ["ftp://localhost:1", "localhost:1"] {
        let error = connect(url, WAIT).await.expect_err("no scheme of ours");
        assert!(matches!(error, ConnectError::Scheme(_)), "{error}");
    }
    let key = certificates.files(false).key;
    let wrong = ClientTls { authorities: key.clone(), identity: None };
    let error = connect_by("https://localhost:1", WAIT, Some(&wrong)).await.expect_err("a key is no certificate");
    assert!(error.to_string().contains("holds no certificate") && error.to_string().contains("--rpc-ca"), "{error}");
    let missing = ClientTls { authorities: key.with_extension("missing"), identity: None };
    let error = connect_by("wss://localhost:1", WAIT, Some(&missing)).await.expect_err("no file").to_string();
    assert!(error.contains("missing"), "{error}");
}
