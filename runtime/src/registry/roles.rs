//! Roles: what an account may do beyond a remark.

use core::fmt;

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::Error;

/// What an account may be. The number is the wire index and the bit in [`Roles`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Role {
    /// Runs a validator and decides about grants with the other operators.
    #[codec(index = 0)]
    Operator,
    /// Is a validator's account.
    #[codec(index = 1)]
    Validator,
    /// May send births.
    #[codec(index = 2)]
    Foundry,
    /// Speaks for the hosts that name it.
    #[codec(index = 3)]
    Hypervisor,
    /// Is a tracking application with an account of its own.
    #[codec(index = 4)]
    Tracker,
    /// Is a service provider.
    #[codec(index = 5)]
    Provider,
    /// Is a tenant.
    #[codec(index = 6)]
    Tenant,
    /// Checks, and changes nothing.
    #[codec(index = 7)]
    Auditor,
    /// Acts for a service provider: orders servers, and witnesses what becomes of them.
    #[codec(index = 8)]
    Orchestrator,
}

impl Role {
    /// All roles, in wire order.
    pub const ALL: [Self; 9] = [
        Self::Operator,
        Self::Validator,
        Self::Foundry,
        Self::Hypervisor,
        Self::Tracker,
        Self::Provider,
        Self::Tenant,
        Self::Auditor,
        Self::Orchestrator,
    ];

    /// The name used in chain specifications, JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Validator => "validator",
            Self::Foundry => "foundry",
            Self::Hypervisor => "hypervisor",
            Self::Tracker => "tracker",
            Self::Provider => "provider",
            Self::Tenant => "tenant",
            Self::Auditor => "auditor",
            Self::Orchestrator => "orchestrator",
        }
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Why an account without the role can't do what needs it.
    #[must_use]
    pub fn missing(self) -> Error {
        match self {
            Self::Operator => Error::NotAnOperator,
            Self::Validator => Error::NotAValidator,
            Self::Foundry => Error::NotAFoundry,
            Self::Hypervisor => Error::NotAHypervisor,
            Self::Tracker => Error::NotATracker,
            Self::Provider => Error::NotAProvider,
            Self::Tenant => Error::NotATenant,
            Self::Auditor => Error::NotAnAuditor,
            Self::Orchestrator => Error::NotAnOrchestrator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that names no role.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is no role; the roles are operator, validator, foundry, hypervisor, tracker, provider, tenant, auditor and \
     orchestrator"
)]
pub struct ParseRoleError(String);

impl core::str::FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| ParseRoleError(text.chars().take(80).collect()))
    }
}

/// A set of roles. An account with none may only remark.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Encode, MaxEncodedLen, TypeInfo)]
pub struct Roles(u16);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// This set and one role more.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    /// This set without a role.
    #[must_use]
    pub fn without(self, role: Role) -> Self {
        Self(self.0 & !role.bit())
    }

    /// Whether the role is in the set.
    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// The roles of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The roles in wire order.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl Decode for Roles {
    fn decode<I: parity_scale_codec::Input>(input: &mut I) -> Result<Self, parity_scale_codec::Error> {
        let bits = u16::decode(input)?;
        if bits >> Role::ALL.len() == 0 { Ok(Self(bits)) } else { Err("a set with an unknown role".into()) }
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Role::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let roles: Roles = [Role::Foundry, Role::Auditor].into_iter().collect();
        assert!(roles.has(Role::Foundry) && !roles.has(Role::Operator));
        assert_eq!(roles.encode(), [0b1000_0100, 0]);
        assert_eq!(roles.without(Role::Foundry).without(Role::Operator), Roles::NONE.with(Role::Auditor));
        assert_eq!(Roles::decode(&mut roles.encode().as_slice()), Ok(roles));
        assert!(Roles::decode(&mut [0, 2].as_slice()).is_err());
    }
}
