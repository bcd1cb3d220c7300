//! Values that JSON holds as the text people know them by: addresses, UUIDs, names of enumerated values.

use core::fmt::Display;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::{
    BlockKind, EndReason, Precision, RelationKind, ServerId, ServerState, TrackerCustody, Uuid,
};

/// Reads a value from its text; the value's own error tells the client what is wrong with it.
pub(super) fn parse<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// An account in JSON: SS58 on the way out, SS58 or 0x and 64 hexadecimal digits on the way in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address(pub AccountId);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(deserializer).map(Self)
    }
}

/// A server's UUID in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServerUuid(pub Uuid);

impl Serialize for ServerUuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServerUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(deserializer).map(Self)
    }
}

/// One life of a server as an object: `{"uuid": "…", "generation": 0}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Server {
    /// The server.
    pub uuid: ServerUuid,
    /// Which of its lives.
    pub generation: u32,
}

impl From<ServerId> for Server {
    fn from(server: ServerId) -> Self {
        Self { uuid: ServerUuid(server.uuid), generation: server.generation }
    }
}

impl From<Server> for ServerId {
    fn from(server: Server) -> Self {
        Self { uuid: server.uuid.0, generation: server.generation }
    }
}

/// An enumerated value that JSON and tables show by a name.
pub trait Name: Copy + 'static {
    /// What is enumerated, for the error that says that a name isn't known.
    const WHAT: &'static str;
    /// Every value.
    const ALL: &'static [Self];
    /// The value's name.
    fn name(self) -> &'static str;
}

/// An enumerated value in JSON, by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Named<T>(pub T);

impl<T: Name> Display for Named<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0.name())
    }
}

impl<T: Name> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de, T: Name> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|value| value.name() == text);
        found.copied().map(Self).ok_or_else(|| {
            let known: Vec<_> = T::ALL.iter().map(|value| value.name()).collect();
            D::Error::custom(format!("{text:?} is no {}: it is one of {}", T::WHAT, known.join(", ")))
        })
    }
}

impl Name for ServerState {
    const WHAT: &'static str = "state of a server";
    const ALL: &'static [Self] =
        &[Self::Running, Self::Paused, Self::SuspendedToRam, Self::SuspendedToDisk, Self::Stopped, Self::Crashed];

    fn name(self) -> &'static str {
        Self::name(self)
    }
}

impl Name for BlockKind {
    const WHAT: &'static str = "kind of an entity block";
    const ALL: &'static [Self] = &[Self::Birth, Self::State, Self::End];

    fn name(self) -> &'static str {
        Self::name(self)
    }
}

impl Name for EndReason {
    const WHAT: &'static str = "reason of an end";
    const ALL: &'static [Self] = &[Self::Terminated, Self::Rollover, Self::Orphaned];

    fn name(self) -> &'static str {
        match self {
            Self::Terminated => "Terminated",
            Self::Rollover => "Rollover",
            Self::Orphaned => "Orphaned",
        }
    }
}

impl Name for Precision {
    const WHAT: &'static str = "precision of a time";
    const ALL: &'static [Self] = &[Self::Event, Self::Reconciled, Self::Declared, Self::Replayed];

    fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Reconciled => "reconciled",
            Self::Declared => "declared",
            Self::Replayed => "replayed",
        }
    }
}

impl Name for TrackerCustody {
    const WHAT: &'static str = "custody of a tracker's key";
    const ALL: &'static [Self] = &[Self::Guest, Self::Agent];

    fn name(self) -> &'static str {
        match self {
            Self::Guest => "in guest",
            Self::Agent => "held by agent",
        }
    }
}

impl Name for RelationKind {
    const WHAT: &'static str = "kind of a relation";
    const ALL: &'static [Self] = &[Self::Predecessor, Self::Parent, Self::ScaledFrom, Self::MovedFrom];

    fn name(self) -> &'static str {
        match self {
            Self::Predecessor => "predecessor",
            Self::Parent => "parent",
            Self::ScaledFrom => "scaledFrom",
            Self::MovedFrom => "movedFrom",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_read_back<T: Name + PartialEq + core::fmt::Debug>() {
        for value in T::ALL {
            let text = serde_json::to_string(&Named(*value)).expect("JSON");
            assert_eq!(serde_json::from_str::<Named<T>>(&text).expect("a name"), Named(*value));
        }
    }

    #[test]
    fn every_name_reads_back_and_a_foreign_one_is_told_what_is_known() {
        names_read_back::<ServerState>();
        names_read_back::<BlockKind>();
        names_read_back::<EndReason>();
        names_read_back::<Precision>();
        names_read_back::<TrackerCustody>();
        names_read_back::<RelationKind>();
        let error = serde_json::from_str::<Named<EndReason>>("\"Bored\"").expect_err("no reason");
        assert!(error.to_string().contains("one of Terminated, Rollover, Orphaned"), "{error}");
    }

    #[test]
    fn an_address_is_read_in_both_forms() {
        let address = Address(AccountId([7; 32]));
        let ss58 = serde_json::to_string(&address).expect("JSON");
        assert_eq!(serde_json::from_str::<Address>(&ss58).expect("SS58"), address);
        let digits = format!("\"0x{}\"", "07".repeat(32));
        assert_eq!(serde_json::from_str::<Address>(&digits).expect("hexadecimal"), address);
    }
}
