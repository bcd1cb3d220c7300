//! `meta` (4): meta-chains. The end of an entity chain is linked into the chain of its relatives: same provider, same
//! tenant, same network service.
//!
//! A request names the chain only; the meta block is derived from state, so what it says of a life is what the ledger
//! says. Each ended chain is linked once.

mod call;

use parity_scale_codec::{Decode, Encode};
use scale_info::{Type, TypeInfo};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{MetaBlock, MetaTx, Ownership, Relation, RelationKind, ServerId};
use tierchain_primitives::storage_key::Hasher;

pub use self::call::Call;
use crate::chains::{self, Anchor, End, SERVERS, Server};
use crate::dispatch::DispatchError;
use crate::errors;
use crate::execute::Context;
use crate::metadata::Module;
use crate::registry::{Role, ensure_hypervisor, ensure_role};
use crate::storage::{Map, Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 4;

/// What a meta block says the chain was the chain of: a server.
const SERVER_KIND: u8 = 0;

// Storage.

/// Meta-chains by name.
pub const META_CHAINS: Map<H256, MetaChain> = Map::new("Meta", "Chains", Hasher::Blake2_128Concat);
/// How many there are.
pub const META_COUNT: Value<u64> = Value::new("Meta", "Count");
/// All meta-chains in the order of their first blocks, from 0.
pub const META_LIST: Map<u64, H256> = Map::new("Meta", "List", Hasher::Twox64Concat);
/// How many meta-chains a provider's servers have.
pub const PROVIDER_META_COUNT: Map<H256, u64> = Map::new("Meta", "ProviderCount", Hasher::Blake2_128Concat);
/// A provider's meta-chains in the order of their first blocks, from 0.
pub const PROVIDER_METAS: Map<(H256, u64), H256> = Map::new("Meta", "ProviderList", Hasher::Blake2_128Concat);
/// How many meta-chains a tenant's servers have.
pub const TENANT_META_COUNT: Map<H256, u64> = Map::new("Meta", "TenantCount", Hasher::Blake2_128Concat);
/// A tenant's meta-chains in the order of their first blocks, from 0.
pub const TENANT_METAS: Map<(H256, u64), H256> = Map::new("Meta", "TenantList", Hasher::Blake2_128Concat);

/// A meta-chain's record: one leaf of the authenticated tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct MetaChain {
    /// Whose chains it links.
    pub ownership: Ownership,
    /// Hash of its last block.
    pub head: H256,
    /// How many blocks it has.
    #[codec(compact)]
    pub length: u32,
}

// Events.

/// What this module reports.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// An ended chain is linked into its meta-chain.
    #[codec(index = 0)]
    Anchored {
        /// Whose chain.
        server: ServerId,
        /// The meta-chain.
        meta: H256,
        /// The meta block's number.
        number: u32,
        /// The meta block's hash.
        hash: H256,
    },
    /// The same account had it linked before: nothing changed.
    #[codec(index = 1)]
    RepeatIgnored {
        /// Whose chain.
        server: ServerId,
        /// The meta-chain.
        meta: H256,
        /// The meta block's number.
        number: u32,
    },
}

// Errors.

/// Why a call on meta-chains fails; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The server has no such life.
    NotBorn = 0,
    /// The chain hasn't ended.
    ChainAlive = 1,
    /// Another account had the chain linked.
    AlreadyAnchored = 2,
    /// The meta-chain has no block number left.
    MetaChainFull = 3,
    /// The hypervisor still has time to have the chain linked.
    AnchorNotDue = 4,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 5] =
        [Self::NotBorn, Self::ChainAlive, Self::AlreadyAnchored, Self::MetaChainFull, Self::AnchorNotDue];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotBorn => "NotBorn",
            Self::ChainAlive => "ChainAlive",
            Self::AlreadyAnchored => "AlreadyAnchored",
            Self::MetaChainFull => "MetaChainFull",
            Self::AnchorNotDue => "AnchorNotDue",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NotBorn => "The server has no such life on this ledger. Check UUID and generation with chains_get.",
            Self::ChainAlive => "The chain hasn't ended. Append its end; anchor it when that is final.",
            Self::AlreadyAnchored => {
                "Another account had this chain linked, which is all there is to do. Read the meta block with meta_get."
            }
            Self::MetaChainFull => "The meta-chain has no block number left. Start another network service.",
            Self::AnchorNotDue => {
                "The hypervisor of the last host has the first word: a foundry has a chain linked when the silence bound \
                 is over since its end (chains.parameters). Wait, then send it again."
            }
        }
    }
}

impl TypeInfo for Error {
    type Identity = Self;

    fn type_info() -> Type {
        errors::type_info(module_path!(), Self::ALL.map(|error| (error as u8, error.name(), error.remedy())))
    }
}

impl From<Error> for DispatchError {
    fn from(error: Error) -> Self {
        Self::module(INDEX, error as u8)
    }
}

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    let storage = [
        META_CHAINS.entry("Meta-chains by name."),
        META_COUNT.entry("How many meta-chains there are.").or(&0u64),
        META_LIST.entry("All meta-chains in the order of their first blocks, from 0."),
        PROVIDER_META_COUNT.entry("How many meta-chains a provider's servers have.").or(&0u64),
        PROVIDER_METAS.entry("A provider's meta-chains in the order of their first blocks, from 0."),
        TENANT_META_COUNT.entry("How many meta-chains a tenant's servers have.").or(&0u64),
        TENANT_METAS.entry("A tenant's meta-chains in the order of their first blocks, from 0."),
    ];
    Module::new(INDEX, "Meta", "Meta-chains: where the ends of related entity chains are linked.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .errors::<Error>()
}

// Calls.

/// Executes a call.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::Anchor { server } => anchor(context, *server),
    }
}

/// Links an ended chain into its meta-chain.
///
/// - The signer is a hypervisor and speaks for the server's last host, or it is a foundry and the hypervisor's time is
///   over: what a silent host leaves behind is linked all the same.
/// - The chain has ended.
/// - It isn't linked yet, or was linked by this very account (a repeat, which changes nothing).
fn anchor(context: &mut Context<'_>, id: ServerId) -> Result<(), DispatchError> {
    let is_foundry = ensure_role(&context.state, &context.signer, Role::Foundry).is_ok();
    if !is_foundry {
        ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    }
    let mut server = SERVERS.get(&context.state, &id).ok_or(Error::NotBorn)?;
    match server.anchored {
        Some(Anchor { by, meta, number, .. }) if by == context.signer => {
            context.report(Event::RepeatIgnored { server: id, meta, number });
            return Ok(());
        }
        Some(_) => return Err(Error::AlreadyAnchored.into()),
        None => {}
    }
    let speaks = ensure_hypervisor(&context.state, &context.signer, &server.host);
    if !is_foundry {
        speaks?;
    }
    let end = server.end.ok_or(Error::ChainAlive)?;
    if speaks.is_err() {
        ensure_due(context, &end)?;
    }
    let tx = life_in_short(context, id, &server, &end);
    let block = link(context, server.ownership, tx)?;

    server.anchored = Some(Anchor { by: context.signer, meta: block.meta, number: block.number, hash: block.hash });
    SERVERS.put(&mut context.state, &id, &server);
    context.report(Event::Anchored { server: id, meta: block.meta, number: block.number, hash: block.hash });
    context.meta_blocks.push(block);
    Ok(())
}

// Helpers.

/// Passes an end that its hypervisor has had time to have linked.
fn ensure_due(context: &Context<'_>, end: &End) -> Result<(), Error> {
    let bound = chains::parameters(&context.state).bounds.silence_ms;
    if context.block.timestamp < end.noted.saturating_add(bound) { Err(Error::AnchorNotDue) } else { Ok(()) }
}

/// What a meta block says of an ended life.
fn life_in_short(context: &Context<'_>, id: ServerId, server: &Server, end: &End) -> MetaTx {
    // Every life but the first names the one before.
    let previous = id.generation.checked_sub(1).map(|generation| ServerId { generation, ..id });
    let predecessor =
        |life: ServerId| Relation { kind: RelationKind::Predecessor, chain: life.chain(&context.block.genesis) };
    MetaTx {
        chain: server.chain,
        kind: SERVER_KIND,
        birth_hash: server.birth_hash,
        end_hash: end.hash,
        blocks: server.length,
        born: server.born,
        ended: end.at,
        usage: server.usage.0,
        reason: end.reason,
        relations: previous.map(predecessor).into_iter().chain(server.relations.iter().copied()).collect(),
    }
}

/// Seals the next block of a meta-chain and moves its head; the first one founds it.
fn link(context: &mut Context<'_>, ownership: Ownership, tx: MetaTx) -> Result<MetaBlock, Error> {
    let meta = ownership.meta(&context.block.genesis);
    let known = META_CHAINS.get(&context.state, &meta);
    let chain = known.unwrap_or(MetaChain { ownership, head: H256::ZERO, length: 0 });
    let length = chain.length.checked_add(1).ok_or(Error::MetaChainFull)?;
    let bits = chains::parameters(&context.state).block_nonce_bits;
    let block = MetaBlock::seal(meta, chain.length, chain.head, tx, bits);
    let state = &mut context.state;
    if known.is_none() {
        let count = META_COUNT.get(state).unwrap_or(0);
        META_LIST.put(state, &count, &meta);
        META_COUNT.put(state, &(count + 1));
        enter(state, &PROVIDER_META_COUNT, &PROVIDER_METAS, ownership.provider, &meta);
        enter(state, &TENANT_META_COUNT, &TENANT_METAS, ownership.tenant, &meta);
    }
    META_CHAINS.put(state, &meta, &MetaChain { head: block.hash, length, ..chain });
    Ok(block)
}

/// Enters a new meta-chain into a party's list.
fn enter(state: &mut Overlay<'_>, counts: &Map<H256, u64>, list: &Map<(H256, u64), H256>, party: H256, meta: &H256) {
    let place = counts.get(state, &party).unwrap_or(0);
    list.put(state, &(party, place), meta);
    counts.put(state, &party, &(place + 1));
}
