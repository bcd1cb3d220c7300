//! The foundry's door: one connection's requests, bounded before they are decoded, counted by the address they come from.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use jsonrpsee::core::{RpcResult, async_trait};
use tierchain_rpc::foundry_service::{BirthAnswer, BirthRefused, FoundryServiceServer};
use tierchain_rpc::types::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::desk::{Birth, Job};
use super::pace::Pace;
use super::request;

/// How long a birth may take to be final before its tracker is told to ask again.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Door {
    peer: IpAddr,
    pace: Pace,
    desk: mpsc::Sender<Job>,
}

impl Door {
    /// The door for whoever is at `peer`.
    pub(super) fn new(peer: IpAddr, pace: Pace, desk: mpsc::Sender<Job>) -> Self {
        Self { peer, pace, desk }
    }

    async fn ask(&self, request: &Bytes, signature: &Bytes) -> Result<BirthAnswer, BirthRefused> {
        let wait =
            |wait: Duration| later("TooManyRequests", &format!("ask again after {} ms", wait.as_millis().max(1)));
        self.pace.admit(self.peer, Instant::now()).map_err(wait)?;
        let (request, signature) = request::decode(&request.0, &signature.0).map_err(malformed)?;
        let (answer, answered) = oneshot::channel();
        let job = Job::Birth(Birth { request, signature, answer });
        self.desk.try_send(job).map_err(|_| later("Busy", "as many requests wait as may: ask again after 1000 ms"))?;
        match timeout(ANSWER_WAIT, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(later("Stopping", "the foundry is stopping: ask another one, or again")),
            Err(_) => Err(later("NotFinal", "the birth isn't final yet: ask again, with the same request")),
        }
    }
}

#[async_trait]
impl FoundryServiceServer for Door {
    async fn request_birth(&self, request: Bytes, signature: Bytes) -> RpcResult<BirthAnswer> {
        let answer = self.ask(&request, &signature).await;
        answer.map_err(|refused| {
            tracing::info!(peer = %self.peer, kind = refused.kind, "refused a birth");
            refused.into()
        })
    }
}

fn malformed(error: request::Malformed) -> BirthRefused {
    BirthRefused { kind: "Malformed".into(), message: error.to_string(), temporary: false }
}

fn later(kind: &str, message: &str) -> BirthRefused {
    BirthRefused { kind: kind.into(), message: message.into(), temporary: true }
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::Encode;
    use tierchain_primitives::H256;
    use tierchain_primitives::ledger::{BirthRequest, Precision, ServerId, Uuid};

    use super::*;

    fn request() -> Bytes {
        let server = ServerId { uuid: Uuid([1; 16]), generation: 0 };
        let (evidence, precision) = (H256([2; 32]), Precision::Event);
        Bytes(BirthRequest { server, occurred_at: 5, precision, evidence, previous: None }.encode())
    }

    #[tokio::test]
    async fn what_is_no_request_never_reaches_the_desk() {
        let (desk, mut jobs) = mpsc::channel(1);
        let door = Door::new(IpAddr::from([127, 0, 0, 1]), Pace::shared(), desk);
        let cases = [(Bytes(vec![]), 64), (Bytes(vec![0; 9_000]), 64), (request(), 63), (request(), 65)];
        for (request, length) in cases {
            let refused = door.ask(&request, &Bytes(vec![0; length])).await.expect_err("malformed");
            assert_eq!((refused.kind.as_str(), refused.temporary), ("Malformed", false));
        }
        assert!(jobs.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_full_desk_turns_away_and_an_ended_one_says_so() {
        let (desk, mut jobs) = mpsc::channel(1);
        let peer = IpAddr::from([127, 0, 0, 1]);
        let door = Door::new(peer, Pace::shared(), desk.clone());
        let other = Door::new(peer, Pace::shared(), desk);
        let (request, signature) = (request(), Bytes(vec![0; 64]));
        let mut first = Box::pin(door.ask(&request, &signature));
        assert!(futures::poll!(first.as_mut()).is_pending());
        assert_eq!(other.ask(&request, &signature).await.expect_err("full").kind, "Busy");
        drop(jobs.recv().await);
        assert_eq!(first.await.expect_err("nobody answers").kind, "Stopping");
    }
}
