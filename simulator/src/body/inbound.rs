//! What arrives: decoded and verified by the code that ships, then handed to the replica. Whatever is refused here was
//! sent by a liar, or whoever sent it has a bug.

#[cfg(feature = "bugs")]
use parity_scale_codec::DecodeAll;
use parity_scale_codec::Encode;
use tierchain_consensus::Verify;
#[cfg(feature = "bugs")]
use tierchain_consensus::{Bug, Message, VerifyError};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{BlockNumber, H256};
#[cfg(feature = "bugs")]
use tierchain_replica::Member;
use tierchain_replica::evidence::Topic;
use tierchain_replica::inbound::{Inbound, Refused, Senses, decode_sync, range};
use tierchain_replica::wire::SyncMessage;
use tierchain_replica::{Input, Ticket, Verdict};
use tierchain_runtime::Checked;

use super::{Body, Submitted};
use crate::database::Database;
use crate::event::Parcel;
use crate::scene::Scene;

/// A member's senses: its database, and the run's signatures.
struct Eyes<'a> {
    database: &'a Database,
    scene: &'a Scene,
}

impl ChainRead for Eyes<'_> {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.database.block_hash(number)
    }
}

impl Senses for Eyes<'_> {
    fn consensus(&self) -> &dyn Verify {
        &*self.scene.verifier
    }

    fn extrinsics_hold(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        let genesis = &self.scene.genesis.hash;
        let holds = |(checked, birth): &(Checked, H256)| self.scene.verifier.extrinsic_holds(checked, genesis, birth);
        entries.iter().map(holds).collect()
    }

    fn height(&self) -> BlockNumber {
        self.database.best()
    }

    fn certified_header(&self, number: BlockNumber) -> Option<(Header, Certificate)> {
        self.database.certified(number).map(|block| (block.header, block.certificate))
    }

    fn wants_evidence(&self, topic: &Topic) -> bool {
        self.database.evidence().iter().all(|kept| kept.topic() != *topic)
    }
}

impl Body {
    /// A message arrives.
    pub fn receive(&mut self, from: usize, parcel: &Parcel, scene: &mut Scene) {
        let Some(process) = &self.process else { return };
        let identity = &self.identities[self.generation];
        let means = scene.means(self.number, identity, process.replica.set());
        if let (Some(adversary), Some(mut means)) = (&mut self.adversary, means) {
            let (replica_hears, letters) = adversary.hear(from, parcel, &mut means);
            self.post_all(letters, scene);
            if !replica_hears {
                return;
            }
        }
        match self.read(from, parcel, scene) {
            Ok(Some(input)) => self.take(input, scene),
            Ok(None) => {}
            Err(refused) if refused.is_offence() => scene.witness.on_refused(from, self.number, &refused.to_string()),
            Err(_) => {}
        }
    }

    fn read(&mut self, from: usize, parcel: &Parcel, scene: &mut Scene) -> Result<Option<Input>, Refused> {
        if let Parcel::Sync(bytes) = parcel
            && let SyncMessage::RangeRequest { from: first } = decode_sync(bytes)?
        {
            let blocks = range(first, self.database.best(), |number| self.database.certified(number));
            self.post(from, Parcel::Sync(blocks.encode().into()), scene);
            return Ok(None);
        }
        let Some(process) = &self.process else { return Ok(None) };
        let senses = Eyes { database: &self.database, scene };
        let (genesis, epochs) = (scene.genesis.hash, process.replica.epochs());
        let is_seated = process.replica.seat().is_some();
        let inbound = Inbound { genesis, epochs, is_seated, senses: &senses };
        match parcel {
            Parcel::Consensus(bytes) => match inbound.consensus(self.directory.name(from), bytes) {
                #[cfg(feature = "bugs")]
                Err(Refused::Consensus(VerifyError::Quorum { .. })) if scene.bug == Some(Bug::NewViewWithoutProof) => {
                    let (Member::Validator(from), Ok(message)) =
                        (self.directory.name(from), Message::decode_all(&mut &**bytes))
                    else {
                        return Ok(None);
                    };
                    Ok(Some(Input::Consensus { from, message }))
                }
                taken => taken,
            },
            Parcel::Sync(bytes) => inbound.sync(self.directory.name(from), decode_sync(bytes)?),
            Parcel::Bundle(bytes) => inbound.gossiped_bundle(bytes),
            Parcel::Block(bytes) => inbound.gossiped_block(bytes),
        }
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
        let death = checked.extrinsic.era.death(born);
        process.submitted.insert(ticket, Submitted { hash: checked.hash, death, taken_at: None });
        self.take(Input::Submit { ticket, checked, birth }, scene);
    }
}

fn judge(checked: &Checked, birth: H256, scene: &Scene) -> Verdict {
    if scene.verifier.extrinsic_holds(checked, &scene.genesis.hash, &birth) {
        Verdict::Holds { birth }
    } else {
        Verdict::Fails { birth }
    }
}
