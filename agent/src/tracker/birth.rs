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
    /// It is on its way; what no foundry will do is said here.
    Asking(Arc<Mutex<Option<String>>>),
}

impl Asked {
    /// Asks, unless that was done: it goes on by itself.
    pub(super) fn ask(&mut self, key: &KeyPair, genesis: H256, request: BirthRequest, foundries: Vec<String>) {
        if matches!(self, Self::Asking(_)) {
            return;
        }
        let refused = Arc::new(Mutex::new(None));
        *self = Self::Asking(Arc::clone(&refused));
        let signature = key.sign(&request.signed_bytes(&genesis));
        let (request, signature) = (Bytes(request.encode()), Bytes(signature.0.to_vec()));
        tokio::spawn(async move {
            if let Err(reason) = until_born(&foundries, &request, &signature).await {
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            }
        });
    }

    /// What the foundries said, once, if none of them will make the birth block.
    pub(super) fn refused(&mut self) -> Option<String> {
        match self {
            Self::NotYet => None,
            Self::Asking(refused) => refused.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}

/// Asks until the birth block is final.
///
/// # Errors
/// When a foundry refuses it for good.
async fn until_born(foundries: &[String], request: &Bytes, signature: &Bytes) -> Result<(), String> {
    let mut wait = RETRY_FIRST;
    loop {
        for url in foundries {
            let client = match connect(url, ANSWER_WAIT).await {
                Ok(client) => client,
                Err(error) => {
                    tracing::warn!(%error, "a foundry can't be asked");
                    continue;
                }
            };
            let error = match client.request_birth(request.clone(), signature.clone()).await {
                Ok(answer) => {
                    tracing::info!(birth = %answer.birth_hash.0, "born");
                    return Ok(());
                }
                Err(error) => error,
            };
            match refusal(&error) {
                Some(refused) if !refused.temporary => return Err(refused.to_string()),
                _ => tracing::warn!(foundry = url, reason = message(&error), "not born yet"),
            }
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_LONGEST);
    }
}
