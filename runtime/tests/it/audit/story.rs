//! What happened on the ledger of the golden files: six lives, one quarrel, and a fifth validator.

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, DeclaredRelation, Detail, EndReason, Etsi, Event, EventKind, GuestReport, Identifier,
    Meter, Ownership, Precision, RelationKind, Relations, Resources, SNssai, ServerId, ServerState, TrackerCustody,
    Uuid, party_id,
};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::audit::{ContradictionFile, Statement};
use tierchain_runtime::chains::{self, DiscrepancyKind, Verdict};
use tierchain_runtime::registry::{Proposal, possession_bytes};
use tierchain_runtime::{Call, DataCenter, GenesisConfig, Host, Role, Roles, VERSIONS, Validator, meta, registry};

use super::ledger::{Ledger, account, key};

const START: Millis = 1_795_227_255_000;

/// A life of a server, by number.
pub(crate) fn server(number: u8, generation: u32) -> ServerId {
    ServerId { uuid: Uuid([number; 16]), generation }
}

/// Hosts 0 and 1 stand in the EU, host 2 in the US.
pub(crate) fn host(number: u8) -> H256 {
    party_id(["host-fra-1", "host-par-1", "host-nyc-1"][usize::from(number)])
}

pub(crate) fn tenant() -> H256 {
    party_id("T")
}

fn voter(number: u8) -> KeyPair {
    key(&format!("voter {number}"))
}

fn validator(number: u8) -> Validator {
    Validator {
        name: format!("v{number}"),
        operator: account(&format!("operator {number}")),
        consensus: voter(number).public(),
        peer_id: [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[0xc0 + number; 32]].concat(),
        addresses: vec![format!("/ip4/192.0.2.{number}/tcp/10044")],
    }
}

fn config() -> GenesisConfig {
    let center = |name: &str, region: &str| DataCenter { region: region.to_owned(), ..DataCenter::named(name) };
    let centers = vec![center("fra-1", "EU"), center("par-1", "EU"), center("nyc-1", "US")];
    let with = |role: Role| Roles::NONE.with(role);
    let agents = ["agent fra", "agent par", "agent nyc"];
    let hosts = (0u8..3)
        .zip(agents)
        .map(|(number, agent)| Host::new(host(number), centers[usize::from(number)].id, account(agent)));
    let hosts = hosts.collect();
    let agents = agents.map(|agent| (account(agent), with(Role::Hypervisor)));
    GenesisConfig {
        name: "Audit".to_owned(),
        id: "audit".to_owned(),
        time: START,
        unknown_images: true,
        validators: (0..4).map(validator).collect(),
        accounts: [&agents[..], &[(account("foundry"), with(Role::Foundry))]].concat(),
        providers: vec![(party_id("P"), account("provider"))],
        data_centers: centers,
        hosts,
        ..GenesisConfig::default()
    }
}

/// The ledger with a clock for its events.
pub(crate) struct Story {
    pub(crate) ledger: Ledger,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { ledger: Ledger::new(&config(), (0..5).map(voter).collect()) }
    }

    /// The time of an event that its agent tells `late_us` after it happened.
    fn ago(&self, late_us: Micros) -> Micros {
        self.ledger.time * 1_000 - late_us
    }

    fn wait(&mut self, ms: Millis) {
        self.ledger.time += ms;
    }

    pub(crate) fn event(&self, id: ServerId, number: u64, event: EventKind) -> Event {
        let detail = Detail(format!("#{number}").into_bytes());
        let (occurred_at, evidence) = (self.ago(7_000 - number), party_id(&format!("{id} {number}")));
        Event { server: id, number, occurred_at, precision: Precision::Event, event, meter: None, evidence, detail }
    }

    pub(crate) fn state(&self, id: ServerId, number: u64, state: ServerState) -> Event {
        self.event(id, number, EventKind::StateChanged { state })
    }

    pub(crate) fn append(&mut self, who: &str, event: Event) {
        self.ledger.run(who, Call::Chains(chains::Call::Append { event }));
    }

    pub(crate) fn bear(&mut self, agent: &str, on: u8, id: ServerId, whose: &str, previous: Option<H256>) {
        self.bear_of(agent, on, id, whose, previous, Relations::default());
    }

    fn bear_of(
        &mut self,
        agent: &str,
        on: u8,
        server: ServerId,
        whose: &str,
        previous: Option<H256>,
        relations: Relations,
    ) {
        let named = |text: &str| Identifier::new(text.as_bytes());
        let announcement = Announcement {
            server,
            host: host(on),
            image: H256::ZERO,
            resources: Some(Resources { vcpus: 2, memory_mib: 4_096, disk_gib: 20 }),
            tracker: account("tracker"),
            custody: TrackerCustody::Guest,
            ownership: Ownership { provider: party_id("P"), tenant: party_id(whose), service: party_id("S") },
            etsi: Etsi {
                vnfd_id: named("vnfd-7"),
                vdu_id: named("vdu-a"),
                snssai: Some(SNssai { sst: 1, sd: Some([1, 2, 3]) }),
                ..Etsi::default()
            },
            relations,
        };
        self.ledger.run(agent, Call::Chains(chains::Call::Announce { announcement }));
        let (occurred_at, evidence) = (self.ago(9_000), H256([8; 32]));
        let request = BirthRequest { server, occurred_at, precision: Precision::Event, evidence, previous };
        let tracker_signature = key("tracker").sign(&request.signed_bytes(&self.ledger.genesis));
        self.ledger.run("foundry", Call::Chains(chains::Call::Birth { request, tracker_signature }));
    }

    fn end(&mut self, who: &str, id: ServerId, number: u64, reason: EndReason) {
        let event = self.event(id, number, EventKind::Ended { reason });
        self.append(who, event);
    }

    fn anchor(&mut self, who: &str, server: ServerId) {
        self.ledger.run(who, Call::Meta(meta::Call::Anchor { server }));
    }

    fn attest(&mut self, who: &str, on: u8, since: Micros) {
        let until = self.ago(1_000);
        self.ledger.run(who, Call::Chains(chains::Call::Attest { host: host(on), since, until }));
    }

    fn report(&self, id: ServerId, number: u64, code: u32) -> GuestReport {
        let event = self.event(id, number, EventKind::GuestEvent { code });
        let signature = key("tracker").sign(&event.guest_signed_bytes(&self.ledger.genesis));
        GuestReport { event, signature }
    }

    /// The newest end's hash of a life.
    fn end_hash(&self, id: ServerId) -> H256 {
        self.ledger.chain(id).last().expect("it lived").hash
    }

    /// The smallest life there is: born and ended.
    pub(crate) fn short(&mut self) {
        let id = server(0x11, 0);
        self.bear("agent fra", 0, id, "U", None);
        self.wait(500);
        self.end("agent fra", id, 0, EndReason::Terminated);
    }

    /// A life on one host, with all kinds of events, watched but for a while, and linked.
    pub(crate) fn plain(&mut self) {
        let id = server(0x22, 0);
        let agent = "agent fra";
        self.bear(agent, 0, id, "T", None);
        let since = self.ago(0);
        let meter = |cpu_us| Some(Meter { cpu_us, bytes_in: cpu_us / 3, bytes_out: cpu_us / 2 });
        let running = Event { meter: meter(10), ..self.state(id, 0, ServerState::Running) };
        self.append(agent, running);
        self.wait(2_000);
        self.attest(agent, 0, since);
        let reports = vec![self.report(id, 0, 17), self.report(id, 1, 18)];
        self.ledger.run(agent, Call::Chains(chains::Call::AppendGuest { reports }));
        let name = Identifier::new(b"flavor").expect("short");
        let value = H256([0x5c; 32]);
        let batch = vec![
            self.event(id, 1, EventKind::Rebooted),
            self.event(id, 2, EventKind::AttributeChanged { name, value }),
            Event { meter: meter(1_700_000), ..self.state(id, 3, ServerState::Paused) },
        ];
        self.ledger.run(agent, Call::Chains(chains::Call::AppendBatch { events: batch }));
        self.wait(30_000);
        let since = self.ago(2_000_000);
        let resources = Resources { vcpus: 4, memory_mib: 8_192, disk_gib: 20 };
        let resized = self.event(id, 4, EventKind::Resized { resources });
        self.append(agent, resized);
        let first = self.ago(900_000);
        let many = self.event(id, 5, EventKind::Summary { transitions: 9, first, state: ServerState::Running });
        self.append(agent, many);
        self.attest(agent, 0, since);
        self.wait(5_000);
        self.end(agent, id, 6, EndReason::Terminated);
        let event = self.state(id, 7, ServerState::Stopped);
        self.ledger.run(agent, Call::Chains(chains::Call::Late { event }));
        self.anchor(agent, id);
    }

    /// A life that moves within the EU, is to move to the US and doesn't, and about which two disagree; it lives on.
    pub(crate) fn moved(&mut self) {
        let id = server(0x33, 0);
        self.bear("agent fra", 0, id, "T", None);
        let running = self.state(id, 0, ServerState::Running);
        self.append("agent fra", running);
        self.wait(4_000);
        let out = self.event(id, 1, EventKind::MovedOut { to: host(1) });
        self.append("agent fra", out);
        self.wait(300);
        let arrived = self.event(id, 0, EventKind::MovedIn { from: host(0) });
        self.append("agent par", arrived);
        self.disagree(id);
    }

    /// As [`Self::moved`], and then it is to go to the US, which is called off.
    pub(crate) fn nearly_left(&mut self) {
        let id = server(0x44, 0);
        self.bear("agent par", 1, id, "T", None);
        let out = self.event(id, 0, EventKind::MovedOut { to: host(2) });
        self.append("agent par", out);
        let back = self.event(id, 1, EventKind::MovedOut { to: host(1) });
        self.append("agent par", back);
    }

    fn disagree(&mut self, id: ServerId) {
        let (since, evidence) = (self.ago(50_000), H256([0x77; 32]));
        let says = chains::Call::Witness { server: id, state: ServerState::Crashed, since, evidence };
        self.ledger.run("provider", Call::Chains(says));
        self.wait(130_000);
        let kind = DiscrepancyKind::StateDisagrees;
        self.ledger.run("foundry", Call::Chains(chains::Call::NoteDiscrepancy { server: id, kind }));
        let verdict = Verdict::Ledger;
        self.ledger.run("provider", Call::Chains(chains::Call::Resolve { server: id, note: 0, verdict, evidence }));
    }

    /// A life that rolls over into the next one, which says that it shares the load of another server.
    pub(crate) fn rollover(&mut self) {
        let (first, second) = (server(0x55, 0), server(0x55, 1));
        self.bear("agent fra", 0, first, "T", None);
        let running = self.state(first, 0, ServerState::Running);
        self.append("agent fra", running);
        self.wait(10_000);
        self.end("agent fra", first, 1, EndReason::Rollover);
        self.anchor("agent fra", first);
        let previous = Some(self.end_hash(first));
        let from = DeclaredRelation { kind: RelationKind::ScaledFrom, server: server(0x33, 0) };
        let relations = Relations::new(vec![from]).expect("few");
        self.bear_of("agent fra", 0, second, "T", previous, relations);
        let running = self.state(second, 2, ServerState::Running);
        self.append("agent fra", running);
        self.wait(1_000);
        self.end("agent fra", second, 3, EndReason::Terminated);
        self.anchor("agent fra", second);
    }

    /// A life whose host falls silent: suspected, given up and linked by a foundry.
    pub(crate) fn orphan(&mut self) {
        let id = server(0x66, 0);
        self.bear("agent nyc", 2, id, "T", None);
        let running = self.state(id, 0, ServerState::Running);
        self.append("agent nyc", running);
        let since = self.ago(0);
        self.wait(601_000);
        // The birth was number 0 of the foundry's.
        let suspected = self.event(id, 1, EventKind::Suspected { since });
        self.append("foundry", suspected);
        self.wait(601_000);
        self.end("foundry", id, 2, EndReason::Orphaned);
        self.wait(601_000);
        self.anchor("foundry", id);
    }

    /// A fifth validator joins: from some blocks on another set certifies.
    pub(crate) fn fifth_validator(&mut self) {
        let operator: AccountId = account("operator 4");
        let proof = voter(4).sign(&possession_bytes(&self.ledger.genesis, &voter(4).public(), &operator));
        let proposal = Proposal::AddValidator { validator: validator(4), proof };
        let hash = proposal.hash();
        self.ledger.run("operator 0", Call::Registry(registry::Call::Propose { proposal }));
        let approve = |who: &'static str| (who, Call::Registry(registry::Call::Approve { id: 0, hash }));
        assert_eq!(self.ledger.block(&["operator 1", "operator 2"].map(approve)), [true, true]);
        (0..9).for_each(|_| drop(self.ledger.block(&[])));
    }

    /// Two extrinsics of one agent with one number and two stories, and two such reports of a tracker.
    pub(crate) fn contradictions(&self) -> [ContradictionFile; 2] {
        let id = server(0x33, 0);
        let versions = VERSIONS;
        let one = self.state(id, 9, ServerState::Running);
        let (bytes, birth) = self.ledger.signed("agent par", &Call::Chains(chains::Call::Append { event: one }));
        let first = Statement::Extrinsic { bytes, versions, birth, item: 0 };
        let events = vec![self.state(id, 8, ServerState::Running), self.state(id, 9, ServerState::Stopped)];
        let (bytes, birth) = self.ledger.signed("agent par", &Call::Chains(chains::Call::AppendBatch { events }));
        let second = Statement::Extrinsic { bytes, versions, birth, item: 1 };
        let tracker = account("tracker");
        let report = |code| Statement::Report { tracker, report: self.report(id, 4, code) };
        [ContradictionFile { first, second }, ContradictionFile { first: report(1), second: report(2) }]
    }

    /// All of it, with the block that names the last state.
    pub(crate) fn whole() -> Self {
        let mut story = Self::new();
        story.short();
        story.plain();
        story.moved();
        story.fifth_validator();
        story.nearly_left();
        story.rollover();
        story.orphan();
        story.ledger.block(&[]);
        story
    }
}
