//! `audit_*`: bytes go through as they are, and every reason why there is no file has a kind that programs know.

use serde_json::json;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_rpc::api::AuditApiClient;
use tierchain_rpc::backend::{AuditBackend, AuditError};
use tierchain_rpc::types::{Bytes, Hash, ServerUuid};

use crate::Fixture;
use crate::memory::MemoryBackend;

/// The only server with a life.
const KNOWN: Uuid = Uuid([7; 16]);

/// Answers with what it was asked for.
impl AuditBackend for MemoryBackend {
    fn audit_life(&self, uuid: Uuid, generation: Option<u32>, with_extrinsics: bool) -> Result<Vec<u8>, AuditError> {
        match generation {
            _ if uuid != KNOWN => Err(AuditError::UnknownLife(uuid.to_string())),
            Some(9) => Err(AuditError::TooLong { max: 7, command: "tierchain audit fetch" }),
            _ => Ok(vec![generation.unwrap_or(0) as u8, u8::from(with_extrinsics)]),
        }
    }

    fn audit_head(&self, server: ServerId, visits: &[u8]) -> Result<Vec<u8>, AuditError> {
        if visits.is_empty() { Err(AuditError::BadVisits { max: 3 }) } else { Ok(server.uuid.0[..1].to_vec()) }
    }

    fn audit_lineage(&self) -> Result<Vec<u8>, AuditError> {
        Err(AuditError::NotYet { retry_after_ms: 6_000 })
    }

    fn audit_extrinsics(&self, hashes: &[H256]) -> Result<Vec<u8>, AuditError> {
        hashes.first().map_or(Ok(vec![0]), |hash| Err(AuditError::UnknownExtrinsic(*hash)))
    }

    fn audit_tenant(&self, tenant: &H256) -> Result<Vec<u8>, AuditError> {
        Ok(tenant.0[..2].to_vec())
    }

    fn audit_tenant_part(&self, _: &H256, from: u64, until: Option<u64>) -> Result<Vec<u8>, AuditError> {
        until.map(|until| vec![from as u8, until as u8]).ok_or_else(|| AuditError::NotKept("block 7".into()))
    }
}

#[tokio::test]
async fn files_and_their_parts_go_through_as_they_are() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let known = ServerUuid(KNOWN);
    assert_eq!(client.audit_bundle(known, Some(2), Some(true)).await.expect("a file"), Bytes(vec![2, 1]));
    assert_eq!(client.audit_bundle(known, None, None).await.expect("a file"), Bytes(vec![0, 0]));
    assert_eq!(client.audit_head(known, 0, Bytes(vec![1])).await.expect("a head"), Bytes(vec![7]));
    assert_eq!(client.audit_extrinsics(vec![]).await.expect("none"), Bytes(vec![0]));
    assert_eq!(client.audit_tenant(Hash(H256([5; 32]))).await.expect("a file"), Bytes(vec![5, 5]));
    assert_eq!(client.audit_tenant_part(Hash(H256::ZERO), 3, Some(4)).await.expect("a part"), Bytes(vec![3, 4]));
}

#[tokio::test]
async fn every_reason_has_a_kind_and_a_remedy() {
    let fixture = Fixture::start().await;
    let uuid = |byte: u8| format!("\"{}\"", Uuid([byte; 16]));
    let zero = format!("\"{}\"", H256::ZERO);
    let cases = [
        ("audit_bundle", format!("[{}]", uuid(1)), "UnknownLife", "chains_list"),
        ("audit_bundle", format!("[{}, 9]", uuid(7)), "TooLong", "tierchain audit fetch"),
        ("audit_head", format!("[{}, 0, \"0x\"]", uuid(7)), "BadVisits", "docs/rpc.md"),
        ("audit_lineage", "[]".to_owned(), "NotYet", "6000 ms"),
        ("audit_extrinsics", format!("[[{zero}]]"), "UnknownExtrinsic", "ask a node that keeps all blocks"),
        ("audit_tenantPart", format!("[{zero}, 0, null]"), "NotKept", "ask a node that keeps all blocks"),
    ];
    for (method, params, kind, remedy) in cases {
        let error = fixture.call(method, &params).await["error"].clone();
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(5008), &json!(kind)), "{method}: {error}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(remedy), "{method}: {message}");
    }
    let retry = fixture.call("audit_lineage", "[]").await["error"]["data"]["retryAfterMs"].clone();
    assert_eq!(retry, json!(6_000));
    let many = vec![zero; 65].join(",");
    assert_eq!(fixture.call("audit_extrinsics", &format!("[[{many}]]")).await["error"]["code"], json!(4002));
}
