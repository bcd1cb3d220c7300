//! Accounts of a load: keys that a seed makes, so that the chain specification and the generator agree on them.

use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::{blake2_256, sha256};
use tierchain_primitives::ledger::{Uuid, party_id};

/// The roles such an account needs: it announces, founds and writes for its own servers.
pub const ROLES: &str = "hypervisor+foundry";

/// An account of a load. For measuring only: anybody who knows the seed has its key.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its key.
    pub key: KeyPair,
}

impl Account {
    /// The account of a seed with a number.
    #[must_use]
    pub fn new(seed: u64, number: u32) -> Self {
        let bytes = [&b"tierchain/testnet/load"[..], &seed.to_le_bytes(), &number.to_le_bytes()].concat();
        Self { key: KeyPair::from_seed(&blake2_256(&bytes).0) }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        self.key.public().to_ss58()
    }

    /// The host it speaks for: `testnet.sh` gives every hypervisor account a host named by its address.
    #[must_use]
    pub fn host(&self) -> H256 {
        party_id(&self.address())
    }

    /// A server of its own. `era` is the account's nonce, so that a second load on one network has other servers.
    #[must_use]
    pub fn server(&self, era: u32, number: u32) -> Uuid {
        let hash = sha256(&[&self.key.public().0, &era.to_le_bytes(), &number.to_le_bytes()]);
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&hash.0[..16]);
        Uuid(uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_servers_differ_and_come_back() {
        assert_eq!(Account::new(1, 2).address(), Account::new(1, 2).address());
        assert_ne!(Account::new(1, 2).address(), Account::new(2, 1).address());
        let account = Account::new(1, 0);
        assert_ne!(account.server(0, 0), account.server(0, 1));
        assert_ne!(account.server(0, 1), account.server(1, 0));
    }
}
