//! Channels, topics and the names under which they are negotiated.
//!
//! Every name carries the genesis hash, so peers of two chains find no protocol in common even when somebody gave both
//! the same identities. A connection has one stream per [`Lane`] and direction; gossip has its own.

use core::fmt;

use libp2p::StreamProtocol;
use libp2p::gossipsub::IdentTopic;
use tierchain_primitives::H256;

/// A direct, ordered way from one member to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// Proposals, votes and view changes: between validators only.
    Consensus,
    /// Requests and answers about blocks, bundles and ranges: members of any role.
    Sync,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 2] = [Self::Consensus, Self::Sync];

    /// Most bytes of one message. A longer one is refused before a byte of it is stored.
    #[must_use]
    pub const fn frame_bytes_max(self) -> usize {
        match self {
            Self::Consensus => 2 * 1024 * 1024,
            Self::Sync => 8 * 1024 * 1024,
        }
    }

    /// Most bytes that wait for one slow peer; the oldest messages make room for new ones.
    pub(crate) const fn queue_bytes_max(self) -> usize {
        match self {
            Self::Consensus => 8 * 1024 * 1024,
            Self::Sync => 32 * 1024 * 1024,
        }
    }

    /// Most messages that wait for one slow peer.
    pub(crate) const fn queue_frames_max(self) -> usize {
        match self {
            Self::Consensus => 4_096,
            Self::Sync => 1_024,
        }
    }

    /// Place in [`Channel::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Consensus => 0,
            Self::Sync => 1,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consensus => "consensus",
            Self::Sync => "sync",
        })
    }
}

/// What is spread to everybody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topic {
    /// Bundles of extrinsics.
    Bundles,
    /// Certified blocks.
    Blocks,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 2] = [Self::Bundles, Self::Blocks];

    /// Most bytes of one gossiped message.
    pub const MESSAGE_BYTES_MAX: usize = 1_536 * 1024;

    /// The topic as gossipsub knows it.
    pub(crate) fn name(self, chain: &H256) -> IdentTopic {
        let noun = match self {
            Self::Bundles => "bundles",
            Self::Blocks => "blocks",
        };
        IdentTopic::new(format!("/tierchain/{}/{noun}/1", chain_name(chain)))
    }
}

/// A stream of a connection: the heartbeat of the link itself, or a channel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Lane {
    /// Pings and their answers.
    Pulse,
    /// Messages of a channel.
    Channel(Channel),
}

impl Lane {
    /// The lanes of a connection. Consensus has one only where both ends are validators.
    pub(crate) fn of(consensus: bool) -> Vec<Self> {
        let mut lanes = vec![Self::Pulse, Self::Channel(Channel::Sync)];
        if consensus {
            lanes.push(Self::Channel(Channel::Consensus));
        }
        lanes
    }

    /// The protocol name of this lane on `chain`.
    pub(crate) fn protocol(self, chain: &H256) -> StreamProtocol {
        let noun = match self {
            Self::Pulse => "pulse",
            Self::Channel(Channel::Consensus) => "consensus",
            Self::Channel(Channel::Sync) => "sync",
        };
        StreamProtocol::try_from_owned(format!("/tierchain/{}/{noun}/1", chain_name(chain)))
            .expect("the name begins with a slash, which is all a protocol name needs")
    }
}

/// The genesis hash as it stands in names: hexadecimal without 0x.
fn chain_name(chain: &H256) -> String {
    chain.to_string().trim_start_matches("0x").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_part_of_every_name() {
        let chain = H256([0xab; 32]);
        for lane in Lane::of(true) {
            assert!(lane.protocol(&chain).as_ref().starts_with("/tierchain/abab"), "{lane:?}");
            assert_ne!(lane.protocol(&chain), lane.protocol(&H256::ZERO));
        }
        for topic in Topic::ALL {
            assert_ne!(topic.name(&chain).hash(), topic.name(&H256::ZERO).hash());
        }
    }

    #[test]
    fn only_validators_have_a_consensus_lane() {
        assert!(Lane::of(true).contains(&Lane::Channel(Channel::Consensus)));
        assert!(!Lane::of(false).contains(&Lane::Channel(Channel::Consensus)));
    }
}
