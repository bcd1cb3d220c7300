//! `tierchain key generate|inspect`; `prove-possession` has a file of its own.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde::Serialize;
use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::KeyPair;

use super::{possession, print, print_json};
use crate::cli::key::{GenerateArgs, InspectArgs, KeyCommand, OutputArgs};
use crate::peer_id::PeerId;
use crate::table::Table;
use crate::{keystore, secret_uri};

/// Performs a command about keys.
pub(super) fn key(command: &KeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Generate(args) => generate(args),
        KeyCommand::Inspect(args) => show(&inspect(args)?, &args.output),
        KeyCommand::ProvePossession(args) => possession::prove_possession(args),
    }
}

/// What belongs to a key, by subkey's names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyInfo {
    /// Only where the secret was given on the command line, or has no other place.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_seed: Option<String>,
    public_key: String,
    ss58_public_key: String,
    account_id: String,
    ss58_address: String,
    peer_id: String,
}

impl KeyInfo {
    fn of(public: AccountId) -> Self {
        let digits = format!("0x{}", hex::encode(public.0));
        Self {
            secret_seed: None,
            public_key: digits.clone(),
            ss58_public_key: public.to_ss58(),
            account_id: digits,
            ss58_address: public.to_ss58(),
            peer_id: PeerId(public).to_string(),
        }
    }

    fn with_secret(key: &KeyPair) -> Self {
        let secret_seed = Some(format!("0x{}", hex::encode(key.seed())));
        Self { secret_seed, ..Self::of(key.public()) }
    }

    /// Names and values, in the order in which they are shown.
    fn fields(&self) -> Vec<(&'static str, &'static str, &str)> {
        let mut fields = Vec::new();
        if let Some(seed) = &self.secret_seed {
            fields.push(("secretSeed", "Secret seed:", seed.as_str()));
        }
        fields.push(("publicKey", "Public key (hex):", &self.public_key));
        fields.push(("accountId", "Account ID:", &self.account_id));
        fields.push(("ss58PublicKey", "Public key (SS58):", &self.ss58_public_key));
        fields.push(("ss58Address", "SS58 address:", &self.ss58_address));
        fields.push(("peerId", "Peer ID:", &self.peer_id));
        fields
    }
}

fn generate(args: &GenerateArgs) -> anyhow::Result<ExitCode> {
    let key = keystore::generate();
    let info = match &args.file {
        Some(file) => {
            keystore::create(file, &key)?;
            KeyInfo::of(key.public())
        }
        None => KeyInfo::with_secret(&key),
    };
    show(&info, &args.output)
}

/// Finds out what was given: an address, a file, or a secret.
fn inspect(args: &InspectArgs) -> anyhow::Result<KeyInfo> {
    let text = args.key.as_str();
    if args.public {
        return Ok(KeyInfo::of(text.parse()?));
    }
    if text.starts_with("//") || text.starts_with("0x") {
        return Ok(KeyInfo::with_secret(&secret_uri::key_pair(text).context("not a secret URI")?));
    }
    if Path::new(text).exists() {
        return Ok(KeyInfo::of(keystore::load(Path::new(text))?.public()));
    }
    if let Ok(account) = text.parse() {
        return Ok(KeyInfo::of(account));
    }
    bail!(
        "{:?} is no file, no secret URI (//Alice), no seed (0x and 64 digits) and no address; for a public key in \
         hexadecimal add --public",
        text.chars().take(80).collect::<String>()
    )
}

fn show(info: &KeyInfo, output: &OutputArgs) -> anyhow::Result<ExitCode> {
    let fields = info.fields();
    if output.json {
        return print_json(info);
    }
    if let Some(name) = &output.field {
        let Some((_, _, value)) = fields.iter().find(|(known, ..)| known == name) else {
            let known: Vec<&str> = fields.iter().map(|(known, ..)| *known).collect();
            bail!("there is no field {name:?} here: it is one of {}", known.join(", "));
        };
        return print(&format!("{value}\n"));
    }
    let mut table = Table::pairs();
    for (_, label, value) in &fields {
        table.row(&[label, value]);
    }
    print(&table.render())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::key::Scheme;

    fn of(key: &str, public: bool) -> anyhow::Result<KeyInfo> {
        let output = OutputArgs { scheme: Scheme::Ed25519, json: false, field: None };
        inspect(&InspectArgs { key: key.to_owned(), public, output })
    }

    #[test]
    fn alice_is_subkeys_in_every_form() {
        let uri = of("//Alice", false).expect("a URI");
        assert_eq!(uri.ss58_address, "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
        assert_eq!(uri.public_key, "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
        let public = KeyInfo { secret_seed: None, ..uri.clone() };
        assert_eq!(of(&uri.ss58_address, false).expect("an address"), public);
        assert_eq!(of(&uri.public_key, true).expect("a public key"), public);
        let seed = uri.secret_seed.clone().expect("it was given");
        assert_eq!(of(&seed, false).expect("a seed"), uri);
    }

    #[test]
    fn a_files_secret_stays_in_the_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        let key = keystore::generate();
        keystore::create(&path, &key).expect("a new file");
        let info = of(path.to_str().expect("a plain path"), false).expect("our own file");
        assert_eq!(info, KeyInfo::of(key.public()));
    }

    #[test]
    fn json_has_subkeys_names() {
        let json = serde_json::to_value(of("//Alice", false).expect("a URI")).expect("plain data");
        for (name, _, value) in of("//Alice", false).expect("a URI").fields() {
            assert_eq!(json[name], value, "{name}");
        }
    }

    #[test]
    fn what_is_nothing_is_named_with_the_alternatives() {
        let error = of("no/such/file", false).expect_err("nothing").to_string();
        assert!(error.contains("no file") && error.contains("--public"), "{error}");
    }
}
