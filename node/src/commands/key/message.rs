//! `tierchain key sign|verify`: messages and their signatures.

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::{Signature, verify_zip215};

use super::{Given, given};
use crate::cli::key::{MessageArgs, SignArgs, VerifyArgs};
use crate::commands::print;

/// Most bytes of a message.
const MESSAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Performs `key sign`.
pub(super) fn sign(args: &SignArgs) -> anyhow::Result<ExitCode> {
    let key = match given(&args.suri)? {
        Given::File(key) | Given::Secret(key) => key,
        Given::Public(account) => {
            bail!("{account} is an address, which signs nothing: give the secret URI or the key file")
        }
    };
    print(&format!("0x{}\n", hex::encode(key.sign(&bytes(&args.message)?).0)))
}

/// Performs `key verify`.
pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let account = signer(&args.key)?;
    let signature = signature(&args.signature)?;
    ensure!(
        verify_zip215(&account, &bytes(&args.message)?, &signature),
        "the signature isn't {account}'s for this message: check all three; text and its hexadecimal digits (--hex) \
         differ, and wallets sign \"<Bytes>\" ‖ message ‖ \"</Bytes>\""
    );
    print("Signature verifies correctly.\n")
}

fn signer(text: &str) -> anyhow::Result<AccountId> {
    // As subkey has it: 0x and 64 digits is a public key here.
    if let Ok(account) = text.parse() {
        return Ok(account);
    }
    Ok(match given(text)? {
        Given::File(key) | Given::Secret(key) => key.public(),
        Given::Public(account) => account,
    })
}

/// A signature from its digits, if it can be an ed25519 one.
fn signature(text: &str) -> anyhow::Result<Signature> {
    let bytes =
        hex::decode(text.strip_prefix("0x").unwrap_or(text)).context("the signature isn't hexadecimal digits")?;
    let scheme = match (bytes.len(), bytes.first()) {
        (65, Some(0)) => return signature(&hex::encode(&bytes[1..])),
        (65, Some(1)) => "sr25519",
        // A bare ECDSA signature has 65 bytes, of which the last says how to recover the key.
        (65 | 66, _) => "ECDSA",
        // ed25519 scalars are below 2^253; sr25519 marks its signatures by the highest bit.
        (64, _) if bytes[63] & 0x80 != 0 => "sr25519",
        _ => "",
    };
    ensure!(scheme.is_empty(), "this is a signature by {scheme}; this chain accepts ed25519 only: use an ed25519 key");
    let found = bytes.len();
    let bytes =
        bytes.try_into().ok().with_context(|| format!("an ed25519 signature has 64 bytes, and this has {found}"))?;
    Ok(Signature(bytes))
}

/// The message's bytes.
fn bytes(args: &MessageArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match &args.message {
        Some(text) => bytes.extend_from_slice(text.as_bytes()),
        None => {
            let read = std::io::stdin().take(MESSAGE_BYTES_MAX + 1).read_to_end(&mut bytes);
            ensure!(read.context("cannot read standard input")? as u64 <= MESSAGE_BYTES_MAX, "the message is too long");
        }
    }
    if !args.hex {
        return Ok(bytes);
    }
    let digits = bytes.strip_prefix(b"0x").unwrap_or(&bytes).trim_ascii();
    hex::decode(digits).context("with --hex the message must be hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::crypto::secret;

    use super::*;
    use crate::cli::key::Scheme;

    fn message(text: &str, hex: bool) -> MessageArgs {
        MessageArgs { message: Some(text.to_owned()), hex }
    }

    #[test]
    fn what_was_signed_verifies_and_nothing_else() {
        let key = secret::parse("//Alice").expect("a URI");
        let digits = format!("0x{}", hex::encode(key.sign(b"hello").0));
        let check = |signature: &str, who: &str, message| {
            verify(&VerifyArgs { signature: signature.into(), key: who.into(), message, scheme: Scheme })
        };
        let (address, public) = (key.public().to_ss58(), format!("0x{}", hex::encode(key.public().0)));
        for who in ["//Alice", &address, &public] {
            assert!(check(&digits, who, message("hello", false)).is_ok(), "{who}");
            assert!(check(&digits, who, message("0x68656c6c6f", true)).is_ok(), "{who}");
        }
        let multi = format!("0x00{}", &digits[2..]);
        assert!(check(&multi, "//Alice", message("hello", false)).is_ok(), "MultiSignature::Ed25519");
        assert!(check(&digits, "//Bob", message("hello", false)).is_err());
        assert!(check(&digits, "//Alice", message("hullo", false)).is_err());
    }

    #[test]
    fn a_signature_of_another_scheme_is_called_by_its_name() {
        let says = |digits: String| signature(&digits).expect_err("another scheme").to_string();
        assert!(says(format!("0x01{}", "11".repeat(64))).contains("sr25519"));
        assert!(says(format!("0x{}81", "11".repeat(63))).contains("sr25519"));
        assert!(says("22".repeat(65)).contains("ECDSA"));
        assert!(says(format!("02{}", "22".repeat(65))).contains("ECDSA"));
        assert!(says("22".repeat(63)).contains("64 bytes"));
    }
}
