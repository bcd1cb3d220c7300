//! Audit files: good ones are frozen in `testnet/golden`, where the second verifier reads them too; bad ones are made
//! from them.

mod ledger;
mod refusals;
mod reports;
mod story;

use std::path::PathBuf;
use std::sync::LazyLock;

use tierchain_primitives::H256;
use tierchain_runtime::audit::{Report, verify};

use self::story::{Story, server, tenant};

static STORY: LazyLock<Story> = LazyLock::new(Story::whole);

/// The ledger's genesis hash.
fn genesis() -> H256 {
    STORY.ledger.genesis
}

/// Every golden file by its name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let life = |number, generation, with| STORY.ledger.life(server(number, generation), with).to_bytes();
    let [agent, tracker] = STORY.contradictions();
    vec![
        ("short", life(0x11, 0, false)),
        ("plain", life(0x22, 0, false)),
        ("moved", life(0x33, 0, false)),
        ("signed", life(0x33, 0, true)),
        ("nearly-left", life(0x44, 0, false)),
        ("rollover", life(0x55, 1, true)),
        ("orphan", life(0x66, 0, false)),
        ("tenant", STORY.ledger.tenant(&tenant()).to_bytes()),
        ("stranger", STORY.ledger.tenant(&H256([0x99; 32])).to_bytes()),
        ("contradiction", agent.to_bytes()),
        ("contradiction-tracker", tracker.to_bytes()),
    ]
}

fn file(name: &str) -> Vec<u8> {
    files().into_iter().find(|(known, _)| *known == name).expect("there is such a file").1
}

fn report(name: &str) -> Report {
    verify(&file(name), &genesis()).expect("it is good")
}

/// The files are what they were. If a format is meant to change, `TIERCHAIN_GOLDEN=write cargo test -p
/// tierchain-runtime --test it audit` writes them anew, and the commit message says why.
#[test]
fn audit_files_are_frozen() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/golden");
    let genesis = format!("{}\n", genesis());
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::create_dir_all(&folder).expect("the golden folder can be made");
        std::fs::write(folder.join("GENESIS"), &genesis).expect("the golden folder can be written");
        for (name, bytes) in files() {
            std::fs::write(folder.join(name).with_extension("audit"), bytes).expect("the golden folder can be written");
        }
    }
    let read = |name: &str| std::fs::read(folder.join(name)).expect("the golden file is in the repository");
    assert!(read("GENESIS") == genesis.as_bytes(), "the golden ledger has another genesis");
    for (name, bytes) in files() {
        assert!(read(&format!("{name}.audit")) == bytes, "{name}.audit is frozen");
    }
}

#[test]
fn every_golden_file_holds() {
    for (name, bytes) in files() {
        let verdict = verify(&bytes, &genesis());
        assert!(verdict.is_ok(), "{name}: {}", verdict.expect_err("it is refused"));
    }
}
