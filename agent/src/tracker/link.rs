//! The link to the agent: connects, says hello, and connects again for ever.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tierchain_primitives::AccountId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::Heard;
use crate::channel::{LINE_BYTES_MAX, ToAgent, line};

/// How long until the next try.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Keeps the link; ends when nobody listens.
pub(super) async fn keep(
    channel: PathBuf,
    key: AccountId,
    heard: mpsc::UnboundedSender<Heard>,
    mut said: mpsc::UnboundedReceiver<ToAgent>,
) {
    loop {
        // While there is no agent this ends at once; whatever ends it, the next try tells.
        let _ = talk(&channel, &key, &heard, &mut said).await;
        if heard.is_closed() {
            return;
        }
        sleep(RETRY_AFTER).await;
    }
}

async fn talk(
    channel: &Path,
    key: &AccountId,
    heard: &mpsc::UnboundedSender<Heard>,
    said: &mut mpsc::UnboundedReceiver<ToAgent>,
) -> io::Result<()> {
    let (reader, mut writer) = UnixStream::connect(channel).await?.into_split();
    writer.write_all(&line(&ToAgent::hello(key))).await?;
    // What waited was said to nobody: it is said again.
    while said.try_recv().is_ok() {}
    tell(heard, Heard::Connected)?;
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    loop {
        let limit = LINE_BYTES_MAX as u64 + 1 - bytes.len() as u64;
        let mut bounded = (&mut reader).take(limit);
        tokio::select! {
            read = bounded.read_until(b'\n', &mut bytes) => {
                if read? == 0 {
                    return Ok(());
                }
                if !bytes.ends_with(b"\n") {
                    continue;
                }
                let message = serde_json::from_slice(&bytes).map_err(io::Error::from)?;
                bytes.clear();
                tell(heard, Heard::Message(message))?;
            }
            message = said.recv() => {
                let Some(message) = message else { return Ok(()) };
                writer.write_all(&line(&message)).await?;
            }
        }
    }
}

fn tell(heard: &mpsc::UnboundedSender<Heard>, what: Heard) -> io::Result<()> {
    heard.send(what).map_err(|_| io::ErrorKind::BrokenPipe.into())
}
