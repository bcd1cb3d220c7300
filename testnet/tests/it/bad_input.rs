//! What is wrong with an extrinsic is said, by every validator alike, and nothing changes.
//!
//! Refused at submission and never included: what can't be decoded, a signature that doesn't hold, an account that
//! isn't admitted, a nonce that can't come any more or is too far ahead. All else is included and fails with its
//! module's error; then nothing changes but the signer's nonce.

use std::process::Command;
use std::time::Duration;

use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{EndReason, EventKind, ServerState};
use tierchain_primitives::limits::{DETAIL_BYTES_MAX, NONCE_AHEAD_MAX};
use tierchain_rpc::types::{ExtrinsicState, ExtrinsicStatus, RefusalKind};
use tierchain_runtime::Call;

use crate::harness::{Author, Network, PATIENCE, finish, stays, turn};

const RUNNING: EventKind = EventKind::StateChanged { state: ServerState::Running };
const PAUSED: EventKind = EventKind::StateChanged { state: ServerState::Paused };
const ENDED: EventKind = EventKind::Ended { reason: EndReason::Terminated };

/// How long an idle network is watched for a view change: many time-outs.
const IDLE: Duration = Duration::from_secs(5);

/// A network with a server that lives (next number 2), one that has ended (next number 2), and whoever wrote them.
struct Stage {
    network: Network,
    writer: Author,
    visitor: Author,
}

impl Stage {
    fn set() -> Self {
        let network = Network::start();
        let genesis = network.node(0).genesis();
        let [writer, visitor] = ["writer", "visitor"].map(|name| Author::new(name, genesis));
        let stage = Self { network, writer, visitor };
        let (living, ended) = (Author::server(1), Author::server(2));
        let mut calls: Vec<Call> = [living, ended].iter().flat_map(|server| stage.writer.birth(*server)).collect();
        calls.push(Author::event(living, 1, RUNNING, 0));
        calls.push(Author::event(ended, 1, ENDED, 0));
        for call in calls {
            let outcome = stage.include(&stage.writer, "writer", &call);
            assert_eq!(outcome.state, ExtrinsicState::Succeeded, "{}", outcome.explanation);
        }
        stage
    }

    /// Submits a call with the account's next nonce, and waits until it is final.
    fn include(&self, author: &Author, name: &str, call: &Call) -> ExtrinsicStatus {
        let node = self.network.node(0);
        let hash = node.submit(&author.sign(call, node.next_nonce(name))).expect("well formed and well signed");
        node.outcome(hash)
    }

    /// Every validator refuses the bytes, for this reason, and all of them keep their state.
    fn refuses(&self, bytes: &[u8], code: i32, kind: RefusalKind, says: &str) {
        let before = self.network.node(0).state_without_system();
        let nonces = ["writer", "visitor"].map(|name| self.network.node(0).next_nonce(name));
        for node in self.network.running() {
            let refused = node.submit(bytes).expect_err("it is wrong");
            assert_eq!((refused.code, refused.data.kind), (code, kind), "node {}: {refused:?}", node.index);
            assert!(refused.message.contains(says), "{kind:?} names no remedy: {}", refused.message);
        }
        let (height, _) = self.network.agree_at(self.network.node(0).height().expect("it runs"));
        for node in self.network.running() {
            assert_eq!(node.state_without_system(), before, "node {} after {kind:?}", node.index);
            assert_eq!(["writer", "visitor"].map(|name| node.next_nonce(name)), nonces, "after {kind:?}");
        }
        self.network.assert_one_chain(height);
    }

    /// The call is included and fails with this error, everywhere; nothing changes but the nonce of who signed it. Gives
    /// the sentence that explains it.
    fn fails(&self, author: &Author, name: &str, call: &Call, error: &str) -> String {
        let node = self.network.node(0);
        let (before, nonce) = (node.state_without_system(), node.next_nonce(name));
        let outcome = self.include(author, name, call);
        assert_eq!(outcome.state, ExtrinsicState::Failed, "{}", outcome.explanation);
        let found = outcome.error.as_ref().expect("a failure has an error");
        assert_eq!(format!("{}.{}", found.pallet, found.name), error);
        let explained = outcome.explanation.contains(error) && outcome.explanation.contains(&found.remedy);
        assert!(explained && !found.remedy.is_empty(), "{}", outcome.explanation);
        self.network.agree_at(outcome.included.expect("it is final").block_number);
        for node in self.network.running() {
            assert_eq!(node.state_without_system(), before, "node {} after {error}", node.index);
            assert_eq!(node.next_nonce(name), nonce + 1, "node {} after {error}", node.index);
            assert_eq!(node.outcome(outcome.hash.0), outcome, "node {}", node.index);
        }
        outcome.explanation
    }
}

#[test]
fn what_is_wrong_is_said_and_nothing_changes() {
    let _turn = turn();
    let stage = Stage::set();
    refusals(&stage);
    failures(&stage);
    a_point_of_small_order_is_accepted_by_all(&stage);
    a_gap_of_nonces_waits_without_a_view_change(&stage);
}

fn refusals(stage: &Stage) {
    let next = stage.network.node(0).next_nonce("writer");
    let remark = Author::remark("hello");
    let good = stage.writer.sign(&remark, next);
    let refuses = |bytes: &[u8], code, kind, says: &str| stage.refuses(bytes, code, kind, says);

    refuses(&[1, 2, 3], 1001, RefusalKind::Undecodable, "build it with this chain's metadata");
    refuses(&good[..good.len() - 1], 1001, RefusalKind::Undecodable, "build it with this chain's metadata");
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    refuses(&forged, 1010, RefusalKind::BadSignature, "sign with that account's ed25519 key");
    let stranger = Author::new("stranger", stage.network.node(0).genesis());
    refuses(&stranger.sign(&remark, 0), 1010, RefusalKind::UnknownAccount, "ask an operator to admit it");
    refuses(&stage.writer.sign(&remark, 0), 1010, RefusalKind::NonceTooLow, &format!("the next one is {next}"));
    let far = stage.writer.sign(&remark, next + NONCE_AHEAD_MAX + 1);
    refuses(&far, 1010, RefusalKind::NonceTooHigh, "send the extrinsics between first");
}

fn failures(stage: &Stage) {
    let (living, ended) = (Author::server(1), Author::server(2));
    let [announce, birth] = stage.visitor.birth(Author::server(3));
    stage.fails(&stage.visitor, "visitor", &announce, "Registry.NotAHypervisor");
    let birth = stage.fails(&stage.visitor, "visitor", &birth, "Registry.NotAFoundry");
    let says = ["has no role", "lacks the role foundry", "3 votes of"];
    assert!(says.iter().all(|words| birth.contains(words)), "it doesn't say who could grant it: {birth}");
    let event = |server, number, kind, detail, error: &str| {
        stage.fails(&stage.writer, "writer", &Author::event(server, number, kind, detail), error);
    };
    event(living, 9, PAUSED, 0, "Chains.SequenceGap");
    event(living, 1, PAUSED, 0, "Chains.SequenceConflict");
    event(living, 2, PAUSED, DETAIL_BYTES_MAX + 1, "Chains.DetailTooLong");
    event(ended, 2, RUNNING, 0, "Chains.ChainEnded");
}

/// Where verifiers differ is where validators would fork: one rule (ZIP 215) for all of them, alone and in batches.
fn a_point_of_small_order_is_accepted_by_all(stage: &Stage) {
    for node in stage.network.running() {
        let nonce = node.next_nonce("writer");
        let remark = Author::remark("R is of order 8");
        let signature = small_order_signature(&stage.writer, &remark, nonce);
        let hash = node.submit(&stage.writer.with_signature(&remark, nonce, signature));
        let outcome = node.outcome(hash.expect("every validator accepts it"));
        assert_eq!(outcome.state, ExtrinsicState::Succeeded, "{}", outcome.explanation);
        let (height, _) = stage.network.agree_at(outcome.included.expect("it is final").block_number);
        stage.network.assert_one_chain(height);
    }
}

/// A signature by the account's key whose R is a point of order 8: it holds by ZIP 215, which multiplies by the
/// cofactor, and not by verifiers that don't. Python's integers do the arithmetic.
fn small_order_signature(author: &Author, call: &Call, nonce: u32) -> Signature {
    const SCRIPT: &str = "
import hashlib, sys
seed, account, message = map(bytes.fromhex, sys.argv[1:])
point = bytes.fromhex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
secret = int.from_bytes(hashlib.sha512(seed).digest()[:32], 'little') & ((1 << 254) - 8) | 1 << 254
order = 2 ** 252 + 27742317777372353535851937790883648493
challenge = int.from_bytes(hashlib.sha512(point + account + message).digest(), 'little')
print((point + (challenge * secret % order).to_bytes(32, 'little')).hex())
";
    let key = tierchain_primitives::crypto::KeyPair::from_seed(&author.seed());
    let arguments = [&author.seed()[..], &key.public().0, &author.payload(call, nonce)].map(hex::encode);
    let printed = finish(Command::new("python3").arg("-c").arg(SCRIPT).args(arguments), PATIENCE)
        .succeeded()
        .expect("Python counts");
    let bytes = hex::decode(printed.trim()).expect("it prints hexadecimal digits");
    Signature(bytes.try_into().expect("a signature has 64 bytes"))
}

fn a_gap_of_nonces_waits_without_a_view_change(stage: &Stage) {
    let (node, nodes) = (stage.network.node(0), stage.network.running());
    let nonce = node.next_nonce("writer");
    let views = || nodes.iter().map(|node| node.status().expect("it runs").view).collect::<Vec<_>>();
    let before = views();
    let second = node.submit(&stage.writer.sign(&Author::remark("second"), nonce + 1)).expect("it may wait");
    stays(IDLE, "the view is the same", || views() == before);
    let status = node.extrinsic_status(second).expect("it runs");
    assert_eq!(status.state, ExtrinsicState::Future, "{}", status.explanation);
    assert!(status.explanation.contains(&format!("nonce {nonce}: send that one")), "{}", status.explanation);

    let first = node.submit(&stage.writer.sign(&Author::remark("first"), nonce)).expect("the one that was missing");
    for hash in [first, second] {
        assert_eq!(node.outcome(hash).state, ExtrinsicState::Succeeded);
    }
}
