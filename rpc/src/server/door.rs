//! The door of every call: unsafe ones go no further on a public listener, subscriptions none over HTTP, all others by
//! their class's budget.
//!
//! jsonrpsee's own batches don't pass through what is laid around single calls, so batches are taken apart here.

use std::sync::Arc;

use jsonrpsee::core::server::{BatchResponseBuilder, MethodCallback, Methods};
use jsonrpsee::server::MethodResponse;
use jsonrpsee::server::middleware::rpc::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::types::{ErrorObjectOwned, Request};
use tower::Layer;

use super::budget::{Budgets, Connection};
use super::class::Class;
use super::front::OverWebSocket;
use crate::error::{NeedsWebSocket, Unsafe};

/// What all connections of a listener share.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) budgets: Arc<Budgets>,
    /// What is answered at all.
    pub(crate) methods: Methods,
    /// Methods that are answered on the administration's listener only; empty on that listener.
    pub(crate) unsafe_methods: Arc<Vec<String>>,
    /// Most bytes of a batch's response.
    pub(crate) response_bytes_max: usize,
}

/// Lays the door around the calls of one connection.
#[derive(Clone, Debug)]
pub(crate) struct DoorLayer {
    rules: Rules,
    connection: Arc<Connection>,
}

impl DoorLayer {
    /// A layer for a new connection.
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, connection: Arc::default() }
    }
}

impl<S> Layer<S> for DoorLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { inner, layer: self.clone() }
    }
}

/// The door of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Door<S> {
    inner: S,
    layer: DoorLayer,
}

impl<S> Door<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    async fn answer(self, request: Request<'_>) -> MethodResponse {
        let Rules { budgets, methods, unsafe_methods, .. } = &self.layer.rules;
        let method = request.method_name();
        if unsafe_methods.iter().any(|known| known == method) {
            let error = ErrorObjectOwned::from(Unsafe { method: method.to_owned() });
            return MethodResponse::error(request.id, error);
        }
        if request.extensions().get::<OverWebSocket>().is_none() && is_of_subscriptions(methods, method) {
            let error = ErrorObjectOwned::from(NeedsWebSocket { method: method.to_owned() });
            return MethodResponse::error(request.id, error);
        }
        let bytes = request.params.as_ref().map_or(0, |params| params.get().len());
        match budgets.enter(Class::of(method), &self.layer.connection, bytes).await {
            Err(error) => MethodResponse::error(request.id, error),
            Ok(pass) => {
                let response = self.inner.call(request).await;
                drop(pass);
                response
            }
        }
    }

    async fn answer_all(self, batch: Batch<'_>) -> MethodResponse {
        let mut responses = BatchResponseBuilder::new_with_limit(self.layer.rules.response_bytes_max);
        let mut was_notified = false;
        for entry in batch {
            let response = match entry {
                Ok(BatchEntry::Call(request)) => self.clone().answer(request).await,
                Ok(BatchEntry::Notification(_)) => {
                    was_notified = true;
                    continue;
                }
                Err(entry) => {
                    let (error, id) = entry.into_parts();
                    MethodResponse::error(id, error)
                }
            };
            if let Err(too_large) = responses.append(response) {
                return too_large;
            }
        }
        if responses.is_empty() && was_notified {
            return MethodResponse::notification();
        }
        MethodResponse::from_batch(responses.finish())
    }
}

/// Whether a method makes or ends a subscription, which lasts as long as its connection.
fn is_of_subscriptions(methods: &Methods, method: &str) -> bool {
    matches!(methods.method(method), Some(MethodCallback::Subscription(_) | MethodCallback::Unsubscription(_)))
}

impl<S> RpcServiceT for Door<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.clone().answer(request)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.clone().answer_all(batch)
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        // Nobody waits for an answer, and no method here is worth calling without one.
        std::future::ready(MethodResponse::notification().with_extensions(notification.extensions))
    }
}
