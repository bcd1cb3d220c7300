//! A site: a network with a foundry and a host that runs processes, and people at the command line.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::Uuid;
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::types::{AttestationInfo, ChainRef, EntityBlock, Hash, ServerInfo, ServerUuid};
use tierchain_testnet::cluster::{Process, binary, write_key};

use super::{Finished, Network, finish, repository, tierchain, until, wait_for};

/// How long a command may take: it waits until what it submits is final.
const LIMIT: Duration = Duration::from_secs(60);

/// Blocks per call; no server of a scenario has more.
const PAGE: u32 = 256;

/// The node that people ask; agents and foundries talk to others.
const ASKED: u16 = 3;

/// People at the command line, each with a key file of their name.
pub(crate) struct People<'a>(pub(crate) &'a Network);

impl People<'_> {
    /// Writes key files of further people.
    pub(crate) fn join(&self, names: &[&str]) {
        for name in names {
            write_key(name, &self.0.world.agent_key(name)).expect("a new file in a temporary folder");
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let (first, others) = words.split_first().expect("a command");
        let mut command = tierchain(first);
        command.args(others).args(["--rpc", &self.0.world.url(ASKED)]);
        command
    }

    fn act(&self, name: &str, words: &[&str]) -> Finished {
        finish(self.command(words).arg("--json").arg("--key").arg(self.0.world.agent_key(name)), LIMIT)
    }

    /// The answer of an act that must succeed.
    pub(crate) fn done(&self, name: &str, words: &[&str]) -> Value {
        let said = self.act(name, words).succeeded().unwrap_or_else(|error| panic!("{name} {words:?}: {error:#}"));
        serde_json::from_str(&said).expect("JSON")
    }

    /// Asserts that an act fails and says all of this.
    pub(crate) fn fails(&self, name: &str, words: &[&str], says: &[&str]) {
        let failure = self.act(name, words);
        let told = says.iter().all(|part| failure.stderr.contains(part));
        assert!(failure.code == Some(1) && told, "{name} {words:?} should hear {says:?}: {failure:?}");
    }

    /// The answer of a question, which must be given as a table too.
    pub(crate) fn ask(&self, words: &[&str]) -> Value {
        let table = finish(&mut self.command(words), LIMIT).succeeded().expect("a table");
        assert!(!table.starts_with(['{', '[']), "{words:?}: {table}");
        let said = finish(self.command(words).arg("--json"), LIMIT).succeeded().expect("JSON");
        serde_json::from_str(&said).expect("JSON")
    }

    /// Fetches a life's audit file, has it verified by both verifiers, and gives what the first one reports.
    pub(crate) fn audit(&self, uuid: Uuid) -> Value {
        let file = self.0.world.path(&format!("{uuid}.audit"));
        let genesis = self.0.node(0).genesis().to_string();
        // It has to be a new file.
        let _ = std::fs::remove_file(&file);
        let out = file.display().to_string();
        finish(&mut self.command(&["audit", "fetch", &uuid.to_string(), "-o", &out]), LIMIT)
            .succeeded()
            .expect("it is there");
        let mut verify = tierchain("audit");
        verify.arg("verify").arg(&file).args(["--genesis", &genesis, "--json"]);
        let said = finish(&mut verify, LIMIT).succeeded().expect("it holds");
        let report: Value = serde_json::from_str(&said).expect("JSON");
        let other = python(&file, &genesis);
        for field in ["blocks", "late", "ended", "unattested", "notes"] {
            let number = |value: &Value| value.as_array().map_or(value.clone(), |list| list.len().into());
            assert_eq!(number(&other[field]), number(&report[field]), "{field} by the second verifier: {other}");
        }
        report
    }
}

/// What the second verifier reports of a file that must hold.
fn python(file: &Path, genesis: &str) -> Value {
    let mut second = Command::new(repository("scripts/audit.sh"));
    second.arg(file).args(["--genesis", genesis, "--json"]);
    let said = finish(&mut second, LIMIT).succeeded().expect("it holds");
    serde_json::from_str(&said).expect("JSON")
}

/// A network with a foundry and a host.
pub(crate) struct Site {
    pub(crate) network: Network,
    pub(crate) foundry: Process,
    pub(crate) host: Process,
    options: Vec<String>,
}

impl Site {
    /// Starts foundry and host at a network that runs. The host attests every so many milliseconds.
    pub(crate) fn open(network: Network, attest_ms: u32) -> Self {
        Self::open_with(network, &["--attest-ms", &attest_ms.to_string()])
    }

    /// The same with options of the host's own.
    pub(crate) fn open_with(network: Network, options: &[&str]) -> Self {
        People(&network).join(&["provider"]);
        let foundry = start_foundry(&network, "foundry");
        let host = start_agent(&network, FIRST, "host", options);
        Self { network, foundry, host, options: options.iter().map(|word| (*word).to_owned()).collect() }
    }

    /// The people of this site.
    pub(crate) fn people(&self) -> People<'_> {
        People(&self.network)
    }

    /// SIGKILL of the agent alone: its servers go on.
    pub(crate) fn kill_host(&mut self) {
        kill_alone(&mut self.host);
    }

    /// Starts the agent again, on the same folder.
    pub(crate) fn restart_host(&mut self) {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        self.host = start_agent(&self.network, FIRST, "host", &options);
    }

    /// Starts another agent on the same folder, beside the first.
    pub(crate) fn second_host(&self) -> Process {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        start_agent(&self.network, FIRST, "host", &options)
    }

    /// SIGKILL of the foundry.
    pub(crate) fn kill_foundry(&mut self) {
        kill_alone(&mut self.foundry);
    }

    /// Starts the foundry again.
    pub(crate) fn restart_foundry(&mut self) {
        self.foundry = start_foundry(&self.network, "foundry");
    }

    /// Where the host's agent keeps everything.
    pub(crate) fn state(&self) -> PathBuf {
        self.network.world.path("host")
    }

    /// What the host's agent has said.
    pub(crate) fn host_log(&self) -> String {
        std::fs::read_to_string(self.network.world.path("host.log")).unwrap_or_default()
    }

    /// The process that leads a server.
    pub(crate) fn leader(&self, uuid: Uuid) -> Option<u64> {
        leader(&self.state().join("servers").join(uuid.to_string()))
    }

    /// A life of a server, the newest one.
    pub(crate) fn server(&self, uuid: Uuid) -> Option<ServerInfo> {
        wait_for(self.network.node(ASKED).client.server(ServerUuid(uuid), None)).ok().flatten()
    }

    /// The blocks of a server's newest life.
    pub(crate) fn blocks(&self, uuid: Uuid) -> Vec<EntityBlock> {
        let client = self.network.node(ASKED).client;
        wait_for(client.server_blocks(ChainRef::Newest(uuid), 0, PAGE)).unwrap_or_default()
    }

    /// When a host was watched.
    pub(crate) fn attestation(&self, host: H256) -> Option<AttestationInfo> {
        wait_for(self.network.node(ASKED).client.attestation(Hash(host), 0, PAGE)).ok().flatten()
    }

    /// Waits until a host was watched at a time, or had a gap there.
    pub(crate) fn until_attested(&self, host: H256, at_us: u64) {
        until("the host is attested", || self.attestation(host).filter(|found| found.until.0 > at_us));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            ["foundry.log", "host.log"].iter().for_each(|name| show_end(&self.network, name));
        }
        end_servers(&self.state());
        self.host.kill();
        self.foundry.kill();
    }
}

/// Waits until this machine's clock, which is that of all blocks, shows so many milliseconds.
pub(crate) fn until_clock(ms: u64) {
    until("the bound is over", || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        (since.as_millis() > u128::from(ms)).then_some(())
    });
}

/// Shows the end of what a process beside a network has said.
pub(crate) fn show_end(network: &Network, name: &str) {
    let log = std::fs::read_to_string(network.world.path(name)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    eprintln!("--- end of {name}");
    lines.iter().skip(lines.len().saturating_sub(25)).for_each(|line| eprintln!("{line}"));
}

/// Ends the servers of a host's folder: those of a scenario that failed go on without their agent.
pub(crate) fn end_servers(state: &Path) {
    let servers = std::fs::read_dir(state.join("servers")).into_iter().flatten().flatten();
    for pid in servers.filter_map(|server| leader(&server.path())) {
        finish(Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]), LIMIT);
    }
}

/// The process that leads the server in a folder.
pub(crate) fn leader(folder: &Path) -> Option<u64> {
    let record = std::fs::read_to_string(folder.join("server.json")).ok()?;
    serde_json::from_str::<Value>(&record).ok()?["pid"].as_u64()
}

/// SIGKILL of one process; its children go on.
pub(crate) fn kill_alone(process: &mut Process) {
    finish(Command::new("kill").args(["-KILL", &process.pid().to_string()]), LIMIT);
    until("it is gone", || process.ended());
}

fn foundry_port(network: &Network) -> u16 {
    network.world.place(ASKED).rpc.port() + 300
}

/// Starts a foundry with the key of that name.
pub(crate) fn start_foundry(network: &Network, name: &str) -> Process {
    let world = &network.world;
    let mut command = Command::new(binary("tierchain").expect("the binaries are built"));
    command.args(["foundry", "run", "--rpc", &world.url(0), "--rpc", &world.url(1)]);
    command.arg("--key").arg(world.agent_key(name)).arg("--bookmark").arg(world.path(&format!("{name}.bookmark")));
    command.args(["--listen", &format!("127.0.0.1:{}", foundry_port(network))]);
    let log = world.path(&format!("{name}.log"));
    Process::start(&mut command, &log, &log).expect("it can be started")
}

/// The site's own host, and whose key it has.
const FIRST: (&str, &str) = ("host-0", "hypervisor");

/// Starts the agent of a host by its name and key, on a folder beside the network.
pub(crate) fn start_agent(network: &Network, (host, key): (&str, &str), folder: &str, options: &[&str]) -> Process {
    let world = &network.world;
    let mut command = Command::new(binary("tierchain-agent").expect("the binaries are built"));
    command.args(["host", "--driver", "process", "--host", host, "--rpc", &world.url(1), "--rpc", &world.url(2)]);
    command.arg("--key").arg(world.agent_key(key));
    command.arg("--state").arg(world.path(folder)).arg("--images").arg(world.path("images"));
    command.args(["--foundry", &format!("http://127.0.0.1:{}", foundry_port(network))]).args(options);
    let log = world.path(&format!("{folder}.log"));
    Process::start(&mut command, &log, &log).expect("it can be started")
}
