//! Operators decide about validators from their command lines: what they see, what they propose, and what is refused.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use tierchain_testnet::cluster::{public_key, write_key};

use crate::harness::{Finished, Network, finish, tierchain, turn};

/// How long a command may take: it waits until what it submits is final.
const LIMIT: Duration = Duration::from_secs(60);

/// A network and its operators' key files.
struct Council {
    network: Network,
}

impl Council {
    fn sit() -> Self {
        let council = Self { network: Network::start() };
        for name in ["operator-0", "operator-1", "operator-2", "operator-3", "visitor", "consensus-9"] {
            write_key(name, &council.key(name)).expect("a new file in a temporary folder");
        }
        council
    }

    fn key(&self, name: &str) -> PathBuf {
        self.network.world.path("council").join(name)
    }

    /// `tierchain registry …` at a node.
    fn command(&self, node: u16, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = tierchain("registry");
        command.args(words).args(["--json", "--rpc", &self.network.world.url(node)]);
        command
    }

    /// The answer to a question.
    fn read(&self, node: u16, words: &[impl AsRef<OsStr>]) -> Value {
        serde_json::from_str(&finish(&mut self.command(node, words), LIMIT).succeeded().expect("it succeeds"))
            .expect("JSON")
    }

    /// `tierchain registry …`, signed by somebody.
    fn act(&self, name: &str, words: &[impl AsRef<OsStr>]) -> Finished {
        finish(self.command(1, words).arg("--key").arg(self.key(name)), LIMIT)
    }

    /// The answer of an act that must succeed.
    fn done(&self, name: &str, words: &[impl AsRef<OsStr>]) -> Value {
        serde_json::from_str(&self.act(name, words).succeeded().expect("it succeeds")).expect("JSON")
    }

    /// Asserts that an act fails and says this.
    fn fails(&self, name: &str, words: &[impl AsRef<OsStr>], says: &str) {
        let failure = self.act(name, words);
        assert!(failure.code == Some(1) && failure.stderr.contains(says), "{name} should hear {says:?}: {failure:?}");
    }
}

/// The words that add a validator, but for its consensus key.
fn newcomer() -> Vec<String> {
    let operator = public_key("operator-9").to_string();
    let words = ["propose", "add-validator", "--name", "validator-9", "--operator", &operator, "--peer-id"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.push("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp".to_owned());
    words.extend(["--address", "/ip4/127.0.0.1/tcp/9"].map(str::to_owned));
    words
}

#[test]
fn operators_decide_together_and_are_told_what_is_wrong() {
    let _turn = turn();
    let council = Council::sit();
    everybody_sees_the_same_validators(&council);
    a_proposal_gathers_votes(&council);
    what_is_wrong_is_said(&council);
    an_account_learns_what_it_may_do(&council);
}

fn everybody_sees_the_same_validators(council: &Council) {
    for node in 0..4 {
        let found = council.read(node, &["validators"]);
        assert_eq!((&found["epoch"], &found["quorum"], &found["pending"]), (&0.into(), &3.into(), &Value::Null));
        let validators = found["validators"].as_array().expect("a list");
        for (at, validator) in validators.iter().enumerate() {
            assert_eq!(validator["name"], format!("validator-{at}"));
            assert_eq!(validator["consensus"], public_key(&format!("consensus-{at}")).to_ss58());
            assert_eq!(validator["addresses"].as_array().map(Vec::len), Some(1));
        }
        assert_eq!(validators.len(), 4);
        assert_eq!(council.read(node, &["epochs"]).as_array().map(Vec::len), Some(1));
    }
}

fn a_proposal_gathers_votes(council: &Council) {
    let key = council.key("consensus-9");
    let mut words = newcomer();
    words.extend(["--consensus-key".to_owned(), key.to_str().expect("a plain path").to_owned()]);
    let made = council.done("operator-0", &words)["proposal"].clone();
    assert_eq!((&made["id"], &made["status"], &made["votes"]), (&0.into(), &"open".into(), &1.into()));
    let hash = made["hash"].as_str().expect("text").to_owned();
    let approved = council.done("operator-1", &["approve", "0", "--hash", &hash]);
    assert_eq!((&approved["proposal"]["votes"], &approved["proposal"]["quorum"]), (&2.into(), &3.into()));
    let height = approved["block"].as_u64().and_then(|block| u32::try_from(block).ok()).expect("a block");
    council.network.agree_at(height);
    for node in 0..4 {
        let open = council.read(node, &["proposals", "--open"]);
        assert_eq!(open, Value::Array(vec![council.read(node, &["proposal", "0"])]));
        assert_eq!(open[0]["missing"].as_array().map(Vec::len), Some(2));
    }
}

fn what_is_wrong_is_said(council: &Council) {
    let zero = format!("0x{}", "00".repeat(32));
    council.fails("operator-2", &["approve", "0", "--hash", &zero], "Registry.OtherProposal");
    council.fails("operator-0", &["approve", "0"], "Registry.AlreadyApproved");
    council.fails("operator-2", &["approve", "7"], "there is no proposal 7");
    council.fails("visitor", &["expire", "0"], "Registry.ProposalNotDue");
    council.fails("visitor", &["propose", "remove-validator", "validator-3"], "Registry.NotAnOperator");
    council.fails("operator-0", &["propose", "remove-validator", "validator-3"], "Registry.TooFewValidators");
    council.fails("operator-0", &["propose", "remove-validator", "validator-7"], "registry validators");
    let genesis = council.network.node(0).genesis().to_string();
    let proof = |operator: &str| {
        let operator = public_key(operator).to_string();
        let mut command = tierchain("key");
        command.arg("prove-possession").arg(council.key("consensus-9"));
        finish(command.args(["--operator", &operator, "--genesis", &genesis]), LIMIT)
            .succeeded()
            .expect("it succeeds")
            .trim()
            .to_owned()
    };
    let new = public_key("consensus-9").to_string();
    let replace = |proof: &str| {
        let words = ["propose", "replace-key", "validator-3", "--consensus", &new, "--proof", proof];
        words.map(str::to_owned)
    };
    council.fails("operator-0", &replace(&proof("operator-2")), "Registry.NoPossession");
    let made = council.done("operator-0", &replace(&proof("operator-3")));
    assert_eq!(made["proposal"]["proposal"]["kind"], "replaceKey");
}

fn an_account_learns_what_it_may_do(council: &Council) {
    let of = |name: &str| council.read(2, &["roles", &public_key(name).to_string()]);
    let operator = of("operator-0");
    assert_eq!((&operator["roles"][0], &operator["operates"][0]), (&"operator".into(), &"validator-0".into()));
    assert_eq!(of("consensus-0")["roles"][0], "validator");
    let visitor = of("visitor");
    assert_eq!((&visitor["admitted"], visitor["roles"].as_array().map(Vec::len)), (&true.into(), Some(0)));
    let lacks = visitor["lacks"].as_array().expect("a list");
    let role = |name: &str| lacks.iter().find(|lack| lack["role"] == name).expect("it lacks every role");
    assert_eq!(role("operator")["grantors"].as_array().map(Vec::len), Some(4));
    assert_eq!((&role("operator")["votes"], &role("foundry")["votes"]), (&3.into(), &3.into()));
    assert_eq!(role("tenant")["grantors"].as_array().map(Vec::len), Some(0), "its provider isn't named");
    assert_eq!(of("stranger")["admitted"], false);
}
