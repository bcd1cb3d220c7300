//! Snapshots: manifests, and the chunks that they name.

use parity_scale_codec::Encode;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::hash::sha256;
use tierchain_replica::snapshot::{CHUNKS_MAX, Chunk, ChunkInfo, ChunkKind, Manifest};

use crate::cast;
use crate::decode::exact;

/// Manifests. Nobody here can sign one that holds.
pub fn fuzz_manifest(bytes: &[u8]) {
    let Some(manifest) = exact::<Manifest>(bytes) else { return };
    assert!(manifest.contents.chunks.len() <= CHUNKS_MAX);
    let _ = (manifest.contents.digest(), manifest.contents.bytes());
    let proven = manifest.check(&manifest.contents.genesis, Epochs::new(0, cast::set(4)));
    assert!(proven.is_err(), "nobody can sign for keys that are hashes");
}

/// Chunks of each kind that come as the manifest says. One that opens is the list of its items and nothing else.
pub fn fuzz_chunk(bytes: &[u8]) {
    for kind in [ChunkKind::Headers, ChunkKind::State, ChunkKind::Ledger] {
        let info = ChunkInfo { kind, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash: sha256(&[bytes]) };
        let Ok(chunk) = Chunk::open(&info, bytes) else { continue };
        let again = match chunk {
            Chunk::Headers(headers) => headers.encode(),
            Chunk::State(leaves) => leaves.encode(),
            Chunk::Ledger(parts) => parts.encode(),
        };
        assert!(again == bytes, "a second encoding of the same chunk");
    }
}
