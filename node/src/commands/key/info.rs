//! What belongs to a key, by subkey's names.

use serde::Serialize;
use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::KeyPair;

use crate::peer_id::PeerId;

/// How a secret was given.
pub(super) enum Origin {
    /// As a phrase of words alone.
    Phrase(String),
    /// As any other secret URI.
    Uri(String),
}

impl Origin {
    /// What a secret URI is.
    pub(super) fn of(uri: &str) -> Self {
        let is_phrase = !uri.contains('/') && !uri.starts_with("0x");
        if is_phrase { Self::Phrase(uri.to_owned()) } else { Self::Uri(uri.to_owned()) }
    }
}

/// What belongs to a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyInfo {
    /// Only where the secret is a phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_phrase: Option<String>,
    /// Only where the secret was given as another URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_key_uri: Option<String>,
    /// Whose address format it is.
    network_id: &'static str,
    /// Only where the secret was given on the command line, or has no other place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_seed: Option<String>,
    pub(super) public_key: String,
    ss58_public_key: String,
    account_id: String,
    pub(super) ss58_address: String,
    peer_id: String,
}

impl KeyInfo {
    /// What belongs to a public key.
    pub(super) fn of(public: AccountId) -> Self {
        let digits = format!("0x{}", hex::encode(public.0));
        Self {
            secret_phrase: None,
            secret_key_uri: None,
            network_id: "substrate",
            secret_seed: None,
            public_key: digits.clone(),
            ss58_public_key: public.to_ss58(),
            account_id: digits,
            ss58_address: public.to_ss58(),
            peer_id: PeerId(public).to_string(),
        }
    }

    /// What belongs to a secret key.
    pub(super) fn with_secret(key: &KeyPair, origin: Origin) -> Self {
        let secret_seed = Some(format!("0x{}", hex::encode(key.seed())));
        let (secret_phrase, secret_key_uri) = match origin {
            Origin::Phrase(phrase) => (Some(phrase), None),
            Origin::Uri(uri) => (None, Some(uri)),
        };
        Self { secret_phrase, secret_key_uri, secret_seed, ..Self::of(key.public()) }
    }

    /// Names and values, in the order in which they are shown.
    pub(super) fn fields(&self) -> Vec<(&'static str, &'static str, &str)> {
        let mut fields = Vec::new();
        let secrets = [
            ("secretPhrase", "Secret phrase:", &self.secret_phrase),
            ("secretKeyUri", "Secret key URI:", &self.secret_key_uri),
            ("secretSeed", "Secret seed:", &self.secret_seed),
        ];
        for (name, label, secret) in secrets {
            fields.extend(secret.as_deref().map(|secret| (name, label, secret)));
        }
        fields.push(("networkId", "Network ID:", self.network_id));
        fields.push(("publicKey", "Public key (hex):", &self.public_key));
        fields.push(("accountId", "Account ID:", &self.account_id));
        fields.push(("ss58PublicKey", "Public key (SS58):", &self.ss58_public_key));
        fields.push(("ss58Address", "SS58 address:", &self.ss58_address));
        fields.push(("peerId", "Peer ID:", &self.peer_id));
        fields
    }
}
