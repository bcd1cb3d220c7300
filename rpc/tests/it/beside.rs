//! What stands beside chains, and catalogs of images: shapes, pages and their bounds.

use serde_json::{Value, json};
use tierchain_primitives::ledger::{ServerState, TrackerCustody, Uuid};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::{ChainsApiClient, FoundryApiClient};
use tierchain_rpc::types::{
    Address, Announcement, AnnouncementInfo, AttestationInfo, ChainRef, Dispute, Etsi, Gap, Hash, ImageInfo, Named,
    NoteContent, NoteInfo, OpenDiscrepancy, Page, Server, ServerInfo, ServerUuid, Statement, U64,
};

use crate::Fixture;
use crate::ledger::{CHAIN, fill};

/// A page of a list with so many places.
pub(crate) fn page<T>(start: u64, count: usize, places: u64, item: impl Fn(u64) -> T) -> Page<T, u64> {
    let end = places.min(start.saturating_add(count as u64));
    Page { items: (start..end).map(item).collect(), next: Some(end).filter(|end| *end < places) }
}

pub(crate) fn announcement(info: &ServerInfo) -> AnnouncementInfo {
    let announcement = Announcement {
        server: info.server,
        host: info.host,
        image: Hash(H256([7; 32])),
        resources: None,
        tracker: Named(TrackerCustody::Guest),
        tracker_key: info.tracker_key,
        ownership: info.ownership,
        etsi: Etsi::default(),
        relations: Vec::new(),
    };
    AnnouncementInfo { by: None, born: true, announcement }
}

pub(crate) fn note(number: u32) -> NoteInfo {
    let account = Address(AccountId([3; 32]));
    let state = Named(ServerState::Running);
    let said = Statement { by: account, state, since: U64(5), evidence: Hash(H256([6; 32])), noted: U64(7) };
    let content = match number {
        0 => NoteContent::StateDisagrees { said, state: Named(ServerState::Paused), since: U64(4) },
        _ => NoteContent::Resolution { of: 0, verdict: "witness".into(), evidence: Hash(H256([6; 32])) },
    };
    NoteInfo { number, at: U64(8), block: 9, by: Some(account), content }
}

pub(crate) fn dispute() -> Dispute {
    let server = Server { uuid: ServerUuid(Uuid([1; 16])), generation: 0 };
    Dispute { server, open: vec![OpenDiscrepancy { kind: "stateDisagrees".into(), note: 0 }] }
}

pub(crate) fn attestation(host: H256, from: u32, count: usize) -> AttestationInfo {
    let gap = |number: u32| Gap { from: U64(u64::from(number) * 10), to: U64(u64::from(number) * 10 + 5) };
    let gaps = (from..3).take(count).map(gap).collect();
    AttestationInfo { host: Hash(host), from: U64(1), until: U64(100), noted: U64(2), gap_count: 3, gaps }
}

pub(crate) fn image(provider: H256, number: u8) -> ImageInfo {
    let image = Hash(H256([number; 32]));
    ImageInfo { provider: Hash(provider), image, added_in: 5, retired_in: (number == 1).then_some(9) }
}

#[tokio::test]
async fn notes_disputes_and_attestations_come_in_pages() {
    let fixture = Fixture::start().await;
    fill(&fixture.backend);
    let chain = ChainRef::Chain(CHAIN);
    let client = fixture.client("http").await;
    assert_eq!(client.notes(chain, 1, 2).await.expect("an answer"), [note(1), note(2)]);
    let json = fixture.result("chains_notes", &format!("[\"{chain}\",0,1]")).await;
    assert_eq!(json[0]["content"]["kind"], "stateDisagrees");
    assert_eq!(json[0]["content"]["said"]["state"], "RUNNING");
    let nowhere = fixture.call("chains_notes", &format!("[\"{}\",0,1]", H256([0x77; 32]))).await;
    assert_eq!(nowhere["error"]["code"], 5001);
    let first = client.disputes(None, 2).await.expect("an answer");
    assert_eq!((first.items, first.next), (vec![dispute(), dispute()], Some(2)));
    let host = H256([4; 32]);
    let found = client.attestation(Hash(host), 1, 256).await.expect("an answer");
    assert_eq!(found, Some(attestation(host, 1, 256)));
    assert_eq!(client.attestation(Hash(H256::ZERO), 0, 1).await.expect("an answer"), None);
    for (method, params) in [("notes", format!("\"{chain}\",0,257")), ("disputes", "null,257".into())] {
        assert_eq!(fixture.call(&format!("chains_{method}"), &format!("[{params}]")).await["error"]["code"], 4002);
    }
}

#[tokio::test]
async fn an_announcement_and_images_read_back() {
    let fixture = Fixture::start().await;
    fill(&fixture.backend);
    let info = fixture.backend.with(|inner| inner.servers[0].clone());
    let client = fixture.client("http").await;
    let found = client.announcement(info.server.uuid, None).await.expect("an answer");
    assert_eq!(found, Some(announcement(&info)));
    let provider = Hash(H256([2; 32]));
    let first = client.images(provider, None, 4).await.expect("an answer");
    assert_eq!((first.items.len(), first.next), (4, Some(4)));
    let json = fixture.result("foundry_images", &format!("[\"{}\",1,1]", provider.0)).await;
    assert_eq!((&json["items"][0]["addedIn"], &json["items"][0]["retiredIn"]), (&json!(5), &json!(9)));
    assert_eq!(fixture.call("foundry_images", &format!("[\"{}\",null,257]", provider.0)).await["error"]["code"], 4002);
    let none = fixture.result("foundry_image", &format!("[\"{0}\",\"{0}\"]", provider.0)).await;
    assert_eq!(none, Value::Null);
}
