//! The download of a snapshot: whom it believes, whom it asks, whom it blames.

use std::collections::BTreeMap;

use tierchain_primitives::H256;
use tierchain_replica::snapshot::{Blame, Download, Manifest, Message, News, Offer, Request};

use crate::snapshot_world::World;

/// A snapshot, and a download among four validators that hold it.
struct Scene {
    manifest: Manifest,
    chunks: BTreeMap<H256, Vec<u8>>,
    download: Download<u8>,
}

impl Scene {
    fn new() -> Self {
        let world = World::with_servers(3, 9);
        let (manifest, chunks) = world.snapshot(world.height());
        let chunks = manifest.contents.chunks.iter().map(|info| info.hash).zip(chunks).collect();
        let mut download = Download::new(world.genesis.hash, world.epochs(), 0);
        (0..4).for_each(|peer| download.on_connected(peer, true));
        Self { manifest, chunks, download }
    }

    fn offer(&self) -> Offer {
        Offer { height: self.manifest.contents.height, digest: self.manifest.contents.digest() }
    }

    fn offers(&mut self, peer: u8, offers: Vec<Offer>) {
        assert_eq!(self.download.on_message(peer, Message::Offers(offers)), Ok(News::Nothing));
    }

    fn all_offer(&mut self) {
        let offer = self.offer();
        (0..4).for_each(|peer| self.offers(peer, vec![offer]));
    }

    fn answer(&self, request: Request) -> Message {
        match request {
            Request::Offers => Message::Offers(vec![self.offer()]),
            Request::Manifest(_) => Message::Manifest(Box::new(self.manifest.clone())),
            Request::Chunk(hash) => Message::Chunk { hash, bytes: self.chunks[&hash].clone() },
        }
    }

    /// Everybody who isn't silent answers honestly until all is here; says which chunks came.
    fn run(&mut self, silent: &[u8], until: u64) -> Vec<H256> {
        let mut came = Vec::new();
        for now in (0..until).step_by(100) {
            for (peer, request) in self.download.requests(now) {
                if silent.contains(&peer) {
                    continue;
                }
                match self.download.on_message(peer, self.answer(request)) {
                    Ok(News::Chunk { hash, .. }) => came.push(hash),
                    Ok(_) => {}
                    Err(blame) => panic!("{blame}"),
                }
            }
        }
        came
    }
}

#[test]
fn a_snapshot_is_taken_when_more_than_the_faulty_offer_it() {
    let mut scene = Scene::new();
    let (offer, lie) = (scene.offer(), Offer { height: 9_999, digest: H256([1; 32]) });
    scene.offers(0, vec![lie, lie, lie]);
    assert_eq!(scene.download.chosen(), None, "a liar's voice counts once");
    scene.offers(1, vec![offer]);
    assert_eq!(scene.download.chosen(), None);
    scene.download.on_connected(9, false);
    scene.offers(9, vec![offer]);
    assert_eq!(scene.download.chosen(), None, "observers vouch for nothing");
    scene.offers(2, vec![Offer { height: 1, digest: H256([2; 32]) }, offer]);
    assert_eq!(scene.download.chosen(), Some(offer));
}

#[test]
fn the_newest_that_is_agreed_on_is_taken_and_none_that_is_known() {
    let mut scene = Scene::new();
    let (older, newer) = (Offer { height: 5, digest: H256([1; 32]) }, Offer { height: 6, digest: H256([2; 32]) });
    scene.offers(0, vec![older]);
    scene.offers(1, vec![newer]);
    scene.offers(2, vec![older, newer]);
    assert_eq!(scene.download.chosen(), Some(newer), "two of four offer each");
    let world = World::with_servers(2, 4);
    let mut known = Download::new(world.genesis.hash, world.epochs(), 6);
    (0..2).for_each(|peer: u8| known.on_connected(peer, true));
    (0..2).for_each(|peer| assert!(known.on_message(peer, Message::Offers(vec![newer])).is_ok()));
    assert_eq!((known.chosen(), known.is_offered_any()), (None, false));
}

#[test]
fn all_chunks_come_once_and_from_all() {
    let mut scene = Scene::new();
    let came = scene.run(&[], 1_000);
    assert_eq!(came.len(), scene.chunks.len());
    assert!(scene.download.complete().is_some());
    let progress = scene.download.progress();
    assert_eq!((progress.bytes, progress.chunks), (progress.bytes_all, progress.chunks_all));
}

#[test]
fn what_is_here_already_is_not_asked_for() {
    let mut scene = Scene::new();
    scene.all_offer();
    let request = scene.download.requests(0);
    assert_eq!(request, [(0, Request::Manifest(scene.offer().digest))]);
    assert_eq!(scene.download.on_message(0, scene.answer(request[0].1)), Ok(News::Manifest));
    let first = scene.manifest.contents.chunks[0].hash;
    scene.download.have(&first);
    assert_eq!(scene.download.progress().chunks, 1);
    assert!(!scene.run(&[], 1_000).contains(&first));
    assert!(scene.download.complete().is_some());
    scene.download.lost(0);
    assert!(scene.download.complete().is_none());
    assert_eq!(scene.run(&[], 1_000), [first], "torn on disk: asked for again");
}

#[test]
fn whoever_sends_a_wrong_chunk_is_named_and_the_next_one_is_asked() {
    let mut scene = Scene::new();
    scene.all_offer();
    let (peer, request) = scene.download.requests(0)[0];
    assert!(scene.download.on_message(peer, scene.answer(request)).is_ok());
    let (liar, request) = scene.download.requests(0)[0];
    let Request::Chunk(hash) = request else { panic!("{request:?}") };
    let bytes = b"rubbish".to_vec();
    let blame = scene.download.on_message(liar, Message::Chunk { hash, bytes }).expect_err("not that chunk");
    let index = scene.manifest.contents.chunks.iter().position(|info| info.hash == hash);
    assert!(matches!(blame, Blame::Chunk { index: at, expected, .. } if Some(at) == index && expected == hash));
    let again = scene.download.requests(1);
    assert!(again.iter().all(|(peer, _)| *peer != liar), "it is asked no more");
    assert!(again.iter().any(|(_, request)| *request == Request::Chunk(hash)), "its chunk is asked of another");
    scene.download.on_lost(liar);
    scene.download.on_connected(liar, true);
    let offer = scene.offer();
    scene.offers(liar, vec![offer]);
    assert!(!scene.download.holders().any(|peer| peer == liar), "a new connection doesn't make it good");
    let foreign = Message::Chunk { hash: H256([9; 32]), bytes: vec![1] };
    assert_eq!(scene.download.on_message(3, foreign), Err(Blame::Unrequested));
}

#[test]
fn a_manifest_that_proves_nothing_is_blamed_on_its_sender() {
    let mut scene = Scene::new();
    scene.all_offer();
    let (peer, _) = scene.download.requests(0)[0];
    let mut other = scene.manifest.clone();
    other.contents.chunks.pop();
    let blame = scene.download.on_message(peer, Message::Manifest(Box::new(other))).expect_err("another digest");
    assert!(matches!(blame, Blame::OtherManifest { .. }), "{blame}");
    let (next, _) = *scene.download.requests(6_000).first().expect("the next one is asked");
    assert_ne!(next, peer);
    let mut unproven = scene.manifest.clone();
    unproven.certificate.votes.clear();
    let blame = scene.download.on_message(next, Message::Manifest(Box::new(unproven))).expect_err("no certificate");
    assert!(matches!(blame, Blame::Manifest(_)), "{blame}");
}

#[test]
fn the_silent_are_passed_over_and_the_lost_forgotten() {
    let mut scene = Scene::new();
    let silent = [0, 1, 2];
    scene.all_offer();
    let came = scene.run(&silent, 60_000);
    assert_eq!(came.len(), scene.chunks.len());
    assert!(scene.download.complete().is_some());

    let mut scene = Scene::new();
    scene.all_offer();
    (0..4).for_each(|peer| scene.download.on_lost(peer));
    assert_eq!((scene.download.requests(0).len(), scene.download.chosen()), (0, None), "nobody is left");
    scene.download.on_connected(2, true);
    assert_eq!(scene.download.requests(1), [(2, Request::Offers)], "it begins anew");
}

#[test]
fn a_snapshot_that_is_gone_makes_room_for_a_newer_one() {
    let mut scene = Scene::new();
    scene.all_offer();
    let digest = scene.offer().digest;
    for _ in 0..4 {
        let (peer, request) = scene.download.requests(0)[0];
        assert_eq!(request, Request::Manifest(digest));
        assert_eq!(scene.download.on_message(peer, Message::Gone { hash: digest }), Ok(News::Nothing));
    }
    assert_eq!(scene.download.chosen(), None);
    assert_eq!(scene.download.requests(0).len(), 4, "all are asked what they have now");
}

#[test]
fn a_snapshot_that_did_not_hold_is_never_taken_again() {
    let mut scene = Scene::new();
    scene.run(&[], 1_000);
    assert!(scene.download.complete().is_some());
    scene.download.refuse();
    scene.all_offer();
    assert_eq!((scene.download.chosen(), scene.download.is_offered_any()), (None, false));
}
