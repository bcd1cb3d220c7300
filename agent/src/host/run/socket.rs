//! The trackers' socket: lines in, bounded before they are read as anything; lines out.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::mpsc as sync;

use tierchain_primitives::AccountId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::Input;
use crate::channel::{LINE_BYTES_MAX, ToAgent, ToGuest, bytes32, line, scale};
use crate::host::FromGuest;

/// Listens, from now on, for as long as this thread's runtime runs.
///
/// # Errors
/// When the socket can't be made; its path may have 107 bytes.
pub(super) fn listen(path: &Path, input: sync::Sender<Input>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(attend(stream, input.clone()))),
                Err(error) => tracing::warn!(%error, "a tracker couldn't connect"),
            }
        }
    });
    Ok(())
}

/// One connection. Who is at its other end, the system says: a process can't claim to be another one.
async fn attend(stream: UnixStream, input: sync::Sender<Input>) {
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
    let Some(pid) = pid else { return };
    let (reader, writer) = stream.into_split();
    let (out, messages) = mpsc::unbounded_channel();
    tokio::spawn(speak(writer, messages));
    if let Err(error) = listen_to(reader, pid, &out, &input).await {
        tracing::warn!(pid, %error, "a tracker's connection was closed");
    }
}

async fn listen_to(
    reader: OwnedReadHalf,
    pid: u32,
    out: &mpsc::UnboundedSender<ToGuest>,
    input: &sync::Sender<Input>,
) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    loop {
        let mut bytes = Vec::new();
        let length = (&mut reader).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        let message = bytes.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok());
        let message = message.and_then(|message| understand(message, pid, out));
        let message = message.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no line of a tracker's"))?;
        if input.send(Input::Guest(message)).is_err() {
            return Ok(());
        }
    }
}

fn understand(message: ToAgent, pid: u32, out: &mpsc::UnboundedSender<ToGuest>) -> Option<FromGuest> {
    Some(match message {
        ToAgent::Hello { key } => FromGuest::Hello { pid, key: AccountId(bytes32(&key)?), out: out.clone() },
        ToAgent::Report { report } => FromGuest::Report { pid, report: Box::new(scale(&report)?) },
        ToAgent::Waiting { reason } => FromGuest::Waiting { pid, reason: reason.chars().take(400).collect() },
        ToAgent::Unborn { reason } => FromGuest::Unborn { pid, reason: reason.chars().take(400).collect() },
    })
}

async fn speak(mut writer: OwnedWriteHalf, mut messages: mpsc::UnboundedReceiver<ToGuest>) {
    while let Some(message) = messages.recv().await {
        if writer.write_all(&line(&message)).await.is_err() {
            return;
        }
    }
}
