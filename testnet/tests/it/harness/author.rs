//! Accounts that write without an agent, to say what no agent would.

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce, payload};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Detail, Etsi, Event, EventKind, Ownership, Precision, Relations, ServerId,
    TrackerCustody, Uuid, party_id,
};
use tierchain_runtime::{Call, VERSIONS, chains, system};
use tierchain_testnet::cluster::key;

/// When the servers of these tests are born: long ago, in microseconds.
const BORN: u64 = 1_700_000_000_000_000;

/// A named account.
pub(crate) struct Author {
    key: KeyPair,
    genesis: H256,
}

impl Author {
    /// The account of a name, on the chain with this genesis.
    pub(crate) fn new(name: &str, genesis: H256) -> Self {
        Self { key: key(name), genesis }
    }

    /// The seed of its key.
    pub(crate) fn seed(&self) -> [u8; 32] {
        self.key.seed()
    }

    /// A signed extrinsic.
    pub(crate) fn sign(&self, call: &Call, nonce: Nonce) -> Vec<u8> {
        let genesis = &self.genesis;
        Extrinsic::sign(&self.key, call.encode(), Era::Immortal, nonce, VERSIONS, genesis, genesis).encode()
    }

    /// A signed extrinsic that can be included for some blocks only, from the one with the hash `birth` on.
    pub(crate) fn sign_mortal(&self, call: &Call, nonce: Nonce, era: Era, birth: &H256) -> Vec<u8> {
        Extrinsic::sign(&self.key, call.encode(), era, nonce, VERSIONS, &self.genesis, birth).encode()
    }

    /// What the signature of such an extrinsic covers.
    pub(crate) fn payload(&self, call: &Call, nonce: Nonce) -> Vec<u8> {
        payload(&call.encode(), Era::Immortal, nonce, VERSIONS, &self.genesis, &self.genesis)
    }

    /// An extrinsic with a signature that was made elsewhere.
    pub(crate) fn with_signature(&self, call: &Call, nonce: Nonce, signature: Signature) -> Vec<u8> {
        Extrinsic { signer: self.key.public(), signature, era: Era::Immortal, nonce, call: call.encode() }.encode()
    }

    /// A remark.
    pub(crate) fn remark(text: &str) -> Call {
        Call::System(system::Call::Remark { remark: text.as_bytes().to_vec() })
    }

    /// The server with a number.
    pub(crate) fn server(number: u8) -> ServerId {
        ServerId { uuid: Uuid([number; 16]), generation: 0 }
    }

    /// Announcement and birth of a server whose tracker's key this account holds, of a provider that nobody speaks for.
    pub(crate) fn birth(&self, server: ServerId) -> [Call; 2] {
        self.birth_for("provider", server)
    }

    /// The same for the provider of a name.
    pub(crate) fn birth_for(&self, provider: &str, server: ServerId) -> [Call; 2] {
        let [provider, tenant, service] = [provider, "tenant", "service"].map(party_id);
        let announcement = Announcement {
            server,
            host: party_id("host-1"),
            image: H256::ZERO,
            resources: None,
            tracker: self.key.public(),
            custody: TrackerCustody::Agent,
            ownership: Ownership { provider, tenant, service },
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let request = BirthRequest {
            server,
            occurred_at: BORN,
            precision: Precision::Event,
            evidence: H256::ZERO,
            previous: None,
        };
        let tracker_signature = self.key.sign(&request.signed_bytes(&self.genesis));
        [
            Call::Chains(chains::Call::Announce { announcement }),
            Call::Chains(chains::Call::Birth { request, tracker_signature }),
        ]
    }

    /// An event of a server, its number in seconds after the birth.
    pub(crate) fn event(server: ServerId, number: u64, event: EventKind, detail: usize) -> Call {
        let event = Event {
            server,
            number,
            occurred_at: BORN + number * 1_000_000,
            precision: Precision::Event,
            event,
            meter: None,
            evidence: H256::ZERO,
            detail: Detail(vec![b'x'; detail]),
        };
        Call::Chains(chains::Call::Append { event })
    }
}
