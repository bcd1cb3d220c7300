//! The values that a module error has no room for: what was sent, and what the state says.
//!
//! Read in the state after the block in which the call failed; a failed call changed nothing, so that is the state in
//! which it failed but for what stands after it in the same block.

use tierchain_primitives::header::PreRuntime;
use tierchain_primitives::ledger::{Event, ServerId};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::chains::Server;
use tierchain_runtime::directives::{self, Action, DirectiveId, DirectiveRecord};
use tierchain_runtime::{Call, ModuleError, chains, foundry, meta, query, registry};

use super::{values_beside, values_of_directives, values_of_registry};

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
    /// The remedy, where the ledger's own one would blame who signed for what is wrong with another.
    pub(super) fn remedy(&self, error: ModuleError) -> Option<&'static str> {
        match error.index {
            registry::INDEX => {
                values_of_registry::remedy(self, *registry::Error::ALL.get(usize::from(error.error[0]))?)
            }
            _ => None,
        }
    }

    /// One sentence with the values that belong to the error; none where there is nothing to add to its remedy.
    pub(super) fn values(&self, error: ModuleError) -> Option<String> {
        let at = usize::from(error.error[0]);
        match error.index {
            registry::INDEX => values_of_registry::values(self, *registry::Error::ALL.get(at)?),
            chains::INDEX => self.of_chains(*chains::Error::ALL.get(at)?),
            meta::INDEX => self.of_meta(*meta::Error::ALL.get(at)?),
            foundry::INDEX => values_beside::of_foundry(self),
            directives::INDEX => values_of_directives::values(self, *directives::Error::ALL.get(at)?),
            _ => None,
        }
    }

    fn of_chains(&self, error: chains::Error) -> Option<String> {
        use chains::Error::{
            AlreadyAnnounced, AlreadyBorn, ChainAlive, ChainEnded, HostNotSilent, NotBorn, NotMoving,
            NotSuspectedLongEnough, OtherProvider, PreviousAlive, SequenceConflict, SequenceGap, TimeBeforeBirth,
            TimeInFuture, TimeWentBack, UnknownPrevious, WrongGeneration,
        };
        match error {
            NotBorn | AlreadyBorn | UnknownPrevious | PreviousAlive | WrongGeneration => self.newest_life(),
            OtherProvider => {
                let (_, life) = query::server(self.state, self.server()?.uuid, None)?;
                Some(format!("They are of provider {}.", life.ownership.provider))
            }
            AlreadyAnnounced => {
                let server = self.server()?;
                let by = query::announcements(self.state, &server).into_iter().map(|known| known.by.to_string());
                Some(format!("Server {server} was announced by {}.", by.collect::<Vec<_>>().join(", ")))
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
            HostNotSilent | NotSuspectedLongEnough => values_beside::of_silence(self, error),
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
            other => values_beside::of_meta(self, other),
        }
    }

    /// For whom the signer acts, and whose the server is.
    pub(super) fn acts_for(&self) -> String {
        let acts = registry::ACTS_FOR.get(self.state, &self.signer);
        let acts = acts.map_or_else(|| "no provider".to_owned(), |provider| format!("provider {provider}"));
        let theirs =
            self.provider().map(|provider| format!("; the server is of provider {provider}")).unwrap_or_default();
        format!("{} acts for {acts}{theirs}.", self.signer)
    }

    /// The provider of the server that the call is about.
    pub(super) fn provider(&self) -> Option<H256> {
        if let Call::Directives(directives::Call::Issue { directive }) = self.call
            && let Action::Create(order) = &directive.action
        {
            return Some(order.ownership.provider);
        }
        Some(chains::SERVERS.get(self.state, &self.server()?)?.ownership.provider)
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

    pub(super) fn life(&self) -> Option<String> {
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
            Call::Chains(chains::Call::AppendGuest { reports }) => {
                reports.get(self.item.unwrap_or_default()).map(|report| &report.event)
            }
            _ => None,
        }
    }

    /// The time of its block, in milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.block.timestamp
    }

    /// The life that the call is about, with its record.
    pub(super) fn life_record(&self) -> Option<(ServerId, Server)> {
        let id = self.server()?;
        Some((id, chains::SERVERS.get(self.state, &id)?))
    }

    pub(super) fn server(&self) -> Option<ServerId> {
        match self.call {
            Call::Chains(chains::Call::Announce { announcement }) => Some(announcement.server),
            Call::Chains(chains::Call::Birth { request, .. }) => Some(request.server),
            Call::Chains(
                chains::Call::Witness { server, .. }
                | chains::Call::NoteDiscrepancy { server, .. }
                | chains::Call::Resolve { server, .. },
            ) => Some(*server),
            Call::Chains(_) => self.event().map(|event| event.server),
            Call::Meta(meta::Call::Anchor { server }) => Some(*server),
            Call::Directives(directives::Call::Issue { directive }) => match &directive.action {
                Action::Create(order) => query::server(self.state, order.uuid, None).map(|(id, _)| id),
                other => other.server(),
            },
            Call::Directives(_) => self.directive()?.1.server,
            _ => None,
        }
    }

    /// The directive that the call is about, with its number.
    pub(super) fn directive(&self) -> Option<(DirectiveId, DirectiveRecord)> {
        let id = match self.call {
            Call::Directives(directives::Call::Issue { directive }) => {
                query::directive_named(self.state, &self.signer, &directive.reference)?
            }
            Call::Directives(
                directives::Call::Accept { id }
                | directives::Call::Done { id, .. }
                | directives::Call::Fail { id, .. }
                | directives::Call::Cancel { id }
                | directives::Call::Expire { id },
            ) => *id,
            _ => return None,
        };
        Some((id, query::directive(self.state, id)?))
    }
}
