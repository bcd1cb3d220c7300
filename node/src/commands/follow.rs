//! Following a subscription to the end of days: where the node goes away, the next connection goes on from the cursor.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::client::{Client, Error, Subscription, connect_by, message};
use tierchain_rpc::error::code;
use tierchain_rpc::types::Cursor;
use tierchain_stdio::complain;

use super::print_line;
use super::query::{at, client};
use crate::cli::query::RpcArgs;

/// How long to wait before the node is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How long a call may take.
const CALL_WAIT: Duration = Duration::from_secs(10);

/// An item that says where to go on.
pub(super) trait Item: DeserializeOwned + Serialize + Send + 'static {
    /// Where to go on after it.
    fn cursor(&self) -> Cursor;
}

/// Prints items as they come: by `shown`, or as a line of JSON each. Ends when its reader has seen enough.
///
/// # Errors
/// When the node refuses the subscription, or can't be reached in the first place.
pub(super) async fn follow<T: Item>(
    rpc: &RpcArgs,
    mut cursor: Option<Cursor>,
    subscribe: impl AsyncFn(&Client, Option<Cursor>) -> Result<Subscription<T>, Error>,
    shown: impl Fn(&T) -> String,
) -> anyhow::Result<ExitCode> {
    // What is new is new from now on, not from when the connection is made anew.
    if cursor.is_none() {
        let head = client(rpc).await?.header(None).await.with_context(|| at(rpc))?;
        cursor = head.map(|head| Cursor::end_of(head.number.0));
    }
    let mut was_there = false;
    loop {
        // The subscription lives as long as its connection.
        let (_connection, mut items) = match begin(rpc, cursor, &subscribe).await {
            Ok(begun) => begun,
            Err(error) if was_there && !is_refusal(&error) => {
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        if was_there {
            let place = cursor.map_or_else(|| "now".to_owned(), |at| at.to_string());
            complain(format_args!("connected again; going on after {place}"));
        }
        was_there = true;
        while let Some(Ok(item)) = items.next().await {
            cursor = Some(item.cursor());
            let line = if rpc.json { serde_json::to_string(&item)? } else { shown(&item) };
            if !print_line(&line)? {
                return Ok(ExitCode::SUCCESS);
            }
        }
        complain(format_args!("the node at {} ended the subscription; trying again", rpc.rpc));
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

async fn begin<T: Item>(
    rpc: &RpcArgs,
    cursor: Option<Cursor>,
    subscribe: &impl AsyncFn(&Client, Option<Cursor>) -> Result<Subscription<T>, Error>,
) -> anyhow::Result<(Client, Subscription<T>)> {
    // Only a WebSocket carries subscriptions; a node answers both on one port.
    let url = rpc.rpc.strip_prefix("http").map_or_else(|| rpc.rpc.clone(), |rest| format!("ws{rest}"));
    let client = connect_by(&url, CALL_WAIT, rpc.tls.files().as_ref()).await?;
    match subscribe(&client, cursor).await {
        Err(Error::Call(call)) if call.code() != code::BUSY => Err(Refused(message(&Error::Call(call))).into()),
        answered => answered.map(|items| (client, items)).with_context(|| at(rpc)),
    }
}

/// What a node doesn't give, today or tomorrow.
#[derive(Debug, thiserror::Error)]
#[error("the node refused the subscription: {0}")]
struct Refused(String);

fn is_refusal(error: &anyhow::Error) -> bool {
    error.is::<Refused>()
}
