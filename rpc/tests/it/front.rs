//! Before JSON-RPC: origins of web pages, `/health`, the administration's listener.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tierchain_rpc::{Origins, ServerConfig, ServerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Fixture, config};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain"}"#;

/// An answer over HTTP: status, head, body.
async fn http(server: SocketAddr, request: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(server).await.expect("the server listens");
    read_http(&mut stream, request).await.expect("an answer")
}

pub(crate) async fn read_http<S>(stream: &mut S, request: &str) -> std::io::Result<(u16, String, Value)>
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

pub(crate) fn post(origin: &str) -> String {
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
