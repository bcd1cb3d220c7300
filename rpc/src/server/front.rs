//! What a request meets before JSON-RPC: its origin, and `/health`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse, ws};
use tower::Service;

use super::health::HealthCheck;
use super::origin::Origins;

/// The path that load balancers ask.
const HEALTH: &str = "/health";

/// How long a browser may remember that it may call: a day.
const PREFLIGHT_SECONDS: &str = "86400";

/// What stands before JSON-RPC on every connection of a listener.
#[derive(Clone)]
pub(super) struct Front<S> {
    inner: S,
    origins: Arc<Origins>,
    health: Arc<HealthCheck>,
}

/// Goes with the calls of a WebSocket, so that the door tells them from those of HTTP.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverWebSocket;

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

impl<S> Front<S> {
    pub(super) fn new(inner: S, origins: Arc<Origins>, health: Arc<HealthCheck>) -> Self {
        Self { inner, origins, health }
    }
}

impl<S, B> Service<HttpRequest<B>> for Front<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Answer {
        let origin =
            request.headers().get("origin").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        if let Some(origin) = origin.as_ref().filter(|origin| !self.origins.allow(origin)) {
            let refusal = forbidden(origin);
            return Box::pin(async { Ok(refusal) });
        }
        if request.uri().path() == HEALTH && matches!(request.method().as_str(), "GET" | "HEAD") {
            let health = Arc::clone(&self.health);
            return Box::pin(async move { Ok(for_page(health.answer().await, origin)) });
        }
        if request.method().as_str() == "OPTIONS" && origin.is_some() {
            return Box::pin(async { Ok(for_page(preflight(), origin)) });
        }
        if ws::is_upgrade_request(&request) {
            request.extensions_mut().insert(OverWebSocket);
        }
        let answer = self.inner.call(request);
        Box::pin(async { Ok(for_page(answer.await?, origin)) })
    }
}

fn forbidden(origin: &str) -> HttpResponse {
    let shown: String = origin.chars().take(80).collect();
    let message = format!("the page {shown} may not talk to this node: its operator allows pages with --rpc-cors");
    json(403, &serde_json::json!({"error": {"code": crate::error::code::FORBIDDEN_ORIGIN, "message": message}}))
}

fn preflight() -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::empty());
    set_status(&mut response, 204);
    set(&mut response, "access-control-allow-methods", "GET, POST, OPTIONS");
    set(&mut response, "access-control-allow-headers", "content-type");
    set(&mut response, "access-control-max-age", PREFLIGHT_SECONDS);
    response
}

/// Lets the page that asked read the answer.
fn for_page(mut response: HttpResponse, origin: Option<String>) -> HttpResponse {
    if let Some(origin) = origin {
        set(&mut response, "access-control-allow-origin", &origin);
        set(&mut response, "vary", "origin");
    }
    response
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &serde_json::Value) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body.to_string()));
    set_status(&mut response, status);
    set(&mut response, "content-type", "application/json");
    set(&mut response, "cache-control", "no-store");
    response
}

fn set_status(response: &mut HttpResponse, status: u16) {
    *response.status_mut() = status.try_into().expect("only statuses of HTTP are written here");
}

fn set(response: &mut HttpResponse, name: &'static str, value: &str) {
    // An origin that is no header value was allowed by nobody but by `all`: it goes without.
    if let Ok(value) = value.try_into() {
        response.headers_mut().insert(name, value);
    }
}
