//! The values that a module error has no room for: what was sent, and what the state says.
//!
//! Read in the state after the block in which the call failed; a failed call changed nothing, so that is the state in
//! which it failed but for what stands after it in the same block.

use tierchain_primitives::AccountId;
use tierchain_primitives::header::PreRuntime;
use tierchain_primitives::ledger::{Event, ServerId};
use tierchain_primitives::ports::StateRead;
use tierchain_runtime::{Call, ModuleError, Role, chains, meta, query, registry};

use super::registry::{how_granted, operators};

/// A call that failed, or one item of a batch.
pub(super) struct Failed<'a> {
    /// The state after its block.
    pub(super) state: &'a dyn StateRead,
    /// What its block says of its time.
    pub(super) block: PreRuntime,
    /// Who signed it.
    pub(super) signer: AccountId,
    /// What was asked for.
    pub(super) call: &'a Call,
    /// Which item of a batch, where it is one.
    pub(super) item: Option<usize>,
}

impl Failed<'_> {
    /// One sentence with the values that belong to the error; none where there is nothing to add to its remedy.
    pub(super) fn values(&self, error: ModuleError) -> Option<String> {
        let at = usize::from(error.error[0]);
        match error.index {
            registry::INDEX => self.of_registry(*registry::Error::ALL.get(at)?),
            chains::INDEX => self.of_chains(*chains::Error::ALL.get(at)?),
            meta::INDEX => self.of_meta(*meta::Error::ALL.get(at)?),
            _ => None,
        }
    }

    fn of_registry(&self, error: registry::Error) -> Option<String> {
        match error {
            registry::Error::NotAFoundry | registry::Error::NotAHypervisor => {
                let roles = registry::ROLES.get(self.state, &self.signer).unwrap_or_default();
                let held: Vec<&str> = roles.iter().map(registry::Role::name).collect();
                let held = if held.is_empty() { "no role".to_owned() } else { held.join(", ") };
                Some(format!("{} has {held}.{}", self.signer, self.grant().unwrap_or_default()))
            }
            registry::Error::NotAnOperator => {
                let operators = operators(&registry::validators(self.state));
                let operators: Vec<String> = operators.iter().map(|operator| operator.0.to_string()).collect();
                Some(format!("The operators are {}; {} signed.", operators.join(", "), self.signer))
            }
            registry::Error::UnknownHost => match self.call {
                Call::Chains(chains::Call::Announce { announcement }) => {
                    Some(format!("The host that was named is {}.", announcement.host))
                }
                _ => None,
            },
            registry::Error::NotTheHypervisor => {
                let host = query::server(self.state, self.server()?.uuid, Some(self.server()?.generation))?.1.host;
                let speaker = registry::HOSTS.get(self.state, &host)?.hypervisor;
                Some(format!("Its host is {host}, for which {speaker} speaks; {} signed.", self.signer))
            }
            registry::Error::ChangePending => {
                registry::PENDING.get(self.state).map(|pending| format!("That is block {}.", pending.end))
            }
            _ => None,
        }
    }

    fn of_chains(&self, error: chains::Error) -> Option<String> {
        use chains::Error::{
            AlreadyAnnounced, AlreadyBorn, ChainAlive, ChainEnded, NotBorn, NotMoving, PreviousAlive, SequenceConflict,
            SequenceGap, TimeBeforeBirth, TimeInFuture, TimeWentBack, UnknownPrevious, WrongGeneration,
        };
        match error {
            NotBorn | AlreadyBorn | UnknownPrevious | PreviousAlive | WrongGeneration => self.newest_life(),
            AlreadyAnnounced => {
                let server = self.server()?;
                let by = chains::ANNOUNCEMENTS.get(self.state, &server)?.by;
                Some(format!("Server {server} was announced by {by}."))
            }
            SequenceConflict | SequenceGap => self.next_number(),
            ChainEnded | ChainAlive | NotMoving => self.life(),
            TimeInFuture => Some(format!(
                "The event is of {} us and its block of {} us.",
                self.event()?.occurred_at,
                self.block.timestamp.saturating_mul(1_000)
            )),
            TimeBeforeBirth => {
                let server = self.server()?;
                let born = chains::SERVERS.get(self.state, &server)?.born;
                Some(format!(
                    "Server {server} was born at {born} us, the event is of {} us.",
                    self.event()?.occurred_at
                ))
            }
            TimeWentBack => {
                let event = self.event()?;
                let numbered_from = chains::SERVERS.get(self.state, &event.server)?.numbered_from;
                let key = chains::WriterKey::new(&event.server, numbered_from, self.signer);
                let last = chains::WRITERS.get(self.state, &key)?.last_at;
                Some(format!("The writer's last event is of {last} us, this one of {} us.", event.occurred_at))
            }
            _ => None,
        }
    }

    fn of_meta(&self, error: meta::Error) -> Option<String> {
        match error {
            meta::Error::NotBorn => self.newest_life(),
            meta::Error::ChainAlive => self.life(),
            meta::Error::AlreadyAnchored => {
                let server = self.server()?;
                let anchor = chains::SERVERS.get(self.state, &server)?.anchored?;
                Some(format!("{} had it linked, as block {} of meta-chain {}.", anchor.by, anchor.number, anchor.meta))
            }
            _ => None,
        }
    }

    /// Who could give the signer the role that its call needs.
    fn grant(&self) -> Option<String> {
        let role = match self.call {
            Call::Chains(chains::Call::Birth { .. }) => Role::Foundry,
            Call::Chains(_) | Call::Meta(_) => Role::Hypervisor,
            Call::System(_) | Call::Registry(_) => return None,
        };
        Some(format!(" It would need the role {}: {}.", role.name(), how_granted(role)))
    }

    fn next_number(&self) -> Option<String> {
        let event = self.event()?;
        let next = query::writer_next(self.state, &event.server, &self.signer)?;
        Some(format!(
            "The next number of {} for server {} is {next}, and {} came.",
            self.signer, event.server, event.number
        ))
    }

    fn newest_life(&self) -> Option<String> {
        let uuid = self.server()?.uuid;
        let Some((id, server)) = query::server(self.state, uuid, None) else {
            return Some(format!("Server {uuid} has no life on this ledger."));
        };
        Some(match server.end {
            Some(end) => format!("Its newest life is {id}, which ended with hash {}.", end.hash),
            None => format!("Its newest life is {id}, which hasn't ended."),
        })
    }

    fn life(&self) -> Option<String> {
        let id = self.server()?;
        let server = chains::SERVERS.get(self.state, &id)?;
        Some(match server.end {
            Some(end) => {
                format!("Server {id} ended at {} us with block {}, hash {}.", end.at, server.length - 1, end.hash)
            }
            None => format!("Server {id} is {} on host {}.", server.state.name(), server.host),
        })
    }

    fn event(&self) -> Option<&Event> {
        match self.call {
            Call::Chains(chains::Call::Append { event } | chains::Call::Late { event }) => Some(event),
            Call::Chains(chains::Call::AppendBatch { events }) => events.get(self.item.unwrap_or_default()),
            _ => None,
        }
    }

    fn server(&self) -> Option<ServerId> {
        match self.call {
            Call::Chains(chains::Call::Announce { announcement }) => Some(announcement.server),
            Call::Chains(chains::Call::Birth { request, .. }) => Some(request.server),
            Call::Chains(_) => self.event().map(|event| event.server),
            Call::Meta(meta::Call::Anchor { server }) => Some(*server),
            _ => None,
        }
    }
}
