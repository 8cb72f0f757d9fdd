// Copyright the Islet authors. AGPL-3.0-or-later.
// A record of who saw what with real signatures, and the chain's view that it agrees with.
import * as View from '@islet/chain/View';
import { to0x, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Day from '@islet/core/Day';
import * as Emergency from '@islet/core/Emergency';
import { type Look, signedBytes } from '@islet/core/Look';
import * as Release from '@islet/core/Release';
import * as Streams from '@islet/core/Stream';
import { drawn } from '../../core/src/core.testkit.js';
import { type AccessRecord, build, type Filters, unfiltered } from './AccessRecord.js';
import type { Access } from './Log.js';

const minute = 60_000;
const start = Date.UTC(2026, 10, 20, 8);

export type Scene = { record: AccessRecord; view: View.View; head: number };

/** A refusal, two looks of a clinic, one of them with a comma in its name, an own look, and three of a watch. */
export async function scene(filters: Partial<Filters> = {}): Promise<Scene> {
  const random = drawn('record');
  const [patient, clinic, other, grantId, salt] = [
    random(32),
    random(32),
    random(32),
    random(32),
    random(32),
  ];
  const signers = await Promise.all([1, 2, 3].map(() => Ed25519.fromSeed(random(32))));
  const gateway = await Ed25519.fromSeed(random(32));
  const view = View.empty();
  signers.forEach((s, i) => {
    view.custodians.set(i + 1, { org: 'aa', signingKey: toHex(s.publicKey), account: '' });
  });
  view.accounts.set(toHex(patient), {
    signers: new Set(),
    formerSigners: new Set(),
    addedAt: new Map(),
    encryptionKeyHash: '',
    gateways: new Map([[toHex(gateway.publicKey), { authorisedAt: 0, endedAt: null }]]),
  });
  const accesses: Access[] = [];
  const decide = async (reader: Uint8Array, reason: number, purpose: string, folded = false) => {
    const number = accesses.length + 1;
    const decision = {
      requestId: toHex(random(32)),
      patient: toHex(patient),
      reader: toHex(reader),
      grantId: toHex(grantId),
      reason,
      scope: folded
        ? null
        : {
            streams: [toHex(Streams.code(salt, 'glucose/day')), toHex(Streams.code(salt, 'insulin/raw'))],
            firstDay: Day.parse('2026-11-01')!,
            lastDay: Day.parse('2026-11-14')!,
            purpose: toHex(Streams.purposeCode(salt, purpose)),
            oneTimeKeyHash: toHex(random(32)),
          },
      count: folded ? 3 : 1,
      number,
      blockNumber: 10 + number,
      at: start + number * 10 * minute,
    };
    view.decisions.set(decision.requestId, decision);
    const releases = reason !== 0 ? [] : await Promise.all([1, 3].map((i) => release(decision, i)));
    accesses.push({ ...decision, releases, role: null, circle: null, emergency: null });
  };
  const release = async (decision: View.Decision, custodian: number) => {
    const note = {
      requestId: Uint8Array.from(Buffer.from(decision.requestId, 'hex')),
      custodian,
      epochs: [random(32), random(32)],
      blockNumber: decision.blockNumber,
      blockHash: random(32),
      at: decision.at + 500,
    };
    return { custodian, at: note.at, epochs: 2, note: await Release.signNote(note, signers[custodian - 1]!) };
  };
  await decide(clinic, 1, 'treatment');
  await decide(clinic, 1, 'treatment', true);
  await decide(clinic, 0, 'treatment');
  await decide(patient, 0, 'something else');
  await decide(other, 0, 'research');
  const looks: Look[] = [];
  for (const [i, device] of ['watch', 'watch', 'phone'].entries()) {
    const look = {
      account: toHex(patient),
      device,
      at: start + (i * 17 + 5) * minute,
      count: 12 * i,
      previous: looks.at(-1)?.signature ?? '',
    };
    looks.push({ ...look, signature: toHex(await gateway.sign(signedBytes(look))) });
  }
  const contract = to0x(random(20));
  const record = build({
    account: patient,
    name: 'me',
    deployment: {
      chainId: 31337,
      genesisHash: to0x(random(32)),
      directory: contract,
      members: contract,
      identity: contract,
      anchors: contract,
      circles: contract,
      consent: contract,
      reviews: contract,
      recovery: contract,
      erasure: contract,
      p256Verifier: contract,
      webAuthnVerifier: contract,
    },
    validators: [random(20)],
    view,
    block: 20,
    accesses,
    looks,
    gateway: toHex(gateway.publicKey),
    silent: [2],
    filters: { ...unfiltered, ...filters },
    nameOf: (account) =>
      account === toHex(clinic) ? 'clinic' : account === toHex(other) ? 'study, "A"' : null,
    deviceOf: (id) => `my ${id}`,
    saltOf: (id) => (id === toHex(grantId) ? toHex(salt) : undefined),
  });
  return { record, view, head: 21 };
}

/** The clinic's requests, made ones under a grant to a circle: in the record and on the chain. */
export async function circleScene(): Promise<Scene> {
  const { record, view, head } = await scene();
  const random = drawn('circle record');
  const [circle, keeper] = [toHex(random(32)), toHex(random(32))];
  const lines = record.lines.filter((l) => l.kind === 'request' && l.name === 'clinic');
  for (const line of lines) {
    if (line.kind !== 'request') continue;
    const { patient, grantId } = line.decision;
    view.circles.set(circle, {
      ...{ patient, keeper, maxPeople: 3, until: 4e9, keyHash: '', endedAt: null },
      ...{ people: new Map(), barred: new Set() },
    });
    view.grants.set(grantId, {
      ...{ grantHash: '', patient, reader: circle, expiresAt: 0, grantedAt: 0, revokedAt: null },
    });
  }
  const granted = new Set(lines.flatMap((l) => (l.kind === 'request' ? [l.decision.grantId] : [])));
  for (const line of record.lines)
    if (line.kind === 'request' && granted.has(line.decision.grantId))
      line.circle = { id: circle, keeper, name: 'mum' };
  return { record, view, head };
}

/** The clinic's look, made one by a role in an emergency: in the record and on the chain. */
export async function emergencyScene(text: string): Promise<Scene> {
  const { record, view, head } = await scene();
  const random = drawn('emergency record');
  const [role, salt] = [toHex(random(32)), random(32)];
  const lines = record.lines.filter((l) => l.kind === 'request');
  const look = lines.find((l) => l.decision.reason === 0)!;
  const { decision: d } = look;
  view.roles.set(role, { org: 'aa', keyHash: '', appointments: new Map() });
  view.grants.set(d.grantId, {
    ...{ grantHash: '', patient: d.patient, reader: role, expiresAt: 0, grantedAt: 0, revokedAt: null },
  });
  for (const line of lines) line.role = { id: role, name: 'night shift' };
  const statement = toHex(Emergency.statementOf({ salt, text }));
  const reviews = [{ by: d.patient, justified: false, at: start }];
  view.emergencies.set(d.requestId, {
    ...{ patient: d.patient, reader: d.reader, grantId: d.grantId, statement, at: d.at, reviews },
  });
  look.emergency = { statement, reason: { salt: toHex(salt), text }, reviews: structuredClone(reviews) };
  return { record, view, head };
}
