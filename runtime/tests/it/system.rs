//! Accounts, remarks and the outcome of every extrinsic.

use parity_scale_codec::Decode;
use tierchain_primitives::H256;
use tierchain_primitives::hash::blake2_256;
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::system::{self, BLOCK_HASH, Event};
use tierchain_runtime::{
    Call, DispatchError, EventRecord, Phase, RuntimeEvent, RuntimeVersion, VERSIONS, account, is_admitted, is_leaf,
    timestamp,
};

use crate::world::{GENESIS, Who, World, announce, announcement, server};

pub(crate) fn remark(bytes: &[u8]) -> Call {
    Call::System(system::Call::Remark { remark: bytes.to_vec() })
}

#[test]
fn every_admitted_account_may_remark() {
    let mut world = World::live();
    let silent = world.run(Who::Nobody, remark(b"hello"));
    assert_eq!((silent.results.as_slice(), silent.events.len()), (&[Ok(())][..], 1));
    let call = Call::System(system::Call::RemarkWithEvent { remark: b"hello".to_vec() });
    let heard = world.run(Who::Nobody, call);
    let expected = Event::Remarked { sender: Who::Nobody.id(), hash: blake2_256(b"hello") };
    assert_eq!(heard.events[0].event, RuntimeEvent::System(expected));
    assert_eq!(account(&world.state, &Who::Nobody.id()).map(|info| info.nonce), Some(2));
}

#[test]
fn each_extrinsic_has_one_outcome_and_it_comes_last() {
    let mut world = World::live();
    let wrong = announce(&announcement(server(1)));
    let good = Call::System(system::Call::RemarkWithEvent { remark: vec![1] });
    let outcome = world.block(&[(Who::Nobody, good), (Who::Nobody, wrong), (Who::Agent, remark(b""))]);
    let of = |index: u32| -> Vec<&EventRecord> {
        outcome.events.iter().filter(|record| record.phase == Phase::ApplyExtrinsic(index)).collect()
    };
    assert_eq!((of(0).len(), of(1).len(), of(2).len()), (2, 1, 1));
    let is_success =
        |record: &EventRecord| matches!(record.event, RuntimeEvent::System(Event::ExtrinsicSuccess { .. }));
    assert!(is_success(of(0)[1]) && is_success(of(2)[0]));
    let missing = DispatchError::from(RegistryError::NotAHypervisor);
    assert!(matches!(
        of(1)[0].event,
        RuntimeEvent::System(Event::ExtrinsicFailed { dispatch_error, .. }) if dispatch_error == missing
    ));
    assert_eq!(system::EVENTS.get(&world.state).as_ref(), Some(&outcome.events));
    assert_eq!(system::EVENT_COUNT.get(&world.state), Some(4));
    assert_eq!(system::EXTRINSIC_COUNT.get(&world.state), Some(3));
}

#[test]
fn a_block_leaves_its_facts_and_its_parents_hash() {
    let mut world = World::live();
    let first = world.block(&[]);
    assert!(first.results.is_empty() && first.events.is_empty());
    assert_eq!(BLOCK_HASH.get(&world.state, &0), Some(GENESIS));
    assert_eq!(BLOCK_HASH.get(&world.state, &1), None);
    world.block(&[]);
    assert_eq!(BLOCK_HASH.get(&world.state, &1), system::PARENT_HASH.get(&world.state));
    assert_eq!(system::NUMBER.get(&world.state), Some(2));
    assert_eq!(timestamp::NOW.get(&world.state), Some(world.time - 5));
    assert_eq!(system::DIGEST.get(&world.state).map(|digest| digest.len()), Some(1));
}

#[test]
fn an_empty_block_changes_no_leaf() {
    let mut world = World::live();
    assert!(world.block(&[]).changes.iter().all(|(key, _)| !is_leaf(key)));
}

#[test]
fn the_window_of_block_hashes_moves_on_and_keeps_genesis() {
    use tierchain_primitives::header::{Header, PreRuntime};
    use tierchain_primitives::limits::BLOCK_HASH_COUNT;
    use tierchain_runtime::{BlockContext, execute};
    let world = World::live();
    let removed = |number: u32| {
        let pre = PreRuntime { proposer: tierchain_primitives::ValidatorIndex(0), timestamp: 1, executed: number - 1 };
        let header = Header::new(H256([3; 32]), number, H256::ZERO, H256::ZERO, pre);
        let context = BlockContext::new(&header, GENESIS).expect("it has its digest");
        let changes = execute(&world.state, &context, &[]).changes;
        changes.into_iter().find(|(_, value)| value.is_none()).map(|(key, _)| key)
    };
    assert_eq!(removed(BLOCK_HASH_COUNT), None);
    assert_eq!(removed(BLOCK_HASH_COUNT + 1), None, "genesis stays");
    assert_eq!(removed(BLOCK_HASH_COUNT + 2), Some(BLOCK_HASH.key(&1)));
}

#[test]
fn the_code_is_the_version() {
    let world = World::live();
    let code = &world.state[system::CODE_KEY];
    let version = RuntimeVersion::decode(&mut code.as_slice()).expect("it is one");
    assert_eq!(version.spec_name, "tierchain");
    assert_eq!((version.spec_version, version.transaction_version), (VERSIONS.spec, VERSIONS.transaction));
    assert!(is_admitted(&world.state, &Who::Nobody.id()) && !is_admitted(&world.state, &Who::Tracker.id()));
}

#[test]
#[should_panic(expected = "the account's next nonce")]
fn a_nonce_out_of_order_is_no_block_that_was_certified() {
    use parity_scale_codec::Encode;
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::extrinsic::{Era, Extrinsic};
    use tierchain_primitives::header::{Header, PreRuntime};
    use tierchain_runtime::{BlockContext, check, execute};
    let world = World::live();
    let call = remark(b"").encode();
    let (signer, signature) = (Who::Nobody.id(), Signature::ZERO);
    let extrinsic = Extrinsic { signer, signature, era: Era::Immortal, nonce: 1, call };
    let checked = check(&extrinsic.encode()).expect("it is whole");
    let pre = PreRuntime { proposer: tierchain_primitives::ValidatorIndex(0), timestamp: 1, executed: 0 };
    let header = Header::new(GENESIS, 1, H256::ZERO, H256::ZERO, pre);
    let context = BlockContext::new(&header, GENESIS).expect("it has its digest");
    let _ = execute(&world.state, &context, &[checked]);
}
