//! Audit: files about the ledger that anybody checks who knows the genesis hash, with no node to ask.
//!
//! There are three kinds (`docs/formats.md`, section 17):
//! - a *life* ([`LifeFile`]): all blocks of one server's chain, what the state says of it, and the way from that state to
//!   a quorum of the validators and from them to the genesis hash;
//! - a *tenant* ([`TenantFile`]): every life that a tenant ever had, so that what isn't in it isn't on this ledger;
//! - a *contradiction* ([`ContradictionFile`]): two statements that one writer signed and that can't both be true.
//!
//! Invariants:
//! - Every byte counts: a file has one form, so whoever reads it encodes it again and compares.
//! - Nothing is believed: what can be computed is computed, what can't is proven by the state or by a signature.
//! - Everything is bounded before it is decoded, and nothing that a file says makes a verifier panic.
//!
//! Making the files needs the chain and is for whoever holds it; the parts of a file say what they are made from.

mod anchor;
mod contradiction;
mod facts;
mod file;
mod included;
mod life;
mod lived;
mod packed;
mod refusal;
mod tenant;
mod witness;

pub use self::anchor::{AsOf, Link};
pub use self::contradiction::{ContradictionFile, ContradictionReport, Said, Statement};
pub use self::facts::{CustodyFact, Facts, Visit};
pub use self::file::{FILE_BYTES_MAX, Kind, MAGIC, VERSION};
pub use self::included::Included;
pub use self::life::{Head, LifeFile, LifeReport, Unattested};
pub use self::lived::{Delay, Interval, Lived, Stay};
pub use self::refusal::{Place, Refusal};
pub use self::tenant::{TENANT_PART_MAX, TenantFile, TenantPart, TenantReport};
pub use self::witness::{Recorder, Witness};

use tierchain_primitives::H256;

/// What a file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "a file has one report")]
pub enum Report {
    /// All that happened to a server in one life.
    Life(Box<LifeReport>),
    /// All lives of a tenant.
    Tenant(TenantReport),
    /// Two statements that can't both be true.
    Contradiction(ContradictionReport),
}

/// Checks a file, whatever its kind.
///
/// # Errors
/// [`Refusal`] says whether the file can't be read at all, or which part of it doesn't hold and why.
pub fn verify(bytes: &[u8], genesis: &H256) -> Result<Report, Refusal> {
    let (kind, mut reader) = file::open(bytes)?;
    let report = match kind {
        Kind::Life => Report::Life(Box::new(life::verify(&mut reader, bytes, genesis)?)),
        Kind::Tenant => Report::Tenant(tenant::verify(&mut reader, bytes, genesis)?),
        Kind::Contradiction => Report::Contradiction(contradiction::verify(&mut reader, bytes, genesis)?),
    };
    file::check_sum(bytes)?;
    Ok(report)
}
