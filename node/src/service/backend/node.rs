//! The node itself: who it is, how it is, and why consensus is stuck if it is.

use std::time::Duration;

use tierchain_consensus::{InFlight as MachineInFlight, Status as MachineStatus};
use tierchain_network::PeerInfo;
use tierchain_primitives::{AccountId, ValidatorIndex};
use tierchain_replica::{Abstains, Member, Replica, Status};
use tierchain_rpc::backend::NodeBackend;
use tierchain_rpc::types::{
    Address, ChainType, ConsensusStatus, EvidenceInfo, ExecutedBlock, Hash, Health, Identity, InFlight, Peer,
    SyncState, U64, ValidatorStatus, Votes,
};
use tierchain_runtime::registry;

use super::NodeApi;
use crate::chain_spec::ChainType as SpecType;
use crate::service::disk::read_root;
use crate::service::evidence;

/// A node is stalled when so many heartbeats and a bit were missed.
const HEARTBEATS_MISSED: u32 = 3;

/// That bit: what a view change or two may take.
const STALLED_AFTER: Duration = Duration::from_secs(10);

impl NodeApi {
    fn status(&self) -> Option<Status> {
        self.shared.driver.ask(Replica::status)
    }
}

impl NodeBackend for NodeApi {
    fn identity(&self) -> Identity {
        let role = if self.shared.key.is_some() { "Authority" } else { "Full" };
        Identity {
            name: "tierchain".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            chain: self.shared.spec.genesis.name.clone(),
            chain_type: match self.shared.spec.chain_type {
                SpecType::Development => ChainType::Development,
                SpecType::Local => ChainType::Local,
                SpecType::Live => ChainType::Live,
            },
            peer_id: self.shared.network.local_peer().to_string(),
            roles: vec![role.into()],
        }
    }

    fn health(&self) -> Health {
        Health {
            peers: self.shared.network.peers().len(),
            is_syncing: self.status().is_none_or(|status| status.is_syncing),
            should_have_peers: self.shared.epochs().current().len() > 1,
        }
    }

    fn readiness(&self) -> Result<(), String> {
        let Some(status) = self.status() else { return Err("the node is stopping".into()) };
        if status.is_syncing {
            let (here, there) = (status.last.0, status.highest_known);
            return Err(format!("the node is catching up: it is at block {here}, its peers are at {there}"));
        }
        if self.shared.epochs().current().len() > 1 && self.shared.network.peers().is_empty() {
            return Err("no other node is connected: check the network".into());
        }
        let head = self.shared.finalized();
        let made = head.header.pre_runtime().map_or(0, |pre| pre.timestamp);
        let age = Duration::from_millis(self.shared.clock.now().wall.saturating_sub(made));
        if age > self.heartbeat * HEARTBEATS_MISSED + STALLED_AFTER {
            let waiting_for = status.consensus.map_or_else(String::new, |machine| format!(": {}", machine.sentence));
            let number = head.header.number;
            return Err(format!("no block has become final for {} s since block {number}{waiting_for}", age.as_secs()));
        }
        Ok(())
    }

    fn add_log_filter(&self, directives: &str) -> Result<(), String> {
        self.log.add(directives)
    }

    fn reset_log_filter(&self) {
        self.log.reset();
    }

    fn peers(&self) -> Vec<Peer> {
        let peer = |info: PeerInfo| Peer {
            peer_id: info.peer.to_string(),
            roles: if info.role.is_validator() { "AUTHORITY" } else { "FULL" }.into(),
            best_hash: Hash::default(),
            best_number: 0,
        };
        self.shared.network.peers().into_iter().map(peer).collect()
    }

    fn sync_state(&self) -> SyncState {
        let current_block = self.shared.finalized().header.number;
        let highest = self.status().map_or(current_block, |status| status.highest_known);
        SyncState { starting_block: 0, current_block, highest_block: highest.max(current_block) }
    }

    fn consensus(&self) -> ConsensusStatus {
        let status = self.status();
        let finalized = self.shared.finalized();
        let machine = status.as_ref().and_then(|status| status.consensus.as_ref());
        let epochs = self.shared.epochs();
        // What is announced as final is executed: the two are read as one.
        let number = finalized.header.number;
        let state_root = read_root(&self.shared.db, number).unwrap_or_default();
        ConsensusStatus {
            epoch: epochs.current().epoch.0,
            view: U64(machine.map_or(0, |machine| machine.view.0)),
            height: number,
            final_hash: Hash(finalized.hash),
            executed: ExecutedBlock { number, state_root: Hash(state_root) },
            primary: machine.map_or(0, |machine| machine.primary.0),
            me: self.shared.seat(&epochs).map(|index| index.0),
            validators: self.validators(machine),
            in_flight: machine.map(|machine| self.in_flight(machine)).unwrap_or_default(),
            waiting_for: match machine {
                Some(machine) => machine.sentence.clone(),
                None => why_it_only_follows(status.as_ref().and_then(|status| status.abstains)).into(),
            },
        }
    }

    fn evidence(&self, from: usize, count: usize) -> Vec<EvidenceInfo> {
        evidence::list(&self.shared.db, from, count)
    }

    fn evidence_file(&self, id: &[u8]) -> Option<Vec<u8>> {
        evidence::file(&self.shared.db, self.shared.origin(), id)
    }
}

impl NodeApi {
    fn validators(&self, machine: Option<&MachineStatus>) -> Vec<ValidatorStatus> {
        let epochs = self.shared.epochs();
        let set = epochs.current();
        let connected: Vec<Member> =
            self.shared.network.peers().iter().map(|info| self.shared.directory.member(info.peer)).collect();
        let named = registry::validators(&self.shared.db);
        let name = |key: &AccountId| named.iter().find(|validator| validator.consensus == *key);
        let suspects = machine.map(|machine| machine.suspicions.as_slice()).unwrap_or_default();
        let status = |(index, key): (ValidatorIndex, &AccountId)| ValidatorStatus {
            index: index.0,
            name: name(key).map(|validator| validator.name.clone()),
            key: Address(*key),
            connected: Some(*key) == self.shared.key || connected.contains(&Member::Validator(*key)),
            suspects: suspects.contains(&index),
        };
        set.indices().zip(&set.keys).map(status).collect()
    }

    fn in_flight(&self, machine: &MachineStatus) -> Vec<InFlight> {
        let epochs = self.shared.epochs();
        let set = epochs.current();
        let votes = |have: &[ValidatorIndex]| Votes {
            have: have.iter().map(|index| index.0).collect(),
            missing: set.indices().filter(|index| !have.contains(index)).map(|index| index.0).collect(),
        };
        let block = |block: &MachineInFlight| InFlight {
            number: block.number,
            hash: Hash(block.hash),
            prepares: votes(&block.prepares),
            commits: votes(&block.commits),
        };
        machine.in_flight.iter().map(block).collect()
    }
}

/// What a node without a vote waits for.
fn why_it_only_follows(abstains: Option<Abstains>) -> &'static str {
    match abstains {
        None => "This node is about to vote.",
        Some(Abstains::Observer) => "This node is an observer: it follows certified blocks.",
        Some(Abstains::NoSeat) => "This epoch's set doesn't have this node's key: it follows certified blocks.",
        Some(Abstains::LaterEpoch) => {
            "This node's vote log binds it to an epoch that its chain hasn't reached: it catches up."
        }
        Some(Abstains::Rejoining) => {
            "This node lost its vote log: it votes from the epoch on that begins with its rejoin."
        }
        Some(Abstains::Superseded) => {
            "This node's key has rejoined with another vote log, so this one gives no vote: stop the other node, move \
             this log away, and start with --rejoin."
        }
    }
}
