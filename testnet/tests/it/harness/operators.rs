//! The operators of a network's validators, who decide together.

use std::path::PathBuf;
use std::time::Duration;

use tierchain_testnet::cluster::write_key;

use super::finish;
use super::network::Network;
use super::world::tierchain;

/// How long a command may take: it waits until what it submits is final.
const LIMIT: Duration = Duration::from_secs(60);

/// Signs as the operators of these validators, at a node that stays.
pub(crate) struct Operators<'a> {
    pub(crate) network: &'a Network,
    pub(crate) at: u16,
}

impl Operators<'_> {
    fn key(&self, operator: u16) -> PathBuf {
        let path = self.network.world.path("council").join(format!("operator-{operator}"));
        if !path.exists() {
            write_key(&format!("operator-{operator}"), &path).expect("a new file in a temporary folder");
        }
        path
    }

    fn act(&self, operator: u16, words: &[String]) {
        let mut command = tierchain("registry");
        command.args(words).args(["--rpc", &self.network.world.url(self.at)]);
        finish(command.arg("--key").arg(self.key(operator)), LIMIT).succeeded().expect("it succeeds");
    }

    /// Proposes by the first of them, approves by the others.
    pub(crate) fn decide(&self, operators: &[u16], id: u32, words: &[String]) {
        self.act(operators[0], words);
        let approve = ["approve".to_owned(), id.to_string()];
        operators[1..].iter().for_each(|operator| self.act(*operator, &approve));
    }
}

/// Words of a command.
pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
