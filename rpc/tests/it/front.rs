//! Before JSON-RPC: origins of web pages, `/health`, TLS with client certificates, the administration's listener.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tierchain_rpc::{Origins, ServerConfig, ServerError, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::{Fixture, config};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain"}"#;

/// An answer over HTTP: status, head, body.
async fn http(server: SocketAddr, request: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(server).await.expect("the server listens");
    read_http(&mut stream, request).await.expect("an answer")
}

async fn read_http<S>(stream: &mut S, request: &str) -> std::io::Result<(u16, String, Value)>
where
    S: AsyncReadExt + AsyncWriteExt + Unpin,
{
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8(answer).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Ok((status, head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null)))
}

fn post(origin: &str) -> String {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    format!("{head}{origin}Content-Length: {}\r\n\r\n{CALL}", CALL.len())
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_page_passes_by_its_origin_and_a_program_without_one() {
    let fixture = Fixture::start().await;
    let address = fixture.server.local_addr();
    let (status, head, body) = http(address, &post("")).await;
    assert_eq!((status, &body["result"]), (200, &json!("Memory")));
    assert!(!head.contains("access-control"), "{head}");
    let (status, head, body) = http(address, &post("Origin: http://localhost:3000\r\n")).await;
    assert_eq!((status, &body["result"]), (200, &json!("Memory")));
    assert!(head.contains("access-control-allow-origin: http://localhost:3000"), "{head}");
    let (status, _, body) = http(address, &post("Origin: https://evil.example\r\n")).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!(5003)));
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("--rpc-cors")), "{body}");

    let preflight = "OPTIONS / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: https://polkadot.js.org\r\n\
                     Access-Control-Request-Method: POST\r\n\r\n";
    let (status, head, _) = http(address, preflight).await;
    assert_eq!(status, 204);
    assert!(head.contains("access-control-allow-headers: content-type"), "{head}");

    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example\r\n";
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 403", "a WebSocket is held to the same rule");
}

#[tokio::test]
async fn health_is_200_or_503_with_the_reason() {
    let mut config = config();
    config.origins = Origins::All;
    let fixture = Fixture::start_with(config).await;
    let address = fixture.server.local_addr();
    let (status, _, body) = http(address, &get("/health", "")).await;
    assert_eq!((status, body), (200, json!({"ready": true})));
    fixture.backend.with(|inner| inner.unready = Some("the node is catching up".into()));
    // The answer stands for a moment.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (status, head, body) = http(address, &get("/health", "Origin: null\r\n")).await;
    assert_eq!((status, body), (503, json!({"ready": false, "reason": "the node is catching up"})));
    assert!(head.contains("cache-control: no-store"), "{head}");
}

#[tokio::test]
async fn unsafe_methods_are_answered_on_loopback_only_and_to_no_page() {
    let fixture = Fixture::start().await;
    let error = fixture.call("system_addLogFilter", "[\"a=debug\"]").await["error"].clone();
    assert_eq!(error["code"], -32601);
    assert!(error["message"].as_str().is_some_and(|text| text.contains("--rpc-admin-port")), "{error}");

    let anywhere = ServerConfig::admin_at("0.0.0.0:0".parse().expect("an address"));
    let refused = tierchain_rpc::start(&anywhere, fixture.backend.clone()).await.expect_err("not on loopback");
    assert!(matches!(refused, ServerError::NotLoopback(_)));

    let admin = Fixture::start_with(ServerConfig::admin_at("127.0.0.1:0".parse().expect("an address"))).await;
    assert_eq!(admin.result("system_addLogFilter", "[\"a=debug\"]").await, Value::Null);
    assert_eq!(admin.backend.with(|inner| inner.log_filter.clone()), "a=debug");
    assert_eq!(admin.call("system_addLogFilter", "[\"nonsense\"]").await["error"]["code"], -32602);
    assert_eq!(admin.result("system_resetLogFilter", "[]").await, Value::Null);
    assert_eq!(admin.backend.with(|inner| inner.log_filter.clone()), "");
    assert_eq!(admin.result("system_chain", "[]").await, "Memory");
    let (status, ..) = http(admin.server.local_addr(), &post("Origin: http://localhost\r\n")).await;
    assert_eq!(status, 403);
}

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
        Self { folder, authority, client }
    }

    fn files(&self, with_clients: bool) -> TlsFiles {
        let path = |name: &str| self.folder.path().join(name);
        let client_authorities = with_clients.then(|| path("authority"));
        TlsFiles { certificate: path("certificate"), key: path("key"), client_authorities }
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
