// What an explorer does: follow the finalized heads.

import assert from 'node:assert/strict';

const HEADS = 20;

export async function heads (api) {
  const seen = await new Promise((resolve, reject) => {
    const list = [];
    const stop = api.rpc.chain.subscribeFinalizedHeads((header) => {
      list.push(header);

      if (list.length === HEADS) {
        stop.then((unsubscribe) => unsubscribe());
        resolve(list);
      }
    });

    stop.catch(reject);
  });

  for (let at = 1; at < seen.length; at += 1) {
    assert.equal(seen[at].number.toNumber(), seen[at - 1].number.toNumber() + 1, 'without a gap');
    assert.equal(seen[at].parentHash.toHex(), seen[at - 1].hash.toHex());
  }

  // New heads come under the singular name too, and so do the runtime's version and a value.
  const first = (subscribe) => new Promise((resolve, reject) => {
    const stop = subscribe((value) => { stop.then((end) => end()); resolve(value); });

    stop.catch(reject);
  });

  assert.ok((await first((each) => api.rpc.chain.subscribeNewHeads(each))).number.toNumber() > 0);
  assert.ok((await first((each) => api.rpc.chain.subscribeAllHeads(each))).number.toNumber() > 0);
  assert.ok((await first((each) => api.query.timestamp.now(each))).toNumber() > 0);
  assert.equal((await first((each) => api.rpc.state.subscribeRuntimeVersion(each))).specName.toString(), 'tierchain');
}
