//! The node itself: who it is, how it is, and why consensus is stuck if it is.

use std::time::Duration;

use tierchain_consensus::{InFlight as MachineInFlight, Status as MachineStatus};
use tierchain_network::{PeerInfo, Role};
use tierchain_primitives::ValidatorIndex;
use tierchain_replica::{Replica, Status};
use tierchain_rpc::backend::NodeBackend;
use tierchain_rpc::types::{
    Address, ChainType, ConsensusStatus, ExecutedBlock, Hash, Health, Identity, InFlight, Peer, SyncState, U64,
    ValidatorStatus, Votes,
};

use super::NodeApi;
use crate::chain_spec::ChainType as SpecType;
use crate::service::disk::read_root;

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
        let role = if self.shared.is_validator { "Authority" } else { "Full" };
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
            should_have_peers: self.shared.set.len() > 1,
        }
    }

    fn readiness(&self) -> Result<(), String> {
        let Some(status) = self.status() else { return Err("the node is stopping".into()) };
        if status.is_syncing {
            let (here, there) = (status.last.0, status.highest_known);
            return Err(format!("the node is catching up: it is at block {here}, its peers are at {there}"));
        }
        if self.shared.set.len() > 1 && self.shared.network.peers().is_empty() {
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
        // What is announced as final is executed: the two are read as one.
        let number = finalized.header.number;
        let state_root = read_root(&self.shared.db, number).unwrap_or_default();
        ConsensusStatus {
            epoch: self.shared.set.epoch.0,
            view: U64(machine.map_or(0, |machine| machine.view.0)),
            height: number,
            final_hash: Hash(finalized.hash),
            executed: ExecutedBlock { number, state_root: Hash(state_root) },
            primary: machine.map_or(0, |machine| machine.primary.0),
            me: self.me().map(|index| index.0),
            validators: self.validators(machine),
            in_flight: machine.map(|machine| self.in_flight(machine)).unwrap_or_default(),
            waiting_for: match machine {
                Some(machine) => machine.sentence.clone(),
                None => "This node is an observer: it follows certified blocks.".into(),
            },
        }
    }
}

impl NodeApi {
    fn me(&self) -> Option<ValidatorIndex> {
        let local = self.shared.network.local_peer();
        let mine = |index: &ValidatorIndex| {
            self.shared.directory.peer(tierchain_replica::Member::Validator(*index)) == Some(local)
        };
        self.shared.set.indices().find(mine).filter(|_| self.shared.is_validator)
    }

    fn validators(&self, machine: Option<&MachineStatus>) -> Vec<ValidatorStatus> {
        let connected: Vec<ValidatorIndex> = self
            .shared
            .network
            .peers()
            .into_iter()
            .filter_map(|info| match info.role {
                Role::Validator(index) => Some(index),
                Role::Observer => None,
            })
            .chain(self.me())
            .collect();
        let suspects = machine.map(|machine| machine.suspicions.as_slice()).unwrap_or_default();
        let status = |index: ValidatorIndex| ValidatorStatus {
            index: index.0,
            name: self.shared.spec.validators.get(index.as_usize()).map(|validator| validator.name.clone()),
            key: Address(self.shared.set.key(index).copied().unwrap_or_default()),
            connected: connected.contains(&index),
            suspects: suspects.contains(&index),
        };
        self.shared.set.indices().map(status).collect()
    }

    fn in_flight(&self, machine: &MachineStatus) -> Vec<InFlight> {
        let votes = |have: &[ValidatorIndex]| Votes {
            have: have.iter().map(|index| index.0).collect(),
            missing: self.shared.set.indices().filter(|index| !have.contains(index)).map(|index| index.0).collect(),
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
