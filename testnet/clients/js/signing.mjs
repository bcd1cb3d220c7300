// What a wallet does: sign, submit, watch, and read what came of it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

const TIME_US = () => BigInt(Date.now()) * 1000n;
const random = (bytes) => `0x${randomBytes(bytes).toString('hex')}`;

// Signs and submits as wallets do, and waits until it is final. The next nonce is the node's: what the client takes by
// itself is the state that it last heard of, and that news may come after the news that an extrinsic is final.
function submit (api, account, call, options = {}) {
  return new Promise((resolve, reject) => {
    const seen = [];

    call.signAndSend(account, { nonce: -1, ...options }, (result) => {
      seen.push(result.status.type);
      assert.ok(!result.isError, `it ended as ${result.status.type}`);

      if (result.isFinalized) {
        resolve({ ...result, seen });
      }
    }).catch(reject);
  });
}

// Exactly one outcome, and it comes last.
function checkOutcome (events, name) {
  const outcomes = events.filter(({ event }) => event.section === 'system' && event.method.startsWith('Extrinsic'));

  assert.equal(outcomes.length, 1);
  assert.equal(events.at(-1).event.method, name);
}

export async function signing (api, account) {
  await remark(api, account);
  await everyStatus(api, account);
  await immortal(api, account);
  await announce(api, account);
  await refused(api, account);
  await malformed(api, account);
}

async function remark (api, account) {
  const before = (await api.query.system.account(account.address)).nonce.toNumber();
  const call = api.tx.system.remarkWithEvent('0x68656c6c6f');
  const { events, status, txHash, txIndex } = await submit(api, account, call);
  const block = await api.rpc.chain.getBlock(status.asFinalized);
  const found = block.block.extrinsics[txIndex];

  assert.equal(found.hash.toHex(), txHash.toHex());
  assert.ok(found.era.isMortalEra, 'the client signs mortal transactions by itself');
  assert.equal(found.signer.toString(), account.address);
  checkOutcome(events, 'ExtrinsicSuccess');
  const [{ event }] = events;

  assert.ok(api.events.system.Remarked.is(event));
  assert.equal(event.data.sender.toString(), account.address);
  // State at a block's hash is the state after it, and its parent's the one before.
  const nonceAt = async (hash) => (await (await api.at(hash)).query.system.account(account.address)).nonce.toNumber();

  assert.equal(await nonceAt(status.asFinalized), before + 1);
  assert.equal(await nonceAt(block.block.header.parentHash), before);
}

// What the node tells, one by one: the client's own summary leaves out what is overtaken at once.
async function everyStatus (api, account) {
  const signed = await api.tx.system.remark('0x00').signAsync(account, { nonce: -1 });
  const seen = await new Promise((resolve, reject) => {
    const statuses = [];

    api.rpc.author.submitAndWatchExtrinsic(signed, (status) => {
      statuses.push(status);

      if (status.isFinalized) {
        resolve(statuses);
      }
    }).catch(reject);
  });
  const types = seen.map(({ type }) => type).filter((type) => type !== 'Broadcast');

  assert.deepEqual(types, ['Ready', 'InBlock', 'Finalized']);
  assert.equal(seen.at(-2).asInBlock.toHex(), seen.at(-1).asFinalized.toHex());
}

async function immortal (api, account) {
  const { status, txIndex } = await submit(api, account, api.tx.system.remark('0x01'), { era: 0 });
  const { block } = await api.rpc.chain.getBlock(status.asFinalized);

  assert.ok(block.extrinsics[txIndex].era.isImmortalEra);
}

async function ownHost (api, account) {
  const hosts = await api.query.registry.hosts.entries();
  const [key] = hosts.find(([, host]) => host.unwrap().hypervisor.toString() === account.address);

  return key.args[0].toHex();
}

async function announce (api, account) {
  const host = await ownHost(api, account);
  const uuid = random(16);
  const ownership = { provider: random(32), tenant: random(32), service: random(32) };
  const resources = { vcpus: 2, memoryMib: 2048, diskGib: 20 };
  const announcement = {
    server: { uuid, generation: 0 }, host, image: random(32), resources, tracker: account.address, custody: 'Agent',
    ownership, etsi: { vnfdId: 'vnfd-1', snssai: { sst: 1, sd: null } }
  };
  const { events } = await submit(api, account, api.tx.chains.announce(announcement));

  checkOutcome(events, 'ExtrinsicSuccess');
  const [{ event }] = events;

  assert.ok(api.events.chains.Announced.is(event));
  assert.equal(event.data.server.uuid.toHex(), uuid);
  assert.equal(event.data.host.toHex(), host);
  const [kept] = (await api.query.chains.announcements({ uuid, generation: 0 })).unwrap();

  assert.equal(kept.by.toString(), account.address);
  assert.equal(kept.announcement.resources.unwrap().memoryMib.toNumber(), 2048);
  assert.equal(kept.announcement.etsi.vnfdId.unwrap().toUtf8(), 'vnfd-1');
}

async function refused (api, account) {
  const event = {
    server: { uuid: random(16), generation: 0 }, number: 0, occurredAt: TIME_US(), precision: 'Event',
    event: { StateChanged: { state: 'Running' } }, meter: null, evidence: random(32), detail: '0x'
  };
  const { dispatchError, events } = await submit(api, account, api.tx.chains.append(event));

  checkOutcome(events, 'ExtrinsicFailed');
  assert.ok(dispatchError.isModule);
  const { docs, name, section } = api.registry.findMetaError(dispatchError.asModule);

  assert.equal(`${section}.${name}`, 'chains.NotBorn');
  assert.match(docs.join(' '), /Send its birth first/);
}

async function malformed (api, account) {
  const nonce = (await api.query.system.account(account.address)).nonce;
  const stale = await api.tx.system.remark('0x02').signAsync(account, { nonce: nonce.toNumber() - 1 });

  await assert.rejects(api.rpc.author.submitExtrinsic(stale), /1010: Invalid Transaction/);
}
