//! The answers: each namespace's trait, answered from the backend.
//!
//! Methods that may touch the disk are marked `blocking` in their trait, so they run on threads of their own.

mod admin;
mod audit;
mod author;
mod blocks;
mod chain;
mod chains;
mod consensus;
mod directives;
mod foundry;
mod meta;
mod registry;
mod state;
mod system;

use std::sync::Arc;

use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use jsonrpsee::types::{ErrorCode, ErrorObjectOwned};
use jsonrpsee::{RpcModule, SubscriptionSink};
use serde::Serialize;

use crate::api::{
    AdminApiServer, AuditApiServer, AuthorApiServer, ChainApiServer, ChainsApiServer, ConsensusApiServer,
    DirectivesApiServer, DiscoverApiServer, FoundryApiServer, MetaApiServer, RegistryApiServer, RpcApiServer,
    StateApiServer, SystemApiServer,
};
use crate::backend::Backend;
use crate::feeds::HeadFeeds;
use crate::follow::{Follower, Reading};
use crate::openrpc::DOCUMENT;
use crate::types::Methods;

/// The names of the methods that only the administration's listener answers.
pub(crate) fn unsafe_methods(backend: &Arc<dyn Backend>) -> Vec<String> {
    let module = admin::Answer { backend: Arc::clone(backend) }.into_rpc();
    module.method_names().map(Into::into).collect()
}

/// All namespaces in one module; the administration's has the unsafe methods, too.
pub(crate) fn module(backend: &Arc<dyn Backend>, is_admin: bool, reading: &Reading) -> RpcModule<()> {
    let shared = || Arc::clone(backend);
    let follower = || Follower::new(shared(), reading.clone());
    let mut all = RpcModule::new(());
    let namespaces: [jsonrpsee::Methods; 11] = [
        chain::Answer { backend: shared(), feeds: HeadFeeds::new(shared()) }.into_rpc().into(),
        author::Answer { backend: shared() }.into_rpc().into(),
        state::Answer { backend: shared() }.into_rpc().into(),
        system::Answer { backend: shared() }.into_rpc().into(),
        chains::Answer { backend: shared(), follower: follower() }.into_rpc().into(),
        meta::Answer { backend: shared(), follower: follower() }.into_rpc().into(),
        registry::Answer { backend: shared() }.into_rpc().into(),
        consensus::Answer { backend: shared() }.into_rpc().into(),
        directives::Answer { backend: shared(), follower: follower() }.into_rpc().into(),
        foundry::Answer { backend: shared() }.into_rpc().into(),
        audit::Answer { backend: shared() }.into_rpc().into(),
    ];
    for namespace in namespaces {
        all.merge(namespace).expect("names begin with their namespace, and a test lists them all");
    }
    if is_admin {
        all.merge(admin::Answer { backend: shared() }.into_rpc())
            .expect("no safe method has the name of an unsafe one");
    }
    let document = Document(JsonRawValue::from_string(DOCUMENT.to_owned()).expect("tests read the document as JSON"));
    all.merge(document.into_rpc()).expect("no other name has a dot");
    let contents = Contents::of(&all);
    all.merge(contents.into_rpc()).expect("no other namespace is called rpc");
    all
}

/// `rpc_*`: the table of contents.
struct Contents(Methods);

impl Contents {
    fn of(module: &RpcModule<()>) -> Self {
        let mut methods: Vec<String> = module.method_names().map(Into::into).collect();
        methods.push("rpc_methods".into());
        methods.sort_unstable();
        Self(Methods { methods })
    }
}

impl RpcApiServer for Contents {
    fn methods(&self) -> Result<Methods, ErrorObjectOwned> {
        Ok(self.0.clone())
    }
}

/// `rpc.discover`: the document that describes the methods.
struct Document(Box<JsonRawValue>);

impl DiscoverApiServer for Document {
    fn discover(&self) -> Result<Box<JsonRawValue>, ErrorObjectOwned> {
        Ok(self.0.clone())
    }
}

/// Sends a notification; false once the subscriber is gone.
async fn notify(sink: &SubscriptionSink, value: &impl Serialize) -> bool {
    match to_json_raw_value(value) {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(_) => false,
    }
}

/// Reads from the backend on a thread that may block.
pub(crate) async fn read<T: Send + 'static>(
    backend: &Arc<dyn Backend>,
    read: impl FnOnce(&dyn Backend) -> T + Send + 'static,
) -> Result<T, ErrorObjectOwned> {
    let backend = Arc::clone(backend);
    // Fails only when the read panicked or the runtime stops.
    let result = tokio::task::spawn_blocking(move || read(&*backend)).await;
    result.map_err(|_| ErrorObjectOwned::from(ErrorCode::InternalError))
}
