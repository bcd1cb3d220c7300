//! HTTP and WebSocket by hand, so that tests see every byte, order and absence that a client library would hide.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(10);

/// Posts a body and gives status and JSON (null where the answer isn't JSON).
pub(crate) async fn post(server: SocketAddr, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(server).await.expect("the server listens");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    // A server that refuses by the announced length may close before it has read everything.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(WAIT, stream.read_to_end(&mut answer)).await.expect("an answer in time");
    let text = String::from_utf8(answer).expect("UTF-8");
    let status = text.split(' ').nth(1).expect("a status line").parse().expect("a status");
    let json = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(json).unwrap_or(Value::Null))
}

/// A WebSocket.
pub(crate) struct Socket {
    stream: BufReader<TcpStream>,
    next_id: u64,
}

impl Socket {
    pub(crate) async fn connect(server: SocketAddr) -> Self {
        let mut stream = BufReader::new(TcpStream::connect(server).await.expect("the server listens"));
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.expect("a response head");
            if line == "\r\n" {
                return Self { stream, next_id: 1 };
            }
        }
    }

    /// Sends a call and gives its id.
    pub(crate) async fn send(&mut self, method: &str, params: &str) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send_text(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)).await;
        id
    }

    /// Sends a message.
    pub(crate) async fn send_text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).expect("a short call");
        // A final text frame, masked with zeros, its length in 16 bits.
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        self.stream.write_all(&frame).await.expect("sent");
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        self.next_within(WAIT).await.expect("a message in time")
    }

    /// The next message, if one comes in time.
    pub(crate) async fn next_within(&mut self, wait: Duration) -> Option<Value> {
        loop {
            let (kind, payload) = timeout(wait, self.frame()).await.ok()?;
            if kind == 1 {
                return Some(serde_json::from_slice(&payload).expect("JSON"));
            }
        }
    }

    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let kind = self.stream.read_u8().await.expect("a frame") & 0x0f;
        let length = match self.stream.read_u8().await.expect("a length") {
            126 => u64::from(self.stream.read_u16().await.expect("a length")),
            127 => self.stream.read_u64().await.expect("a length"),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        self.stream.read_exact(&mut payload).await.expect("a payload");
        (kind, payload)
    }

    /// Subscribes and gives the subscription's id, which must come before any notification.
    pub(crate) async fn subscribe(&mut self, method: &str, params: &str) -> Value {
        let id = self.send(method, params).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], id, "{method}: {answer}");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}
