import { encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import { hmac } from '@islet/core/crypto/hash';
import { maxText } from '@islet/core/Reading';
import * as Dedup from '../Dedup.js';
import type { Paired } from '../DeviceKeys.js';
import { RECORD_WEIGHT } from '../limits.js';
import { notAuthorised } from '../Refusal.js';
import * as Revise from '../Revise.js';
import type { AccountState } from '../State.js';
import type * as Collection from './Collection.js';
import * as Derived from './Derived.js';
import * as Documents from './Documents.js';
import * as Identity from './Identity.js';
import { canonical, type Fields } from './Json.js';
import * as Versions from './Versions.js';

/** What is to become of a record: kept under the name it carries, or put in the place of the version it names. */
export type Write = {
  ready: Collection.Ready;
  /** An identifier that we made for a record that carried none. */
  made?: string;
  /** Whether a record that was deleted may come back. */
  revives: boolean;
  /** The record that it is to replace, where that was found by other means. */
  inPlaceOf?: Documents.Doc;
};

/** `known`: this version was here already; `gone`: it was deleted; `large`: no document can hold it. */
export type Written =
  | {
      is: 'created' | 'updated' | 'known';
      id: string;
      identifier: string;
      srvModified: number;
      srvCreated: number;
    }
  | { is: 'gone' | 'large' };

/** Keeps records as documents with their readings, each version of each record once. */
export type Records = {
  /** Resolves when all of them are durable. Throws a refusal; then some may be, and are known when they come again. */
  write(paired: Paired, writes: Write[]): Promise<Written[]>;
  /** Says of records that they are no longer valid. Resolves when that is durable. */
  remove(paired: Paired, docs: Documents.Doc[]): Promise<number>;
};

export type Options = Revise.Options & {
  stateOf: (account: Paired['account']) => AccountState;
  isAuthorised: (account: Uint8Array) => boolean;
  noticed: (account: Paired['account']) => void;
};

type Pending = { documents: Documents.Documents; revision: Revise.Revision; weight: number };
const nothing = (): Pending => ({
  documents: Documents.empty(),
  revision: { add: [], gone: [] },
  weight: 0,
});

export function records(options: Options): Records {
  const { localKey, stateOf, isAuthorised, noticed, now } = options;

  /** One stretch of work in the account's lane: records are judged by what is durable, and committed in runs. */
  async function inLane<T>(paired: Paired, work: (step: Step) => Promise<T>): Promise<T> {
    const { account } = paired;
    if (!isAuthorised(account.id)) throw notAuthorised(503);
    const state = stateOf(account);
    noticed(account);
    try {
      return await account.lane(async () => {
        const step = stepOf(paired, state);
        const answer = await work(step);
        await step.flush();
        return answer;
      });
    } finally {
      noticed(account);
    }
  }

  type Step = ReturnType<typeof stepOf>;

  function stepOf(paired: Paired, state: AccountState) {
    const { account, device } = paired;
    let pending = nothing();

    async function flush(): Promise<void> {
      const { revision } = pending;
      pending = nothing();
      if (revision.add.length > 0 || revision.gone.length > 0)
        await Revise.revise(options, account, state, revision);
    }

    const nextMoment = (): number =>
      Math.max(now(), state.documents.last + 1, pending.documents.last + 1, state.documents.entriesAt + 1);

    /** Puts a version on its way; undefined where it is too large. */
    async function keep(
      ready: Collection.Ready,
      id: string,
      before: Documents.Doc | undefined,
      carries: string[] | undefined,
    ): Promise<Documents.Doc | undefined> {
      const digest = Identity.digestOf(ready.fields);
      const version = before ? Versions.versionAfter(before.version, digest) : '';
      const srvModified = nextMoment();
      const fields: Fields = {
        ...ready.fields,
        _id: id,
        srvCreated: before?.srvCreated ?? srvModified,
        srvModified,
        subject: device.name,
        ...(before ? { modifiedBy: device.name } : {}),
      };
      if (before || carries)
        fields._islet = {
          ...(before ? { version, previous: before.version || before.id } : {}),
          ...(carries ? { carries } : {}),
          ...(before?.beyond ? { beyond: true } : {}),
        };
      const text = canonical(fields);
      if (text.length > maxText.document) return undefined;
      const weight = 6 * text.length + 1024;
      if (pending.weight + weight > RECORD_WEIGHT) await flush();
      const document = Versions.reading(ready, text, id, version);
      const made = before?.beyond ? [] : Derived.of({ ...ready, fields }, id, version);
      pending.revision.add.push(document, ...made);
      if (before) pending.revision.gone.push(...Derived.ofDoc(before));
      pending.weight += weight;
      const doc = Documents.parse(document, '', srvModified, 0)!;
      Documents.add(pending.documents, doc);
      return doc;
    }

    /** Whether a version of a record was taken before, if the window no longer holds it. */
    const isKnown = (ready: Collection.Ready, id: string, version: string): boolean =>
      state.known.has(Dedup.idOf(localKey, account.id, Versions.reading(ready, '', id, version)));

    /**
     * A record that left the window comes again. Whether it was changed cannot be told any more, so what comes is kept,
     * once, as a version that makes no readings: those of the first are where they were.
     */
    async function again(
      ready: Collection.Ready,
      id: string,
      carries: string[] | undefined,
    ): Promise<Written> {
      const before = {
        ...Versions.lost,
        collection: ready.collection,
        id,
        at: ready.at,
        srvCreated: ready.at,
      };
      const version = Versions.versionAfter(before.version, Identity.digestOf(ready.fields));
      if (isKnown(ready, id, version)) {
        const identifier = Identity.identitiesOf(ready.fields).identifier ?? id;
        return { is: 'known', id, identifier, srvModified: ready.at, srvCreated: ready.at };
      }
      const doc = await keep(ready, id, before, carries);
      return doc ? answer('known', doc) : { is: 'large' };
    }

    async function find(
      collection: Collection.Collection,
      identities: Identity.Identities,
      fallback: string | null,
    ): Promise<Documents.Doc | undefined> {
      // What this very request brought is committed first, so that versions follow each other in the journal.
      if (Documents.find(pending.documents, collection, identities, fallback)) await flush();
      return Documents.find(state.documents, collection, identities, fallback);
    }

    async function write({ ready, made, revives, inPlaceOf: meant }: Write): Promise<Written> {
      const { collection, at } = ready;
      const carried = Identity.identitiesOf(ready.fields);
      const isNameless = Object.keys(carried).length === 0;
      const fallback = isNameless ? Identity.fallbackOf(collection, ready.fields, at) : null;
      let identities = carried;
      let before = meant
        ? (Documents.ofId(state.documents, collection, meant.id) ?? meant)
        : await find(collection, made && isNameless ? { identifier: made } : carried, fallback);
      if (made !== undefined && !before) {
        // Two records of one moment with names of their own are two, though the moment makes one identifier.
        const taken = Documents.find(state.documents, collection, { identifier: made }, null);
        const identifier = taken ? Versions.identifierFrom(made, canonical(carried as Fields)) : made;
        before = taken && (await find(collection, { identifier }, null));
        identities = { ...carried, identifier };
        ready.fields.identifier = identifier;
      }
      if (before && !before.isValid && !revives) return { is: 'gone' };
      if (before) {
        const next = Versions.inPlaceOf(before, ready);
        if (before.isValid && Identity.digestOf(next.fields) === before.digest)
          return answer('known', before);
        const doc = await keep(next, before.id, before, carriesOf(before));
        return doc ? answer('updated', doc) : { is: 'large' };
      }
      const id = idFor(collection, identities, fallback, ready);
      const carries = made !== undefined || isNameless ? Object.keys(carried) : undefined;
      const { _id, ...fields } = ready.fields;
      if (typeof _id === 'string' && !Identity.isObjectId(_id)) fields.identifier ??= _id;
      if (isKnown(ready, id, '')) return again({ ...ready, fields }, id, carries);
      const doc = await keep({ ...ready, fields }, id, undefined, carries);
      return doc ? answer('created', doc) : { is: 'large' };
    }

    function idFor(
      collection: Collection.Collection,
      identities: Identity.Identities,
      fallback: string | null,
      ready: Collection.Ready,
    ): string {
      if (collection === 'entries') {
        const [first] = Derived.of(ready, '', '');
        if (first) return Dedup.toObjectId(Dedup.idOf(localKey, account.id, first));
      }
      if (identities._id) return identities._id;
      const scheme = Identity.schemes.find((one) => identities[one] !== undefined);
      const name = scheme ? [scheme, identities[scheme]!] : ['time', fallback ?? ''];
      const mac = hmac(localKey, encode('islet/document-id', 1, [account.id, collection, ...name]));
      return toHex(mac.subarray(0, 12));
    }

    return {
      flush,
      write,
      async remove(doc: Documents.Doc): Promise<boolean> {
        const now = Documents.ofId(state.documents, doc.collection, doc.id) ?? doc;
        if (!now.isValid) return false;
        const fields = { ...Documents.shown(now), isValid: false };
        const { collection, at, offsetMinutes } = now;
        const ready = {
          collection,
          fields,
          at,
          offsetMinutes,
          said: new Date(at).toISOString(),
          timed: true,
        };
        return (await keep(ready, now.id, now, carriesOf(now))) !== undefined;
      },
    };
  }

  return {
    write: (paired, writes) =>
      inLane(paired, async (step) => {
        const done: Written[] = [];
        for (const one of writes) done.push(await step.write(one));
        return done;
      }),
    remove: (paired, docs) =>
      inLane(paired, async (step) => {
        let removed = 0;
        for (const doc of docs) if (await step.remove(doc)) removed++;
        return removed;
      }),
  };
}

const answer = (is: 'created' | 'updated' | 'known', doc: Documents.Doc): Written => ({
  is,
  id: doc.id,
  identifier: doc.identities.identifier ?? doc.id,
  srvModified: doc.srvModified,
  srvCreated: doc.srvCreated,
});

/** A record that a client left nameless stays one, even though we gave it an identifier. */
const carriesOf = (doc: Documents.Doc): string[] | undefined => (doc.fallback === null ? undefined : []);
