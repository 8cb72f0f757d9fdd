// Copyright the Islet authors. AGPL-3.0-or-later.
// What a passkey brings an account back with: who may put it there, and that it ends with its passkey, its key, its person.
import { concat, fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Day from '@islet/core/Day';
import * as Message from '@islet/core/Message';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import { parseList } from '@islet/core/wire/Ask';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import * as Scene from './scene.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const random = Scene.random;

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub');
});
afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

let patient: Scene.Person;
let passkey: Uint8Array;
let encryptionSeed: Uint8Array;
let output: Uint8Array;

const signerOf = (key: Uint8Array): Uint8Array => concat(fromHex(chain.deployment.webAuthnVerifier), key);
const say = (kind: 'AddSigner' | 'RemoveSigner', signer: Uint8Array) =>
  Scene.ok(Scene.post(ask, '/v1/relay', Scene.relayOf(chain, patient, kind, { signer })));

beforeEach(async () => {
  patient = Scene.person();
  [passkey, encryptionSeed, output] = [random(64), random(32), random(32)];
  const signer = Secp256k1.addressOf(patient.wallet);
  const encryptionKeyHash = sha256(Xwing.publicKeyOf(encryptionSeed));
  const register = Scene.relayOf(chain, patient, 'Register', { signer, encryptionKeyHash });
  await Scene.ok(Scene.post(ask, '/v1/relay', register));
  await say('AddSigner', signerOf(passkey));
});

type Change = {
  by?: Uint8Array;
  about?: Uint8Array;
  account?: Uint8Array;
  version?: number;
  seed?: Uint8Array;
};

/** A backup with the person's word on it, or another's. */
function made(change: Change = {}): Uint8Array {
  const { by = patient.wallet, about = passkey, account = patient.account, version = Date.now() } = change;
  const place = { account: patient.account, passkey: about };
  const secret: PasskeyBackup.Secret = {
    ...{ role: 'patient', name: 'Ana', dayOffsetMinutes: 60, generation: 0 },
    ...{ rootSeed: random(32), encryptionSeed: change.seed ?? encryptionSeed, formerEncryptionSeeds: [] },
  };
  const bytes = PasskeyBackup.encodePasskeyBackup(PasskeyBackup.seal(place, secret, output, random));
  const message: Message.Statement = {
    chain: BigInt(chain.deployment.chainId),
    target: fromHex(chain.deployment.identity),
    account,
    kind: Stated.kinds.passkeyBackup,
    hash: sha256(bytes),
    version,
  };
  return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, by), bytes });
}

const put = (body: Uint8Array): Promise<Response> =>
  Promise.resolve(ask('/v1/backups', { method: 'PUT', body: body as Uint8Array<ArrayBuffer> }));
const idOf = (key = passkey): string =>
  toHex(PasskeyBackup.placeOf({ account: patient.account, passkey: key }));
async function kept(key = passkey): Promise<Uint8Array[]> {
  const response = await Scene.ok(Promise.resolve(ask(`/v1/papers/${idOf(key)}`)));
  return parseList('islet/papers', new Uint8Array(await response.arrayBuffer()));
}
/** How many of the bytes ever kept there are on the disk still. */
async function onDisk(): Promise<number> {
  const { find, store } = hub.context.archive;
  const keys = await find.papers(fromHex(idOf()));
  return (await Promise.all(keys.map((key) => store.has(key)))).filter(Boolean).length;
}

describe('a backup for a passkey', () => {
  test('is handed out as it was stated, and the newest alone', async () => {
    const first = made({ version: Date.now() - 2000 });
    expect(await (await Scene.ok(put(first))).json()).toEqual({ id: idOf() });
    expect(await kept()).toEqual([first]);
    const next = made();
    await Scene.ok(put(next));
    expect(await kept()).toEqual([next]);
    expect(await onDisk()).toBe(1);
    // The same again changes nothing; the one of before is history.
    await Scene.ok(put(next));
    expect(await Scene.refusal(await put(first))).toBe('409 HUB_BACKUP_OLD');
    expect(await kept()).toEqual([next]);
  });

  test('is taken from nobody but who speaks for the account now', async () => {
    const stranger = Scene.person();
    await Scene.join_(chain, ask, stranger);
    const theirs = { by: stranger.wallet };
    expect(await Scene.refusal(await put(made(theirs)))).toBe('403 HUB_BACKUP_NOT_YOURS');
    const inTheirName = made({ ...theirs, account: stranger.account });
    expect(await Scene.refusal(await put(inTheirName))).toBe('403 HUB_BACKUP_NOT_YOURS');
    const { signed, bytes } = Stated.parseDocument(made());
    const altered = Stated.encodeDocument({ signed, bytes: Stated.parseDocument(made()).bytes });
    expect(await Scene.refusal(await put(altered))).toBe('403 HUB_BACKUP_NOT_YOURS');
    expect(bytes.length).toBeGreaterThan(0);
    const old = Secp256k1.secretKeyFrom(random);
    await say('AddSigner', Secp256k1.addressOf(old));
    await Scene.ok(put(made({ by: old })));
    await say('RemoveSigner', Secp256k1.addressOf(old));
    expect(await Scene.refusal(await put(made({ by: old, version: Date.now() + 1000 })))).toBe(
      '403 HUB_BACKUP_NOT_YOURS',
    );
  });

  test('is taken for no passkey that is not a signer, no other key than the account’s, and no day to come', async () => {
    expect(await Scene.refusal(await put(made({ about: random(64) })))).toBe('403 HUB_BACKUP_NOT_YOURS');
    expect(await Scene.refusal(await put(made({ seed: random(32) })))).toBe('403 HUB_BACKUP_NOT_YOURS');
    const ahead = made({ version: Date.now() + 11 * 60_000 });
    expect(await Scene.refusal(await put(ahead))).toBe('403 HUB_BACKUP_AHEAD');
    expect(await Scene.refusal(await put(random(8 * 1024 + 1)))).toBe('413 HUB_BODY_TOO_LARGE');
    expect(await Scene.refusal(await put(random(100)))).toBe('400 FORMAT_MALFORMED');
    expect(await kept()).toEqual([]);
  });

  test('ends with its passkey, and does not come back', async () => {
    const body = made();
    await Scene.ok(put(body));
    await say('RemoveSigner', signerOf(passkey));
    expect(await onDisk()).toBe(0);
    expect(await kept()).toEqual([]);
    expect(await Scene.refusal(await put(body))).toBe('403 HUB_BACKUP_NOT_YOURS');
  });

  test('ends when it is asked for, where another relay told the chain', async () => {
    const other = await Scene.openHub(chain, 'other');
    try {
      await Scene.ok(put(made()));
      const message = Scene.relayOf(chain, patient, 'RemoveSigner', { signer: signerOf(passkey) });
      await Scene.ok(Scene.post((path, init) => other.app.request(path, init), '/v1/relay', message));
      await hub.context.follower.follow();
      expect(await kept()).toEqual([]);
      expect(await onDisk()).toBe(0);
    } finally {
      await other.close();
    }
  });

  test('ends with the key that is in it', async () => {
    await Scene.ok(put(made()));
    const fields = { encryptionKeyHash: random(32) };
    const message = Scene.relayOf(chain, patient, 'ReplaceEncryptionKey', fields);
    await Scene.ok(Scene.post(ask, '/v1/relay', message));
    expect(await onDisk()).toBe(0);
    expect(await kept()).toEqual([]);
  });

  test('leaves the disk when the person erases everything, and stays for a part of it', async () => {
    const body = made();
    await Scene.ok(put(body));
    for (const about of [
      { streams: ['glucose/raw' as const], firstDay: 46_000, lastDay: 46_001 },
      { streams: [], firstDay: Day.first, lastDay: Day.last },
    ]) {
      const order = Scene.erasure(chain, patient, about);
      await Scene.ok(Scene.post(ask, '/v1/relay', order.relay));
      await expect.poll(() => hub.context.erasures.get(order.id)?.receipt, { timeout: 20_000 }).toBeTruthy();
      expect(await onDisk()).toBe(about.streams.length);
    }
    expect(await kept()).toEqual([]);
    expect(await Scene.refusal(await put(made()))).toBe('410 HUB_ERASED');
  });
});
