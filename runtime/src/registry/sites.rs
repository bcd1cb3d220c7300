//! Sites: in which data centers a provider lets its servers begin.
//!
//! A hypervisor's announcement names whose the server is to be, and who is named pays. So the provider says beforehand
//! whose hosts may name it. One record per provider, changed by its own account alone: a word that covers a whole data
//! center is the smallest that needs no order per server, which hosts that are only watched don't have. What runs goes on
//! running wherever it moves, for facts are recorded: the consent is to lives that begin.

use parity_scale_codec::{Decode, Encode, Error as CodecError, Input};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::ports::StateRead;

use super::trail::note;
use super::{DATA_CENTERS, Deed, Error, HOSTS, PROVIDERS, SITES, provider_of};
use crate::bounded;
use crate::dispatch::DispatchError;
use crate::execute::Context;

/// Most data centers that one provider names; who has servers in more names none and says everywhere.
pub const SITES_MAX: usize = 256;

/// Most that are read at all: a longer list is refused by name rather than by the decoder.
const SITES_READ_MAX: usize = 4 * SITES_MAX;

/// Where a provider's servers may begin.
#[derive(Clone, PartialEq, Eq, Debug, Encode, TypeInfo)]
pub enum Sites {
    /// In every data center, those to come included.
    #[codec(index = 0)]
    Everywhere,
    /// In these data centers.
    #[codec(index = 1)]
    These(Vec<H256>),
}

impl Decode for Sites {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        match input.read_byte()? {
            0 => Ok(Self::Everywhere),
            1 => bounded::list(input, SITES_READ_MAX).map(Self::These),
            _ => Err("no such kind of sites".into()),
        }
    }
}

impl Sites {
    /// Whether servers may begin in that data center.
    #[must_use]
    pub fn admit(&self, data_center: &H256) -> bool {
        match self {
            Self::Everywhere => true,
            Self::These(known) => known.contains(data_center),
        }
    }

    /// How many data centers are named.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Everywhere => 0,
            Self::These(known) => known.len(),
        }
    }
}

/// Says where the signer's servers may begin from now on, instead of where they might before.
///
/// - The signer is a provider.
/// - It names at most [`SITES_MAX`] data centers, all registered. The same once more changes nothing.
pub(super) fn set_sites(context: &mut Context<'_>, sites: &Sites) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    if let Sites::These(named) = sites {
        if named.len() > SITES_MAX {
            return Err(Error::TooManySites.into());
        }
        if !named.iter().all(|data_center| DATA_CENTERS.has(&context.state, data_center)) {
            return Err(Error::UnknownDataCenter.into());
        }
    }
    if SITES.get(&context.state, &provider).as_ref() != Some(sites) {
        SITES.put(&mut context.state, &provider, sites);
        note(context, None, Deed::SitesSet { provider });
    }
    Ok(())
}

/// Where a provider's servers may begin: nowhere, before it has said so.
#[must_use]
pub fn sites(state: &dyn StateRead, provider: &H256) -> Sites {
    SITES.get(state, provider).unwrap_or(Sites::These(Vec::new()))
}

/// Passes a host on which servers of the provider may begin. A provider that was never admitted can't say so and pays for
/// nothing: its servers are born only where genesis takes images that nobody knows.
///
/// # Errors
/// The host isn't registered, or stands where the provider has no servers begin.
pub fn ensure_site(state: &dyn StateRead, provider: &H256, host: &H256) -> Result<(), Error> {
    let host = HOSTS.get(state, host).ok_or(Error::UnknownHost)?;
    let is_theirs = !PROVIDERS.has(state, provider) || sites(state, provider).admit(&host.data_center);
    if is_theirs { Ok(()) } else { Err(Error::SiteNotAdmitted) }
}
