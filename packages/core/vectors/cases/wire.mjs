// Copyright the Islet authors. AGPL-3.0-or-later.
// What passes between the parts: questions, answers, and lists of the records above.
import { encode } from '../../dist/codec.js';
import * as Readings from '../../dist/Readings.js';
import { encodeScope } from '../../dist/Erasure.js';
import * as Ask from '../../dist/wire/Ask.js';
import { encodeAsks } from '../../dist/wire/Asks.js';
import { encodeDone, encodeHandover } from '../../dist/wire/Erasing.js';
import * as Fetch from '../../dist/wire/Fetch.js';
import * as Followed from '../../dist/wire/Followed.js';
import { encodeHubs } from '../../dist/Hubs.js';
import { encodeCarried } from '../../dist/wire/Carried.js';
import { encodePut } from '../../dist/wire/Put.js';
import { encodeReceipts } from '../../dist/wire/Receipts.js';
import { encodeRelay } from '../../dist/wire/Relay.js';
import { encodeDocument } from '../../dist/wire/Stated.js';
import { messages } from './keys.mjs';
import { readings } from './readings.mjs';
import { account, day, drawn, seed } from './seeds.mjs';

// Records inside are opaque here: short drawn bytes stand for them.
const some = (words) => drawn(words)(24);
const wanted = [
  { stream: 'glucose/raw', firstDay: day, days: 490 },
  { stream: 'glucose/day', firstDay: 0, days: 0 },
];
const asked = { salt: seed('salt'), streams: ['glucose/raw', 'insulin/raw'] };

const file = (name, about, encoder, ...cases) => ({
  file: name,
  about,
  cases: cases.map(([title, input]) => ({ name: title, input, bytes: encoder(input) })),
});
const list = (name, about) =>
  file(name, about, ({ list: items }) => Ask.encodeList(`islet/${name}`, items), ['two', { list: [some('one'), some('two')] }], ['none', { list: [] }]);

export const all = async () => [
  file(
    'put',
    'Gateway to hub: epochs, shares and segments as they are, heads with their new calendar nodes.',
    encodePut,
    ['some of each', { epochs: [some('e')], shares: [some('s')], segments: [some('g'), some('h')], heads: [{ head: some('head'), nodes: [some('n'), some('m')] }] }],
    ['nothing', { epochs: [], shares: [], segments: [], heads: [] }],
  ),
  file(
    'fetch',
    'Reader to hub: the sealed bytes of a granted request.',
    Fetch.encodeFetch,
    ['a fortnight', { request: some('request'), ...asked, firstDay: day, lastDay: day + 13, blockNumber: 42 }],
  ),
  file(
    'fetched',
    'Hub to reader: for each stream and writer the head with its proof, calendar nodes, segments with receipts, epochs, shares.',
    ({ parts }) => Fetch.encodeFetched(parts),
    [
      'one part',
      {
        parts: [
          {
            ...{ head: some('head'), headProof: some('proof'), nodes: [some('n')] },
            ...{ segments: [{ segment: some('g'), receipt: some('r') }], epochs: [some('e')], shares: [some('s')] },
          },
        ],
      },
    ],
    ['nothing', { parts: [] }],
  ),
  file(
    'followed',
    'Hub to follower, in frames of a held answer: new segments with their epochs and shares, heads, receipts of earlier segments; why it ended.',
    Followed.encodeFollowed,
    [
      'some of each',
      {
        ...{ segments: [some('g')], epochs: [some('e')], shares: [some('s')], heads: [some('head')] },
        ...{ receipts: [{ hash: seed('h1'), receipt: some('r') }], ended: null },
      },
    ],
    ['nothing', Followed.nothing],
    ['the end', { ...Followed.nothing, ended: 'HUB_GRANT_REVOKED' }],
  ),
  list('ask-receipts', 'Anyone to hub: the receipts of the segments with these hashes.'),
  file(
    'receipts',
    'Hub’s answer, in the order asked; null where a segment is not anchored yet.',
    ({ answer }) => encodeReceipts(answer),
    ['one of two', { answer: [{ hash: seed('h1'), receipt: some('r') }, { hash: seed('h2'), receipt: null }] }],
  ),
  file(
    'relay',
    'Anyone to hub: a signed message to put on chain, for a Request with its grant, for a Grant with the sealed keys.',
    encodeRelay,
    ['a request', { kind: 'Request', signed: some('signed'), grant: some('grant'), keys: null }],
    ['a grant', { kind: 'Grant', signed: some('signed'), grant: null, keys: some('keys') }],
    ['a revocation', { kind: 'Revoke', signed: some('signed'), grant: null, keys: null }],
  ),
  file('enrol', 'Patient to custodian: the signed Register message, and which public keys are wanted.', Ask.encodeEnrol, ['two streams', { register: some('register'), wanted }]),
  file('more-keys', 'Gateway to custodian: public keys of more days.', Ask.encodeMoreKeys, ['two streams', { account, wanted }]),
  list('bundles', 'Custodian’s answer to both: custodian-keys, one for each stream wanted.'),
  file(
    'ask-release',
    'Reader to custodian: the shares of a granted request; for each epoch what proves that it is anchored.',
    Ask.encodeAskRelease,
    [
      'by a grant',
      {
        ...{ request: some('request'), grant: some('grant'), ...asked, purpose: 'treatment', oneTimeKey: seed('key'), blockNumber: 42 },
        epochs: [{ epoch: some('e'), shares: some('s'), segmentHeader: some('h'), receipt: some('r') }],
      },
    ],
    ['by the patient', { request: some('request'), grant: null, ...asked, purpose: 'own', oneTimeKey: seed('key'), blockNumber: 0, epochs: [] }],
  ),
  file(
    'asks',
    'Hub’s answer: asks to and from whoever wants to know, each as `stated`, with the stated answer or null.',
    ({ list: items }) => encodeAsks(items),
    ['two', { list: [{ ask: some('ask'), answer: null }, { ask: some('other ask'), answer: some('answer') }] }],
    ['none', { list: [] }],
  ),
  list('papers', 'Hub’s answer: the sealed papers about an id, each as it was put.'),
  file(
    'erasure-scope',
    'What an erasure is of, in words: salt, streams, grants that lie wholly inside. No streams: all. Its SHA-256 is in the signed Erase.',
    encodeScope,
    ['two streams', { salt: seed('salt'), streams: ['glucose/day', 'glucose/raw'], grants: [seed('grant')] }],
    ['everything', { salt: seed('salt'), streams: [], grants: [] }],
  ),
  file(
    'erasure-handover',
    'To whoever carries out an erasure: the signed Erase and its scope.',
    encodeHandover,
    ['both', { erase: some('erase'), scope: some('scope') }],
  ),
  file(
    'erasure-done',
    'Their answer: the signed receipt, and a custodian’s signed Confirm; null while it is not done.',
    encodeDone,
    ['a custodian', { receipt: some('receipt'), confirm: some('confirm') }],
    ['not yet', { receipt: null, confirm: null }],
  ),
  list('notes', 'Custodian to patient: release-notes of theirs.'),
  file(
    'hubs',
    'Where an account’s data are: hubs by address and URL, the first for what is new. Stated by the account.',
    encodeHubs,
    ['one', { account, hubs: [{ address: drawn('hub')(20), url: 'https://hub.example' }] }],
    [
      'on its way to another',
      {
        account,
        hubs: [
          { address: drawn('other hub')(20), url: 'http://127.0.0.1:8080/islet' },
          { address: drawn('hub')(20), url: 'https://hub.example' },
        ],
      },
    ],
  ),
  file(
    'carried',
    'What an account takes along to another hub: parts as `fetched` holds them, and sealed papers under what they are about.',
    encodeCarried,
    [
      'a part and a paper',
      {
        parts: [
          {
            ...{ head: some('head'), headProof: some('proof'), nodes: [some('n')] },
            ...{ segments: [{ segment: some('g'), receipt: some('r') }], epochs: [some('e')], shares: [some('s')] },
          },
        ],
        papers: [{ about: seed('about'), paper: some('paper') }],
      },
    ],
    ['nothing', { parts: [], papers: [] }],
  ),
  file(
    'stated',
    'A wallet’s Statement (as `signed`) and the document it is about.',
    ({ message, signer, signature, bytes }) => encodeDocument({ signed: { message, signer, signature }, bytes }),
    ['stream keys', { ...statement(), bytes: some('document') }],
  ),
  file(
    'ingest',
    'Device to gateway: the name of the import (empty where it is none), and a run of readings.',
    ({ importId, readings: run }) => encode('islet/ingest', 1, [importId, Readings.encodeRun(run)]),
    ['an import', { importId: 'clarity-2026-01-01', readings: readings.slice(0, 3) }],
  ),
];

function statement() {
  const { input, gives } = messages().find((m) => m.input.kind === 'Statement');
  return { message: input.message, signer: gives.signer, signature: gives.signature };
}
