//! The server on a real port, in front of a backend in memory, asked by jsonrpsee's clients and by raw bytes.

mod audit;
mod author;
mod beside;
mod chain;
mod directives;
mod follow;
mod front;
mod fuzz;
mod ledger;
mod limits;
mod load;
mod memory;
mod mutations;
mod node;
mod registry;
mod state;
mod tls;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use memory::MemoryBackend;
use tierchain_rpc::client::Client;
use tierchain_rpc::server::ClassUsage;
use tierchain_rpc::{ServerConfig, ServerHandle};

/// A server, its backend, and its URLs.
struct Fixture {
    backend: Arc<MemoryBackend>,
    server: ServerHandle,
}

impl Fixture {
    async fn start() -> Self {
        Self::start_with(config()).await
    }

    async fn start_with(config: ServerConfig) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let server = tierchain_rpc::start(&config, backend.clone()).await.expect("a free port");
        Self { backend, server }
    }

    async fn client(&self, scheme: &str) -> Client {
        let url = format!("{scheme}://{}", self.server.local_addr());
        tierchain_rpc::client::connect(&url, Duration::from_secs(10)).await.expect("the server runs")
    }

    /// What a class of calls does.
    fn class(&self, name: &str) -> ClassUsage {
        let classes = self.server.meter().classes();
        classes.into_iter().find(|usage| usage.class == name).expect("a class")
    }

    /// Waits for something that takes a moment.
    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            assert!(tokio::time::Instant::now() < deadline, "it doesn't come: {:?}", self.server.meter().classes());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends one call with raw parameters over HTTP and gives the whole answer.
    async fn call(&self, method: &str, params: &str) -> serde_json::Value {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        wire::post(self.server.local_addr(), &body).await.1
    }

    /// The result of one call that must succeed.
    async fn result(&self, method: &str, params: &str) -> serde_json::Value {
        let answer = self.call(method, params).await;
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].clone()
    }
}

fn config() -> ServerConfig {
    ServerConfig::at("127.0.0.1:0".parse().expect("an address"))
}
