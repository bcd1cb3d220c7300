//! Audit files, made from the database.

use std::collections::BTreeSet;

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_primitives::inclusion::Inclusion;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, ServerId, Uuid};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::backend::{AuditBackend, AuditError};
use tierchain_runtime::audit::{
    Head, Included, LifeFile, Link, Lived, Refusal, TENANT_PART_MAX, TenantFile, TenantPart, Visit,
};
use tierchain_runtime::chains::{SERVERS, Server};
use tierchain_runtime::{VERSIONS, query};
use tierchain_storage::Database;

use super::NodeApi;
use crate::service::stand::Stand;

/// Most bytes of a file in one answer: twice as many in hexadecimal digits, within the least response that a node may be
/// set to.
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most blocks of a life that is made into a file at once: few of 100 bytes are that many.
const BLOCKS_MAX: u32 = 32_768;

/// Most hosts that one call names.
const VISITS_MAX: usize = 1_024;

/// Blocks read at once.
const PAGE: usize = 1_024;

/// What takes a file in parts.
const FETCH: &str = "tierchain audit fetch";
const ABSENCE: &str = "tierchain audit absence --out";

impl AuditBackend for NodeApi {
    fn audit_life(&self, uuid: Uuid, generation: Option<u32>, with_extrinsics: bool) -> Result<Vec<u8>, AuditError> {
        let stand = self.stand()?;
        let found = query::server(&stand, uuid, generation);
        let (id, server) = found.ok_or_else(|| AuditError::UnknownLife(uuid.to_string()))?;
        if server.length > BLOCKS_MAX {
            return Err(too_long(FETCH));
        }
        let blocks = blocks(&self.shared.db, &server);
        let visits = Lived::of(&blocks).map_err(|(number, reason)| not_kept(format!("block {number}: {reason}")))?;
        let mut head = self.head(&stand, id, &server, &visits.visits())?;
        let extrinsics = if with_extrinsics {
            let (extrinsics, links) = extrinsics(&self.shared.db, &carriers(&blocks), FILE_BYTES_MAX)?;
            head.add_links(links);
            Some(extrinsics)
        } else {
            None
        };
        let file = LifeFile { lineage: self.lineage()?, head, blocks, extrinsics }.to_bytes();
        if file.len() > FILE_BYTES_MAX { Err(too_long(FETCH)) } else { Ok(file) }
    }

    fn audit_head(&self, id: ServerId, visits: &[u8]) -> Result<Vec<u8>, AuditError> {
        let bad = || AuditError::BadVisits { max: VISITS_MAX };
        if visits.len() > VISITS_MAX * Visit::BYTES_MAX {
            return Err(bad());
        }
        let visits = Vec::<Visit>::decode_all(&mut &*visits).map_err(|_| bad())?;
        let stand = self.stand()?;
        let server = SERVERS.get(&stand, &id).ok_or_else(|| AuditError::UnknownLife(id.to_string()))?;
        Ok(self.head(&stand, id, &server, &visits)?.encode())
    }

    fn audit_lineage(&self) -> Result<Vec<u8>, AuditError> {
        Ok(self.lineage()?.encode())
    }

    fn audit_extrinsics(&self, hashes: &[H256]) -> Result<Vec<u8>, AuditError> {
        let mut found: Vec<(Included, Link)> = Vec::new();
        let mut bytes = 0;
        for hash in hashes {
            let next = included(&self.shared.db, hash)?;
            bytes += next.encoded_size();
            if bytes > FILE_BYTES_MAX && !found.is_empty() {
                break;
            }
            found.push(next);
        }
        Ok(found.encode())
    }

    fn audit_tenant(&self, tenant: &H256) -> Result<Vec<u8>, AuditError> {
        let stand = self.stand()?;
        let count = query::tenant_server_count(&stand, tenant);
        let file = TenantFile { lineage: self.lineage()?, tenant: *tenant, parts: Vec::new() };
        tenant_file(file, count, FILE_BYTES_MAX, |from| part(&stand, tenant, from, None))
    }

    fn audit_tenant_part(&self, tenant: &H256, from: u64, until: Option<u64>) -> Result<Vec<u8>, AuditError> {
        Ok(part(&self.stand()?, tenant, from, until)?.encode())
    }
}

impl NodeApi {
    fn stand(&self) -> Result<Stand<'_>, AuditError> {
        let heartbeat = u64::try_from(self.heartbeat.as_millis()).unwrap_or(u64::MAX);
        Stand::newest(&self.shared, heartbeat)
    }

    fn head(&self, stand: &Stand<'_>, id: ServerId, server: &Server, visits: &[Visit]) -> Result<Head, AuditError> {
        let meta = meta(&self.shared.db, server);
        let head = Head::build(stand, stand.links(), id, visits, meta, |key| stand.prove(key));
        head.map_err(lacks)
    }

    fn lineage(&self) -> Result<Lineage, AuditError> {
        let lineage = self.shared.origin().lineage(&self.shared.db);
        lineage.ok_or_else(|| not_kept("the last block of an epoch".to_owned()))
    }
}

/// A file with the parts of a list of `count` entries, of at most `bytes_max` bytes: a longer one isn't even gathered.
fn tenant_file(
    mut file: TenantFile,
    count: u64,
    bytes_max: usize,
    part: impl Fn(u64) -> Result<TenantPart, AuditError>,
) -> Result<Vec<u8>, AuditError> {
    let mut from = 0;
    loop {
        file.parts.push(part(from)?);
        from += TENANT_PART_MAX;
        if from >= count {
            break;
        }
        if file.encoded_size() > bytes_max {
            return Err(too_long(ABSENCE));
        }
    }
    let bytes = file.to_bytes();
    if bytes.len() > bytes_max { Err(too_long(ABSENCE)) } else { Ok(bytes) }
}

fn part(stand: &Stand<'_>, tenant: &H256, from: u64, until: Option<u64>) -> Result<TenantPart, AuditError> {
    TenantPart::build(stand, stand.links(), tenant, from, until, |key| stand.prove(key)).map_err(lacks)
}

fn meta(db: &Database, server: &Server) -> Option<MetaBlock> {
    let anchor = server.anchored?;
    db.meta_blocks(&anchor.meta, anchor.number, 1).pop()
}

/// A life's blocks up to where the state has it.
fn blocks(db: &Database, server: &Server) -> Vec<EntityBlock> {
    let mut blocks = Vec::new();
    for from in (0..server.length).step_by(PAGE) {
        let count = PAGE.min((server.length - from) as usize);
        blocks.extend(db.entity_blocks(&server.chain, from, count));
    }
    blocks
}

/// The extrinsics that blocks name, in the order in which they name them first.
fn carriers(blocks: &[EntityBlock]) -> Vec<H256> {
    let mut seen = BTreeSet::new();
    blocks.iter().map(|block| block.tx.extrinsic).filter(|hash| seen.insert(*hash)).collect()
}

fn extrinsics(db: &Database, hashes: &[H256], bytes_max: usize) -> Result<(Vec<Included>, Vec<Link>), AuditError> {
    let (mut extrinsics, mut links, mut bytes) = (Vec::new(), Vec::new(), 0);
    for hash in hashes {
        let (included, link) = included(db, hash)?;
        bytes += included.bytes.len();
        if bytes > bytes_max {
            return Err(too_long(FETCH));
        }
        extrinsics.push(included);
        links.push(link);
    }
    Ok((extrinsics, links))
}

/// An extrinsic with its place, and its block's header and certificate.
fn included(db: &Database, hash: &H256) -> Result<(Included, Link), AuditError> {
    let unknown = || AuditError::UnknownExtrinsic(*hash);
    let (number, index) = db.extrinsic(hash).ok_or_else(unknown)?;
    let body = db.body(number).ok_or_else(unknown)?;
    let inclusion = Inclusion::of(&body, index as usize).ok_or_else(unknown)?;
    let bytes = body.into_iter().nth(index as usize).ok_or_else(unknown)?;
    let birth = birth(db, &bytes, number).ok_or_else(unknown)?;
    let header = db.header(number).ok_or_else(unknown)?;
    let certificate = Some(db.certificate(number).ok_or_else(unknown)?);
    Ok((Included { block: number, bytes, inclusion, versions: VERSIONS, birth }, Link { header, certificate }))
}

/// Hash of the block that the era of an extrinsic was born in.
fn birth(db: &Database, bytes: &[u8], number: BlockNumber) -> Option<H256> {
    let extrinsic = tierchain_primitives::extrinsic::Extrinsic::decode(bytes).ok()?;
    db.hash_of(extrinsic.era.birth(number))
}

fn too_long(command: &'static str) -> AuditError {
    AuditError::TooLong { max: FILE_BYTES_MAX, command }
}

fn not_kept(what: String) -> AuditError {
    AuditError::NotKept(what)
}

fn lacks(refusal: Refusal) -> AuditError {
    not_kept(refusal.to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tierchain_primitives::certificate::ValidatorSet;
    use tierchain_primitives::header::{Header, PreRuntime};
    use tierchain_primitives::tree::{MultiProof, Proof};
    use tierchain_primitives::{Epoch, ValidatorIndex};

    use super::*;

    fn empty() -> TenantFile {
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 1, executed: 0 };
        let genesis = Header::new(H256::ZERO, 0, H256::ZERO, H256::ZERO, pre);
        let set = ValidatorSet { epoch: Epoch(0), keys: Vec::new() };
        let proof = Proof { leaf: None, siblings: Vec::new() };
        let lineage = Lineage { genesis, set, proof, changes: Vec::new() };
        TenantFile { lineage, tenant: H256::ZERO, parts: Vec::new() }
    }

    /// Gathers a file of that many entries, a kilobyte in each part, and says from where on parts were asked for.
    fn gathered(count: u64, bytes_max: usize) -> (Vec<u64>, Result<usize, AuditError>) {
        let asked = RefCell::new(Vec::new());
        let part = |from| {
            asked.borrow_mut().push(from);
            let values = vec![Some(vec![0; 1_000])];
            Ok(TenantPart { links: Vec::new(), values, proof: MultiProof::join(Vec::new()) })
        };
        let made = tenant_file(empty(), count, bytes_max, part).map(|bytes| bytes.len());
        (asked.into_inner(), made)
    }

    #[test]
    fn a_list_comes_in_as_many_parts_as_it_takes() {
        for (count, parts) in [(0, 1), (1, 1), (2_048, 1), (2_049, 2), (5_000, 3)] {
            let (asked, made) = gathered(count, 10_000);
            assert_eq!(asked, (0..parts).map(|part| part * TENANT_PART_MAX).collect::<Vec<_>>(), "{count}");
            assert!(made.is_ok_and(|bytes| bytes > 1_000 * parts as usize));
        }
    }

    #[test]
    fn a_file_that_is_too_long_is_refused_by_name_before_it_is_gathered() {
        let (asked, made) = gathered(1_000_000, 5_000);
        assert_eq!(asked.len(), 5, "no part more than shows it");
        let Err(error @ AuditError::TooLong { command: ABSENCE, .. }) = made else { panic!("{made:?}") };
        assert!(error.to_string().contains(ABSENCE), "{error}");
        let last = gathered(TENANT_PART_MAX, 900).1;
        assert!(matches!(last, Err(AuditError::TooLong { .. })), "{last:?}");
    }
}
