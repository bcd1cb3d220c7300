//! What JSON-RPC's parameters are read as, taken from its sources.

#[path = "../../rpc/src/types/beside.rs"]
mod beside;
#[path = "../../rpc/src/types/cursor.rs"]
mod cursor;
#[path = "../../rpc/src/types/directive.rs"]
mod directive;
#[path = "../../rpc/src/types/entity_block.rs"]
mod entity_block;
#[path = "../../rpc/src/types/event.rs"]
mod event;
#[path = "../../rpc/src/types/hex.rs"]
mod hex;
#[path = "../../rpc/src/types/list.rs"]
mod list;
#[path = "../../rpc/src/types/meta_block.rs"]
mod meta_block;
#[path = "../../rpc/src/types/number.rs"]
mod number;
#[path = "../../rpc/src/types/server.rs"]
mod server;
#[path = "../../rpc/src/types/text.rs"]
mod text;
#[path = "../../rpc/src/types/usage.rs"]
mod usage;

use core::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tierchain_primitives::ledger::{BlockKind, ServerState};

// By which the files above know each other.
use self::beside::{AnchorInfo, Statement};
use self::cursor::{BlockFilter, Cursor};
use self::directive::DirectiveFilter;
use self::entity_block::{EntityBlock, UnreadableBlock};
use self::event::{Announcement, DeclaredRelation, Etsi, EventKind, Meter, Resources};
use self::hex::{Bytes, Hash};
use self::list::{MetaFilter, ServerCursor, ServerFilter};
use self::meta_block::{MetaBlock, MetaChain};
use self::number::{AnyNumber, HexNumber, U64, U128};
use self::server::{ChainRef, Ownership, ServerInfo, ServerStatus};
use self::text::{Address, Name, Named, Server, ServerUuid};
use self::usage::Usage;

/// A parameter, read as each type that a method takes.
pub fn fuzz_rpc_types(bytes: &[u8]) {
    let texts = [
        read::<Hash>,
        read::<Address>,
        read::<ServerUuid>,
        read::<Server>,
        read::<ChainRef>,
        read::<Named<ServerState>>,
        read::<Named<BlockKind>>,
    ];
    let numbers = [read::<HexNumber>, read::<AnyNumber>, read::<U64>, read::<U128>];
    let places = [read::<Cursor>, read::<ServerCursor>];
    let filters = [read::<BlockFilter>, read::<ServerFilter>, read::<MetaFilter>, read::<DirectiveFilter>];
    let lists = [read::<Vec<Hash>>, read::<Vec<Bytes>>];
    for read in texts.into_iter().chain(numbers).chain(places).chain(filters).chain(lists) {
        read(bytes);
    }
    if let Ok(value) = serde_json::from_slice::<Bytes>(bytes) {
        assert!(value.0.len() * 2 <= bytes.len(), "more bytes than came digits");
        read::<Bytes>(bytes);
    }
}

/// What is read is written with the same meaning, and then in one way only.
fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_vec(&value).expect("text for keys, and no floats");
    let again = serde_json::from_slice::<T>(&written);
    assert_eq!(again.as_ref().ok(), Some(&value), "it says something else: {}", String::from_utf8_lossy(&written));
}
