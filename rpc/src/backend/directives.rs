//! Directives, as of the newest final block.

use tierchain_primitives::{AccountId, H256};

use crate::types::{DirectiveFilter, DirectiveInfo, DirectiveStep, Page};

/// Reads directives.
pub trait DirectivesBackend: Send + Sync + 'static {
    /// A directive.
    fn directive(&self, id: u64) -> Option<DirectiveInfo>;

    /// The directive that an issuer's reference names.
    fn directive_named(&self, issuer: &AccountId, reference: &H256) -> Option<DirectiveInfo>;

    /// A host's directives that are issued or accepted, oldest first; the ledger bounds how many.
    fn directives_open(&self, host: &H256) -> Vec<DirectiveInfo>;

    /// At most `count` directives below the number `before` that match, the newest first.
    fn directives(&self, before: Option<u64>, count: usize, filter: &DirectiveFilter) -> Page<DirectiveInfo, u64>;

    /// How many steps directives have made.
    fn directive_step_count(&self) -> u64;

    /// At most `count` steps of all directives from place `from` on, in order, each with its place.
    fn directive_steps(&self, from: u64, count: usize) -> Vec<DirectiveStep>;
}
