//! `tierchain key`: what `subkey --scheme ed25519` does, and what belongs to a node's keys.

mod info;
mod message;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::{KeyPair, secret};

use self::info::{KeyInfo, Origin};
use super::{possession, print, print_json};
use crate::cli::key::{GenerateArgs, InspectArgs, KeyCommand, OutputArgs, OutputType};
use crate::keystore;
use crate::table::Table;

/// Performs a `key` command.
pub(super) fn key(command: &KeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Generate(args) => show(&generate(args)?, &args.output),
        KeyCommand::Inspect(args) => show(&inspect(args)?, &args.output),
        KeyCommand::Sign(args) => message::sign(args),
        KeyCommand::Verify(args) => message::verify(args),
        KeyCommand::ProvePossession(args) => possession::prove_possession(args),
    }
}

/// Makes a key, in a file of its own or as a phrase.
fn generate(args: &GenerateArgs) -> anyhow::Result<KeyInfo> {
    if let Some(file) = &args.file {
        let key = keystore::generate();
        keystore::create(file, &key)?;
        return Ok(KeyInfo::of(key.public()));
    }
    let words: usize = args.words.parse().context("--words")?;
    let phrase = keystore::generate_phrase(words).context("a phrase has 12, 15, 18, 21 or 24 words")?;
    Ok(KeyInfo::with_secret(&secret::parse(&phrase)?, Origin::Phrase(phrase.to_string())))
}

/// Finds out what was given: an address, a file, or a secret.
fn inspect(args: &InspectArgs) -> anyhow::Result<KeyInfo> {
    let text = args.key.as_str();
    if args.public {
        return Ok(KeyInfo::of(text.parse()?));
    }
    match given(text)? {
        // A file's secret stays in the file.
        Given::File(key) => Ok(KeyInfo::of(key.public())),
        Given::Secret(key) => Ok(KeyInfo::with_secret(&key, Origin::of(text))),
        Given::Public(account) => Ok(KeyInfo::of(account)),
    }
}

/// What a text on the command line stands for.
enum Given {
    /// The key in a file.
    File(KeyPair),
    /// A secret URI.
    Secret(KeyPair),
    /// An address.
    Public(AccountId),
}

fn given(text: &str) -> anyhow::Result<Given> {
    if text.starts_with("//") || text.starts_with("0x") {
        return Ok(Given::Secret(secret::parse(text).context("not a secret URI")?));
    }
    if Path::new(text).exists() {
        return Ok(Given::File(keystore::load(Path::new(text))?));
    }
    if let Ok(account) = text.parse() {
        return Ok(Given::Public(account));
    }
    // Only a phrase has spaces: what is wrong with it is said, and its words aren't repeated.
    if text.contains(' ') {
        return Ok(Given::Secret(secret::parse(text).context("not a secret URI")?));
    }
    bail!(
        "{:?} is no file, no secret URI (a phrase, //Alice), no seed (0x and 64 digits) and no address; for a public \
         key in hexadecimal add --public",
        text.chars().take(80).collect::<String>()
    )
}

fn show(info: &KeyInfo, output: &OutputArgs) -> anyhow::Result<ExitCode> {
    let fields = info.fields();
    if output.json || output.output_type == OutputType::Json {
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
    use tierchain_primitives::crypto::secret::DEVELOPMENT_PHRASE;

    use super::*;
    use crate::cli::key::Scheme;

    fn output() -> OutputArgs {
        OutputArgs { scheme: Scheme, json: false, output_type: OutputType::Text, field: None }
    }

    fn of(key: &str, public: bool) -> anyhow::Result<KeyInfo> {
        inspect(&InspectArgs { key: key.to_owned(), public, output: output() })
    }

    #[test]
    fn alice_is_subkeys_in_every_form() {
        let uri = of("//Alice", false).expect("a URI");
        assert_eq!(uri.ss58_address, "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
        assert_eq!(uri.public_key, "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
        assert_eq!(uri.secret_key_uri.as_deref(), Some("//Alice"));
        let mut public = uri.clone();
        (public.secret_seed, public.secret_key_uri) = (None, None);
        assert_eq!(of(&uri.ss58_address, false).expect("an address"), public);
        assert_eq!(of(&uri.public_key, true).expect("a public key"), public);
        let seed = uri.secret_seed.clone().expect("it was given");
        assert_eq!(of(&seed, false).expect("a seed").public_key, uri.public_key);
        let phrase = of(&format!("{DEVELOPMENT_PHRASE}//Alice"), false).expect("a phrase and a path");
        assert_eq!(phrase.public_key, uri.public_key);
    }

    #[test]
    fn a_new_phrase_is_the_key_that_is_shown() {
        for words in [12, 24] {
            let args = GenerateArgs { file: None, words: words.to_string(), output: output() };
            let info = generate(&args).expect("a phrase");
            let phrase = info.secret_phrase.clone().expect("it has no other place");
            assert_eq!(phrase.split(' ').count(), words);
            assert_eq!(of(&phrase, false).expect("our own phrase"), info);
        }
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
        for key in ["//Alice", DEVELOPMENT_PHRASE, "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"] {
            let info = of(key, false).expect("a key");
            let json = serde_json::to_value(&info).expect("plain data");
            for (name, _, value) in info.fields() {
                assert_eq!(json[name], value, "{name}");
            }
            assert_eq!(json["networkId"], "substrate");
        }
    }

    #[test]
    fn what_is_nothing_is_named_with_the_alternatives() {
        let error = of("no/such/file", false).expect_err("nothing").to_string();
        assert!(error.contains("no file") && error.contains("--public"), "{error}");
        let error = format!("{:#}", of("a few words", false).expect_err("no phrase"));
        assert!(error.contains("12, 15, 18") && !error.contains("few"), "{error}");
    }

    #[test]
    fn other_schemes_are_refused_by_name() {
        for scheme in ["sr25519", "ecdsa", "Sr25519"] {
            let error = scheme.parse::<Scheme>().expect_err("another scheme");
            assert!(error.contains("ed25519 keys only") && error.contains(scheme), "{error}");
        }
        assert!("ed25519".parse::<Scheme>().is_ok());
    }
}
