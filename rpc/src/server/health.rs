//! `/health`: 200 while the node can serve, 503 with the reason while it can't.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonrpsee::server::HttpResponse;
use serde_json::json;
use tokio::sync::Mutex;

use super::front;
use crate::backend::Backend;

/// How long an answer stands: load balancers ask often, and several at once.
const STANDS_FOR: Duration = Duration::from_millis(250);

/// A node that can't say how it is within this time isn't well.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Asks the node how it is, no more often than the answer changes.
pub(super) struct HealthCheck {
    backend: Arc<dyn Backend>,
    known: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl HealthCheck {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, known: Mutex::new(None) }
    }

    pub(super) async fn answer(&self) -> HttpResponse {
        match self.readiness().await {
            Ok(()) => front::json(200, &json!({"ready": true})),
            Err(reason) => front::json(503, &json!({"ready": false, "reason": reason})),
        }
    }

    async fn readiness(&self) -> Result<(), String> {
        // Whoever comes while one asks waits for that answer.
        let mut known = self.known.lock().await;
        if let Some((at, readiness)) = &*known
            && at.elapsed() < STANDS_FOR
        {
            return readiness.clone();
        }
        let backend = Arc::clone(&self.backend);
        let asked = tokio::task::spawn_blocking(move || backend.readiness());
        let readiness = match tokio::time::timeout(ANSWERS_WITHIN, asked).await {
            Ok(Ok(readiness)) => readiness,
            Ok(Err(_)) => Err("the node is stopping".to_owned()),
            Err(_) => Err(format!("the node doesn't answer within {ANSWERS_WITHIN:?}: it is overloaded or stuck")),
        };
        *known = Some((Instant::now(), readiness.clone()));
        readiness
    }
}
