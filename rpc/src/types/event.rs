//! What happened to a server, in JSON.

use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::{self, EndReason, Identifier, ServerState, TrackerCustody};

use super::{Address, Bytes, Hash, Named, Ownership, Server, U64};

/// What a server is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: U64,
    /// Disk in GiB.
    pub disk_gib: U64,
}

impl From<ledger::Resources> for Resources {
    fn from(held: ledger::Resources) -> Self {
        Self { vcpus: held.vcpus, memory_mib: U64(held.memory_mib), disk_gib: U64(held.disk_gib) }
    }
}

/// What a server has consumed since it was born.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    /// CPU time in microseconds.
    pub cpu_us: U64,
    /// Bytes received.
    pub bytes_in: U64,
    /// Bytes sent.
    pub bytes_out: U64,
}

impl From<ledger::Meter> for Meter {
    fn from(meter: ledger::Meter) -> Self {
        Self { cpu_us: U64(meter.cpu_us), bytes_in: U64(meter.bytes_in), bytes_out: U64(meter.bytes_out) }
    }
}

/// A network slice (3GPP TS 23.003, 28.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SNssai {
    /// Slice/Service Type.
    pub sst: u8,
    /// Slice Differentiator, 24 bits.
    pub sd: Option<Bytes>,
}

/// The identifiers of the orchestration, as text where they are UTF-8 (which they are by ETSI), else with replacement
/// characters; the exact bytes are in the block's `encoded`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Etsi {
    /// `vnfInstanceId`.
    pub vnf_instance_id: Option<String>,
    /// `vnfdId`.
    pub vnfd_id: Option<String>,
    /// `vduId`.
    pub vdu_id: Option<String>,
    /// `nsInstanceId`.
    pub ns_instance_id: Option<String>,
    /// `singleNSSAI` (3GPP).
    pub snssai: Option<SNssai>,
}

fn text(identifier: &Identifier) -> String {
    String::from_utf8_lossy(identifier.as_bytes()).into_owned()
}

impl From<&ledger::Etsi> for Etsi {
    fn from(etsi: &ledger::Etsi) -> Self {
        Self {
            vnf_instance_id: etsi.vnf_instance_id.as_ref().map(text),
            vnfd_id: etsi.vnfd_id.as_ref().map(text),
            vdu_id: etsi.vdu_id.as_ref().map(text),
            ns_instance_id: etsi.ns_instance_id.as_ref().map(text),
            snssai: etsi.snssai.map(|slice| SNssai { sst: slice.sst, sd: slice.sd.map(|sd| Bytes(sd.to_vec())) }),
        }
    }
}

/// What a hypervisor announces about a server before it is born.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// The server and which of its lives.
    pub server: Server,
    /// The host that runs it.
    pub host: Hash,
    /// SHA-256 of its image; zero where the source doesn't know.
    pub image: Hash,
    /// What it is given, where known.
    pub resources: Option<Resources>,
    /// Who holds its tracker's key.
    pub tracker: Named<TrackerCustody>,
    /// Its tracker's public key.
    pub tracker_key: Address,
    /// Whose it is.
    pub ownership: Ownership,
    /// The identifiers of the orchestration.
    pub etsi: Etsi,
    /// The lives it comes from, beside its own earlier ones.
    pub relations: Vec<DeclaredRelation>,
}

/// A relation that an announcement declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeclaredRelation {
    /// Which.
    pub kind: Named<ledger::RelationKind>,
    /// The other life.
    pub server: Server,
}

impl From<&ledger::Announcement> for Announcement {
    fn from(announcement: &ledger::Announcement) -> Self {
        Self {
            server: announcement.server.into(),
            host: Hash(announcement.host),
            image: Hash(announcement.image),
            resources: announcement.resources.map(Into::into),
            tracker: Named(announcement.custody),
            tracker_key: Address(announcement.tracker),
            ownership: announcement.ownership.into(),
            etsi: (&announcement.etsi).into(),
            relations: announcement.relations.iter().map(Into::into).collect(),
        }
    }
}

impl From<&ledger::DeclaredRelation> for DeclaredRelation {
    fn from(declared: &ledger::DeclaredRelation) -> Self {
        Self { kind: Named(declared.kind), server: declared.server.into() }
    }
}

/// What happened: an object whose `kind` is the event's name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all_fields = "camelCase")]
pub enum EventKind {
    /// It was born, off.
    Born {
        /// What its hypervisor announced.
        announcement: Box<Announcement>,
        /// End hash of its previous life.
        previous: Option<Hash>,
    },
    /// It is in another state.
    StateChanged {
        /// The state from now on.
        state: Named<ServerState>,
    },
    /// It was reset.
    Rebooted,
    /// It was given other resources.
    Resized {
        /// What it has from now on.
        resources: Resources,
    },
    /// It leaves its host.
    MovedOut {
        /// Where it goes.
        to: Hash,
    },
    /// It arrives at a host.
    MovedIn {
        /// Where it comes from.
        from: Hash,
    },
    /// A declared attribute has another value.
    AttributeChanged {
        /// Which.
        name: String,
        /// SHA-256 of its new value.
        value: Hash,
    },
    /// Its host is silent.
    Suspected {
        /// The last sign of life, in microseconds.
        since: U64,
    },
    /// The tracking application saw something.
    GuestEvent {
        /// What, in its own numbering.
        code: u32,
    },
    /// Too many changes to write one by one.
    Summary {
        /// How many it stands for.
        transitions: u32,
        /// When the first happened, in microseconds.
        first: U64,
        /// The state after the last.
        state: Named<ServerState>,
    },
    /// Its chain ends here.
    Ended {
        /// Why.
        reason: Named<EndReason>,
    },
}

impl From<&ledger::EventKind> for EventKind {
    fn from(event: &ledger::EventKind) -> Self {
        use ledger::EventKind as Plain;
        match event {
            Plain::Born { announcement, previous } => {
                Self::Born { announcement: Box::new(announcement.into()), previous: previous.map(Hash) }
            }
            Plain::StateChanged { state } => Self::StateChanged { state: Named(*state) },
            Plain::Rebooted => Self::Rebooted,
            Plain::Resized { resources } => Self::Resized { resources: (*resources).into() },
            Plain::MovedOut { to } => Self::MovedOut { to: Hash(*to) },
            Plain::MovedIn { from } => Self::MovedIn { from: Hash(*from) },
            Plain::AttributeChanged { name, value } => Self::AttributeChanged { name: text(name), value: Hash(*value) },
            Plain::Suspected { since } => Self::Suspected { since: U64(*since) },
            Plain::GuestEvent { code } => Self::GuestEvent { code: *code },
            Plain::Summary { transitions, first, state } => {
                Self::Summary { transitions: *transitions, first: U64(*first), state: Named(*state) }
            }
            Plain::Ended { reason } => Self::Ended { reason: Named(*reason) },
        }
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::H256;
    use tierchain_primitives::ledger::EventKind as Plain;

    use super::*;

    #[test]
    fn every_kind_is_an_object_with_the_name_it_has_in_tables() {
        let resources = ledger::Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 };
        let name = Identifier::new(b"color").expect("short");
        let kinds = [
            Plain::StateChanged { state: ServerState::SuspendedToDisk },
            Plain::Rebooted,
            Plain::Resized { resources },
            Plain::MovedOut { to: H256::ZERO },
            Plain::MovedIn { from: H256::ZERO },
            Plain::AttributeChanged { name, value: H256::ZERO },
            Plain::Suspected { since: u64::MAX },
            Plain::GuestEvent { code: 1 },
            Plain::Summary { transitions: 3, first: 4, state: ServerState::Running },
            Plain::Ended { reason: EndReason::Rollover },
        ];
        for kind in kinds {
            let value = serde_json::to_value(EventKind::from(&kind)).expect("JSON");
            assert_eq!(value["kind"], kind.name());
            assert_eq!(serde_json::from_value::<EventKind>(value).expect("an event"), EventKind::from(&kind));
        }
    }
}
