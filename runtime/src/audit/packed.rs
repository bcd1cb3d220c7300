//! Blocks of one chain, without what follows from the others.
//!
//! Chain, number, kind, `prev` and hash follow; times and numbers are near those before; writers and extrinsics come
//! again. Eight bytes of its hash stay with each block, so that a damaged one is known by its number at once: without
//! them the last block's hash alone would be wrong.

use parity_scale_codec::{Compact, Decode, Encode};
use tierchain_primitives::ledger::{
    BlockKind, Detail, EntityBlock, EntityTx, Event, EventKind, Meter, Precision, ServerId,
};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::{AccountId, BlockNumber, H256};

/// Bits of a block's first byte.
const PRECISION: u8 = 0b0011;
const HAS_METER: u8 = 0b0100;
const SAME_EXTRINSIC: u8 = 0b1000;

/// What carried a block's event to the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Carrier {
    extrinsic: H256,
    block_number: BlockNumber,
    block_timestamp: Millis,
}

/// What the blocks so far say of the next one.
pub(super) struct Before {
    server: ServerId,
    chain: H256,
    length: u32,
    head: H256,
    /// Writers in the order of their first blocks, each with its next number.
    writers: Vec<(AccountId, u64)>,
    occurred_at: Micros,
    carrier: Carrier,
    meter: Meter,
}

impl Before {
    /// Before the first block.
    pub(super) fn birth(server: ServerId, genesis: &H256) -> Self {
        Self {
            server,
            chain: server.chain(genesis),
            length: 0,
            head: H256::ZERO,
            writers: Vec::new(),
            occurred_at: 0,
            carrier: Carrier::default(),
            meter: Meter::default(),
        }
    }

    /// Packs the next block.
    pub(super) fn pack(&mut self, block: &EntityBlock, bytes: &mut Vec<u8>) {
        let EntityTx { writer, event, .. } = &block.tx;
        let carrier = carrier_of(&block.tx);
        let same = self.length > 0 && carrier == self.carrier;
        let meter = event.meter.map_or(0, |_| HAS_METER);
        bytes.push(event.precision as u8 | meter | if same { SAME_EXTRINSIC } else { 0 });
        let place = self.writers.iter().position(|(known, _)| known == writer).unwrap_or(self.writers.len());
        Compact(place as u64).encode_to(bytes);
        let expected = self.writers.get(place).map_or(0, |(_, next)| *next);
        if place == self.writers.len() {
            writer.encode_to(bytes);
        }
        delta(event.number, expected).encode_to(bytes);
        delta(event.occurred_at, self.occurred_at).encode_to(bytes);
        if !same {
            carrier.extrinsic.encode_to(bytes);
            delta(carrier.block_number.into(), self.carrier.block_number.into()).encode_to(bytes);
            delta(carrier.block_timestamp, self.carrier.block_timestamp).encode_to(bytes);
        }
        event.event.encode_to(bytes);
        if let Some(meter) = event.meter {
            delta(meter.cpu_us, self.meter.cpu_us).encode_to(bytes);
            delta(meter.bytes_in, self.meter.bytes_in).encode_to(bytes);
            delta(meter.bytes_out, self.meter.bytes_out).encode_to(bytes);
        }
        event.evidence.encode_to(bytes);
        event.detail.encode_to(bytes);
        Compact(block.nonce).encode_to(bytes);
        bytes.extend_from_slice(&check(&block.hash));
        self.advance(block);
    }

    /// Unpacks the next block and checks that its hash is the one it was packed with.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn unpack(&mut self, input: &mut &[u8]) -> Result<EntityBlock, String> {
        let cannot = |error: parity_scale_codec::Error| format!("it can't be decoded: {error}");
        let head = u8::decode(input).map_err(cannot)?;
        let precision = Precision::decode(&mut [head & PRECISION].as_slice()).map_err(cannot)?;
        if head & !(PRECISION | HAS_METER | SAME_EXTRINSIC) != 0 {
            return Err(format!("its first byte is {head:#04x}, which has unknown bits"));
        }
        let (writer, expected) = self.writer(input)?;
        let number = add(input, expected).map_err(cannot)?;
        let occurred_at = add(input, self.occurred_at).map_err(cannot)?;
        let carrier = if head & SAME_EXTRINSIC == 0 { self.carrier(input)? } else { self.carrier };
        let kind = EventKind::decode(input).map_err(cannot)?;
        let meter = if head & HAS_METER == 0 { None } else { Some(self.meter(input).map_err(cannot)?) };
        let evidence = H256::decode(input).map_err(cannot)?;
        let detail = Detail::decode(input).map_err(cannot)?;
        if !detail.is_within_limit() {
            return Err(format!("its detail has {} bytes, which no block has", detail.0.len()));
        }
        let nonce = Compact::<u64>::decode(input).map_err(cannot)?.0;
        let expected_check = <[u8; 8]>::decode(input).map_err(cannot)?;
        let event = Event { server: self.server, number, occurred_at, precision, event: kind, meter, evidence, detail };
        let Carrier { extrinsic, block_number, block_timestamp } = carrier;
        let tx = EntityTx { writer, event, extrinsic, block_number, block_timestamp };
        let block = self.block(tx, nonce);
        if check(&block.hash) != expected_check {
            return Err(format!(
                "its contents have the hash {}, and the file has it begin with 0x{}",
                block.hash,
                hex(&expected_check)
            ));
        }
        self.advance(&block);
        Ok(block)
    }

    /// The block that stands here with these contents.
    fn block(&self, tx: EntityTx, nonce: u64) -> EntityBlock {
        let kind = match tx.event.event {
            _ if self.length == 0 => BlockKind::Birth,
            EventKind::Ended { .. } => BlockKind::End,
            _ => BlockKind::State,
        };
        let (chain, number, prev) = (self.chain, self.length, self.head);
        let block = EntityBlock { chain, number, kind, prev, nonce, tx, hash: H256::ZERO };
        EntityBlock { hash: block.computed_hash(), ..block }
    }

    /// Takes a block into account.
    fn advance(&mut self, block: &EntityBlock) {
        let EntityTx { writer, event, .. } = &block.tx;
        match self.writers.iter_mut().find(|(known, _)| known == writer) {
            Some((_, next)) => *next = event.number.wrapping_add(1),
            None => self.writers.push((*writer, event.number.wrapping_add(1))),
        }
        self.length = self.length.saturating_add(1);
        self.head = block.hash;
        self.occurred_at = event.occurred_at;
        self.carrier = carrier_of(&block.tx);
        self.meter = event.meter.unwrap_or(self.meter);
    }

    /// The writer, and the number expected of it.
    fn writer(&self, input: &mut &[u8]) -> Result<(AccountId, u64), String> {
        let cannot = |error: parity_scale_codec::Error| format!("its writer can't be decoded: {error}");
        let place = Compact::<u64>::decode(input).map_err(cannot)?.0;
        if let Some(known) = usize::try_from(place).ok().and_then(|place| self.writers.get(place)) {
            return Ok(*known);
        }
        if place != self.writers.len() as u64 {
            return Err(format!("it is of writer {place}, and the blocks before have {}", self.writers.len()));
        }
        let writer = AccountId::decode(input).map_err(cannot)?;
        if self.writers.iter().any(|(known, _)| *known == writer) {
            return Err("it names its writer anew, who wrote before".to_owned());
        }
        Ok((writer, 0))
    }

    fn carrier(&self, input: &mut &[u8]) -> Result<Carrier, String> {
        let cannot = |error: parity_scale_codec::Error| format!("its extrinsic can't be decoded: {error}");
        let extrinsic = H256::decode(input).map_err(cannot)?;
        let block_number = add(input, self.carrier.block_number.into()).map_err(cannot)?;
        let block_number = BlockNumber::try_from(block_number);
        let block_number = block_number.map_err(|_| "the network has no block of its number".to_owned())?;
        let block_timestamp = add(input, self.carrier.block_timestamp).map_err(cannot)?;
        let carrier = Carrier { extrinsic, block_number, block_timestamp };
        if self.length > 0 && carrier == self.carrier {
            return Err("it names its extrinsic anew, which is that of the block before".to_owned());
        }
        Ok(carrier)
    }

    fn meter(&self, input: &mut &[u8]) -> Result<Meter, parity_scale_codec::Error> {
        let Meter { cpu_us, bytes_in, bytes_out } = self.meter;
        Ok(Meter { cpu_us: add(input, cpu_us)?, bytes_in: add(input, bytes_in)?, bytes_out: add(input, bytes_out)? })
    }
}

fn carrier_of(tx: &EntityTx) -> Carrier {
    Carrier { extrinsic: tx.extrinsic, block_number: tx.block_number, block_timestamp: tx.block_timestamp }
}

/// The eight bytes of a hash that stay with a block.
fn check(hash: &H256) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.0[..8]);
    bytes
}

/// How far `now` is from `before`, small numbers for small distances either way: 0, -1, 1, -2, 2… as 0, 1, 2, 3, 4…
fn delta(now: u64, before: u64) -> Compact<u64> {
    let distance = now.wrapping_sub(before);
    let sign = if distance >> 63 == 1 { u64::MAX } else { 0 };
    Compact(distance << 1 ^ sign)
}

/// Reads a distance and adds it.
fn add(input: &mut &[u8], before: u64) -> Result<u64, parity_scale_codec::Error> {
    let folded = Compact::<u64>::decode(input)?.0;
    let sign = if folded & 1 == 1 { u64::MAX } else { 0 };
    Ok(before.wrapping_add(folded >> 1 ^ sign))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_come_back_and_are_short() {
        for (now, before) in [(0, 0), (5, 7), (7, 5), (u64::MAX, 0), (0, u64::MAX), (1 << 63, 0), (0, 1 << 63)] {
            let bytes = delta(now, before).encode();
            assert_eq!(add(&mut bytes.as_slice(), before), Ok(now));
        }
        assert_eq!([delta(3, 3), delta(2, 3), delta(4, 3), delta(1, 3)].map(|it| it.0), [0, 1, 2, 3]);
        assert_eq!(delta(u64::MAX, 0).encode(), [4], "one back");
    }
}
