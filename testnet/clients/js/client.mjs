// @polkadot/api, as it comes from the registry, against a running network: what a wallet or an explorer does.
//
//   node client.mjs address URI…         the ed25519 account of each secret URI
//   node client.mjs run WS URI           every check; the account must be admitted, as a hypervisor

import assert from 'node:assert/strict';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { apps } from './apps.mjs';
import { heads } from './heads.mjs';
import { modules, state, runtimeApis } from './reading.mjs';
import { signing } from './signing.mjs';

const keyring = new Keyring({ type: 'ed25519', ss58Format: 42 });
const [command, ...rest] = process.argv.slice(2);

async function run (endpoint, uri) {
  const account = keyring.addFromUri(uri);
  const provider = new WsProvider(endpoint, 1000, {}, 10_000);
  const api = await ApiPromise.create({ provider, throwOnConnect: true, noInitWarn: true });

  try {
    for (const check of [modules, state, runtimeApis, apps, signing, heads]) {
      await check(api, account);
      console.log(`  ${check.name}: ok`);
    }
  } finally {
    await api.disconnect();
  }
}

if (command === 'address') {
  rest.forEach((uri) => console.log(keyring.addFromUri(uri).address));
} else {
  assert.equal(command, 'run', 'usage: client.mjs address URI… | run WS URI');
  // A subscription that never answers must not look like a long test.
  const limit = setTimeout(() => { console.error('no end after 120 s'); process.exit(1); }, 120_000);

  await run(...rest);
  clearTimeout(limit);
}
