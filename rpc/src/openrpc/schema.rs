//! Schemas of what travels: of the types that say themselves how they look in JSON, and of those in traits.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use syn::{GenericArgument, PathArguments, Type};

use crate::types::*;

/// A type whose JSON is a text of some form.
fn text(pattern: &str, description: &str) -> Schema {
    json_schema!({"type": "string", "pattern": pattern, "description": description})
}

impl JsonSchema for Hash {
    fn schema_name() -> Cow<'static, str> {
        "Hash".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^0x[0-9a-f]{64}$", "32 bytes in hexadecimal digits; accepted without 0x, too.")
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^(0x)?([0-9a-fA-F]{2})*$", "Bytes in hexadecimal digits; given with 0x and in lower case.")
    }
}

impl JsonSchema for HexNumber {
    fn schema_name() -> Cow<'static, str> {
        "HexNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^0x(0|[1-9a-f][0-9a-f]{0,7})$", "A block number in hexadecimal digits without leading zeros.")
    }
}

impl JsonSchema for AnyNumber {
    fn schema_name() -> Cow<'static, str> {
        "AnyNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^(0x)?[0-9a-fA-F]{1,16}$"}],
            "description": "A block number, or its hexadecimal digits.",
        })
    }
}

impl JsonSchema for U64 {
    fn schema_name() -> Cow<'static, str> {
        "U64".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}],
            "description": "A number up to 2^53, decimal digits above.",
        })
    }
}

impl JsonSchema for U128 {
    fn schema_name() -> Cow<'static, str> {
        "U128".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^[0-9]+$", "A number in decimal digits.")
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^([1-9A-HJ-NP-Za-km-z]{46,48}|0x[0-9a-fA-F]{64})$", "An account: its SS58 address, or its public key.")
    }
}

impl JsonSchema for ServerUuid {
    fn schema_name() -> Cow<'static, str> {
        "ServerUuid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "A server's UUID.")
    }
}

impl JsonSchema for ServerCursor {
    fn schema_name() -> Cow<'static, str> {
        "ServerCursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text("^[0-9a-fA-F-]{36}/[0-9]+$", "UUID/generation: the page begins after that life.")
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text(
            "^[0-9]+/([0-9]+|end)$",
            "BLOCK/PLACE of the last item that was taken; BLOCK/end stands behind a block, 0/0 before all there ever was.",
        )
    }
}

impl JsonSchema for ChainRef {
    fn schema_name() -> Cow<'static, str> {
        "ChainRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text(
            "^(0x[0-9a-fA-F]{64}|[0-9a-fA-F-]{36}(/[0-9]+)?)$",
            "A chain: its name, UUID/generation, or UUID for the newest.",
        )
    }
}

impl<T: Name> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.name()).collect();
        json_schema!({"type": "string", "enum": names, "description": format!("A {}.", T::WHAT)})
    }
}

/// The schema of a type that a trait names.
pub(super) fn of(found: &Type, generator: &mut SchemaGenerator) -> Value {
    let Type::Path(path) = found else { return json!({"type": "null"}) };
    let last = path.path.segments.last().expect("a path has a name");
    let inner: Vec<Type> = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut of_inner = |at: usize| of(&inner[at], generator);
    match last.ident.to_string().as_str() {
        "RpcResult" | "Box" => of_inner(0),
        "Option" => json!({"anyOf": [of_inner(0), {"type": "null"}]}),
        "Vec" => json!({"type": "array", "items": of_inner(0)}),
        "ListOrValue" => json!({"anyOf": [{"type": "array", "items": of_inner(0)}, of_inner(0)]}),
        "Page" => json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": of_inner(0)},
                "next": {"anyOf": [of_inner(1), {"type": "null"}], "description": "The cursor for the next page."},
            },
        }),
        name => named(name, generator).into(),
    }
}

/// Whether a parameter of this type may be left out.
pub(super) fn is_optional(found: &Type) -> bool {
    matches!(found, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// The schema of a type by its name. A name that isn't here fails the test that generates the document.
fn named(name: &str, generator: &mut SchemaGenerator) -> Schema {
    match name {
        "bool" => generator.subschema_for::<bool>(),
        "u32" => generator.subschema_for::<u32>(),
        "u64" => generator.subschema_for::<u64>(),
        "String" => generator.subschema_for::<String>(),
        "AccountGrants" => generator.subschema_for::<AccountGrants>(),
        "AccountRoles" => generator.subschema_for::<AccountRoles>(),
        "Address" => generator.subschema_for::<Address>(),
        "AnnouncementInfo" => generator.subschema_for::<AnnouncementInfo>(),
        "AnyNumber" => generator.subschema_for::<AnyNumber>(),
        "AttestationInfo" => generator.subschema_for::<AttestationInfo>(),
        "BlockFilter" => generator.subschema_for::<BlockFilter>(),
        "Bytes" => generator.subschema_for::<Bytes>(),
        "ChainItem" => generator.subschema_for::<ChainItem>(),
        "ChainRef" => generator.subschema_for::<ChainRef>(),
        "ChainType" => generator.subschema_for::<ChainType>(),
        "ConsensusStatus" => generator.subschema_for::<ConsensusStatus>(),
        "Cursor" => generator.subschema_for::<Cursor>(),
        "DataCenterInfo" => generator.subschema_for::<DataCenterInfo>(),
        "DirectiveFilter" => generator.subschema_for::<DirectiveFilter>(),
        "DirectiveInfo" => generator.subschema_for::<DirectiveInfo>(),
        "DirectiveStep" => generator.subschema_for::<DirectiveStep>(),
        "Dispute" => generator.subschema_for::<Dispute>(),
        "Electorate" => generator.subschema_for::<Electorate>(),
        "EntityBlock" => generator.subschema_for::<EntityBlock>(),
        "EpochInfo" => generator.subschema_for::<EpochInfo>(),
        "EvidenceInfo" => generator.subschema_for::<EvidenceInfo>(),
        "ExtrinsicStatus" => generator.subschema_for::<ExtrinsicStatus>(),
        "Grantable" => generator.subschema_for::<Grantable>(),
        "Hash" => generator.subschema_for::<Hash>(),
        "Header" => generator.subschema_for::<Header>(),
        "Health" => generator.subschema_for::<Health>(),
        "HostInfo" => generator.subschema_for::<HostInfo>(),
        "ImageInfo" => generator.subschema_for::<ImageInfo>(),
        "JsonRawValue" => json_schema!({"type": "object", "description": "An OpenRPC document."}),
        "MetaBlock" => generator.subschema_for::<MetaBlock>(),
        "MetaChain" => generator.subschema_for::<MetaChain>(),
        "MetaFilter" => generator.subschema_for::<MetaFilter>(),
        "MetaItem" => generator.subschema_for::<MetaItem>(),
        "Methods" => generator.subschema_for::<Methods>(),
        "NoteInfo" => generator.subschema_for::<NoteInfo>(),
        "Peer" => generator.subschema_for::<Peer>(),
        "Properties" => generator.subschema_for::<Properties>(),
        "ProposalInfo" => generator.subschema_for::<ProposalInfo>(),
        "ProviderInfo" => generator.subschema_for::<ProviderInfo>(),
        "RuntimeVersion" => generator.subschema_for::<RuntimeVersion>(),
        "ServerCursor" => generator.subschema_for::<ServerCursor>(),
        "ServerFilter" => generator.subschema_for::<ServerFilter>(),
        "ServerInfo" => generator.subschema_for::<ServerInfo>(),
        "ServerUuid" => generator.subschema_for::<ServerUuid>(),
        "SignedBlock" => generator.subschema_for::<SignedBlock>(),
        "StorageChangeSet" => generator.subschema_for::<StorageChangeSet>(),
        "SyncState" => generator.subschema_for::<SyncState>(),
        "TrailEntry" => generator.subschema_for::<TrailEntry>(),
        "TransactionStatus" => generator.subschema_for::<TransactionStatus>(),
        other => panic!("a trait names the type {other}: give it a schema here"),
    }
}
