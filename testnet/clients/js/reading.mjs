// What is known without signing anything: modules, state at a hash, maps, runtime APIs.

import assert from 'node:assert/strict';

export async function modules (api) {
  const { pallets } = api.runtimeMetadata.asLatest;
  const names = pallets.map(({ name }) => name.toString());

  assert.deepEqual(names, ['System', 'Timestamp', 'Registry', 'Chains', 'Meta', 'Foundry', 'Directives']);
  assert.equal(api.runtimeMetadata.version, 15);
  assert.equal(api.tx.system.remark.meta.docs[0].toString().trim(), 'Puts bytes on the chain, without effect.');
  assert.ok(api.tx.chains.appendBatch && api.tx.registry.propose && api.tx.meta.anchor);
  assert.equal(api.consts.system.blockHashCount.toNumber(), 65_536);
  assert.equal(api.consts.system.ss58Prefix.toNumber(), 42);
  assert.equal(api.consts.timestamp.minimumPeriod.toNumber(), 40);
  assert.equal(api.consts.system.version.specVersion.toNumber(), api.runtimeVersion.specVersion.toNumber());
}

export async function state (api, account) {
  const head = await api.rpc.chain.getHeader();
  // Clients hash headers themselves: the hash they compute must be the one that the node goes by.
  assert.equal((await api.rpc.chain.getBlockHash(head.number.unwrap())).toHex(), head.hash.toHex());
  const then = await api.at(head.hash);

  assert.equal((await then.query.system.number()).toNumber(), head.number.toNumber());
  assert.equal((await then.query.system.blockHash(0)).toHex(), api.genesisHash.toHex());
  assert.equal((await then.query.system.parentHash()).toHex(), head.parentHash.toHex());
  assert.ok((await then.query.timestamp.now()).toNumber() > 1_700_000_000_000);
  assert.equal((await then.query.system.digest()).logs.length, head.digest.logs.length);
  await assert.rejects(api.at(`0x${'11'.repeat(32)}`));

  const accounts = await api.query.system.account.entries();
  const own = accounts.filter(([key]) => key.args[0].toString() === account.address);

  assert.ok(accounts.length >= 4);
  assert.equal(own.length, 1, 'the account is admitted');
  const hosts = await api.query.registry.hosts.entries();

  assert.ok(hosts.some(([, host]) => host.unwrap().hypervisor.toString() === account.address));
  const paged = await api.query.system.account.keysPaged({ args: [], pageSize: 2 });

  assert.equal(paged.length, 2);
  // `keys` is a word of the client's own, so it calls the field `keys_`.
  assert.equal((await api.query.registry.validatorSet()).unwrap().keys_.length, 4);
}

export async function runtimeApis (api, account) {
  assert.equal((await api.call.core.version()).specName.toString(), 'tierchain');
  assert.deepEqual((await api.call.metadata.metadataVersions()).map((version) => version.toNumber()), [14, 15]);
  assert.ok((await api.call.accountNonceApi.accountNonce(account.address)).toNumber() >= 0);
  const set = await api.call.validatorsApi.validatorSet();

  assert.equal(set.keys_.length, 4);
  assert.equal((await api.call.validatorsApi.validators()).length, 4);
  assert.ok((await api.call.validatorsApi.epochChange()).isNone);
  assert.ok((await api.call.chainsApi.serverCount()).toNumber() >= 0);
  assert.ok((await api.call.chainsApi.server(`0x${'00'.repeat(16)}`, null)).isNone);
  assert.ok((await api.call.metaApi.list(0, 10)).length >= 0);
}
