//! What arrives: decoded within limits and verified as the node does, then handed to the replica. Whatever is
//! refused here was sent by a liar, or whoever sent it has a bug.

use std::sync::Arc;

use parity_scale_codec::{DecodeAll, Encode};
#[cfg(feature = "bugs")]
use tierchain_consensus::VerifyError;
use tierchain_consensus::{Message, verify_certificate, verify_with};
use tierchain_primitives::certificate::CertificateKind;
use tierchain_primitives::header::extrinsics_root;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::wire::{CertifiedBlock, RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, SignedBundle, SyncMessage};
use tierchain_replica::{Entry, Input, OpenBundle, Ticket, Verdict};
use tierchain_runtime::Checked;

use super::Body;
use crate::event::Parcel;
use crate::scene::Scene;

/// Why a message is refused.
type Refused = String;

impl Body {
    /// A message arrives.
    pub fn receive(&mut self, from: usize, parcel: &Parcel, scene: &mut Scene) {
        if let (Some(adversary), Some(mut means)) = (&mut self.adversary, scene.means(self.number, &self.identity)) {
            let (replica_hears, letters) = adversary.hear(from, parcel, &mut means);
            self.post_all(letters, scene);
            if !replica_hears {
                return;
            }
        }
        let taken = match parcel {
            Parcel::Consensus(bytes) => self.on_consensus(from, bytes, scene),
            Parcel::Sync(bytes) => self.on_sync(from, bytes, scene),
            Parcel::Bundle(bytes) => {
                decode::<SignedBundle>(bytes).and_then(|bundle| self.open_bundle(bundle, scene)).map(Some)
            }
            Parcel::Block(bytes) => self.on_gossiped_block(bytes, scene),
        };
        match taken {
            Ok(Some(input)) => self.take(input, scene),
            Ok(None) => {}
            Err(reason) => scene.witness.on_refused(from, self.number, &reason),
        }
    }

    fn on_consensus(&self, from: usize, bytes: &[u8], scene: &Scene) -> Result<Option<Input>, Refused> {
        let from = scene.validator(from).ok_or("a consensus message of an observer")?;
        let message: Message = decode(bytes)?;
        match verify_with(&*scene.verifier, &message, &scene.set, &scene.genesis.hash) {
            #[cfg(feature = "bugs")]
            Err(VerifyError::Quorum { .. }) if scene.bug == Some(tierchain_consensus::Bug::NewViewWithoutProof) => {}
            verified => verified.map_err(|error| error.to_string())?,
        }
        Ok(Some(Input::Consensus { from, message }))
    }

    fn on_sync(&mut self, from: usize, bytes: &[u8], scene: &mut Scene) -> Result<Option<Input>, Refused> {
        let sender = scene.member(from);
        Ok(Some(match decode(bytes)? {
            SyncMessage::BundleRequest { digest } => Input::BundleRequest { from: sender, digest },
            SyncMessage::BlockRequest { number, hash } => Input::BlockRequest { from: sender, number, hash },
            SyncMessage::Height { number } => Input::Height { from: sender, number },
            // Nobody in here is so far behind that it would ask.
            SyncMessage::Missing { .. } | SyncMessage::Snapshot(_) => return Ok(None),
            SyncMessage::Bundle(bundle) => self.open_bundle(bundle, scene)?,
            SyncMessage::Block { header, body } => {
                if extrinsics_root(&body) != header.extrinsics_root {
                    return Err("a block whose body isn't its header's".into());
                }
                Input::Block { header, body: take_apart(&body)? }
            }
            SyncMessage::RangeRequest { from: first } => {
                self.serve_range(from, first, scene);
                return Ok(None);
            }
            SyncMessage::Range { blocks } => {
                let verify = |block: CertifiedBlock| verify_block(&block, scene).map(|body| (block, body));
                let blocks = blocks.into_iter().map(verify).collect::<Result<_, _>>()?;
                Input::Range { from: sender, blocks }
            }
        }))
    }

    fn on_gossiped_block(&self, bytes: &[u8], scene: &Scene) -> Result<Option<Input>, Refused> {
        let block: CertifiedBlock = decode(bytes)?;
        let body = verify_block(&block, scene)?;
        let is_new = block.header.number > self.database.best();
        Ok(is_new.then_some(Input::Gossiped { block, body }))
    }

    /// Takes a bundle apart and verifies what can be verified now.
    fn open_bundle(&self, bundle: SignedBundle, scene: &Scene) -> Result<Input, Refused> {
        if !bundle.is_signed(&scene.genesis.hash, &scene.set, &*scene.verifier) {
            return Err("a bundle that its maker didn't sign".into());
        }
        let following = self.database.best() + 1;
        let entry = |bytes: &Vec<u8>| {
            let checked = tierchain_runtime::check(bytes).ok()?;
            let birth = self.database.block_hash(checked.extrinsic.era.birth(following));
            let verdict = birth.map_or(Verdict::Unknown, |birth| judge(&checked, birth, scene));
            Some(Entry { checked, verdict })
        };
        let entries = bundle.bundle.extrinsics.iter().filter_map(entry).collect();
        let digest = bundle.bundle.digest();
        Ok(Input::Bundle(OpenBundle { digest, signed: Arc::new(bundle), entries }))
    }

    fn serve_range(&mut self, to: usize, first: BlockNumber, scene: &mut Scene) {
        let mut blocks = Vec::new();
        let mut bytes = 0;
        for block in (first..=self.database.best()).map_while(|number| self.database.certified(number)) {
            bytes += block.body.iter().map(Vec::len).sum::<usize>();
            if blocks.len() == RANGE_BLOCKS_MAX || (bytes > RANGE_BYTES_MAX && !blocks.is_empty()) {
                break;
            }
            blocks.push(block);
        }
        self.post(to, Parcel::Sync(SyncMessage::Range { blocks }.encode().into()), scene);
    }

    /// Verdicts that the replica asked for.
    pub fn on_verified(&mut self, digest: H256, entries: &[(Checked, H256)], scene: &mut Scene) {
        let verdicts = entries.iter().map(|(checked, birth)| judge(checked, *birth, scene)).collect();
        self.take(Input::Verdicts { digest, verdicts }, scene);
    }

    /// Somebody submits an extrinsic.
    pub fn submit(&mut self, bytes: &[u8], scene: &mut Scene) {
        let checked = tierchain_runtime::check(bytes).expect("clients send whole extrinsics");
        let following = self.database.best() + 1;
        let born = checked.extrinsic.era.birth(following);
        // A birth block that isn't known here is refused, and the client tries again.
        let Some(birth) = self.database.block_hash(born).filter(|_| born < following) else { return };
        if !scene.verifier.extrinsic_holds(&checked, &scene.genesis.hash, &birth) {
            return;
        }
        if self.is_disqualified {
            return;
        }
        let Some(process) = &mut self.process else { return };
        let ticket = Ticket(process.next_ticket);
        process.next_ticket += 1;
        process.submitted.insert(ticket, (checked.hash, checked.extrinsic.era.death(born)));
        self.take(Input::Submit { ticket, checked, birth }, scene);
    }
}

fn decode<T: DecodeAll>(mut bytes: &[u8]) -> Result<T, Refused> {
    T::decode_all(&mut bytes).map_err(|error| error.to_string())
}

fn judge(checked: &Checked, birth: H256, scene: &Scene) -> Verdict {
    if scene.verifier.extrinsic_holds(checked, &scene.genesis.hash, &birth) {
        Verdict::Holds { birth }
    } else {
        Verdict::Fails { birth }
    }
}

fn verify_block(block: &CertifiedBlock, scene: &Scene) -> Result<Arc<Vec<Checked>>, Refused> {
    if block.certificate.kind != CertificateKind::Committed || !block.is_whole() {
        return Err("a block without its proof".into());
    }
    verify_certificate(&*scene.verifier, &block.certificate, &scene.set, &scene.genesis.hash)
        .map_err(|error| error.to_string())?;
    take_apart(&block.body)
}

fn take_apart(body: &[Vec<u8>]) -> Result<Arc<Vec<Checked>>, Refused> {
    let checked: Result<Vec<Checked>, _> = body.iter().map(|bytes| tierchain_runtime::check(bytes)).collect();
    checked.map(Arc::new).map_err(|error| error.to_string())
}
