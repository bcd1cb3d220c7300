//! The evidence this node holds, as it lists it and as it hands it out.

use std::collections::BTreeMap;

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_primitives::BlockNumber;
use tierchain_primitives::epoch::{EpochProof, Epochs};
use tierchain_primitives::header::Header;
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::tree::{Proof, Tree, leaf_key};
use tierchain_replica::all_epochs;
use tierchain_replica::evidence::{Ed25519, Evidence, EvidenceFile, Rules, Topic};
use tierchain_replica::genesis::Genesis;
use tierchain_rpc::types::{Address, Bytes, EvidenceInfo, U64};
use tierchain_runtime::GenesisConfig;
use tierchain_storage::Database;

/// Everything kept, decoded. A record that this version can't read is passed over with a word.
pub(crate) fn kept(db: &Database) -> Vec<Evidence> {
    let decode = |bytes: Vec<u8>| {
        let decoded = Evidence::decode_all(&mut bytes.as_slice());
        decoded.inspect_err(|error| tracing::warn!(%error, "a kept piece of evidence is of another version")).ok()
    };
    db.all_evidence().filter_map(decode).collect()
}

/// Keeps evidence under its topic.
pub(crate) fn keep(db: &Database, evidence: &Evidence) {
    db.put_evidence(&evidence.topic().encode(), &evidence.encode());
}

/// A part of what is kept, by epoch and validator.
pub(crate) fn list(db: &Database, from: usize, count: usize) -> Vec<EvidenceInfo> {
    let epochs = all_epochs(db);
    let mut all = kept(db);
    all.sort_by_key(Evidence::topic);
    all.iter().skip(from).take(count).map(|evidence| info(db, &epochs, evidence)).collect()
}

fn info(db: &Database, epochs: &Epochs, evidence: &Evidence) -> EvidenceInfo {
    let topic = evidence.topic();
    let fault = match evidence.verify(&Ed25519, &db.genesis(), epochs) {
        Ok(guilt) => guilt.fault.to_string(),
        Err(error) => format!("not proven with what this node knows: {error}"),
    };
    let key = epochs.set(topic.epoch).and_then(|set| set.key(topic.culprit)).copied().unwrap_or_default();
    EvidenceInfo {
        id: Bytes(topic.encode()),
        epoch: topic.epoch.0,
        validator: topic.culprit.0,
        key: Address(key),
        fault,
        view: U64(topic.view.0),
        number: topic.number,
    }
}

/// One piece as a file that proves itself from the genesis hash on.
pub(crate) fn file(db: &Database, origin: &Origin, id: &[u8]) -> Option<Vec<u8>> {
    let topic = Topic::from_id(id)?;
    let evidence = Evidence::decode_all(&mut db.evidence(&topic.encode())?.as_slice()).ok()?;
    let lineage = origin.lineage(db)?;
    Some(EvidenceFile { lineage, rules: origin.rules.clone(), evidence }.to_bytes())
}

/// What the genesis state proves: it never changes, and building it costs as much as the specification is long, so it is
/// done once.
#[derive(Debug)]
pub(crate) struct Origin {
    header: Header,
    set: Proof,
    rules: Rules,
}

impl Origin {
    /// Builds the genesis state and takes its proofs.
    pub(crate) fn of(genesis: &GenesisConfig) -> Self {
        let Genesis { header, root, state, pages, .. } = Genesis::build(genesis);
        let pages: BTreeMap<Vec<u8>, Vec<u8>> =
            pages.into_iter().filter_map(|(name, page)| Some((name, page?))).collect();
        let prove = |key: &[u8]| Tree::prove(&pages, root, &leaf_key(key));
        let code = state.into_iter().find_map(|(key, value)| value.filter(|_| key == Rules::key()));
        let code = code.expect("genesis says which runtime the chain begins with");
        Self { header, set: prove(&Lineage::set_key()), rules: Rules { code, proof: prove(Rules::key()) } }
    }

    /// The validator sets since genesis with their proofs. None where this node lacks the last block of an epoch.
    pub(crate) fn lineage(&self, db: &Database) -> Option<Lineage> {
        let epochs = all_epochs(db);
        let set = epochs.iter().next()?.1.clone();
        let proven =
            |number: BlockNumber| Some(EpochProof { header: db.header(number)?, certificate: db.certificate(number)? });
        let changes = epochs.iter().skip(1).map(|(begins_after, _)| proven(begins_after)).collect::<Option<_>>()?;
        Some(Lineage { genesis: self.header.clone(), set, proof: self.set.clone(), changes })
    }
}
