//! Assembly: a snapshot's chunks in their order become a database, and nothing of it is trusted.
//!
//! Headers must lead to the certified one, leaves must give the root that it carries, ledger blocks must lead to the
//! heads in that state. What a step gives is written before the next one is taken: the tree and the state are read back
//! from there.

use tierchain_primitives::header::{Header, extrinsics_root};
use tierchain_primitives::limits::BLOCK_HASH_COUNT;
use tierchain_primitives::ports::{NodeRead, StateChange, StateRead};
use tierchain_primitives::tree::EMPTY_ROOT;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_runtime::{block_hash_fact, facts_of};

use super::chunk::{Chunk, ChunkFault, LedgerPart};
use super::ledger_walk::{LedgerFault, LedgerWalk};
use super::manifest::{ChunkKind, Contents};
use crate::executor::update_tree;

/// Why a snapshot isn't what its manifest claims.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotFault {
    /// A chunk is wrong in itself.
    #[error("chunk {index} is wrong: {fault}")]
    Chunk {
        /// Which.
        index: usize,
        /// Why.
        fault: ChunkFault,
    },
    /// A chunk doesn't follow on the one before.
    #[error("chunk {0} doesn't begin where the one before ended")]
    Unjoined(usize),
    /// The headers don't lead to the certified one.
    #[error("the headers don't lead from the lowest one needed to the certified one")]
    Headers,
    /// The leaves give another root.
    #[error("the state's root is {found}, and the certified header carries {expected}")]
    Root {
        /// The root of the leaves.
        found: H256,
        /// The certified one.
        expected: H256,
    },
    /// A chunk with ledger blocks is wrong.
    #[error("the ledger in chunk {index} is wrong: {fault}")]
    Ledger {
        /// Which; the last one when something is missing.
        index: usize,
        /// Why.
        fault: LedgerFault,
    },
    /// Chunks are missing.
    #[error("the snapshot ends before its last chunk")]
    Incomplete,
}

/// What is to be written of a chunk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Piece {
    /// Headers up to e, with their hashes.
    pub headers: Vec<(H256, Header)>,
    /// State: leaves, and block hashes.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
    /// Pages of the tree.
    pub pages: Vec<StateChange>,
    /// Ledger blocks by height, complete heights only.
    pub heights: Vec<LedgerPart>,
}

/// What a snapshot ends with: where the node goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foundation {
    /// The header of block e.
    pub header: Header,
    /// Root of the state after it.
    pub root: H256,
    /// The newest block with extrinsics that the headers show; 0 where they show none.
    pub newest_nonempty: BlockNumber,
    /// What is still to be written: the block's facts, and the ledger's last height.
    pub rest: Piece,
}

/// An assembly under way.
#[derive(Clone, Debug)]
pub struct Assembly {
    contents: Contents,
    next: usize,
    /// The newest header so far.
    last: Option<Header>,
    /// The header of block e.
    base: Option<Header>,
    newest_nonempty: BlockNumber,
    root: H256,
    last_key: Vec<u8>,
    ledger: LedgerWalk,
}

impl Assembly {
    /// Begins with a manifest that was checked.
    #[must_use]
    pub fn new(contents: Contents) -> Self {
        let ledger = LedgerWalk::new(contents.genesis);
        let (last_key, newest_nonempty) = (Vec::new(), 0);
        Self { contents, next: 0, last: None, base: None, newest_nonempty, root: EMPTY_ROOT, last_key, ledger }
    }

    /// Index of the next chunk; none when all are taken.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        (self.next < self.contents.chunks.len()).then_some(self.next)
    }

    /// Takes the next chunk. `store` holds everything that earlier chunks gave.
    ///
    /// # Errors
    /// What is wrong with the chunk or with what it follows on.
    pub fn take<S: StateRead + NodeRead>(&mut self, bytes: &[u8], store: &S) -> Result<Piece, SnapshotFault> {
        let index = self.next;
        let info = *self.contents.chunks.get(index).ok_or(SnapshotFault::Incomplete)?;
        let chunk = Chunk::open(&info, bytes).map_err(|fault| SnapshotFault::Chunk { index, fault })?;
        self.begin_kind(info.kind)?;
        let piece = match chunk {
            Chunk::Headers(headers) => self.take_headers(headers)?,
            Chunk::State(entries) => self.take_state(entries, store)?,
            Chunk::Ledger(parts) => {
                let taken = self.ledger.take(parts, store);
                let heights = taken.map_err(|fault| SnapshotFault::Ledger { index, fault })?;
                Piece { heights, ..Piece::default() }
            }
        };
        self.next += 1;
        Ok(piece)
    }

    /// Ends the assembly.
    ///
    /// # Errors
    /// What is missing.
    pub fn finish<S: StateRead>(self, store: &S) -> Result<Foundation, SnapshotFault> {
        if self.next().is_some() {
            return Err(SnapshotFault::Incomplete);
        }
        self.ensure_headers()?;
        self.ensure_root()?;
        let header = self.base.ok_or(SnapshotFault::Headers)?;
        let mut entries: Vec<_> = facts_of(&header).map_err(|_| SnapshotFault::Headers)?.into();
        // The hash of genesis stays for ever, however long the chain.
        entries.push(block_hash_fact(0, self.contents.genesis));
        let index = self.next.saturating_sub(1);
        let last = self.ledger.finish(store).map_err(|fault| SnapshotFault::Ledger { index, fault })?;
        let rest = Piece { entries, heights: last.into_iter().collect(), ..Piece::default() };
        Ok(Foundation { header, root: self.root, newest_nonempty: self.newest_nonempty, rest })
    }

    /// What must be true before a chunk of this kind: kinds come in order, so what ended is settled first.
    fn begin_kind(&self, kind: ChunkKind) -> Result<(), SnapshotFault> {
        if kind > ChunkKind::Headers {
            self.ensure_headers()?;
        }
        if kind > ChunkKind::State {
            self.ensure_root()?;
        }
        Ok(())
    }

    fn ensure_headers(&self) -> Result<(), SnapshotFault> {
        let is_certified = self.last.as_ref() == Some(&self.contents.header);
        if is_certified { Ok(()) } else { Err(SnapshotFault::Headers) }
    }

    fn ensure_root(&self) -> Result<(), SnapshotFault> {
        let expected = self.contents.header.state_root;
        if self.root == expected { Ok(()) } else { Err(SnapshotFault::Root { found: self.root, expected }) }
    }

    /// The lowest header that a state after e refers to.
    fn lowest_header(&self) -> BlockNumber {
        self.contents.height.saturating_sub(BLOCK_HASH_COUNT - 1).max(1)
    }

    fn take_headers(&mut self, headers: Vec<Header>) -> Result<Piece, SnapshotFault> {
        let first = headers.first().ok_or(SnapshotFault::Headers)?;
        let follows = match &self.last {
            Some(last) => Some(first.number) == last.number.checked_add(1) && first.parent_hash == last.hash(),
            // Genesis is known, so a chain that is still short is tied at both ends.
            None => first.number == self.lowest_header() && (first.number > 1 || self.is_on_genesis(first)),
        };
        if !follows {
            return Err(SnapshotFault::Unjoined(self.next));
        }
        let nothing = extrinsics_root::<&[u8]>(&[]);
        let mut piece = Piece::default();
        self.last = headers.last().cloned();
        for header in headers {
            if header.number > self.contents.height {
                // Blocks between e and the naming one are executed, not imported.
                continue;
            }
            piece.entries.push(block_hash_fact(header.number - 1, header.parent_hash));
            if header.extrinsics_root != nothing {
                self.newest_nonempty = header.number;
            }
            if header.number == self.contents.height {
                self.base = Some(header.clone());
            }
            piece.headers.push((header.hash(), header));
        }
        Ok(piece)
    }

    fn is_on_genesis(&self, first: &Header) -> bool {
        first.parent_hash == self.contents.genesis
    }

    fn take_state<S: NodeRead>(&mut self, entries: Vec<(Vec<u8>, Vec<u8>)>, store: &S) -> Result<Piece, SnapshotFault> {
        let first = entries.first().map(|(key, _)| key.as_slice()).unwrap_or_default();
        if first <= self.last_key.as_slice() {
            return Err(SnapshotFault::Unjoined(self.next));
        }
        self.last_key = entries.last().map(|(key, _)| key.clone()).unwrap_or_default();
        let changes: Vec<StateChange> = entries.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let (root, pages) = update_tree(store, self.root, &changes);
        self.root = root;
        Ok(Piece { entries, pages, ..Piece::default() })
    }
}
