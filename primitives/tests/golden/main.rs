//! Golden files: one sample of every encoded type, byte for byte, in `primitives/golden/`.
//!
//! A difference means that a format changed. If that is meant, `TIERCHAIN_GOLDEN=write cargo test -p
//! tierchain-primitives --test golden` writes the files anew, and the commit message says why.

mod chain;
mod ledger;
mod state;

use std::fmt::Write;
use std::path::PathBuf;

use tierchain_primitives::H256;

/// The genesis hash of all samples.
const GENESIS: H256 = H256([0x11; 32]);

/// Lines of one file, `name = 0x…`.
struct Golden {
    file: &'static str,
    text: String,
}

impl Golden {
    fn new(file: &'static str, about: &str) -> Self {
        Self { file, text: format!("# {about}\n") }
    }

    fn add(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        writeln!(self.text, "{name} = 0x{}", hex::encode(bytes)).expect("a string takes all that is written to it");
    }

    /// Compares with the file, or writes it if asked to.
    fn check(self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(self.file);
        if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
            std::fs::write(&path, &self.text).expect("the golden folder can be written");
            return;
        }
        let golden = std::fs::read_to_string(&path).expect("the golden file is in the repository");
        for (kept, made) in golden.lines().zip(self.text.lines()) {
            assert_eq!(kept, made, "{} is frozen: see the head of tests/golden/main.rs", self.file);
        }
        assert_eq!(golden.lines().count(), self.text.lines().count(), "{} has other lines", self.file);
    }
}
