// What polkadot.js Apps calls besides: node information, fees, derived values.

import assert from 'node:assert/strict';

export async function apps (api, account) {
  const { rpc } = api;
  const names = await Promise.all([rpc.system.chain(), rpc.system.name(), rpc.system.version()]);

  names.forEach((name) => assert.ok(name.toString().length > 0));
  assert.ok((await rpc.system.chainType()).isLocal);
  assert.equal((await rpc.system.properties()).ss58Format.unwrap().toNumber(), 42);
  assert.equal((await rpc.system.health()).peers.toNumber(), 3);
  assert.equal((await rpc.system.peers()).length, 3);
  assert.ok((await rpc.system.nodeRoles()).length >= 1);
  assert.ok((await rpc.system.localPeerId()).toString().startsWith('12D3Koo'));
  assert.ok((await rpc.system.syncState()).currentBlock.toNumber() > 0);
  const { methods } = await rpc.rpc.methods();

  assert.ok(methods.length > 50);
  const known = methods.map((method) => method.toString());
  const modern = ['chainHead_', 'archive_', 'transaction_v1', 'chainSpec_'];

  assert.ok(!known.some((method) => modern.some((prefix) => method.startsWith(prefix))), 'all of a group, or none');
  assert.equal((await rpc.author.pendingExtrinsics()).length, 0);
  assert.equal((await rpc.system.accountNextIndex(account.address)).toNumber() >= 0, true);

  // The client asks with a made-up sr25519 signature: what it asks about weighs what its call does, and has no fee.
  const { partialFee, weight } = await api.tx.system.remark('0x00').paymentInfo(account);

  assert.ok(weight.refTime.toBigInt() > 0n);
  assert.ok(partialFee.isZero());
  assert.ok((await api.derive.chain.bestNumberFinalized()).toNumber() > 0);
  assert.ok((await api.derive.chain.getHeader((await rpc.chain.getFinalizedHead()))).number.toNumber() > 0);
}
