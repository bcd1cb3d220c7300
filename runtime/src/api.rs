//! Runtime APIs: what may be asked of a state, by `state_call` and a method's name.
//!
//! One table says it all: [`call`] answers by it, the metadata of version 15 describes it, and
//! [`crate::runtime_version`] lists it, so that nothing is declared that isn't answered. Every answer is a function of
//! the state alone, so any retained block can be asked.

mod directives;
mod ledger;
mod method;
mod standard;
mod validators;

use std::sync::LazyLock;

use frame_metadata::v15::RuntimeApiMetadata;
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_primitives::ports::StateRead;

use self::method::Api;

/// Most bytes of arguments: an extrinsic and what is said about it.
pub const ARGUMENT_BYTES_MAX: usize = EXTRINSIC_BYTES_MAX + 64;

/// Most entries of a list that one call answers with.
pub const PAGE_ENTRIES_MAX: u32 = 1_000;

/// Most symbols of a name that isn't known and is repeated in an error.
const NAME_SHOWN_MAX: usize = 80;

/// All APIs. The standard ones come first, as in Substrate.
static APIS: LazyLock<Vec<Api>> = LazyLock::new(|| {
    let standard = standard::apis().into_iter();
    let ledger = [ledger::chains(), ledger::notes(), ledger::meta(), ledger::foundry()];
    standard.chain(ledger).chain([validators::validators(), directives::directives()]).collect()
});

/// Why a call isn't answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no method of that name.
    #[error("the runtime has no method {0:?}; those it has stand in its metadata (Metadata_metadata_at_version, 15)")]
    UnknownMethod(String),
    /// More arguments than any method takes.
    #[error("{method} was called with {found} bytes of arguments; at most {ARGUMENT_BYTES_MAX} are allowed")]
    TooLong {
        /// Which.
        method: String,
        /// How many bytes came.
        found: usize,
    },
    /// The arguments aren't those of the method.
    #[error("cannot decode the arguments of {method}: {reason}; encode them with the metadata of this runtime version")]
    Arguments {
        /// Which.
        method: String,
        /// What is wrong with them.
        reason: String,
    },
}

/// Asks a state: the SCALE encoded arguments one after the other go in, the SCALE encoded answer comes out.
///
/// # Errors
/// [`ApiError`] when there is no such method, or the arguments aren't exactly what it takes.
pub fn call(state: &dyn StateRead, method: &str, arguments: &[u8]) -> Result<Vec<u8>, ApiError> {
    let found = APIS.iter().find_map(|api| api.method(method));
    let shown = || method.chars().take(NAME_SHOWN_MAX).collect();
    let found = found.ok_or_else(|| ApiError::UnknownMethod(shown()))?;
    if arguments.len() > ARGUMENT_BYTES_MAX {
        return Err(ApiError::TooLong { method: shown(), found: arguments.len() });
    }
    let answer = found.answer(state, arguments);
    answer.map_err(|error| ApiError::Arguments { method: shown(), reason: error.to_string() })
}

/// The ids and versions of the APIs, for [`crate::RuntimeVersion`].
pub(crate) fn ids() -> Vec<([u8; 8], u32)> {
    APIS.iter().map(Api::id).collect()
}

/// The APIs for metadata.
pub(crate) fn metadata() -> Vec<RuntimeApiMetadata> {
    APIS.iter().map(Api::metadata).collect()
}
