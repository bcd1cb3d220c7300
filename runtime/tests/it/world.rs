//! A small network to test on: its state, its accounts, and verbs that put calls into blocks.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::epoch::next_set_item;
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Detail, EndReason, EntityBlock, Etsi, Event, EventKind, GuestReport, MetaBlock,
    Ownership, Precision, Relations, Resources, ServerId, ServerState, TrackerCustody, Uuid, party_id,
};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::{AccountId, H256, ValidatorIndex};
use tierchain_runtime::chains::{DiscrepancyKind, Server, Verdict};
use tierchain_runtime::{
    BlockContext, Call, Checked, DataCenter, DispatchError, GenesisConfig, Host, Outcome, Role, Roles, RuntimeEvent,
    Validator, chains, check, execute, foundry, genesis_state, meta, query, registry,
};

use crate::invariants::Journal;
use crate::random_lives::tally::Tally;

/// The network's hash of block 0, as far as these tests care.
pub(crate) const GENESIS: H256 = H256([0xee; 32]);
/// Its time of birth.
pub(crate) const START: Millis = 1_795_227_255_000;
/// A time after it, in the events' unit.
pub(crate) const T0: Micros = START * 1_000;

/// Who signs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Who {
    /// The agent of host 0.
    Agent,
    /// The agent of host 1.
    OtherAgent,
    /// The foundry.
    Foundry,
    /// The tracking application, which has a key and no account.
    Tracker,
    /// An admitted account without roles.
    Nobody,
    /// The account of the service provider P.
    Provider,
    /// An orchestrator that acts for P.
    Orchestrator,
    /// The account of the service provider Q.
    OtherProvider,
    /// A second foundry.
    OtherFoundry,
    /// Somebody who checks.
    Auditor,
    /// The agent of a host in a network with many, by number.
    Host(u8),
    /// The operator of a validator, by number.
    Operator(u8),
    /// The consensus key of a validator, by number.
    Voter(u8),
    /// A key that nobody knows at first, by number.
    Fresh(u8),
}

impl Who {
    pub(crate) fn key(self) -> KeyPair {
        let seed = match self {
            Self::Agent => 1,
            Self::OtherAgent => 2,
            Self::Foundry => 3,
            Self::Tracker => 4,
            Self::Nobody => 5,
            Self::Provider => 6,
            Self::Orchestrator => 7,
            Self::OtherProvider => 8,
            Self::OtherFoundry => 9,
            Self::Auditor => 10,
            Self::Host(number) => 0x20 + number,
            Self::Operator(number) => 0x40 + number,
            Self::Voter(number) => 0x80 + number,
            Self::Fresh(number) => 0xe0 + number,
        };
        KeyPair::from_seed(&[seed; 32])
    }

    pub(crate) fn id(self) -> AccountId {
        self.key().public()
    }
}

/// Id of host 0 or 1.
pub(crate) fn host(number: u8) -> H256 {
    H256([0xa0 + number; 32])
}

/// The genesis of the tests: one validator, two hosts, replays allowed or not.
pub(crate) fn config(allow_replay: bool) -> GenesisConfig {
    let validator = Validator {
        name: "alice".to_owned(),
        operator: AccountId([0x11; 32]),
        consensus: AccountId([0x12; 32]),
        peer_id: vec![0x13; 38],
        addresses: Vec::new(),
    };
    let with = |role: Role| Roles::NONE.with(role);
    let center = DataCenter::named("fra-1");
    GenesisConfig {
        name: "Test".to_owned(),
        id: "test".to_owned(),
        dev: true,
        time: START,
        allow_replay,
        validators: vec![validator],
        accounts: vec![
            (Who::Agent.id(), with(Role::Hypervisor)),
            (Who::OtherAgent.id(), with(Role::Hypervisor)),
            (Who::Foundry.id(), with(Role::Foundry)),
            (Who::Nobody.id(), Roles::NONE),
            (Who::OtherFoundry.id(), with(Role::Foundry)),
            (Who::Auditor.id(), with(Role::Auditor)),
        ],
        hosts: vec![
            Host::new(host(0), center.id, Who::Agent.id()),
            Host::new(host(1), center.id, Who::OtherAgent.id()),
        ],
        data_centers: vec![center],
        ..GenesisConfig::default()
    }
}

/// A genesis with the providers P and Q, an orchestrator of P's, and servers whose image nobody knows.
pub(crate) fn peopled(mut config: GenesisConfig) -> GenesisConfig {
    config.accounts.push((Who::Orchestrator.id(), Roles::NONE.with(Role::Orchestrator)));
    config.providers = vec![(party_id("P"), Who::Provider.id()), (party_id("Q"), Who::OtherProvider.id())];
    GenesisConfig { unknown_images: true, ..config }
}

/// The peer id of a validator's node, by number.
pub(crate) fn peer_id(number: u8) -> Vec<u8> {
    [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[0xc0 + number; 32]].concat()
}

/// A validator, by number.
pub(crate) fn validator(number: u8) -> Validator {
    Validator {
        name: format!("v{number}"),
        operator: Who::Operator(number).id(),
        consensus: Who::Voter(number).id(),
        peer_id: peer_id(number),
        addresses: vec![format!("/ip4/192.0.2.{number}/tcp/10044")],
    }
}

/// A network of one pair of eyes.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) entity_blocks: Vec<EntityBlock>,
    pub(crate) meta_blocks: Vec<MetaBlock>,
    /// Number of the last block.
    pub(crate) number: u32,
    parent: H256,
    /// Time of the next block.
    pub(crate) time: Millis,
    /// All that was executed, where somebody wants to do it again.
    pub(crate) journal: Option<Journal>,
    /// What happened, where all that was executed is kept.
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(config: &GenesisConfig) -> Self {
        let mut state: BTreeMap<_, _> = genesis_state(config).into_iter().collect();
        // As if the provider had appointed its orchestrator before.
        if config.accounts.iter().any(|(account, _)| *account == Who::Orchestrator.id()) {
            state.insert(registry::ACTS_FOR.key(&Who::Orchestrator.id()), party_id("P").encode());
        }
        let (entity_blocks, meta_blocks) = (Vec::new(), Vec::new());
        Self {
            state,
            entity_blocks,
            meta_blocks,
            number: 0,
            parent: GENESIS,
            time: config.time + 60_000,
            journal: None,
            tally: Tally::default(),
        }
    }

    /// A network that keeps what it executed.
    pub(crate) fn journaled(config: &GenesisConfig) -> Self {
        let world = Self::new(config);
        Self { journal: Some(Journal::new(world.state.clone())), ..world }
    }

    pub(crate) fn live() -> Self {
        Self::new(&peopled(config(false)))
    }

    pub(crate) fn replay() -> Self {
        Self::new(&peopled(config(true)))
    }

    /// A network of the validators 0 to `count - 1`.
    pub(crate) fn of(count: u8) -> Self {
        let validators = (0..count).map(validator).collect();
        Self::new(&GenesisConfig { validators, unknown_images: true, ..config(false) })
    }

    /// Executes a block with these calls and takes over what it made. The last block of an epoch carries the next set.
    pub(crate) fn block(&mut self, calls: &[(Who, Call)]) -> Outcome {
        let mut used = BTreeMap::new();
        let extrinsics: Vec<Checked> = calls.iter().map(|(who, call)| self.signed(*who, call, &mut used)).collect();
        let bytes: Vec<&[u8]> = extrinsics.iter().map(|checked| checked.bytes.as_slice()).collect();
        self.number += 1;
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: self.time, executed: self.number - 1 };
        let mut header = Header::new(self.parent, self.number, H256::ZERO, extrinsics_root(&bytes), pre);
        let change = registry::epoch_change(&self.state).filter(|change| change.end == self.number);
        header.digest.extend(change.map(|change| next_set_item(&change.next)));
        let context = BlockContext::new(&header, GENESIS).expect("the header carries it");
        let outcome = execute(&self.state, &context, &extrinsics);
        assert_eq!(outcome, execute(&self.state, &context, &extrinsics), "execution is deterministic");
        assert!(outcome.changes.is_sorted_by(|one, next| one.0 < next.0));
        if let Some(journal) = &mut self.journal {
            journal.record(&header, &extrinsics, &outcome.changes);
            self.tally.take(&outcome);
        }
        for (key, value) in &outcome.changes {
            match value {
                Some(value) => drop(self.state.insert(key.clone(), value.clone())),
                None => drop(self.state.remove(key)),
            }
        }
        self.entity_blocks.extend(outcome.entity_blocks.iter().cloned());
        self.meta_blocks.extend(outcome.meta_blocks.iter().cloned());
        self.parent = context.hash;
        self.time += 5;
        outcome
    }

    /// Executes a block with one call.
    pub(crate) fn run(&mut self, who: Who, call: Call) -> Outcome {
        self.block(&[(who, call)])
    }

    /// Executes a block with one call and says how that ended.
    pub(crate) fn result(&mut self, who: Who, call: Call) -> Result<(), DispatchError> {
        self.run(who, call).results[0]
    }

    /// A checked extrinsic with the signer's next nonce. The signature is settled elsewhere, so nothing signs it.
    fn signed(&self, who: Who, call: &Call, used: &mut BTreeMap<Who, u32>) -> Checked {
        let account = tierchain_runtime::account(&self.state, &who.id()).expect("a test signs with admitted accounts");
        let ahead = used.entry(who).or_insert(0);
        let nonce = account.nonce + *ahead;
        *ahead += 1;
        let (signer, signature) = (who.id(), Signature::ZERO);
        let extrinsic = Extrinsic { signer, signature, era: Era::Immortal, nonce, call: call.encode() };
        check(&extrinsic.encode()).expect("a test's extrinsics are whole")
    }

    /// Announces a server and brings it to life at `at`.
    pub(crate) fn bear(&mut self, announcement: &Announcement, at: Micros, previous: Option<H256>) {
        self.run(Who::Agent, announce(announcement));
        let birth = birth(&BirthRequest { previous, ..request(announcement.server, at) });
        assert_eq!(self.result(Who::Foundry, birth), Ok(()));
    }

    /// Executes a block with one call, which fails with this error and leaves nothing but the nonce.
    pub(crate) fn refuses(&mut self, who: Who, call: Call, error: impl Into<DispatchError>) {
        let before = self.leaves();
        assert_eq!(self.result(who, call), Err(error.into()));
        assert!(self.leaves() == before, "a failed call left something");
    }

    /// Executes a block with one call, which succeeds and changes nothing: a repeat.
    pub(crate) fn repeats(&mut self, who: Who, call: Call) {
        let before = self.leaves();
        assert_eq!(self.result(who, call), Ok(()));
        assert!(self.leaves() == before, "a repeat changed something");
    }

    /// Executes a block with one call, which succeeds.
    pub(crate) fn takes(&mut self, who: Who, call: Call) {
        assert_eq!(self.result(who, call), Ok(()));
    }

    /// The time of the next block, in the events' unit.
    pub(crate) fn now(&self) -> Micros {
        self.time * 1_000
    }

    pub(crate) fn server(&self, id: ServerId) -> Server {
        query::server(&self.state, id.uuid, Some(id.generation)).expect("it is born").1
    }

    /// The state without what may change for an extrinsic that fails: its signer's account and the block's own facts.
    pub(crate) fn leaves(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let accounts = tierchain_primitives::storage_key::prefix("System", "Account");
        let kept = |key: &[u8]| tierchain_runtime::is_leaf(key) && !key.starts_with(&accounts);
        self.state.iter().filter(|(key, _)| kept(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// The first life of a server.
pub(crate) fn server(number: u8) -> ServerId {
    ServerId { uuid: Uuid([number; 16]), generation: 0 }
}

pub(crate) fn announcement(server: ServerId) -> Announcement {
    Announcement {
        server,
        host: host(0),
        image: H256::ZERO,
        resources: Some(Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 }),
        tracker: Who::Tracker.id(),
        custody: TrackerCustody::Guest,
        ownership: Ownership { provider: party_id("P"), tenant: party_id("T"), service: party_id("S") },
        etsi: Etsi::default(),
        relations: Relations::default(),
    }
}

pub(crate) fn announce(announcement: &Announcement) -> Call {
    Call::Chains(chains::Call::Announce { announcement: announcement.clone() })
}

pub(crate) fn request(server: ServerId, at: Micros) -> BirthRequest {
    let evidence = H256([8; 32]);
    BirthRequest { server, occurred_at: at, precision: Precision::Event, evidence, previous: None }
}

/// The birth call of a request that the tracker signed.
pub(crate) fn birth(request: &BirthRequest) -> Call {
    let tracker_signature = Who::Tracker.key().sign(&request.signed_bytes(&GENESIS));
    Call::Chains(chains::Call::Birth { request: request.clone(), tracker_signature })
}

pub(crate) fn event(server: ServerId, number: u64, at: Micros, event: EventKind) -> Event {
    let (evidence, detail) = (H256([9; 32]), Detail::default());
    Event { server, number, occurred_at: at, precision: Precision::Event, event, meter: None, evidence, detail }
}

pub(crate) fn state(server: ServerId, number: u64, at: Micros, state: ServerState) -> Event {
    event(server, number, at, EventKind::StateChanged { state })
}

pub(crate) fn end(server: ServerId, number: u64, at: Micros, reason: EndReason) -> Event {
    event(server, number, at, EventKind::Ended { reason })
}

pub(crate) fn append(event: Event) -> Call {
    Call::Chains(chains::Call::Append { event })
}

pub(crate) fn batch(events: Vec<Event>) -> Call {
    Call::Chains(chains::Call::AppendBatch { events })
}

/// The call that carries reports of guests, signed by the tracker.
pub(crate) fn guests(events: Vec<Event>) -> Call {
    let signed =
        |event: Event| GuestReport { signature: Who::Tracker.key().sign(&event.guest_signed_bytes(&GENESIS)), event };
    Call::Chains(chains::Call::AppendGuest { reports: events.into_iter().map(signed).collect() })
}

pub(crate) fn guest(server: ServerId, number: u64, at: Micros, code: u32) -> Event {
    event(server, number, at, EventKind::GuestEvent { code })
}

pub(crate) fn attest(host: H256, since: Micros, until: Micros) -> Call {
    Call::Chains(chains::Call::Attest { host, since, until })
}

pub(crate) fn witness(server: ServerId, state: ServerState, since: Micros) -> Call {
    Call::Chains(chains::Call::Witness { server, state, since, evidence: H256([0x1e; 32]) })
}

pub(crate) fn note(server: ServerId, kind: DiscrepancyKind) -> Call {
    Call::Chains(chains::Call::NoteDiscrepancy { server, kind })
}

pub(crate) fn resolve(server: ServerId, note: u32, verdict: Verdict) -> Call {
    Call::Chains(chains::Call::Resolve { server, note, verdict, evidence: H256([0x2e; 32]) })
}

pub(crate) fn add_image(image: H256) -> Call {
    Call::Foundry(foundry::Call::AddImage { image })
}

pub(crate) fn retire_image(image: H256) -> Call {
    Call::Foundry(foundry::Call::RetireImage { image })
}

pub(crate) fn late(event: Event) -> Call {
    Call::Chains(chains::Call::Late { event })
}

pub(crate) fn anchor(server: ServerId) -> Call {
    Call::Meta(meta::Call::Anchor { server })
}

/// What modules other than `system` reported.
pub(crate) fn reported(outcome: &Outcome) -> Vec<RuntimeEvent> {
    let all = outcome.events.iter().map(|record| record.event.clone());
    all.filter(|event| !matches!(event, RuntimeEvent::System(_))).collect()
}
