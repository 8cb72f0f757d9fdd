// Copyright the Islet authors. AGPL-3.0-or-later.
// Hub, custodian and gateway as the client meets them over HTTP: they do what docs/protocol.md says, and lie on demand.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as Abi from '@islet/chain/Abi';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { identityAbi } from '@islet/chain/abi/Identity';
import { recoveryAbi } from '@islet/chain/abi/Recovery';
import { reviewsAbi } from '@islet/chain/abi/Reviews';
import type { Deployment } from '@islet/chain/Deployment';
import type { Sender } from '@islet/chain/Sender';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import type { Built } from '@islet/core/Batch';
import * as Bundle from '@islet/core/Bundle';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import * as Release from '@islet/core/Release';
import * as RoleKey from '@islet/core/RoleKey';
import * as Shares from '@islet/core/Shares';
import { parseSigned } from '@islet/core/signed';
import { type AskRelease, encodeList, parseAskRelease, parseEnrol } from '@islet/core/wire/Ask';
import { encodeAsks, type Listed } from '@islet/core/wire/Asks';
import { encodeFetched, type Part, parseFetch } from '@islet/core/wire/Fetch';
import { parseRelay, type Relay } from '@islet/core/wire/Relay';
import * as Stated from '@islet/core/wire/Stated';
import * as A from './archive.testkit.js';
import { type Custodian, random, seedOf, treeOf } from './writer.testkit.js';

export type Question = { method: string; path: string; body: Uint8Array };
export type Service = AsyncDisposable & { url: string; asked: Question[]; close(): Promise<void> };

/** Answers over HTTP; an error with a code is a refusal, as services refuse. */
export async function serve(
  answer: (question: Question) => Promise<Uint8Array | string | Response>,
): Promise<Service> {
  const asked: Question[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const question = {
        method: request.method ?? '',
        path: request.url ?? '/',
        body: new Uint8Array(Buffer.concat(chunks)),
      };
      asked.push(question);
      const told = await answer(question).catch((error: unknown) => {
        if (!(error instanceof IsletError)) throw error;
        return Response.json({ code: error.code, message: error.message }, { status: 403 });
      });
      if (!(told instanceof Response)) return response.end(told);
      response.statusCode = told.status;
      response.end(new Uint8Array(await told.arrayBuffer()));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close, [Symbol.asyncDispose]: close };
}

const refused = (code: string): Response => Response.json({ code, message: code }, { status: 403 });
const absent = (): Response => Response.json({ code: 'HUB_NO_SUCH_THING', message: '' }, { status: 404 });

export type HubService = Service & {
  archive: A.Archive;
  grants: Map<string, { signed: string; keys: string }>;
  keys: Map<string, Uint8Array>;
  /** Sealed papers by the id they are about. */
  papers: Map<string, Uint8Array[]>;
  /** Asks, which it tells to anyone: the wallets judge. */
  asks: Listed[];
  /** What it serves in place of an honest answer. */
  alter: (parts: Part[]) => Part[] | Promise<Part[]>;
  /** While true, it takes a message and tells the chain nothing. */
  withholds: boolean;
  /** Puts a batch's root on chain. */
  commit(built: Built): Promise<void>;
  /** Makes a batch of all that waits, and commits it. */
  anchor(): Promise<void>;
};

export async function startHub({
  archive,
  sender,
  deployment,
}: {
  archive: A.Archive;
  sender: Sender;
  deployment: Deployment;
}): Promise<HubService> {
  const grants: HubService['grants'] = new Map();
  const keys: HubService['keys'] = new Map();
  const papers: HubService['papers'] = new Map();
  const keep = (id: string, paper: Uint8Array) => papers.set(id, [...(papers.get(id) ?? []), paper]);

  async function relay(asked: Relay): Promise<string> {
    if (asked.kind === 'Grant') {
      const id = toHex(parseSigned(Message.grant, asked.signed).message.grantId);
      grants.set(id, { signed: toHex(asked.signed), keys: toHex(asked.keys!) });
    }
    if (asked.kind === 'Request' && asked.keys) {
      const { message } = parseSigned(Message.request, asked.signed);
      keep(toHex(Message.digestOf(Message.request, message)), asked.keys);
    }
    if (hub.withholds) return JSON.stringify({ transaction: '', blockNumber: 0, reason: 0 });
    const send = asked.kind === 'FinishRecovery' ? sender.sendUntried : sender.send;
    const { txHash, blockNumber } = await send(callOf(asked, deployment));
    return JSON.stringify({ transaction: txHash, blockNumber });
  }

  const service = await serve(async ({ method, path, body }) => {
    if (path === '/v1/relay') return relay(parseRelay(body));
    if (path === '/v1/fetch') {
      const asked = parseFetch(body);
      const { message } = parseSigned(Message.request, asked.request);
      const late = toHex(message.reader) === toHex(message.patient);
      return encodeFetched(await hub.alter(A.answer(archive, { ...asked, account: message.patient, late })));
    }
    const [, , kind, id = ''] = path.split('/');
    if (kind === 'roles') {
      const { role, reader } = RoleKey.parseRoleKey(Stated.parseDocument(body).bytes);
      keep(toHex(RoleKey.placeOf(role, reader)), body);
      return '{}';
    }
    if (kind === 'asks' && method === 'GET') return encodeAsks(hub.asks);
    if (kind === 'asks' && id === 'answers') {
      const answered = toHex(AskAnswer.parseSealed(Stated.parseDocument(body).bytes).id);
      for (const one of hub.asks) {
        const { id } = Ask.parseSealed(Stated.parseDocument(one.ask).bytes);
        if (toHex(id) === answered) one.answer = body;
      }
      return '{}';
    }
    if (kind === 'asks') {
      hub.asks.push({ ask: body, answer: null });
      return '{}';
    }
    if (kind === 'backups') {
      const place = toHex(
        PasskeyBackup.placeOf(PasskeyBackup.parsePasskeyBackup(Stated.parseDocument(body).bytes)),
      );
      papers.set(place, [body]);
      return JSON.stringify({ id: place });
    }
    if (kind === 'papers') return encodeList('islet/papers', papers.get(id) ?? []);
    if (kind === 'keys' && method === 'PUT') {
      keys.set(toHex(sha256(body)), body);
      return '';
    }
    if (kind === 'keys') return keys.get(id) ?? absent();
    const grant = grants.get(id);
    return grant ? JSON.stringify(grant) : absent();
  });
  const hub: HubService = Object.assign(service, {
    archive,
    grants,
    keys,
    papers,
    asks: [],
    alter: (parts: Part[]) => parts,
    withholds: false,
    async commit({ batch, root }: Built) {
      const data = Abi.encodeCall(anchorsAbi, 'commit', { number: BigInt(batch.number), root });
      await sender.send({ to: deployment.anchors, data });
    },
    anchor: () => hub.commit(A.batch(archive)),
  });
  return hub;
}

const ofCircles = {
  OpenCircle: ['openCircle', Message.openCircle],
  Admit: ['admit', Message.admit],
  Dismiss: ['dismiss', Message.dismiss],
  ReplaceCircleKey: ['replaceCircleKey', Message.replaceCircleKey],
  EndCircle: ['endCircle', Message.endCircle],
} as const;

function callOf(
  { kind, signed, grant }: Relay,
  { identity, circles, consent, reviews, recovery }: Deployment,
) {
  const open = <S extends Struct>(struct: S, bytes: Uint8Array) => {
    const { message, ...rest } = parseSigned(struct, bytes);
    return { m: toArgs(struct, (name) => (message as Record<string, Value>)[name]!) as never, ...rest };
  };
  if (kind === 'Register')
    return { to: identity, data: Abi.encodeCall(identityAbi, 'register', open(Message.register, signed)) };
  if (kind === 'AuthoriseGateway' || kind === 'EndGateway') {
    const [call, struct] =
      kind === 'EndGateway'
        ? (['endGateway', Message.endGateway] as const)
        : (['authoriseGateway', Message.authoriseGateway] as const);
    return { to: identity, data: Abi.encodeCall(identityAbi, call, open(struct, signed)) };
  }
  const told = (
    to: typeof identity,
    abi: typeof identityAbi | typeof recoveryAbi,
    call: string,
    struct: Struct,
  ) => ({
    to,
    data: Abi.encodeCall(abi as typeof recoveryAbi, call as 'object', open(struct, signed)),
  });
  if (kind === 'AddSigner') return told(identity, identityAbi, 'addSigner', Message.addSigner);
  if (kind === 'RemoveSigner') return told(identity, identityAbi, 'removeSigner', Message.removeSigner);
  if (kind === 'ReplaceEncryptionKey')
    return told(identity, identityAbi, 'replaceEncryptionKey', Message.replaceEncryptionKey);
  if (kind === 'SetGuardians') return told(recovery, recoveryAbi, 'setGuardians', Message.setGuardians);
  if (kind === 'Approve') return told(recovery, recoveryAbi, 'approve', Message.approve);
  if (kind === 'WithdrawApproval')
    return told(recovery, recoveryAbi, 'withdrawApproval', Message.withdrawApproval);
  if (kind === 'Object') return told(recovery, recoveryAbi, 'object', Message.object);
  if (kind in ofCircles) {
    const [call, struct] = ofCircles[kind as keyof typeof ofCircles];
    return { to: circles, data: Abi.encodeCall(circlesAbi, call, open(struct, signed)) };
  }
  if (kind === 'FinishRecovery') {
    const { account, attempt, newSigner } = parseSigned(Message.approve, signed).message;
    const call = { account, attempt: BigInt(attempt), newSigner };
    return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'finish', call) };
  }
  if (kind === 'Revoke')
    return { to: consent, data: Abi.encodeCall(consentAbi, 'revoke', open(Message.revoke, signed)) };
  if (kind === 'Close')
    return { to: reviews, data: Abi.encodeCall(reviewsAbi, 'closeAsPatient', open(Message.close, signed)) };
  if (kind === 'Grant') {
    const { m: g, ...rest } = open(Message.grant, signed);
    return { to: consent, data: Abi.encodeCall(consentAbi, 'grant', { g, ...rest }) };
  }
  const { m: r, ...rest } = open(Message.request, signed);
  const g = grant ? open(Message.grant, grant).m : (noGrant as never);
  return { to: consent, data: Abi.encodeCall(consentAbi, 'request', { r, g, ...rest }) };
}

const toArgs = (struct: Struct, lookUp: (name: string) => Value): Record<string, unknown> =>
  Object.fromEntries(
    struct.fields.map(([type, name]) => {
      const value = lookUp(name);
      if (type === 'address') return [name, to0x(value as Uint8Array)];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  );

const noGrant = toArgs(Message.grant, (name) => {
  const [type] = Message.grant.fields.find(([, field]) => field === name)!;
  if (type === 'bytes32[]') return [];
  if (type === 'bool') return false;
  return type === 'address' ? new Uint8Array(20) : type === 'bytes32' ? new Uint8Array(32) : 0n;
});

/** What an honest custodian would hand out, for a liar to change. */
export type Handout = { note: Release.Note; shares: Uint8Array[]; ask: AskRelease };

export type ReleasingCustodian = Service &
  Custodian & {
    enrolled: Set<string>;
    revoked: Set<string>;
    /** What it was told of further signers. */
    added: Uint8Array[];
    notes: Uint8Array[];
    /** Hands out something else than the honest answer. */
    lie: ((honest: Handout) => Uint8Array | Promise<Uint8Array>) | undefined;
    /** What it refuses with. */
    refusal: string | undefined;
    /** Waited for before it answers: who answers last is not needed. */
    before: Promise<unknown>;
    /** Tells other notes than its own. */
    telling: (() => Promise<Uint8Array[]>) | undefined;
  };

export async function startCustodian(self: Custodian, now: () => number): Promise<ReleasingCustodian> {
  async function release(body: Uint8Array): Promise<Uint8Array | Response> {
    await custodian.before;
    if (custodian.refusal) return refused(custodian.refusal);
    const ask = parseAskRelease(body);
    const { message } = parseSigned(Message.request, ask.request);
    if (custodian.revoked.has(toHex(message.grantId))) return refused('DENIED_REVOKED');
    const epochs = ask.epochs.map((e) => ({ epoch: Epoch.parse(e.epoch), dealt: Shares.parse(e.shares) }));
    const shares = await Promise.all(
      epochs.map(({ epoch, dealt }) => {
        const { account, stream, day } = epoch.header;
        return Shares.openOwn(dealt, epoch, self.index, seedOf(treeOf(self, account, stream), day, 'hpke'));
      }),
    );
    if (shares.includes(undefined)) return refused('RELEASE_NO_SHARE');
    const note: Release.Note = {
      requestId: Message.digestOf(Message.request, message),
      custodian: self.index,
      epochs: epochs.map(({ epoch }) => epoch.hash),
      blockNumber: ask.blockNumber,
      blockHash: random(32),
      at: now(),
    };
    const honest = { note, shares: shares.map((share) => share!), ask };
    if (custodian.lie) return custodian.lie(honest);
    custodian.notes.push(await Release.signNote(note, self.signer));
    return Release.seal(note, honest.shares, ask.oneTimeKey, self.signer, random(32));
  }

  const service = await serve(async ({ path, body }) => {
    if (path === '/v1/release') return release(body);
    if (path === '/v1/notes') {
      const signed = parseSigned(Message.statement, body);
      if (!Message.verify(Message.statement, signed)) return refused('CUSTODIAN_NOT_THE_PATIENT');
      return encodeList('islet/notes', await (custodian.telling?.() ?? custodian.notes));
    }
    if (path === '/v1/revoke') {
      const signed = parseSigned(Message.revoke, body);
      if (!Message.verify(Message.revoke, signed)) return refused('CUSTODIAN_NOT_THE_PATIENT');
      custodian.revoked.add(toHex(signed.message.grantId));
      return '{}';
    }
    if (path === '/v1/add-signer') {
      custodian.added.push(body);
      return '{}';
    }
    const signed = parseSigned(Message.register, parseEnrol(body).register);
    if (!Message.verify(Message.register, signed)) return refused('ENROL_BAD_SIGNATURE');
    custodian.enrolled.add(toHex(signed.message.account));
    return encodeList('islet/bundles', []);
  });
  const custodian: ReleasingCustodian = Object.assign(service, {
    ...self,
    enrolled: new Set<string>(),
    revoked: new Set<string>(),
    added: [],
    notes: [],
    lie: undefined,
    refusal: undefined,
    before: Promise.resolve(),
    telling: undefined,
  });
  return custodian;
}

export type GatewayService = Service & { bundles: Bundle.StreamKeys[] };

/** A gateway that takes public keys signed by a wallet, and nothing else. */
export async function startGateway(deployment: Deployment): Promise<GatewayService> {
  const here = { chainId: deployment.chainId, identity: fromHex(deployment.identity) };
  const service = await serve(async ({ body }) => {
    const document = Stated.parseDocument(body);
    if (!Stated.isDocument(document, 'streamKeys', here)) return refused('GATEWAY_BAD_STATEMENT');
    gateway.bundles.push(Bundle.parseStreamKeys(document.bytes));
    return '{}';
  });
  const gateway: GatewayService = Object.assign(service, { bundles: [] });
  return gateway;
}
