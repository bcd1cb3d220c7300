//! Judging a request by the ledger's state. Pure: what the ledger itself would refuse is refused here, before it costs a
//! block anything; the ledger checks all of it again.

use std::collections::BTreeMap;

use tierchain_client::{AskError, Ledger};
use tierchain_primitives::crypto::{Signature, verify_zip215};
use tierchain_primitives::ledger::{BirthRequest, ServerId};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::foundry_service::BirthRefused;
use tierchain_runtime::chains::{self, Announced, Server, WriterKey};
use tierchain_runtime::{foundry, query, timestamp};

/// A part of the ledger's newest final state.
pub(super) type State = BTreeMap<Vec<u8>, Vec<u8>>;

/// What is to be done about a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Judgement {
    /// The birth is on the ledger: its block's hash.
    Born(H256),
    /// The birth is to be sent.
    Send,
    /// It is refused.
    Refused(BirthRefused),
}

/// Whose turn it is to anchor an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// It is anchored, for good.
    Nobodys,
    /// Its hypervisor's, until this block time in milliseconds; 0 where the node doesn't know of the end.
    Hypervisors {
        /// From then on it is any foundry's.
        until: Millis,
    },
    /// Any foundry's.
    Foundrys,
}

/// Judges a request.
pub(super) fn judge(state: &dyn StateRead, genesis: &H256, request: &BirthRequest, signature: &Signature) -> Judgement {
    match ensure(state, genesis, request, signature) {
        Ok(None) => Judgement::Send,
        Ok(Some(hash)) => Judgement::Born(hash),
        Err(refused) => Judgement::Refused(refused),
    }
}

fn ensure(
    state: &dyn StateRead,
    genesis: &H256,
    request: &BirthRequest,
    signature: &Signature,
) -> Result<Option<H256>, BirthRefused> {
    match chains::SERVERS.get(state, &request.server) {
        Some(born) if born.is_born_of(request) => return Ok(Some(born.birth_hash)),
        Some(_) => return Err(by_ledger(chains::Error::AlreadyBorn.name(), chains::Error::AlreadyBorn.remedy())),
        None => {}
    }
    let standing = query::announcements(state, &request.server);
    // Either may pass: the announcement that is meant may still be on its way, behind those of others.
    let later = |error: chains::Error| BirthRefused { temporary: true, ..by_ledger(error.name(), error.remedy()) };
    if standing.is_empty() {
        return Err(later(chains::Error::NotAnnounced));
    }
    let signed = request.signed_bytes(genesis);
    let is_meant = |known: &Announced| verify_zip215(&known.announcement.tracker, &signed, signature);
    let Some(Announced { announcement, .. }) = standing.into_iter().find(is_meant) else {
        return Err(later(chains::Error::BadTrackerSignature));
    };
    let (provider, image) = (announcement.ownership.provider, announcement.image);
    if image == H256::ZERO && chains::parameters(state).unknown_images {
        return Ok(None);
    }
    match query::image(state, &provider, &image) {
        Some(known) if known.retired_in.is_none() => Ok(None),
        Some(_) => Err(by_ledger(foundry::Error::ImageRetired.name(), foundry::Error::ImageRetired.remedy())),
        None => Err(by_ledger(foundry::Error::ImageUnknown.name(), foundry::Error::ImageUnknown.remedy())),
    }
}

fn by_ledger(name: &str, remedy: &str) -> BirthRefused {
    BirthRefused { kind: name.to_owned(), message: remedy.to_owned(), temporary: false }
}

/// What of the state a request is judged by.
pub(super) async fn read<L: Ledger>(ledger: &L, server: ServerId) -> Result<State, AskError> {
    let mut state = State::new();
    load(ledger, &mut state, chains::PARAMETERS.key().to_vec()).await?;
    load(ledger, &mut state, chains::SERVERS.key(&server)).await?;
    load(ledger, &mut state, chains::ANNOUNCEMENTS.key(&server)).await?;
    for Announced { announcement, .. } in query::announcements(&state, &server) {
        let key = (announcement.ownership.provider, announcement.image);
        load(ledger, &mut state, foundry::IMAGES.key(&key)).await?;
    }
    if !state.contains_key(chains::PARAMETERS.key().as_slice()) {
        return Err(other_runtime());
    }
    Ok(state)
}

fn other_runtime() -> AskError {
    AskError("it has no chains' parameters: its runtime is another one than this foundry's".into())
}

/// What of the state tells whether an end may be anchored by a foundry, or a host suspected.
pub(super) async fn read_silence<L: Ledger>(ledger: &L, server: ServerId) -> Result<State, AskError> {
    let mut state = read(ledger, server).await?;
    load(ledger, &mut state, timestamp::NOW.key().to_vec()).await?;
    if let Some(life) = chains::SERVERS.get(&state, &server) {
        load(ledger, &mut state, chains::ATTESTED.key(&life.host)).await?;
    }
    Ok(state)
}

/// What genesis says about chains.
pub(super) async fn parameters<L: Ledger>(ledger: &L) -> Result<chains::Parameters, AskError> {
    let mut state = State::new();
    load(ledger, &mut state, chains::PARAMETERS.key().to_vec()).await?;
    chains::PARAMETERS.get(&state).ok_or_else(other_runtime)
}

/// What of the state tells whose turn it is to anchor an end: one value where somebody did.
pub(super) async fn read_end<L: Ledger>(ledger: &L, server: ServerId) -> Result<State, AskError> {
    let mut state = State::new();
    load(ledger, &mut state, chains::SERVERS.key(&server)).await?;
    if chains::SERVERS.get(&state, &server).is_none_or(|life| life.anchored.is_none()) {
        load(ledger, &mut state, timestamp::NOW.key().to_vec()).await?;
        load(ledger, &mut state, chains::PARAMETERS.key().to_vec()).await?;
    }
    Ok(state)
}

/// Whose turn it is to anchor an end. A node that hasn't heard of the end yet will.
pub(super) fn turn(state: &dyn StateRead, server: &ServerId) -> Turn {
    let Some(life) = chains::SERVERS.get(state, server) else { return Turn::Hypervisors { until: 0 } };
    if life.anchored.is_some() {
        return Turn::Nobodys;
    }
    let Some(due) = query::anchorable_at(state, &life) else { return Turn::Hypervisors { until: 0 } };
    match timestamp::NOW.get(state) {
        Some(now) if due <= now => Turn::Foundrys,
        _ => Turn::Hypervisors { until: due },
    }
}

/// The record of a life and the last sign of life of its host, as block time.
///
/// # Errors
/// When the node doesn't answer.
pub(crate) async fn last_sign<L: Ledger>(ledger: &L, server: ServerId) -> Result<Option<(Server, Millis)>, AskError> {
    let state = read_silence(ledger, server).await?;
    let life = chains::SERVERS.get(&state, &server);
    Ok(life.map(|life| {
        let sign = chains::last_sign(&state, &life);
        (life, sign)
    }))
}

/// The number that a writer's next event of a life must have.
///
/// # Errors
/// When the node doesn't answer.
pub(crate) async fn next_number<L: Ledger>(
    ledger: &L,
    server: ServerId,
    life: &Server,
    writer: AccountId,
) -> Result<u64, AskError> {
    let (mut state, key) = (State::new(), WriterKey::new(&server, life.numbered_from, writer));
    load(ledger, &mut state, chains::WRITERS.key(&key)).await?;
    Ok(chains::WRITERS.get(&state, &key).unwrap_or_default().next)
}

/// Reads a value of the newest final state into a part of that state.
pub(super) async fn load<L: Ledger>(ledger: &L, state: &mut State, key: Vec<u8>) -> Result<(), AskError> {
    if let Some(value) = ledger.value(&key).await? {
        state.insert(key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use parity_scale_codec::Encode;
    use tierchain_client::{Chain, LifeView, Outcome, SubmitError};
    use tierchain_primitives::BlockNumber;
    use tierchain_primitives::crypto::KeyPair;
    use tierchain_primitives::extrinsic::Nonce;
    use tierchain_primitives::ledger::{
        Announcement, EndReason, EntityBlock, Etsi, Ownership, Precision, Relations, ServerState, TrackerCustody,
        Usage, Uuid,
    };
    use tierchain_runtime::GenesisConfig;
    use tierchain_runtime::chains::{Anchor, End};
    use tierchain_runtime::foundry::Image;

    use super::*;

    const GENESIS: H256 = H256([9; 32]);

    fn server() -> ServerId {
        ServerId { uuid: Uuid([1; 16]), generation: 0 }
    }

    fn request() -> BirthRequest {
        let (evidence, precision) = (H256([2; 32]), Precision::Event);
        BirthRequest { server: server(), occurred_at: 5, precision, evidence, previous: None }
    }

    fn tracker() -> KeyPair {
        KeyPair::from_seed(&[3; 32])
    }

    fn life() -> Server {
        let ownership = Ownership { provider: H256([4; 32]), tenant: H256([5; 32]), service: H256([6; 32]) };
        Server {
            chain: H256::ZERO,
            ownership,
            host: H256([7; 32]),
            moving_to: None,
            moved_at: None,
            tracker: tracker().public(),
            relations: Vec::new(),
            resources: None,
            state: ServerState::Running,
            state_since: 5,
            seen: 5,
            suspected: None,
            head: H256::ZERO,
            length: 2,
            birth_hash: H256::ZERO,
            born: 5,
            last_at: 5,
            usage: chains::Sums(Usage::default()),
            late: 0,
            notes: 0,
            end: None,
            anchored: None,
            numbered_from: 0,
            tenant_index: 0,
            announcement: H256::ZERO,
            birth_content: H256::ZERO,
        }
    }

    /// A state in which the server is announced with an image of the catalog.
    fn state(image: Option<Image>) -> State {
        let mut state: State = tierchain_runtime::genesis_state(&GenesisConfig::default()).into_iter().collect();
        let ownership = Ownership { provider: H256([4; 32]), tenant: H256([5; 32]), service: H256([6; 32]) };
        let announcement = Announcement {
            server: server(),
            host: H256([7; 32]),
            image: H256([8; 32]),
            resources: None,
            tracker: tracker().public(),
            custody: TrackerCustody::Guest,
            ownership,
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let announced = Announced { by: tracker().public(), announcement };
        // Somebody else announced it before.
        let stranger =
            Announcement { tracker: KeyPair::from_seed(&[5; 32]).public(), ..announced.announcement.clone() };
        let stranger = Announced { by: tracker().public(), announcement: stranger };
        state.insert(chains::ANNOUNCEMENTS.key(&server()), vec![stranger, announced].encode());
        if let Some(image) = image {
            state.insert(foundry::IMAGES.key(&(ownership.provider, H256([8; 32]))), image.encode());
        }
        state
    }

    fn refusal(state: &State, key: &KeyPair) -> (String, bool) {
        match judge(state, &GENESIS, &request(), &key.sign(&request().signed_bytes(&GENESIS))) {
            Judgement::Refused(refused) => (refused.kind, refused.temporary),
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn an_announced_server_of_a_known_image_is_born() {
        let state = state(Some(Image { added_in: 1, retired_in: None }));
        let signature = tracker().sign(&request().signed_bytes(&GENESIS));
        assert_eq!(judge(&state, &GENESIS, &request(), &signature), Judgement::Send);
        let other = BirthRequest { occurred_at: 6, ..request() };
        assert!(matches!(judge(&state, &GENESIS, &other, &signature), Judgement::Refused(_)), "signed for another one");
        assert!(matches!(judge(&state, &H256::ZERO, &request(), &signature), Judgement::Refused(_)), "another network");
    }

    #[test]
    fn an_end_is_its_hypervisors_to_anchor_first_and_then_any_foundrys() {
        let mut state = state(None);
        let at = |state: &mut State, now: u64| {
            state.insert(timestamp::NOW.key().to_vec(), now.encode());
            turn(state, &server())
        };
        let never_heard_of = Turn::Hypervisors { until: 0 };
        assert_eq!(at(&mut state, 1_000), never_heard_of);
        let bound = chains::parameters(&state).bounds.silence_ms;
        let mut life = life();
        state.insert(chains::SERVERS.key(&server()), life.encode());
        assert_eq!(at(&mut state, 1_000), never_heard_of, "the node is behind: it still lives there");
        life.end = Some(End { at: 7, noted: 2_000, reason: EndReason::Orphaned, hash: H256::ZERO });
        state.insert(chains::SERVERS.key(&server()), life.encode());
        assert_eq!(at(&mut state, 1_999 + bound), Turn::Hypervisors { until: 2_000 + bound });
        assert_eq!(at(&mut state, 2_000 + bound), Turn::Foundrys);
        let (by, meta, hash) = (tracker().public(), H256::ZERO, H256::ZERO);
        life.anchored = Some(Anchor { by, meta, number: 0, hash });
        state.insert(chains::SERVERS.key(&server()), life.encode());
        assert_eq!(at(&mut state, 2_000 + bound), Turn::Nobodys);
    }

    /// A node whose state is asked for value by value.
    struct Counting {
        state: State,
        asked: Cell<usize>,
    }

    impl Ledger for Counting {
        fn name(&self) -> &str {
            "in memory"
        }

        async fn chain(&self) -> Result<Chain, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn height(&self) -> Result<BlockNumber, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn block_hash(&self, _: BlockNumber) -> Result<Option<H256>, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn nonce(&self, _: &AccountId) -> Result<Nonce, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn life(&self, _: Uuid, _: Option<u32>) -> Result<Option<LifeView>, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn blocks(&self, _: ServerId, _: u32, _: u32) -> Result<Vec<EntityBlock>, AskError> {
            Err(AskError("not asked".into()))
        }

        async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, AskError> {
            self.asked.set(self.asked.get() + 1);
            Ok(self.state.get(key).cloned())
        }

        async fn submit(&self, _: &[u8]) -> Result<(), SubmitError> {
            Err(SubmitError::Never("not asked".into()))
        }

        async fn outcome(&self, _: &H256) -> Result<Outcome, AskError> {
            Err(AskError("not asked".into()))
        }
    }

    /// What most ends cost: their hypervisor anchors them at once.
    #[tokio::test]
    async fn an_end_that_was_anchored_in_time_costs_one_value() {
        let mut life = life();
        life.end = Some(End { at: 7, noted: 2_000, reason: EndReason::Terminated, hash: H256::ZERO });
        for (anchored, values) in [(true, 1), (false, 3)] {
            let (by, meta, hash) = (tracker().public(), H256::ZERO, H256::ZERO);
            life.anchored = anchored.then_some(Anchor { by, meta, number: 0, hash });
            let mut state = state(None);
            state.insert(chains::SERVERS.key(&server()), life.encode());
            let node = Counting { state, asked: Cell::new(0) };
            let read = read_end(&node, server()).await.expect("it answers");
            assert_eq!((node.asked.get(), turn(&read, &server()) == Turn::Nobodys), (values, anchored));
        }
    }

    #[test]
    fn what_the_ledger_would_refuse_is_refused_by_its_name() {
        let (good, retired) = (Image { added_in: 1, retired_in: None }, Image { added_in: 1, retired_in: Some(2) });
        let name = |name: &str, temporary| (name.to_owned(), temporary);
        let mut unannounced = state(Some(good));
        unannounced.remove(&chains::ANNOUNCEMENTS.key(&server()));
        assert_eq!(refusal(&unannounced, &tracker()), name("NotAnnounced", true));
        assert_eq!(refusal(&state(Some(good)), &KeyPair::from_seed(&[4; 32])), name("BadTrackerSignature", true));
        assert_eq!(refusal(&state(None), &tracker()), name("ImageUnknown", false));
        assert_eq!(refusal(&state(Some(retired)), &tracker()), name("ImageRetired", false));
    }
}
