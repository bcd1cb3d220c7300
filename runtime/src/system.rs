//! `system` (0): accounts and nonces, the block's own facts, remarks, and the outcome of every extrinsic.
//!
//! It speaks Substrate: storage keys, types, event indices and encodings are those of `frame_system`, because every
//! Substrate client reads them. An account stands from its admission on for ever, and its nonce never falls.

mod call;

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use tierchain_primitives::account::SS58_FORMAT;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::hash::blake2_256;
use tierchain_primitives::header::DigestItem;
use tierchain_primitives::limits::BLOCK_HASH_COUNT;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;
use tierchain_primitives::{AccountId, BlockNumber, H256};

pub use self::call::Call;
use crate::dispatch::{DispatchError, DispatchInfo};
use crate::event::EventRecord;
use crate::execute::{BlockContext, Context, Outcome};
use crate::metadata::Module;
use crate::metadata::foreign::{self, BlockLength, BlockWeights, RuntimeDbWeight};
use crate::quota::{Allowance, FAILED_FACTOR, Quota};
use crate::storage::{Map, Overlay, Value};
use crate::version::{RuntimeVersion, runtime_version};

/// The module's index.
pub const INDEX: u8 = 0;

// Storage.

/// Every admitted account.
pub const ACCOUNT: Map<AccountId, AccountInfo> = Map::new("System", "Account", Hasher::Blake2_128Concat);
/// Hashes of the last 65,536 blocks, and of genesis.
pub const BLOCK_HASH: Map<BlockNumber, H256> = Map::new("System", "BlockHash", Hasher::Twox64Concat);
/// Number of the block that made this state.
pub const NUMBER: Value<BlockNumber> = Value::new("System", "Number");
/// Hash of its parent.
pub const PARENT_HASH: Value<H256> = Value::new("System", "ParentHash");
/// Digest of its header.
pub const DIGEST: Value<Vec<DigestItem>> = Value::new("System", "Digest");
/// What happened in it.
pub const EVENTS: Value<Vec<EventRecord>> = Value::new("System", "Events");
/// How many events that are.
pub const EVENT_COUNT: Value<u32> = Value::new("System", "EventCount");
/// How many extrinsics it has.
pub const EXTRINSIC_COUNT: Value<u32> = Value::new("System", "ExtrinsicCount");
/// The raw key where Substrate clients look for the runtime's code; here lies its version.
pub const CODE_KEY: &[u8] = b":code";

/// `frame_system::AccountInfo`, and what the account may use and has used. That isn't its account data, because clients
/// look for a balance there: they show none where there is no data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AccountInfo {
    /// How many of its extrinsics were included; the nonce of the next one.
    pub nonce: Nonce,
    /// Always 0.
    pub consumers: u32,
    /// Always 1: the admission.
    pub providers: u32,
    /// Always 0.
    pub sufficients: u32,
    /// No balance.
    pub data: (),
    /// What it may use and has used.
    pub allowance: Allowance,
}

// Events.

/// What this module reports. Wire indices are Substrate's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// The extrinsic succeeded. The last of its events.
    #[codec(index = 0)]
    ExtrinsicSuccess {
        /// Its cost.
        dispatch_info: DispatchInfo,
    },
    /// The extrinsic failed and changed nothing but its signer's nonce. The only one of its events.
    #[codec(index = 1)]
    ExtrinsicFailed {
        /// Why.
        dispatch_error: DispatchError,
        /// Its cost.
        dispatch_info: DispatchInfo,
    },
    /// Somebody remarked something.
    #[codec(index = 5)]
    Remarked {
        /// Who.
        sender: AccountId,
        /// BLAKE2b-256 of the remark.
        hash: H256,
    },
}

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    let unknown =
        AccountInfo { nonce: 0, consumers: 0, providers: 0, sufficients: 0, data: (), allowance: Allowance::default() };
    let no_events: Vec<EventRecord> = Vec::new();
    let storage = [
        ACCOUNT.entry("Every admitted account: its nonce, and what it may use and has used.").or(&unknown),
        EXTRINSIC_COUNT.entry("How many extrinsics the block has."),
        BLOCK_HASH.entry("Hashes of the last 65,536 blocks, and of genesis.").or(&H256::ZERO),
        NUMBER.entry("Number of the block that made this state.").or(&0u32),
        PARENT_HASH.entry("Hash of its parent.").or(&H256::ZERO),
        DIGEST.entry("Digest of its header.").or(&Vec::<DigestItem>::new()).known_as::<foreign::Digest>(),
        EVENTS.entry("What happened in the block.").or(&no_events),
        EVENT_COUNT.entry("How many events that are.").or(&0u32),
    ];
    Module::new(INDEX, "System", "Accounts and nonces, the block's own facts, remarks, the outcome of every extrinsic.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .constant("BlockWeights", &BlockWeights::of_this_runtime(), "How much a block's calls may take.")
        .constant("BlockLength", &BlockLength::of_this_runtime(), "How many bytes a block's extrinsics may have.")
        .constant("BlockHashCount", &BLOCK_HASH_COUNT, "How many block hashes are remembered: the longest era.")
        .constant("DbWeight", &RuntimeDbWeight::INCLUDED, "Nothing: a call's weight covers the records it touches.")
        .constant("Version", &runtime_version(), "The runtime's version.")
        .constant("SS58Prefix", &u16::from(SS58_FORMAT), "The format of addresses.")
}

// Genesis.

/// The module's part of the state before block 1: accounts, and the version under `:code`.
pub(crate) fn genesis(state: &mut Overlay<'_>, accounts: impl Iterator<Item = AccountId>) {
    for account in accounts {
        admit(state, &account);
    }
    NUMBER.put(state, &0);
    PARENT_HASH.put(state, &H256::ZERO);
    let version: RuntimeVersion = runtime_version();
    state.apply(vec![(CODE_KEY.to_vec(), Some(version.encode()))]);
}

// Hooks.

/// Before the first extrinsic: the block's own facts, and the parent's hash into the window that eras refer to.
pub(crate) fn on_initialize(state: &mut Overlay<'_>, block: &BlockContext<'_>) {
    let number = block.header.number;
    NUMBER.put(state, &number);
    PARENT_HASH.put(state, &block.header.parent_hash);
    DIGEST.put(state, &block.header.digest);
    let parent = number.checked_sub(1).expect("genesis isn't executed");
    BLOCK_HASH.put(state, &parent, &block.header.parent_hash);
    // The hash of genesis stays for ever, as in Substrate: clients tell networks apart by it.
    match parent.checked_sub(BLOCK_HASH_COUNT) {
        None | Some(0) => {}
        Some(old) => BLOCK_HASH.remove(state, &old),
    }
}

/// After the last extrinsic: what happened.
pub(crate) fn on_finalize(state: &mut Overlay<'_>, outcome: &Outcome) {
    let count = |of: usize| u32::try_from(of).expect("a block's limits keep its counts far below u32::MAX");
    EVENTS.put(state, &outcome.events);
    EVENT_COUNT.put(state, &count(outcome.events.len()));
    EXTRINSIC_COUNT.put(state, &count(outcome.results.len()));
}

// Calls.

/// Executes a call: every admitted account may remark.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::Remark { .. } => {}
        Call::RemarkWithEvent { remark } => {
            context.report(Event::Remarked { sender: context.signer, hash: blake2_256(remark) });
        }
    }
    Ok(())
}

// Helpers.

/// What is known of an account; none for one that was never admitted.
#[must_use]
pub fn account(state: &dyn StateRead, id: &AccountId) -> Option<AccountInfo> {
    ACCOUNT.get(state, id)
}

/// Whether the account stands: only then are its extrinsics included.
#[must_use]
pub fn is_admitted(state: &dyn StateRead, id: &AccountId) -> bool {
    ACCOUNT.has(state, id)
}

/// Whether the account stands and isn't closed.
pub(crate) fn is_open(state: &dyn StateRead, id: &AccountId) -> bool {
    account(state, id).is_some_and(|info| info.allowance.quota != Some(Quota::CLOSED))
}

/// Admits an account; one that stands keeps its nonce, and one that was closed is open again.
pub(crate) fn admit(state: &mut Overlay<'_>, id: &AccountId) {
    if is_admitted(state, id) {
        allow_if(state, id, |quota| (quota == Some(Quota::CLOSED)).then_some(None));
    } else {
        let allowance = Allowance::default();
        ACCOUNT.put(
            state,
            id,
            &AccountInfo { nonce: 0, consumers: 0, providers: 1, sufficients: 0, data: (), allowance },
        );
    }
}

/// Gives an account another quota where that says so of the one that it has.
pub(crate) fn allow_if(
    state: &mut Overlay<'_>,
    id: &AccountId,
    another: impl FnOnce(Option<Quota>) -> Option<Option<Quota>>,
) {
    let Some(mut info) = account(state, id) else { return };
    let Some(quota) = another(info.allowance.quota) else { return };
    info.allowance.quota = quota;
    ACCOUNT.put(state, id, &info);
}

/// Changes what an account may use, or has used. One that doesn't stand has nothing.
pub(crate) fn allow(state: &mut Overlay<'_>, id: &AccountId, change: impl FnOnce(&mut Allowance)) {
    if let Some(mut info) = account(state, id) {
        change(&mut info.allowance);
        ACCOUNT.put(state, id, &info);
    }
}

/// Uses up the nonce of an included extrinsic, whatever comes of its call, and what the call costs if it succeeds.
pub(crate) fn use_nonce(state: &mut Overlay<'_>, signer: &AccountId, nonce: Nonce, cost: Cost<'_>) {
    let mut info = account(state, signer).expect("an extrinsic of an unknown account is never included");
    assert_eq!(info.nonce, nonce, "an included extrinsic of {signer} has the account's next nonce");
    info.nonce = nonce.checked_add(1).expect("the last nonce is refused before inclusion");
    info.allowance = info.allowance.charged(cost.now, cost.weight_us, cost.quota);
    ACCOUNT.put(state, signer, &info);
}

/// Adds what it costs that the call failed.
pub(crate) fn charge_failure(state: &mut Overlay<'_>, signer: &AccountId, cost: Cost<'_>) {
    let more = cost.weight_us.saturating_mul(FAILED_FACTOR - 1);
    allow(state, signer, |allowance| *allowance = allowance.charged(cost.now, more, cost.quota));
}

/// What an extrinsic costs its signer.
#[derive(Clone, Copy)]
pub(crate) struct Cost<'a> {
    /// The time of its block.
    pub(crate) now: Millis,
    /// Its weight.
    pub(crate) weight_us: u64,
    /// What an account may use that has no quota of its own.
    pub(crate) quota: &'a Quota,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_encodes_as_substrates_with_data_of_its_own() {
        let info = AccountInfo {
            nonce: 1,
            consumers: 0,
            providers: 1,
            sufficients: 0,
            data: (),
            allowance: Allowance::default(),
        };
        assert_eq!(info.encode(), [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn keys_are_substrates() {
        // twox128("System") ‖ twox128("Events"), as every client hard-codes it.
        let expected = "26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7";
        let key: String = EVENTS.key().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(key, expected);
    }
}
