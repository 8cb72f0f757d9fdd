// Copyright the Islet authors. AGPL-3.0-or-later.
// Every role against every route of hub, custodian and gateway: what each is answered, and that nobody is answered a byte
// of what is not theirs to have. The routes are those of the running apps, so that a new one without a row fails.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Access from '@islet/client/Access';
import * as Circles from '@islet/client/Circles';
import * as Granting from '@islet/client/Granting';
import * as Http from '@islet/client/Http';
import * as Pairing from '@islet/client/Pairing';
import type { Person } from '@islet/client/Person';
import * as Roles from '@islet/client/Roles';
import * as Wallet from '@islet/client/Wallet';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import { fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct } from '@islet/core/crypto/typedData';
import * as Day from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import * as Erasure from '@islet/core/Erasure';
import * as Guardians from '@islet/core/Guardians';
import * as Hours from '@islet/core/Hours';
import * as Hubs from '@islet/core/Hubs';
import * as Message from '@islet/core/Message';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import * as Release from '@islet/core/Release';
import * as RoleKey from '@islet/core/RoleKey';
import * as Streams from '@islet/core/Stream';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { encodeAskRelease, encodeEnrol, encodeList, encodeMoreKeys } from '@islet/core/wire/Ask';
import * as Carried from '@islet/core/wire/Carried';
import { encodeHandover } from '@islet/core/wire/Erasing';
import { encodeFetch } from '@islet/core/wire/Fetch';
import { askName } from '@islet/core/wire/Receipts';
import { encodeRelay, type Relayed } from '@islet/core/wire/Relay';
import * as Stated from '@islet/core/wire/Stated';
import { app as gatewayApp } from '@islet/gateway/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../packages/client/src/writer.testkit.js';
import * as G from '../packages/gateway/src/gateway.testkit.js';
import * as HubWriter from '../packages/hub/src/writer.testkit.js';
import * as M from './matrix.testkit.js';

const roles = [
  ...(['patient', 'other patient', 'carer', 'guardian', 'granted', 'expired', 'revoked'] as const),
  ...([
    'wrong stream',
    'wrong purpose',
    'wrong hour',
    'suspended',
    'dismissed',
    'in the circle',
    'out of the circle',
    'operator',
    'nobody',
  ] as const),
];
type Role = (typeof roles)[number];
/** The sealed readings of the day, once all that can end has ended. */
const mayRead: Role[] = ['patient', 'granted', 'in the circle'];
type Asking = Omit<RequestInit, 'body'> & { path: string; body?: Uint8Array };
type Row = {
  /** `METHOD path` of the app's route, as the app has it. */
  route: string;
  ask(role: Role): Asking | Promise<Asking>;
  /** Status, and the code of a refusal. */
  expected: (role: Role) => string;
};

/** Stands in each reading, so that a readable one shows wherever it comes out. */
const marker = 'marker-2f61c0';
let whole: M.Whole;
let people: Record<Role, Person>;
let grants: Partial<Record<Role, { signed: Uint8Array; message: Message.Grant; salt: Uint8Array }>>;
let tickets: Record<Role, { release: Uint8Array; fetch: Uint8Array; reason: number | string }>;
/** Pieces out of the middle of what is sealed of the patient. */
let sealed: string[];
let segmentHash: Uint8Array;
let role: Roles.Role;
let circle: Uint8Array;
let today: Day.Day;
let watch: string;
const guardianSalt = random(32);

const minutes = 60_000;
const place = (contract: 'identity' | 'consent' | 'erasure' | 'recovery') => ({
  chain: BigInt(whole.network.deployment.chainId),
  target: fromHex(whole.network.deployment[contract]),
});
const deadline = (): number => Math.floor(whole.network.now() / 1000) + 3600;
let nonces = 10n ** 9n;
const once = () => ({ nonce: ++nonces, deadline: deadline() });
const signed = (struct: Struct, message: object, who: Role): Uint8Array =>
  encodeSigned(struct, Message.sign(struct, message as never, people[who].wallet.signerKey) as never);

async function relay(kind: Relayed, bytes: Uint8Array, grant?: Uint8Array, keys?: Uint8Array) {
  const body = encodeRelay({ kind, signed: bytes, grant: grant ?? null, keys: keys ?? null });
  const response = await fetch(`${whole.network.hub.url}/v1/relay`, {
    method: 'POST',
    body: Buffer.from(body),
  });
  return (await response.json()) as { reason?: number; code?: string; blockNumber?: number };
}

const member = async (name: 'vouch' | 'endVouch', reader: Uint8Array): Promise<void> => {
  const data = Abi.encodeCall(membersAbi, name, { reader });
  await whole.admin.sender.send({ to: whole.network.deployment.members, data });
};

beforeAll(async () => {
  const stub = (deployment: object): never => ({ deployment }) as never;
  whole = await M.startWhole((deployment) => gatewayApp(stub(deployment)));
  const { network } = whole;
  const made = await Promise.all(
    roles.map(async (name): Promise<[Role, Person]> => {
      if (name === 'operator' || name === 'nobody') {
        const wallet = Wallet.create(name, random);
        if (name === 'operator') wallet.signerKey = M.relayKey;
        return [name, { wallet, notes: { role: 'clinician' } }];
      }
      const isPatient = name === 'patient' || name === 'other patient';
      return [name, await M.newPerson(whole, name, isPatient ? 'patient' : 'clinician')];
    }),
  );
  people = Object.fromEntries(made) as typeof people;
  today = Day.of(network.now(), 0);
  const { patient } = people;
  watch = (await Pairing.pair(network, patient, M.keep, 'watch', 'read')).secret;
  const source = { app: 'clarity', device: marker, id: null };
  const readings = G.cgm(network.now() - 25 * minutes, 5, { source } as never);
  const phone = { write: patient.notes.devices![0]!.secret } as G.Paired;
  await G.postReadings(network.gateway, phone, readings);
  await G.settle(network.gateway, phone);
  await makeGrants();
  let own: Access.Opened | undefined;
  const wanted: Access.Wanted = { streams: ['glucose/raw'], firstDay: today - 1, lastDay: today };
  await G.until(async () => {
    own = await Access.own(network, patient.wallet, wanted).catch(() => undefined);
    return (own?.segments.length ?? 0) > 0;
  }, 60_000);
  const proven = own!.segments.map((s) => s.proven);
  segmentHash = proven[0]!.segment.hash;
  const middle = (bytes: Uint8Array): string =>
    Buffer.from(bytes.slice(bytes.length >> 1, (bytes.length >> 1) + 16)).toString('latin1');
  sealed = proven.flatMap((p) => [middle(p.segment.bytes), middle(p.shares.bytes)]);
  const epochs = proven.map((p) => ({
    ...{ epoch: p.epoch.bytes, shares: p.shares.bytes },
    ...{ segmentHeader: p.segment.headerBytes, receipt: p.receipt },
  }));
  const all = await Promise.all(roles.map(async (r) => [r, await ticketOf(r, wanted, epochs)] as const));
  tickets = Object.fromEntries(all) as typeof tickets;
  await endSome();
}, 180_000);
afterAll(() => whole?.[Symbol.asyncDispose]());

async function makeGrants(): Promise<void> {
  const { network, admin } = whole;
  role = await Roles.create(network, admin);
  await Roles.appoint(network, admin, role, people.dismissed.wallet.account);
  await member('vouch', people.suspended.wallet.account);
  const now = network.now();
  const { patient, guardian } = people;
  const bounds = { keeper: guardian.wallet.account, maxPeople: 2, until: now + 86_400_000 };
  circle = await Circles.open(network, patient.wallet, bounds);
  for (const who of ['in the circle', 'out of the circle'] as const)
    await Circles.admit(network, guardian.wallet, circle, people[who].wallet.account);
  /** A weekday that is not today by any clock. */
  const elsewhere = { ...Hours.always(0), weekdays: 1 << (((today % 7) + 3) % 7) };
  const give = async (who: Role, changes: Partial<Granting.Terms> = {}): Promise<void> => {
    const terms: Granting.Terms = {
      ...{ reader: people[who].wallet.account, streams: ['glucose/raw'] },
      ...{ firstDay: today - 1, lastDay: today, notBefore: now - 60_000, expiresAt: now + 86_400_000 },
      ...{ purpose: 'treatment', maxUses: 0, ...changes },
    };
    const { grantId, salt } = await Granting.grant(network, people.patient.wallet, terms);
    const kept = Http.json(await Http.get(network.hub, `/v1/grants/${toHex(grantId)}`)) as { signed: string };
    const bytes = fromHex(kept.signed);
    const { message } = parseSigned(Message.grant, bytes);
    grants[who] = { signed: bytes, message, salt };
  };
  grants = {};
  await give('carer', { streams: ['glucose/live'], purpose: 'care-giving' });
  await give('granted');
  await give('expired', { expiresAt: now + 3 * minutes });
  await give('revoked');
  await give('wrong stream', { streams: ['glucose/day'] });
  await give('wrong purpose', { purpose: 'research' });
  await give('wrong hour', { hours: elsewhere });
  await give('suspended');
  await give('dismissed', { reader: role.role });
  await give('in the circle', { reader: circle });
  await give('out of the circle', { reader: circle });
  // Guardians are told of to custodians; the second one is nobody in these tests.
  await Http.post(network.custodians[0]!, '/v1/guardians', guardiansBy('patient'));
}

/** All that can end, ends; each decision was made before. */
async function endSome(): Promise<void> {
  const { network, clock } = whole;
  await Granting.revoke(network, people.patient.wallet, grants.revoked!.message.grantId);
  await member('endVouch', people.suspended.wallet.account);
  await Roles.dismiss(network, whole.admin, role, people.dismissed.wallet.account);
  const gone = people['out of the circle'].wallet.account;
  await Circles.dismiss(network, people.guardian.wallet, circle, gone);
  clock.ahead += 4 * minutes;
}

type Epochs = Parameters<typeof encodeAskRelease>[0]['epochs'];

/** The best that a role can ask for the patient's readings of today, with the contract's answer on record. */
async function ticketOf(who: Role, wanted: Access.Wanted, epochs: Epochs) {
  const given = grants[who];
  const salt = given?.salt ?? random(32);
  const purpose = given ? 'treatment' : 'own';
  const oneTimeKey = await Hpke.publicKeyOf(random(32));
  const message: Message.Request = {
    ...place('consent'),
    grantId: given?.message.grantId ?? new Uint8Array(32),
    patient: people.patient.wallet.account,
    // Who has no account says that they are the patient.
    reader: people[who === 'operator' || who === 'nobody' ? 'patient' : who].wallet.account,
    streams: wanted.streams.map((s) => Streams.code(salt, s)),
    ...{ firstDay: wanted.firstDay, lastDay: wanted.lastDay, purpose: Streams.purposeCode(salt, purpose) },
    ...{ oneTimeKeyHash: Release.oneTimeKeyHash(oneTimeKey), statement: new Uint8Array(32), ...once() },
  };
  const request = signed(Message.request, message, who);
  const { reason, code, blockNumber = 0 } = await relay('Request', request, given?.signed);
  const grant = given?.signed ?? null;
  const { streams } = wanted;
  return {
    reason: reason ?? code ?? 'none',
    release: encodeAskRelease({ request, grant, salt, streams, purpose, oneTimeKey, blockNumber, epochs }),
    fetch: encodeFetch({ request, salt, ...wanted, blockNumber }),
  };
}

function statement(who: Role, kind: keyof typeof Stated.kinds, hash: Uint8Array): Uint8Array {
  const { account } = people.patient.wallet;
  const message = {
    ...{ ...place('identity'), account, kind: Stated.kinds[kind], hash, version: whole.network.now() },
  };
  return signed(Message.statement, message, who);
}
const documentBy = (who: Role, kind: keyof typeof Stated.kinds, bytes: Uint8Array): Uint8Array =>
  Stated.encodeDocument({
    signed: Message.sign(
      Message.statement,
      {
        ...{ ...place('identity'), account: people.patient.wallet.account },
        ...{ kind: Stated.kinds[kind], hash: sha256(bytes), version: whole.network.now() },
      },
      people[who].wallet.signerKey,
    ),
    bytes,
  });
const guardiansBy = (who: Role): Uint8Array =>
  documentBy(
    who,
    'guardians',
    Guardians.encodeGuardians({
      ...{ account: people.patient.wallet.account, threshold: 2, delay: 86_400, dealing: null },
      guardians: (['guardian', 'other patient'] as const).map((one) => ({
        ...{ account: people[one].wallet.account, salt: guardianSalt, share: null },
        signers: [Secp256k1.addressOf(people[one].wallet.signerKey)],
      })),
    }),
  );

/** Where the patient's data are, in the word of that role: at this hub. */
const hubsBy = (who: Role): Uint8Array =>
  documentBy(
    who,
    'hubs',
    Hubs.encodeHubs({
      account: people.patient.wallet.account,
      hubs: [{ address: Secp256k1.addressOf(M.relayKey), url: whole.network.hub.url }],
    }),
  );

/** 200 for some; the rest are refused alike, but for those named. */
const only =
  (allowed: Role[], refused: string, named: Partial<Record<Role, string>> = {}) =>
  (role: Role): string =>
    named[role] ?? (allowed.includes(role) ? '200' : refused);
/** Nothing in it is for one person's eyes, or it opens for one person alone and is found by a random id. */
const anyone = (): string => '200';
const post = (path: string, body: Uint8Array): Asking => ({ path, method: 'POST', body });
const put = (path: string, body: Uint8Array): Asking => ({ path, method: 'PUT', body });
const get = (path: string): Asking => ({ path });

async function hold(service: { url: string }, routes: string[], rows: Row[], before = (): void => {}) {
  expect([...new Set(rows.map(({ route }) => route))].sort(), 'every route has a row').toEqual(routes.sort());
  const wrong: string[] = [];
  // What is looked for must be found where it may be.
  const seen = { marker: false, sealed: false };
  for (const row of rows) {
    before();
    for (const role of roles) {
      const { path, body, ...init } = await row.ask(role);
      const response = await fetch(service.url + path, { ...init, ...(body && { body: Buffer.from(body) }) });
      const isStream = path === '/v1/follow' && response.status === 200;
      const bytes = isStream ? new Uint8Array() : new Uint8Array(await response.arrayBuffer());
      if (isStream) await response.body?.cancel();
      const said = answerOf(response.status, bytes);
      const cell = `${row.route} ${path.slice(0, 40)} by ${role}`;
      if (said !== row.expected(role)) wrong.push(`${cell}: ${said} instead of ${row.expected(role)}`);
      const text = Buffer.from(bytes).toString('latin1');
      const [isReadable, isSealed] = [text.includes(marker), sealed.some((piece) => text.includes(piece))];
      seen.marker ||= isReadable;
      seen.sealed ||= isSealed;
      if (isReadable && role !== 'patient' && role !== 'carer') wrong.push(`${cell}: a reading in the clear`);
      if (isSealed && !mayRead.includes(role)) wrong.push(`${cell}: sealed bytes`);
      if (response.status >= 400 && bytes.length > 400)
        wrong.push(`${cell}: a refusal of ${bytes.length} bytes`);
    }
  }
  expect(wrong).toEqual([]);
  return seen;
}

function answerOf(status: number, bytes: Uint8Array): string {
  if (status < 400) return String(status);
  const code = /^\{"code":"([A-Z0-9_]+)"/.exec(new TextDecoder().decode(bytes))?.[1];
  return code ? `${status} ${code}` : String(status);
}

test('the contract decides on each role’s request as it should', () => {
  const reasons = Object.fromEntries(roles.map((r) => [r, tickets[r].reason]));
  expect(reasons).toEqual({
    ...{ patient: 0, 'other patient': 12, carer: 7, guardian: 12, granted: 0 },
    // These are ended afterwards.
    ...{ expired: 0, revoked: 0, suspended: 0, dismissed: 0 },
    ...{ 'in the circle': 0, 'out of the circle': 0 },
    ...{ 'wrong stream': 7, 'wrong purpose': 9, 'wrong hour': 13 },
    ...{ operator: 'CONSENT_NOT_A_SIGNER', nobody: 'CONSENT_NOT_A_SIGNER' },
  });
});

test('of a custodian', async () => {
  const { account } = people.patient.wallet;
  const notThem = '403 CUSTODIAN_NOT_THE_PATIENT';
  const own = only(['patient'], notThem);
  const answer = (path: string, body: (role: Role) => Uint8Array, expected: Row['expected']): Row => ({
    ...{ route: `POST ${path}`, ask: (role) => post(path, body(role)), expected },
  });
  const identity = () => ({ ...place('identity'), account });
  const recovery = { account: people.patient.wallet.account, attempt: 9 };
  const voice = () => ({
    guardian: people.guardian.wallet.account,
    salt: guardianSalt,
    deadline: deadline(),
  });
  const scope = Erasure.encodeScope({ salt: random(32), streams: ['glucose/raw'], grants: [] });
  const rows: Row[] = [
    { route: 'GET /health', ask: () => get('/health'), expected: anyone },
    answer(
      '/v1/release',
      (role) => tickets[role].release,
      only(mayRead, '403 RELEASE_NOT_THE_READER', {
        ...{ 'other patient': '403 DENIED_NOT_YOURS', guardian: '403 DENIED_NOT_YOURS' },
        ...{ carer: '403 DENIED_WRONG_STREAM', 'wrong stream': '403 DENIED_WRONG_STREAM' },
        ...{ expired: '403 DENIED_EXPIRED', revoked: '403 DENIED_REVOKED' },
        ...{ 'wrong purpose': '403 DENIED_WRONG_PURPOSE', 'wrong hour': '403 DENIED_OUTSIDE_HOURS' },
        ...{ suspended: '403 DENIED_READER_SUSPENDED', dismissed: '403 DENIED_NOT_IN_ROLE' },
        'out of the circle': '403 DENIED_NOT_IN_CIRCLE',
      }),
    ),
    answer(
      '/v1/enrol',
      (role) => {
        const signer = Secp256k1.addressOf(people[role].wallet.signerKey);
        const message = { ...identity(), signer, encryptionKeyHash: random(32), deadline: deadline() };
        return encodeEnrol({ register: signed(Message.register, message, role), wanted: [] });
      },
      only(['patient'], '403 ENROL_NOT_REGISTERED'),
    ),
    // Public keys, which only let one seal to the custodian.
    answer(
      '/v1/keys',
      () => encodeMoreKeys({ account, wanted: [{ stream: 'glucose/raw', firstDay: today, days: 1 }] }),
      anyone,
    ),
    answer(
      '/v1/revoke',
      (role) => {
        const message = { ...place('consent'), grantId: random(32), patient: account, deadline: deadline() };
        return signed(Message.revoke, message, role);
      },
      own,
    ),
    answer('/v1/notes', (role) => statement(role, 'askNotes', Stated.toCustodian(1)), own),
    answer(
      '/v1/erase',
      (role) => {
        const words = Erasure.parseScope(scope);
        const message = {
          ...{ ...place('erasure'), erasureId: random(32), account, streams: Erasure.codesOf(words) },
          ...{ firstDay: 100, lastDay: 101, scopeHash: Erasure.hashOf(scope), ...once() },
        };
        return encodeHandover({ erase: signed(Message.erase, message, role), scope });
      },
      own,
    ),
    answer(
      '/v1/recovery',
      (role) => {
        const newSigner = Secp256k1.addressOf(people.nobody.wallet.signerKey);
        const message = { ...place('recovery'), ...recovery, ...voice(), newSigner };
        return encodeList('islet/approvals', [signed(Message.approve, message, role)]);
      },
      // A guardian alone is no quorum.
      only([], '403 RECOVERY_NOT_A_GUARDIAN', { guardian: '403 RECOVERY_NO_QUORUM' }),
    ),
    answer(
      '/v1/add-signer',
      (role) => signed(Message.addSigner, { ...identity(), signer: random(20), ...once() }, role),
      own,
    ),
    answer(
      '/v1/remove-signer',
      (role) => signed(Message.removeSigner, { ...identity(), signer: random(20), ...once() }, role),
      own,
    ),
    answer('/v1/guardians', guardiansBy, own),
    answer(
      '/v1/object',
      (role) => signed(Message.object, { ...place('recovery'), ...recovery, deadline: deadline() }, role),
      own,
    ),
    answer(
      '/v1/withdraw-approval',
      (role) => signed(Message.withdrawApproval, { ...place('recovery'), ...recovery, ...voice() }, role),
      only(['guardian'], '403 RECOVERY_NOT_A_GUARDIAN'),
    ),
  ];
  await hold(whole.network.custodians[0]!, whole.routes.custodian, rows);
});

test('of the hub', async () => {
  const { account } = people.patient.wallet;
  const foreign = await HubWriter.fill(await HubWriter.writer(account), today, 1);
  const relayBy = (kind: Relayed, message: () => object, struct: Struct, expected: Row['expected']): Row => ({
    route: 'POST /v1/relay',
    ask: (role) =>
      post(
        '/v1/relay',
        encodeRelay({ kind, signed: signed(struct, message(), role), grant: null, keys: sealedKeys }),
      ),
    expected,
  });
  const sealedKeys = utf8('sealed to a thief');
  const thief = people.nobody.wallet.account;
  const looked = only(mayRead, '403 HUB_NOT_GRANTED', {
    ...{ operator: '403 HUB_NOT_A_SIGNER', nobody: '403 HUB_NOT_A_SIGNER' },
    ...{ expired: '403 HUB_GRANT_EXPIRED', revoked: '403 HUB_GRANT_REVOKED' },
    ...{ suspended: '403 HUB_READER_SUSPENDED', dismissed: '403 HUB_NOT_IN_ROLE' },
    'out of the circle': '403 HUB_NOT_IN_CIRCLE',
  });
  const grantId = toHex(grants.granted!.message.grantId);
  const id = toHex(random(32));
  const keyHash = toHex(Wallet.encryptionKeyHash(Wallet.encryptionKey(people.patient.wallet)));
  const none = (code: string) => () => `404 ${code}`;
  const laterGrant = encodeRelay({
    ...{ kind: 'Grant', signed: grants.granted!.signed, grant: null },
    keys: fromHex(
      (Http.json(await Http.get(whole.network.hub, `/v1/grants/${grantId}`)) as { keys: string }).keys,
    ),
  });
  const carried = (by: Role): Uint8Array =>
    documentBy(by, 'carried', Carried.encodeCarried({ parts: [], papers: [] }));
  const backup = PasskeyBackup.encodePasskeyBackup({
    ...{ account, passkey: random(64), keyHash: fromHex(keyHash), nonce: random(24), sealed: random(400) },
  });
  const rows: Row[] = [
    { route: 'GET /health', ask: () => get('/health'), expected: anyone },
    { route: 'GET /v1/batches/latest', ask: () => get('/v1/batches/latest'), expected: anyone },
    { route: 'POST /v1/fetch', ask: (role) => post('/v1/fetch', tickets[role].fetch), expected: looked },
    { route: 'POST /v1/follow', ask: (role) => post('/v1/follow', tickets[role].fetch), expected: looked },
    // The writer is none of the patient's, whoever sends what it sealed.
    {
      ...{ route: 'POST /v1/put', ask: () => post('/v1/put', foreign.body) },
      expected: () => '403 HUB_GATEWAY_NOT_AUTHORISED',
    },
    {
      ...{ route: 'POST /v1/receipts', expected: anyone },
      ask: () => post('/v1/receipts', encodeList(askName, [segmentHash])),
    },
    relayBy(
      'Grant',
      () => ({
        ...grants.granted!.message,
        ...{ grantId: random(32), reader: thief, nodesHash: sha256(sealedKeys), deadline: deadline() },
      }),
      Message.grant,
      only(['patient'], '403 HUB_NOT_A_SIGNER'),
    ),
    relayBy(
      'AddSigner',
      () => ({ ...place('identity'), account, signer: random(20), ...once() }),
      Message.addSigner,
      only(['patient'], '403 IDENTITY_NOT_A_SIGNER'),
    ),
    relayBy(
      'Revoke',
      () => ({ ...place('consent'), grantId: random(32), patient: account, deadline: deadline() }),
      Message.revoke,
      only([], '403 CONSENT_NOT_A_SIGNER', { patient: '409 CONSENT_UNKNOWN_GRANT' }),
    ),
    relayBy(
      'SetGuardians',
      () => ({ ...place('recovery'), account, guardians: [], threshold: 0, delay: 0, ...once() }),
      Message.setGuardians,
      only(['patient'], '403 RECOVERY_NOT_A_SIGNER'),
    ),
    { route: 'GET /v1/grants/:id', ask: () => get(`/v1/grants/${grantId}`), expected: anyone },
    { route: 'GET /v1/grants/:id', ask: () => get(`/v1/grants/${id}`), expected: none('HUB_NO_SUCH_GRANT') },
    { route: 'PUT /v1/keys', ask: () => put('/v1/keys', random(1216)), expected: anyone },
    { route: 'GET /v1/keys/:hash', ask: () => get(`/v1/keys/${keyHash}`), expected: anyone },
    // What the store holds is found by its hash there, but no segment passes for a key.
    {
      ...{ route: 'GET /v1/keys/:hash', ask: () => get(`/v1/keys/${toHex(segmentHash)}`) },
      expected: none('HUB_NO_SUCH_KEY'),
    },
    {
      route: 'PUT /v1/roles',
      ask: (by) =>
        put(
          '/v1/roles',
          documentBy(
            by,
            'roleKey',
            RoleKey.encodeRoleKey({
              ...{ role: role.role, reader: thief, keyHash: random(32), sealed: random(64) },
            }),
          ),
        ),
      expected: () => '403 HUB_NOT_ROLES_ADMIN',
    },
    { route: 'GET /v1/papers/:id', ask: () => get(`/v1/papers/${id}`), expected: anyone },
    {
      ...{ route: 'GET /v1/erasures/:id', ask: () => get(`/v1/erasures/${id}`) },
      expected: none('HUB_NO_SUCH_ERASURE'),
    },
    {
      route: 'PUT /v1/asks',
      ask: (by) => {
        const to = people.guardian.wallet.account;
        const about = { asker: account, patient: to, id: random(32), deadline: whole.network.now() + 60_000 };
        return put('/v1/asks', documentBy(by, 'ask', Ask.encodeSealed({ ...about, sealed: random(1_400) })));
      },
      expected: only(['patient'], '403 HUB_NOT_A_SIGNER'),
    },
    {
      route: 'PUT /v1/asks/answers',
      ask: (by) => {
        const about = { asker: thief, patient: account, id: random(32), sealed: random(1_300) };
        return put('/v1/asks/answers', documentBy(by, 'askAnswer', AskAnswer.encodeSealed(about)));
      },
      expected: only([], '403 HUB_NOT_A_SIGNER', { patient: '404 HUB_NO_SUCH_ASK' }),
    },
    {
      route: 'GET /v1/asks',
      ask: (by) => ({
        ...get('/v1/asks'),
        headers: { 'x-islet-statement': toHex(statement(by, 'askAsks', new Uint8Array(32))) },
      }),
      expected: only(['patient'], '403 HUB_NOT_A_SIGNER'),
    },
  ];
  // In this order: until the account names this hub, nothing is carried to it.
  rows.push(
    {
      ...{ route: 'PUT /v1/papers', ask: () => put('/v1/papers', laterGrant) },
      expected: () => '403 HUB_NOT_NAMED',
    },
    {
      ...{ route: 'POST /v1/carry', ask: (by) => post('/v1/carry', carried(by)) },
      expected: only([], '403 HUB_NOT_A_SIGNER', { patient: '403 HUB_NOT_NAMED' }),
    },
    {
      ...{ route: 'GET /v1/hubs/:account', ask: () => get(`/v1/hubs/${toHex(account)}`) },
      expected: none('HUB_NOT_SAID'),
    },
    {
      ...{ route: 'PUT /v1/hubs', ask: (by) => put('/v1/hubs', hubsBy(by)) },
      expected: only(['patient'], '403 HUB_NOT_A_SIGNER'),
    },
    {
      ...{ route: 'GET /v1/hubs/:account', ask: () => get(`/v1/hubs/${toHex(account)}`) },
      expected: anyone,
    },
    // The chain has it, and its keys are those that it names: whoever sends them.
    { ...{ route: 'PUT /v1/papers', ask: () => put('/v1/papers', laterGrant) }, expected: anyone },
    {
      ...{ route: 'POST /v1/carry', ask: (by) => post('/v1/carry', carried(by)) },
      expected: only(['patient'], '403 HUB_NOT_A_SIGNER'),
    },
    {
      route: 'PUT /v1/backups',
      // The patient speaks for the account, and the passkey does not.
      ask: (by) => put('/v1/backups', documentBy(by, 'passkeyBackup', backup)),
      expected: () => '403 HUB_BACKUP_NOT_YOURS',
    },
  );
  const seen = await hold(whole.network.hub, whole.routes.hub, rows);
  expect(seen).toEqual({ marker: false, sealed: true });
});

test('of the gateway', async () => {
  const { patient } = people;
  const secretOf = (role: Role): string => {
    if (role === 'patient') return patient.notes.devices![0]!.secret;
    if (role === 'carer') return watch;
    // Whoever has another's key sees what is that other's: here, nothing.
    if (role === 'other patient') return people[role].notes.devices![0]!.secret;
    return role === 'nobody' ? '' : `guess-${toHex(random(8))}`;
  };
  const keyed = (method: string, path: string, body?: Uint8Array) => (role: Role) => {
    const headers = { 'api-secret': secretOf(role), 'content-type': 'application/json' };
    return { path, method, headers, ...(body && { body }) };
  };
  const signs = only([], '403 GATEWAY_NOT_A_SIGNER', { patient: '200' });
  const asks = (path: string, kind: 'askLooks' | 'askDays') => (role: Role) => ({
    ...{ path, headers: { 'x-islet-statement': toHex(statement(role, kind, new Uint8Array(32))) } },
  });
  const json = utf8('{}');
  const scope = Erasure.encodeScope({ salt: random(32), streams: ['glucose/raw'], grants: [] });
  const devices = await Promise.all(
    patient.notes.devices!.map(({ id, name, may, secret }) => Devices.of({ id, name, may }, secret)),
  );
  const list = Devices.encodeDevices({ account: patient.wallet.account, devices });
  const strangers = '401 GATEWAY_UNAUTHORISED';
  const writes = only(['patient', 'other patient'], strangers, { carer: '403 GATEWAY_DEVICE_MAY_NOT' });
  const from = Day.format(today);
  const rows: Row[] = [
    { route: 'GET /health', ask: () => get('/health'), expected: anyone },
    {
      ...{ route: 'GET /v1/status', ask: keyed('GET', '/v1/status') },
      expected: only(['patient', 'carer', 'other patient'], strangers),
    },
    { route: 'POST /v1/settle', ask: keyed('POST', '/v1/settle', json), expected: writes },
    {
      ...{ route: 'POST /v1/readings', ask: keyed('POST', '/v1/readings', G.ingestBody([])) },
      expected: writes,
    },
    {
      ...{ route: 'POST /v1/withdraw', ask: keyed('POST', '/v1/withdraw', utf8('{"importId":"none"}')) },
      expected: (role) => writes(role).replace(/^200$/, '404 GATEWAY_IMPORT_UNKNOWN'),
    },
    {
      route: 'PUT /v1/keys',
      ask: (role) => {
        const runs = { firstDay: today, days: 1 };
        const seeds = { account: patient.wallet.account, seed: patient.wallet.rootSeed } as never;
        return put('/v1/keys', documentBy(role, 'streamKeys', G.bundle(seeds, 'note/raw' as never, runs)));
      },
      expected: signs,
    },
    {
      ...{ route: 'PUT /v1/devices', ask: (role) => put('/v1/devices', documentBy(role, 'devices', list)) },
      expected: signs,
    },
    { ...{ route: 'PUT /v1/hubs', ask: (role) => put('/v1/hubs', hubsBy(role)) }, expected: signs },
    {
      route: 'POST /v1/erase',
      ask: (role) => {
        const message = {
          ...{ ...place('erasure'), erasureId: random(32), account: patient.wallet.account },
          ...{ streams: Erasure.codesOf(Erasure.parseScope(scope)), firstDay: 100, lastDay: 101 },
          ...{ scopeHash: Erasure.hashOf(scope), ...once() },
        };
        return post('/v1/erase', encodeHandover({ erase: signed(Message.erase, message, role), scope }));
      },
      // The patient's own is not carried out before the chain has it: the answer is that it is not done yet.
      expected: signs,
    },
    { route: 'GET /v1/looks', ask: asks('/v1/looks', 'askLooks'), expected: signs },
    { route: 'GET /v1/days', ask: asks(`/v1/days?from=${from}&to=${from}`, 'askDays'), expected: signs },
    ...nightscout(keyed),
  ];
  // So many guesses from one address are shut out for a minute.
  const seen = await hold(whole.network.gateway, whole.routes.gateway, rows, () => {
    whole.clock.ahead += 61_000;
  });
  expect(seen).toEqual({ marker: true, sealed: false });
});

/** What Nightscout's clients ask: strangers get its one 401; a device that writes may not read, and the other way round. */
function nightscout(keyed: (method: string, path: string, body?: Uint8Array) => Row['ask']): Row[] {
  const pass =
    (patient: string, carer: string, other = patient) =>
    (role: Role) =>
      ({ patient, carer, 'other patient': other })[role as string] ?? '401';
  const row = (route: string, expected: Row['expected'], path = route.split(' ')[1]!): Row => {
    const method = route.startsWith('ALL') ? 'GET' : route.split(' ')[0]!;
    const body = method === 'GET' ? undefined : utf8('{}');
    return { route, ask: keyed(method, path.replace(/:\w+/, 'x'), body), expected };
  };
  const reads = pass('401', '200');
  const base = '/api/v2/authorization';
  return [
    { route: 'GET /api/versions', ask: keyed('GET', '/api/versions'), expected: anyone },
    { route: 'ALL /api/*', ask: keyed('GET', '/api/nothing'), expected: () => '404 GATEWAY_NOT_HERE' },
    row('GET /pebble', reads),
    row('ALL /pebble', reads),
    row('ALL /api/v3/*', pass('403', '200'), '/api/v3/entries'),
    row('ALL /api/v1/*', reads, '/api/v1/entries.json'),
    row('ALL /api/v1/*', reads, '/api/v1/treatments'),
    row('ALL /api/v1/*', reads, '/api/v1/devicestatus'),
    row('ALL /api/v2/*', reads, '/api/v2/entries'),
    ...[
      'properties',
      'properties.json',
      'properties/:names',
      'ddata',
      'ddata.json',
      'ddata/at',
      'ddata/at/:at',
    ]
      .concat(['summary', 'summary.json'])
      .map((path) => row(`GET /api/v2/${path}`, reads)),
    row(`GET ${base}/request/:token`, () => '401'),
    ...['subjects', 'roles', 'permissions'].map((path) => row(`GET ${base}/${path}`, pass('200', '200'))),
    ...['POST', 'PUT', 'DELETE'].flatMap((method) =>
      ['subjects', 'subjects/:id', 'roles', 'roles/:id'].map((path) =>
        row(
          `${method} ${base}/${path}`,
          pass('403 GATEWAY_PAIRED_BY_WALLET', '403 GATEWAY_PAIRED_BY_WALLET'),
        ),
      ),
    ),
    row('POST /api/v2/notifications/loop', pass('403', '403')),
  ];
}
