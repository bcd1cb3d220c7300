//! Download: which snapshot to take, whom to ask for what, and who is to blame.
//!
//! First everybody is asked what they offer, until f + 1 validators offer the same; then one of them for the manifest;
//! then all who have the snapshot for its chunks, a few at a time from each. What comes is checked at once. Whoever
//! sends something wrong is asked no more, and whoever is silent is passed over while others answer.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{BlockNumber, H256};

use super::manifest::{Manifest, ManifestError};
use super::message::{Message, Offer};

/// How long an answer may take.
const ANSWER_MS: u64 = 5_000;

/// How often is asked what there is, while nothing is agreed on.
const OFFERS_EVERY_MS: u64 = 1_000;

/// Chunks asked of one peer at a time: one is on its way while the next one is read.
const ASKED_OF_ONE_MAX: usize = 4;

/// After so many answers that didn't come in time a peer is passed over.
const SILENCES_MAX: u32 = 3;

/// A request to one peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Request {
    /// What does it offer?
    Offers,
    /// The manifest with this digest.
    Manifest(H256),
    /// The chunk with this hash.
    Chunk(H256),
}

/// What an answer brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// Nothing that the body has to keep.
    Nothing,
    /// The manifest holds. The body says which of its chunks are here already ([`Download::have`]).
    Manifest,
    /// A chunk to be kept.
    Chunk {
        /// Its hash.
        hash: H256,
        /// The chunk.
        bytes: Vec<u8>,
    },
}

/// Why a peer is asked no more.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Blame {
    /// A manifest with another digest than it was asked for.
    #[error("it sent the manifest {found} where {expected} was asked for")]
    OtherManifest {
        /// The digest of what came.
        found: H256,
        /// The digest asked for.
        expected: H256,
    },
    /// A manifest whose proof doesn't hold.
    #[error("the manifest it sent proves nothing: {0}")]
    Manifest(#[from] ManifestError),
    /// A chunk with another hash.
    #[error("chunk {index} that it sent has hash {found}, and the manifest names {expected}")]
    Chunk {
        /// Which.
        index: usize,
        /// The hash of what came.
        found: H256,
        /// The hash in the manifest.
        expected: H256,
    },
    /// Something nobody asked it for.
    #[error("it sent what nobody asked it for")]
    Unrequested,
}

/// How far the download is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Chunks that are here.
    pub chunks: usize,
    /// Chunks in all.
    pub chunks_all: usize,
    /// Bytes that are here.
    pub bytes: u64,
    /// Bytes in all.
    pub bytes_all: u64,
}

/// What is known of a peer.
#[derive(Clone, Debug, Default)]
struct Peer {
    is_validator: bool,
    offers: Option<Vec<Offer>>,
    silences: u32,
}

/// A download under way.
#[derive(Clone, Debug)]
pub struct Download<P> {
    genesis: H256,
    epochs: Epochs,
    /// How many validators must offer the same.
    needed: usize,
    /// Snapshots of no higher block are of no use.
    above: BlockNumber,
    peers: BTreeMap<P, Peer>,
    /// Who sent something wrong. A new connection doesn't make it good.
    blamed: BTreeSet<P>,
    chosen: Option<Offer>,
    manifest: Option<(Manifest, Epochs)>,
    /// Chunks that aren't here, by index.
    wanted: BTreeMap<usize, H256>,
    asked: BTreeMap<H256, (P, u64)>,
    /// Snapshots that turned out to be wrong although enough offered them.
    refused: BTreeSet<H256>,
    next_offers: u64,
    bytes_missing: u64,
}

impl<P: Ord + Copy> Download<P> {
    /// A download for the chain with this genesis and these epochs, as far as they are known.
    #[must_use]
    pub fn new(genesis: H256, epochs: Epochs, above: BlockNumber) -> Self {
        Self {
            genesis,
            needed: epochs.current().faulty_max() + 1,
            epochs,
            above,
            peers: BTreeMap::new(),
            blamed: BTreeSet::new(),
            chosen: None,
            manifest: None,
            wanted: BTreeMap::new(),
            asked: BTreeMap::new(),
            refused: BTreeSet::new(),
            next_offers: 0,
            bytes_missing: 0,
        }
    }

    /// A peer can be asked.
    pub fn on_connected(&mut self, peer: P, is_validator: bool) {
        self.peers.entry(peer).or_default().is_validator = is_validator;
        self.next_offers = 0;
    }

    /// A peer is lost. What was asked of it is asked of others.
    pub fn on_lost(&mut self, peer: P) {
        self.peers.remove(&peer);
        self.asked.retain(|_, (asked, _)| *asked != peer);
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// What the peer is to blame for; it isn't asked again.
    pub fn on_message(&mut self, from: P, message: Message) -> Result<News, Blame> {
        let taken = self.take(from, message);
        if taken.is_err() {
            self.blamed.insert(from);
            self.asked.retain(|_, (peer, _)| *peer != from);
        }
        taken
    }

    /// A chunk of the manifest is here from an earlier time.
    pub fn have(&mut self, hash: &H256) {
        let Some((manifest, _)) = &self.manifest else { return };
        let index = manifest.contents.chunks.iter().position(|chunk| chunk.hash == *hash);
        if let Some(index) = index.filter(|index| self.wanted.remove(index).is_some()) {
            self.bytes_missing -= u64::from(manifest.contents.chunks[index].bytes);
        }
    }

    /// A chunk that was taken turned out to be lost or torn on disk: it is asked for again.
    pub fn lost(&mut self, index: usize) {
        let Some((manifest, _)) = &self.manifest else { return };
        let Some(chunk) = manifest.contents.chunks.get(index) else { return };
        if self.wanted.insert(index, chunk.hash).is_none() {
            self.bytes_missing += u64::from(chunk.bytes);
        }
    }

    /// The snapshot that was taken doesn't hold although enough offered it: never that one again.
    pub fn refuse(&mut self) {
        self.refused.extend(self.chosen.map(|offer| offer.digest));
        self.forget();
    }

    /// What to ask of whom now.
    pub fn requests(&mut self, now: u64) -> Vec<(P, Request)> {
        self.pass_over_the_silent(now);
        match (self.chosen, &self.manifest) {
            (None, _) => self.ask_for_offers(now),
            (Some(offer), None) => self.ask_for_manifest(offer, now),
            (Some(_), Some(_)) => self.ask_for_chunks(now),
        }
    }

    /// The snapshot that enough validators offer.
    #[must_use]
    pub fn chosen(&self) -> Option<Offer> {
        self.chosen
    }

    /// The manifest with the epochs that it proves, once it is here and every chunk is.
    #[must_use]
    pub fn complete(&self) -> Option<(&Manifest, &Epochs)> {
        self.manifest.as_ref().filter(|_| self.wanted.is_empty()).map(|(manifest, epochs)| (manifest, epochs))
    }

    /// The manifest, once it is here.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref().map(|(manifest, _)| manifest)
    }

    /// Peers that have the snapshot, blameless ones only.
    pub fn holders(&self) -> impl Iterator<Item = P> {
        let digest = self.chosen.map(|offer| offer.digest);
        let has = move |peer: &Peer| digest.is_some_and(|digest| peer.has(&digest));
        let blameless = |peer: &P| !self.blamed.contains(peer);
        self.peers.iter().filter(move |(id, peer)| has(peer) && blameless(id)).map(|(id, _)| *id)
    }

    /// How many validators have said what they offer.
    #[must_use]
    pub fn heard(&self) -> usize {
        self.peers.values().filter(|peer| peer.is_validator && peer.offers.is_some()).count()
    }

    /// Whether any validator offers anything that was not refused.
    #[must_use]
    pub fn is_offered_any(&self) -> bool {
        let useful = |offer: &Offer| offer.height > self.above && !self.refused.contains(&offer.digest);
        self.peers.values().filter(|peer| peer.is_validator).flat_map(|peer| peer.offers.iter().flatten()).any(useful)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Some((manifest, _)) = &self.manifest else { return Progress::default() };
        let (chunks_all, bytes_all) = (manifest.contents.chunks.len(), manifest.contents.bytes());
        let chunks = chunks_all - self.wanted.len();
        Progress { chunks, chunks_all, bytes: bytes_all - self.bytes_missing, bytes_all }
    }

    fn take(&mut self, from: P, message: Message) -> Result<News, Blame> {
        match message {
            Message::Offers(offers) => {
                let peer = self.peers.get_mut(&from).ok_or(Blame::Unrequested)?;
                peer.offers = Some(offers);
                self.choose();
                Ok(News::Nothing)
            }
            Message::Manifest(manifest) => self.take_manifest(from, *manifest),
            Message::Chunk { hash, bytes } => self.take_chunk(from, hash, bytes),
            Message::Gone { hash } => {
                self.take_gone(from, &hash);
                Ok(News::Nothing)
            }
            Message::OffersRequest | Message::ManifestRequest { .. } | Message::ChunkRequest { .. } => {
                Ok(News::Nothing)
            }
        }
    }

    fn take_manifest(&mut self, from: P, manifest: Manifest) -> Result<News, Blame> {
        let Some(offer) = self.chosen.filter(|_| self.manifest.is_none()) else { return Ok(News::Nothing) };
        let found = manifest.contents.digest();
        if found != offer.digest {
            return Err(Blame::OtherManifest { found, expected: offer.digest });
        }
        self.answered(from, &offer.digest);
        let epochs = manifest.check(&self.genesis, self.epochs.clone())?;
        self.wanted = manifest.contents.chunks.iter().map(|chunk| chunk.hash).enumerate().collect();
        self.bytes_missing = manifest.contents.bytes();
        self.manifest = Some((manifest, epochs));
        Ok(News::Manifest)
    }

    fn take_chunk(&mut self, from: P, hash: H256, bytes: Vec<u8>) -> Result<News, Blame> {
        let Some((manifest, _)) = &self.manifest else { return Ok(News::Nothing) };
        let known = manifest.contents.chunks.iter().position(|chunk| chunk.hash == hash);
        let index = known.ok_or(Blame::Unrequested)?;
        let found = sha256(&[&bytes]);
        if found != hash {
            return Err(Blame::Chunk { index, found, expected: hash });
        }
        let length = u64::from(manifest.contents.chunks[index].bytes);
        self.answered(from, &hash);
        // One that came too late may have come from somebody else meanwhile.
        if self.wanted.remove(&index).is_none() {
            return Ok(News::Nothing);
        }
        self.bytes_missing -= length;
        Ok(News::Chunk { hash, bytes })
    }

    /// A peer hasn't got what it offered: it made newer snapshots since. It is asked for its offers when nobody else
    /// has this one either.
    fn take_gone(&mut self, from: P, hash: &H256) {
        let was_asked = self.asked.get(hash).is_some_and(|(peer, _)| *peer == from);
        if !was_asked {
            return;
        }
        self.asked.retain(|_, (peer, _)| *peer != from);
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.offers = None;
        }
        if self.holders().next().is_none() {
            self.forget();
        }
    }

    fn answered(&mut self, from: P, hash: &H256) {
        self.asked.remove(hash);
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.silences = 0;
        }
    }

    /// Takes the newest snapshot that enough validators offer, if none is taken yet.
    fn choose(&mut self) {
        if self.chosen.is_some() {
            return;
        }
        let mut voices: BTreeMap<Offer, usize> = BTreeMap::new();
        let blameless = |peer: &P| !self.blamed.contains(peer);
        let voters = self.peers.iter().filter(|(id, peer)| peer.is_validator && blameless(id));
        for (_, peer) in voters {
            let distinct: BTreeSet<&Offer> = peer.offers.iter().flatten().collect();
            distinct.into_iter().for_each(|offer| *voices.entry(*offer).or_default() += 1);
        }
        let useful = |offer: &Offer| offer.height > self.above && !self.refused.contains(&offer.digest);
        let agreed = voices.into_iter().filter(|(offer, count)| *count >= self.needed && useful(offer));
        self.chosen = agreed.map(|(offer, _)| offer).max();
    }

    fn forget(&mut self) {
        self.chosen = None;
        self.manifest = None;
        self.wanted.clear();
        self.asked.clear();
        self.bytes_missing = 0;
        self.next_offers = 0;
        self.peers.values_mut().for_each(|peer| peer.offers = None);
    }

    fn pass_over_the_silent(&mut self, now: u64) {
        let late: Vec<P> = self.asked.values().filter(|(_, until)| *until <= now).map(|(peer, _)| *peer).collect();
        self.asked.retain(|_, (_, until)| *until > now);
        for peer in late {
            if let Some(peer) = self.peers.get_mut(&peer) {
                peer.silences += 1;
            }
        }
        // When all who have it are silent, they are all tried again.
        if self.chosen.is_some() && self.talkers().next().is_none() {
            if self.holders().next().is_none() {
                self.forget();
            }
            self.peers.values_mut().for_each(|peer| peer.silences = 0);
        }
    }

    fn talkers(&self) -> impl Iterator<Item = P> {
        self.holders().filter(|peer| self.peers.get(peer).is_some_and(|peer| peer.silences < SILENCES_MAX))
    }

    fn ask_for_offers(&mut self, now: u64) -> Vec<(P, Request)> {
        if now < self.next_offers {
            return Vec::new();
        }
        self.next_offers = now + OFFERS_EVERY_MS;
        self.peers.keys().filter(|peer| !self.blamed.contains(peer)).map(|peer| (*peer, Request::Offers)).collect()
    }

    fn ask_for_manifest(&mut self, offer: Offer, now: u64) -> Vec<(P, Request)> {
        let Some(peer) = self.talkers().next().filter(|_| !self.asked.contains_key(&offer.digest)) else {
            return Vec::new();
        };
        self.asked.insert(offer.digest, (peer, now + ANSWER_MS));
        vec![(peer, Request::Manifest(offer.digest))]
    }

    fn ask_for_chunks(&mut self, now: u64) -> Vec<(P, Request)> {
        let mut room: BTreeMap<P, usize> = self.talkers().map(|peer| (peer, ASKED_OF_ONE_MAX)).collect();
        for (peer, _) in self.asked.values() {
            if let Some(room) = room.get_mut(peer) {
                *room = room.saturating_sub(1);
            }
        }
        let mut requests = Vec::new();
        let open = self.wanted.values().filter(|hash| !self.asked.contains_key(*hash)).copied();
        let open: Vec<H256> = open.take(room.values().sum()).collect();
        for hash in open {
            let Some((peer, left)) = room.iter_mut().max_by_key(|(_, left)| **left).filter(|(_, left)| **left > 0)
            else {
                break;
            };
            *left -= 1;
            self.asked.insert(hash, (*peer, now + ANSWER_MS));
            requests.push((*peer, Request::Chunk(hash)));
        }
        requests
    }
}

impl Peer {
    fn has(&self, digest: &H256) -> bool {
        self.offers.iter().flatten().any(|offer| offer.digest == *digest)
    }
}
