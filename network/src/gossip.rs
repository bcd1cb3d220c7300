//! Gossip: gossipsub with explicit validation, for bundles and blocks.
//!
//! - *Anonymous messages.* What is gossiped carries its own signatures and is admitted by its content; members alone
//!   are connected. A second signature per message would cost 45 us on every node and say nothing new.
//! - *The message id is the hash of topic and content*, so the same bundle from two makers is one message. Repeating it
//!   within [`REMEMBERED`] does nothing: who missed it asks for it on the sync channel.
//! - *Flood publish.* The maker of a message sends it to every member it is connected to; the mesh only fills gaps and
//!   serves those the maker doesn't reach. With validators fully connected, that is one hop.
//! - *The chain stands in the topics, not in the protocol name.* A name of our own would pin gossipsub to version 1.1
//!   and cost IDONTWANT (1.2), by which a receiver spares itself further copies of what it just got. A peer of another
//!   chain shares no topic with us, and its connection is closed before that matters.

use std::collections::HashSet;
use std::time::Duration;

use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentityTransform, Message, MessageAuthenticity, MessageId, TopicHash, ValidationMode,
    WhitelistSubscriptionFilter,
};
use tierchain_primitives::{H256, hash};

use crate::channel::Topic;
use crate::error::StartError;

/// How long a message is remembered so as not to take it twice.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Above this a receiver tells its mesh that it needs no further copy.
const IDONTWANT_BYTES: usize = 4 * 1024;

/// What gossipsub adds around a message: topic name, field tags, lengths.
const ENVELOPE_BYTES: usize = 1024;

/// Gossipsub as we use it.
pub(crate) type Gossip = Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;

/// The topics of one chain, both ways.
pub(crate) struct Topics([(Topic, TopicHash); Topic::ALL.len()]);

impl Topics {
    pub(crate) fn new(chain: &H256) -> Self {
        Self(Topic::ALL.map(|topic| (topic, topic.name(chain).hash())))
    }

    pub(crate) fn find(&self, hash: &TopicHash) -> Option<Topic> {
        self.0.iter().find(|(_, known)| known == hash).map(|(topic, _)| *topic)
    }
}

/// Builds gossipsub, subscribed to all topics of the chain.
pub(crate) fn build(chain: &H256) -> Result<Gossip, StartError> {
    let failed = |reason: String| StartError::Transport { part: "gossip", reason };
    let mut builder = ConfigBuilder::default();
    builder
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(message_id)
        .max_transmit_size(Topic::MESSAGE_BYTES_MAX + ENVELOPE_BYTES)
        .duplicate_cache_time(REMEMBERED)
        .flood_publish(true)
        .idontwant_message_size_threshold(IDONTWANT_BYTES)
        // Four to thirty members: with up to seven all are in each other's mesh, beyond it six are.
        .mesh_n(6)
        .mesh_n_low(4)
        .mesh_n_high(10)
        .mesh_outbound_min(2)
        .gossip_lazy(3)
        // Meshes form in the first moments of a network, and heal within half a second after.
        .heartbeat_initial_delay(Duration::from_millis(200))
        .heartbeat_interval(Duration::from_millis(500))
        .prune_backoff(Duration::from_secs(5))
        // A second's worth of bundles for a slow peer, then it must ask for them.
        .connection_handler_queue_len(512)
        .publish_queue_duration(Duration::from_secs(2))
        .forward_queue_duration(Duration::from_secs(1));
    let config = builder.build().map_err(|error| failed(error.to_string()))?;
    let topics: HashSet<_> = Topic::ALL.iter().map(|topic| topic.name(chain).hash()).collect();
    let mut gossip = Behaviour::new_with_subscription_filter(
        MessageAuthenticity::Anonymous,
        config,
        WhitelistSubscriptionFilter(topics),
    )
    .map_err(|error| failed(error.to_owned()))?;
    for topic in Topic::ALL {
        gossip.subscribe(&topic.name(chain)).map_err(|error| failed(format!("{error:?}")))?;
    }
    Ok(gossip)
}

fn message_id(message: &Message) -> MessageId {
    let id = hash::sha256(&[message.topic.as_str().as_bytes(), &message.data]);
    MessageId::new(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_fit_together() {
        assert!(build(&H256::ZERO).is_ok());
    }

    #[test]
    fn topics_of_another_chain_are_unknown() {
        let topics = Topics::new(&H256::ZERO);
        for topic in Topic::ALL {
            assert_eq!(topics.find(&topic.name(&H256::ZERO).hash()), Some(topic));
            assert_eq!(topics.find(&topic.name(&H256([1; 32])).hash()), None);
        }
    }
}
