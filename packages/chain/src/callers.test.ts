// Copyright the Islet authors. AGPL-3.0-or-later.
// Every function that changes a contract, called by everyone who should not, and by who should: each is refused with its
// own error, and the same call from the right caller passes. The functions are those of the ABIs, so that a new one
// without a row fails.
import * as Circle from '@islet/core/Circle';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { digest, type Struct, type Value } from '@islet/core/crypto/typedData';
import * as Guardians from '@islet/core/Guardians';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Abi from './Abi.js';
import type { Item } from './AbiTypes.js';
import { bytecode } from './abi/bytecode.js';
import { membersAbi } from './abi/Members.js';
import { type Anvil, CHAIN_ID, devKey, start } from './anvil.testkit.js';
import type { Deployment } from './Deployment.js';
import * as Founding from './Founding.js';
import { ChainRevertError } from './Revert.js';
import { connect, type Rpc } from './Rpc.js';
import * as Sender from './Sender.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** Who can send a transaction: each an account of the executor, by its place. */
const callers = [
  ...(['relay', 'administrator', 'relay of another member', 'administrator of another member'] as const),
  ...(['relay of a suspended member', 'administrator of a suspended member', 'nobody'] as const),
];
type Caller = (typeof callers)[number];
/** Who can sign a message. `forger` names the right signer and signs with a key of their own. */
const signers = [
  ...([
    'patient',
    'other patient',
    'guardian',
    'other guardian',
    'reader',
    'reader of a suspended member',
  ] as const),
  ...(['custodian', 'other custodian', 'operator', 'stranger', 'forger'] as const),
];
type Signer = (typeof signers)[number];

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const keys = Object.fromEntries(
  signers.map((who, i) => [who, who === 'operator' ? devKey : filled(100 + i)]),
) as Record<Signer, Uint8Array>;
/** Account ids are the keys' bytes turned: none is a key. */
const accountOf = (who: Signer): Uint8Array => keys[who].map((byte) => 255 - byte);
const signerOf = (who: Signer): Uint8Array => Secp256k1.addressOf(keys[who]);

const [org, otherOrg, suspendedOrg] = [filled(1), filled(2), filled(3)];
const [freshReader, salt, otherSalt, zero] = [filled(4), filled(5), filled(6), new Uint8Array(32)];
const deadline = 4_000_000_000;
const hour = 3_600;

let anvil: Anvil;
let rpc: Rpc;
let deployment: Deployment;
let addresses: Hex[];
let abis: Map<string, readonly Item[]>;
let role: Uint8Array;
let requestId: Uint8Array;
let nonces = 0n;

/** What a call answers: `done`, or the name of its error. */
type Answers = Record<Caller, string>;
type Message = Record<string, Value>;
type Row = { by: Caller; answers: Answers } & (
  | { args: () => object }
  | {
      /** Who signs it, of what struct, and what others are told. */
      signed: Signer;
      struct?: string;
      message: () => Message;
      refused: { notASigner: string; badSignature: string };
      rest?: () => object;
    }
);

const all = (answer: string): Answers =>
  Object.fromEntries(callers.map((caller) => [caller, answer])) as Answers;
const byRelays = (refusal = 'RelayedNotARelay'): Answers => ({
  ...all(refusal),
  relay: 'done',
  'relay of another member': 'done',
});
const byAdministrator = (ofAnother: string): Answers => ({
  ...all('MembersNotAnAdmin'),
  administrator: 'done',
  'administrator of another member': ofAnother,
});
const administered = (ofAnother: string, args: () => object): Row => ({
  by: 'administrator',
  answers: byAdministrator(ofAnother),
  args,
});
/** By vote only: not even administrators call these. */
const voted = (args: () => object): Row => ({
  by: 'administrator',
  answers: all('MembersNotByVote'),
  args,
});
const errorsOf = (contract: string) => ({
  notASigner: `${contract}NotASigner`,
  badSignature: `${contract}BadSignature`,
});
const said = (contract: string, signed: Signer, message: () => Message, more: object = {}): Row => ({
  by: 'relay',
  answers: byRelays(),
  signed,
  message,
  refused: errorsOf(contract),
  ...more,
});
const once = () => ({ nonce: ++nonces });
const patients = (more: () => Message) => () => ({ account: accountOf('patient'), ...once(), ...more() });

const grantOf = (grantId: Uint8Array): Message => ({
  chain: BigInt(CHAIN_ID),
  target: fromHex(deployment.consent),
  grantId,
  patient: accountOf('patient'),
  reader: accountOf('reader'),
  streams: [filled(7)],
  ...{ firstDay: 0, lastDay: 9, rollingDays: 0, notBefore: 0, expiresAt: deadline },
  ...{ weekdays: 127, fromMinute: 0, toMinute: 1440, offsetMinutes: 0, purpose: filled(8), maxUses: 0 },
  ...{ emergency: true, nodesHash: filled(9), deadline },
});
const requestOf = (nonce: bigint): Message => ({
  grantId: filled(1),
  patient: accountOf('patient'),
  reader: accountOf('reader'),
  streams: [filled(7)],
  ...{ firstDay: 0, lastDay: 9, purpose: filled(8), oneTimeKeyHash: filled(9), statement: filled(10), nonce },
});
const erasureOf = (erasureId: Uint8Array): Message => ({
  ...{ erasureId, account: accountOf('patient'), streams: [filled(7)], firstDay: 0, lastDay: 9 },
  ...{ scopeHash: filled(8), ...once() },
});
const approvalOf = (guardian: Signer, its: Uint8Array): Message => ({
  ...{ account: accountOf('patient'), guardian: accountOf(guardian), salt: its, attempt: 1 },
  newSigner: signerOf('stranger'),
});
const registrationOf = (account: Uint8Array, who: Signer): Message => ({
  ...{ account, signer: signerOf(who), encryptionKeyHash: filled(9) },
});

const circleOf = (its: Uint8Array) => ({
  ...{ patient: accountOf('patient'), keeper: accountOf('guardian'), maxPeople: 3, until: deadline },
  ...{ salt: its, keyHash: filled(9) },
});
const circleIdOf = (): Uint8Array => Circle.idOf(circleOf(salt));

const rows: Record<string, Row> = {
  'Members.propose': administered('done', () => ({ call: fromHex(suspension(otherOrg)) })),
  'Members.approve': {
    ...administered('MembersAlreadyApproved', () => ({ id: 3n })),
  },
  'Members.recount': administered('done', () => ({ id: 3n })),
  'Members.execute': administered('done', () => ({ id: 2n })),
  'Members.addOrganisation': voted(() => ({ org: filled(9), admin: addresses[9]! })),
  'Members.suspendOrganisation': voted(() => ({ org: otherOrg, reason: filled(9) })),
  'Members.resumeOrganisation': voted(() => ({ org: suspendedOrg })),
  'Members.setRelay': voted(() => ({ relay: addresses[9]!, org })),
  'Members.removeRelay': voted(() => ({ relay: addresses[0]! })),
  'Members.setCustodian': voted(() => ({ index: 1n, org, signingKey: filled(9), account: addresses[9]! })),
  'Members.setThreshold': voted(() => ({ threshold_: 1n })),
  'Members.vouch': administered('MembersVouchedElsewhere', () => ({ reader: accountOf('reader') })),
  'Members.endVouch': administered('MembersNotYourReader', () => ({ reader: accountOf('reader') })),
  'Members.createRole': administered('done', () => ({ salt: filled(9), keyHash: filled(9) })),
  'Members.replaceRoleKey': administered('MembersNotYourRole', () => ({ role, keyHash: filled(9) })),
  'Members.appoint': administered('MembersNotYourRole', () => ({ role, reader: freshReader })),
  'Members.dismiss': administered('MembersNotYourRole', () => ({ role, reader: accountOf('reader') })),

  'Identity.register': said('Identity', 'stranger', () => registrationOf(filled(9), 'stranger'), {
    // It names the signer to be: whoever else signs it has signed nothing.
    refused: { notASigner: 'IdentityBadSignature', badSignature: 'IdentityBadSignature' },
  }),
  'Identity.authoriseGateway': said(
    'Identity',
    'patient',
    patients(() => ({ gatewayKey: filled(9) })),
  ),
  'Identity.endGateway': said(
    'Identity',
    'patient',
    patients(() => ({ gatewayKey: filled(1) })),
  ),
  'Identity.addSigner': said(
    'Identity',
    'patient',
    patients(() => ({ signer: signerOf('stranger') })),
  ),
  'Identity.removeSigner': said(
    'Identity',
    'patient',
    patients(() => ({ signer: filled(1).slice(0, 20) })),
  ),
  'Identity.recordKeys': said(
    'Identity',
    'patient',
    patients(() => ({ keysRoot: filled(9) })),
  ),
  'Identity.replaceEncryptionKey': said(
    'Identity',
    'patient',
    patients(() => ({ encryptionKeyHash: filled(9) })),
  ),
  // The one contract that may call it does so in `Recovery.finish`.
  'Identity.replaceSigners': {
    by: 'relay',
    answers: all('IdentityNotRecovery'),
    args: () => ({ account: accountOf('patient'), newSigner: signerOf('stranger') }),
  },

  'Anchors.commit': {
    by: 'relay',
    answers: byRelays('AnchorsNotARelay'),
    args: () => ({ number: 1n, root: filled(9) }),
  },

  'Consent.grant': said('Consent', 'patient', () => grantOf(filled(9))),
  'Consent.revoke': said('Consent', 'patient', () => ({
    grantId: filled(1),
    patient: accountOf('patient'),
  })),
  'Consent.request': said('Consent', 'reader', () => requestOf(++nonces), {
    rest: () => ({ g: onChain(grantOf(filled(1))) }),
  }),

  'Circles.openCircle': said('Circles', 'patient', () => circleOf(filled(9))),
  'Circles.admit': said('Circles', 'guardian', () => ({
    ...{ circle: circleIdOf(), keeper: accountOf('guardian'), reader: accountOf('other patient') },
    ...once(),
  })),
  'Circles.dismiss': said('Circles', 'guardian', () => ({
    ...{ circle: circleIdOf(), by: accountOf('guardian'), reader: accountOf('reader') },
    ...once(),
  })),
  'Circles.replaceCircleKey': said('Circles', 'guardian', () => ({
    ...{ circle: circleIdOf(), by: accountOf('guardian'), keyHash: filled(8) },
    ...once(),
  })),
  'Circles.endCircle': said('Circles', 'patient', () => ({
    circle: circleIdOf(),
    patient: accountOf('patient'),
  })),

  'Reviews.closeAsPatient': said(
    'Reviews',
    'patient',
    () => ({ requestId, patient: accountOf('patient'), outcome: 1, noteHash: zero, ...once() }),
    { struct: 'Close' },
  ),
  'Reviews.closeAsMember': {
    by: 'administrator of another member',
    answers: {
      ...all('ReviewsNotAnAdmin'),
      administrator: 'ReviewsOwnReader',
      'administrator of another member': 'done',
    },
    args: () => ({ requestId, outcome: 1n, noteHash: zero }),
  },

  'Recovery.setGuardians': said(
    'Recovery',
    'patient',
    patients(() => ({ guardians: [], threshold: 0, delay: 0 })),
  ),
  'Recovery.approve': said('Recovery', 'other guardian', () => approvalOf('other guardian', otherSalt)),
  'Recovery.withdrawApproval': said('Recovery', 'guardian', () => {
    const { newSigner: _, ...rest } = approvalOf('guardian', salt);
    return rest;
  }),
  'Recovery.object': said('Recovery', 'patient', () => ({ account: accountOf('patient'), attempt: 1 })),
  'Recovery.finish': {
    by: 'relay',
    answers: byRelays(),
    args: () => ({ account: accountOf('patient'), attempt: 1n, newSigner: signerOf('stranger') }),
  },

  'Erasure.erase': said('Erasure', 'patient', () => erasureOf(filled(9))),
  'Erasure.confirm': said(
    'Erasure',
    'custodian',
    () => ({ erasureId: filled(1), custodian: 1, receiptHash: filled(9) }),
    { refused: { notASigner: 'ErasureBadSignature', badSignature: 'ErasureBadSignature' } },
  ),
};

const suspension = (of: Uint8Array): Hex =>
  Abi.encodeCall(membersAbi, 'suspendOrganisation', { org: of, reason: filled(9) });

const functionOf = (name: string): Item => {
  const [contract, fn] = name.split('.') as [string, string];
  return abis.get(contract)!.find((item) => item.type === 'function' && item.name === fn)!;
};
const targetOf = (name: string): Hex => {
  const contract = name.split('.')[0]!;
  return deployment[(contract[0]!.toLowerCase() + contract.slice(1)) as 'members'];
};

/** A message as the ABI takes it. */
function onChain(message: Message): object {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => {
      if (name === 'target') return [name, to0x(value as Uint8Array)];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  );
}

/** The arguments of a signed call: what is signed is laid out as its tuple in the ABI. */
function signedArgs(name: string, row: Extract<Row, { signed: Signer }>, who: Signer): object {
  const { inputs = [] } = functionOf(name);
  const tuple = inputs.find((input) => input.type === 'tuple')!;
  const fn = name.split('.')[1]!;
  const struct = {
    name: row.struct ?? fn[0]!.toUpperCase() + fn.slice(1),
    fields: tuple.components!.map((field) => [field.type, field.name!] as const),
  } as Struct;
  const target = fromHex(targetOf(name));
  const message = { chain: BigInt(CHAIN_ID), target, deadline, ...row.message() };
  const hash = digest(struct, message, { chainId: BigInt(CHAIN_ID), contract: target });
  return {
    [tuple.name!]: onChain(message),
    ...(inputs.some((input) => input.name === 'signer')
      ? { signer: signerOf(who === 'forger' ? row.signed : who) }
      : {}),
    signature: Secp256k1.sign(hash, keys[who]),
    ...row.rest?.(),
  };
}

const argsOf = (name: string, row: Row): object =>
  'signed' in row ? signedArgs(name, row, row.signed) : row.args();

async function tryAs(name: string, caller: Caller, args: object): Promise<string> {
  const abi = abis.get(name.split('.')[0]!)!;
  const data = Abi.encodeCall(abi, name.split('.')[1]! as never, args as never);
  const call = { from: addresses[callers.indexOf(caller)]!, to: targetOf(name), data };
  try {
    await rpc.call('eth_call', [call, 'latest'], Wire.bytes);
    return 'done';
  } catch (error) {
    if (error instanceof ChainRevertError) return error.errorName ?? 'an error without a name';
    throw error;
  }
}

/** The chain has no fees. */
const gasFor = { gas: '0x1e8480', gasPrice: '0x0' };

/** Does it for good. */
async function send(name: string, caller: Caller, args: object): Promise<void> {
  expect(await tryAs(name, caller, args), `${name} as ${caller}`).toBe('done');
  const abi = abis.get(name.split('.')[0]!)!;
  const data = Abi.encodeCall(abi, name.split('.')[1]! as never, args as never);
  const from = addresses[callers.indexOf(caller)]!;
  const hash = await anvil.ask('eth_sendTransaction', { from, to: targetOf(name), data, ...gasFor });
  // Its block is made a moment after the answer.
  while ((await anvil.ask('eth_getTransactionReceipt', hash)) === null);
}

/** Has somebody say something, laid out as in the table. */
const say = (name: string, who: Signer, message: Message): Promise<void> => {
  const row = rows[name] as Extract<Row, { signed: Signer }>;
  return send(name, 'relay', signedArgs(name, { ...row, message: () => message }, who));
};

beforeAll(async () => {
  anvil = await start();
  await anvil.ask('evm_setAutomine', true);
  const named = Object.keys(bytecode).map(async (name) => {
    const abi = Object.values((await import(`./abi/${name}.ts`)) as Record<string, readonly Item[]>)[0]!;
    return [name, abi] as const;
  });
  abis = new Map(await Promise.all(named));
  rpc = connect(anvil.url, { abis: Founding.abis });
  addresses = (await anvil.ask('eth_accounts')) as Hex[];
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });
  const of = (caller: Caller): Hex => addresses[callers.indexOf(caller)]!;
  deployment = await Founding.deploy(rpc, sender, CHAIN_ID, {
    founders: [
      { org, admin: of('administrator') },
      { org: otherOrg, admin: of('administrator of another member') },
      { org: suspendedOrg, admin: of('administrator of a suspended member') },
    ],
    relays: [
      { org, relay: of('relay') },
      { org: otherOrg, relay: of('relay of another member') },
      { org: suspendedOrg, relay: of('relay of a suspended member') },
    ],
    custodians: (['custodian', 'other custodian'] as const).map((who, i) => ({
      ...{ org, signingKey: filled(20 + i), account: to0x(signerOf(who)) },
    })),
    ...{ threshold_: 1n, delay_: 0n, budget: 1000 },
  });
  await everythingThatIsActedOn();
});
afterAll(() => anvil?.close());

async function everythingThatIsActedOn(): Promise<void> {
  const registered = signers.filter((who) => !['stranger', 'forger', 'operator'].includes(who));
  for (const who of registered) await say('Identity.register', who, registrationOf(accountOf(who), who));
  await say('Identity.authoriseGateway', 'patient', patients(() => ({ gatewayKey: filled(1) }))());
  await say('Identity.addSigner', 'patient', patients(() => ({ signer: filled(1).slice(0, 20) }))());

  for (const reader of [accountOf('reader'), freshReader])
    await send('Members.vouch', 'administrator', { reader });
  const theirs = { reader: accountOf('reader of a suspended member') };
  await send('Members.vouch', 'administrator of a suspended member', theirs);
  await send('Members.createRole', 'administrator', { salt, keyHash: filled(1) });
  role = Abi.decodeResult(
    membersAbi,
    'roleIdOf',
    await rpc.call(
      'eth_call',
      [{ to: deployment.members, data: Abi.encodeCall(membersAbi, 'roleIdOf', { org, salt }) }, 'latest'],
      Wire.bytes,
    ),
  );
  await send('Members.appoint', 'administrator', { role, reader: accountOf('reader') });
  // The first is carried out, the second could be, the third lacks a vote.
  await send('Members.propose', 'administrator', { call: fromHex(suspension(suspendedOrg)) });
  await send('Members.approve', 'administrator of another member', { id: 1n });
  await send('Members.execute', 'administrator', { id: 1n });
  const again = fromHex(Abi.encodeCall(membersAbi, 'resumeOrganisation', { org: suspendedOrg }));
  await send('Members.propose', 'administrator', { call: again });
  await send('Members.approve', 'administrator of another member', { id: 2n });
  await send('Members.propose', 'administrator of another member', { call: again });

  await say('Consent.grant', 'patient', grantOf(filled(1)));
  const asked = signedArgs('Consent.request', rows['Consent.request'] as never, 'reader') as {
    r: never;
    g: never;
  };
  await send('Consent.request', 'relay', asked);
  const consentAbi = abis.get('Consent')!;
  const data = Abi.encodeCall(consentAbi, 'requestIdOf' as never, { r: asked.r } as never);
  requestId = fromHex(await rpc.call('eth_call', [{ to: deployment.consent, data }, 'latest'], Wire.bytes));

  const guardians = [
    Guardians.commitment({ account: accountOf('guardian'), salt }),
    Guardians.commitment({ account: accountOf('other guardian'), salt: otherSalt }),
  ];
  const plan = patients(() => ({ guardians, threshold: 1, delay: 24 * hour }))();
  await say('Recovery.setGuardians', 'patient', plan);
  await say('Circles.openCircle', 'patient', circleOf(salt));
  await say('Circles.admit', 'guardian', {
    ...{ circle: circleIdOf(), keeper: accountOf('guardian'), reader: accountOf('reader') },
    ...once(),
  });
  await say('Recovery.approve', 'guardian', approvalOf('guardian', salt));
  await say('Erasure.erase', 'patient', erasureOf(filled(1)));
  await anvil.ask('evm_increaseTime', 24 * hour);
  await anvil.ask('evm_mine');
}

test('every function that changes a contract has a row, and every row a function', () => {
  const functions = [...abis].flatMap(([contract, abi]) =>
    abi
      .filter((item) => item.type === 'function' && !/view|pure/.test(item.stateMutability!))
      .map((item) => `${contract}.${item.name}`),
  );
  expect(Object.keys(rows).sort()).toEqual(functions.sort());
  for (const [contract, abi] of abis)
    expect(
      abi.filter((item) => item.type === 'fallback' || item.type === 'receive'),
      contract,
    ).toEqual([]);
});

test.each(Object.keys(rows))('%s is for who may call it, and refuses everyone else by name', async (name) => {
  const row = rows[name]!;
  const answers = await Promise.all(
    callers.map(async (caller) => [caller, await tryAs(name, caller, argsOf(name, row))] as const),
  );
  expect(Object.fromEntries(answers)).toEqual(row.answers);
});

const signedRows = Object.keys(rows).filter((name) => 'signed' in rows[name]!);

test.each(signedRows)('%s says what only its own signer can say', async (name) => {
  const row = rows[name] as Extract<Row, { signed: Signer }>;
  const answers = await Promise.all(
    signers.map(async (who) => [who, await tryAs(name, 'relay', signedArgs(name, row, who))] as const),
  );
  const expected = signers.map((who) => {
    if (who === row.signed) return [who, 'done'];
    return [who, who === 'forger' ? row.refused.badSignature : row.refused.notASigner];
  });
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(expected));
});
