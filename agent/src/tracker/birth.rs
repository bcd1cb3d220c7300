//! Asking a foundry for the server's birth: one after the other, until one has it final or refuses it for good.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::BirthRequest;
use tierchain_rpc::client::{connect, message};
use tierchain_rpc::foundry_service::{FoundryServiceClient, refusal};
use tierchain_rpc::types::Bytes;
use tokio::time::sleep;

/// How long a foundry may take: a birth is answered when it is final.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// The first wait before all foundries are asked again.
const RETRY_FIRST: Duration = Duration::from_millis(100);

/// The longest wait before all foundries are asked again.
const RETRY_LONGEST: Duration = Duration::from_secs(5);

/// Whether the birth was asked for.
#[derive(Debug)]
pub(super) enum Asked {
    /// The server isn't announced.
    NotYet,
    /// It is on its way; what the host should know is said here.
    Asking(Arc<Mutex<Option<News>>>),
}

/// Why there is no birth block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// No foundry has made it yet: they are asked again.
    Waits(String),
    /// A foundry refuses it for good.
    Refused(String),
}

impl Asked {
    /// Asks, unless that was done: it goes on by itself.
    pub(super) fn ask(&mut self, key: &KeyPair, genesis: H256, request: BirthRequest, foundries: Vec<String>) {
        if matches!(self, Self::Asking(_)) {
            return;
        }
        let news = Arc::new(Mutex::new(None));
        *self = Self::Asking(Arc::clone(&news));
        let signature = key.sign(&request.signed_bytes(&genesis));
        let (request, signature) = (Bytes(request.encode()), Bytes(signature.0.to_vec()));
        tokio::spawn(async move {
            let tell = |told| *news.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
            if let Err(reason) = until_born(&foundries, &request, &signature, tell).await {
                tell(News::Refused(reason));
            }
        });
    }

    /// What is new, once.
    pub(super) fn news(&mut self) -> Option<News> {
        match self {
            Self::NotYet => None,
            Self::Asking(news) => news.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}

/// Asks until the birth block is final. Tells what it waits for whenever that is another reason than before.
///
/// # Errors
/// When a foundry refuses it for good.
async fn until_born(
    foundries: &[String],
    request: &Bytes,
    signature: &Bytes,
    tell: impl Fn(News),
) -> Result<(), String> {
    let (mut wait, mut told) = (RETRY_FIRST, String::new());
    loop {
        let mut reasons = Vec::new();
        for url in foundries {
            match ask(url, request, signature).await {
                Ok(birth) => {
                    tracing::info!(%birth, "born");
                    return Ok(());
                }
                Err(News::Refused(reason)) => return Err(reason),
                Err(News::Waits(reason)) => reasons.push(format!("{url}: {reason}")),
            }
        }
        let reason = reasons.join("; ");
        tracing::warn!(reason, "not born yet");
        if reason != told {
            tell(News::Waits(reason.clone()));
            told = reason;
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_LONGEST);
    }
}

/// Asks one foundry.
async fn ask(url: &str, request: &Bytes, signature: &Bytes) -> Result<H256, News> {
    let client = connect(url, ANSWER_WAIT).await.map_err(|error| News::Waits(error.to_string()))?;
    let answered = client.request_birth(request.clone(), signature.clone()).await;
    let answer = answered.map_err(|error| match refusal(&error) {
        Some(refused) if !refused.temporary => News::Refused(refused.to_string()),
        _ => News::Waits(message(&error)),
    })?;
    Ok(answer.birth_hash.0)
}
