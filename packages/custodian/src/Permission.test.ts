// Copyright the Islet authors. AGPL-3.0-or-later.
// Who may have shares: the patient's word, the reader's word and the contract's, each checked by the custodian itself.
// In every attack all else is in order, so that only the check under test stands in its way.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import * as Streams from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decisionLifeMs } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let stranger: Story.Person;
let sealed: Story.Sealed;
let granted: Story.Granted;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [patient, reader, stranger] = await Promise.all([Story.person(), Story.person(), Story.person()]);
  for (const who of [patient, reader, stranger]) {
    const register = await Story.settle(scene, who);
    if (who !== patient) continue;
    expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  }
  const others = [await Hpke.publicKeyOf(Scene.random(32)), await Hpke.publicKeyOf(Scene.random(32))];
  const keys = [await Story.keyOf(custodian, patient, 'glucose/raw', Story.day), ...others];
  sealed = await Story.seal([], patient, { keys });
  await Story.anchor(scene, [sealed]);
  granted = await Story.grant(scene, patient, reader);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => {
  custodian.clock.skew = 0;
});

const ask = (how?: Story.Asking, under = granted) => Story.ask(scene, reader, under, [sealed], how);
const decided = async (how?: Story.Asking, under = granted) =>
  Story.decide(scene, reader, await ask(how, under), under);
const answer = (asked: Story.Asked, changes?: Parameters<typeof Story.answer>[2]) =>
  Story.answer(custodian, asked, changes);
const view = () => custodian.context.chain.state;

test('a reader with the patient’s grant and a decision is released the share', async () => {
  const release = await Story.opened(custodian, await decided());
  expect(release?.shares).toHaveLength(1);
});

test('the patient is released their own share without a grant', async () => {
  const asked = await Story.decide(scene, patient, await Story.askOwn(scene, patient, [sealed]));
  expect(await answer(asked)).toBe('200');
});

describe('the reader’s request', () => {
  test('stops someone else’s signature on a reader’s decided request', async () => {
    const asked = await decided();
    const { message } = asked;
    const forged = Message.sign(Message.request, message, stranger.wallet);
    const signer = Secp256k1.addressOf(reader.wallet);
    const request = encodeSigned(Message.request, { ...forged, signer });
    expect(await answer(asked, { request })).toBe('403 RELEASE_BAD_SIGNATURE');
  });

  test('stops a key that does not speak for the reader, though it signs with its own name', async () => {
    const asked = await decided();
    const request = Story.signedBytes(Message.request, asked.message, stranger.wallet);
    expect(await answer(asked, { request })).toBe('403 RELEASE_NOT_THE_READER');
  });

  test('stops shares sealed to a key that the reader did not choose', async () => {
    const oneTimeKey = await Hpke.publicKeyOf(Scene.random(32));
    expect(await answer(await decided(), { oneTimeKey })).toBe('403 RELEASE_WRONG_KEY');
  });

  test('stops a request for another chain, whatever is decided here', async () => {
    const asked = await ask({ changes: { chain: 1n } });
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 RELEASE_WRONG_CHAIN');
  });

  test('stops a request for another contract, whatever is decided here', async () => {
    const asked = await ask({ changes: { target: fromHex(scene.deployment.identity) } });
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 RELEASE_WRONG_CHAIN');
  });

  test('answers an impossible chain number as a refusal, not as a failure', async () => {
    const asked = await decided();
    const message = { ...asked.message, chain: 2n ** 256n - 1n };
    const request = encodeSigned(Message.request, {
      ...Message.sign(Message.request, asked.message, reader.wallet),
      message,
    });
    expect(await answer(asked, { request })).toBe('403 RELEASE_WRONG_CHAIN');
  });
});

describe('the decision', () => {
  test('stops asking before or without the contract', async () => {
    expect(await answer(await ask())).toBe('403 RELEASE_NOT_DECIDED');
  });

  test('stops a request that the contract denied, with the contract’s reason', async () => {
    const narrow = await Story.grant(scene, patient, reader, { lastDay: Story.day });
    const asked = await Story.ask(scene, reader, narrow, [sealed], { changes: { lastDay: Story.day + 1 } });
    expect(await answer(await Story.decide(scene, reader, asked, narrow))).toBe('403 DENIED_OUTSIDE_WINDOW');
    const other = await Story.ask(scene, reader, granted, [sealed]);
    Story.invent(custodian, scene, other);
    view().decisions.get(toHex(other.requestId))!.reason = 11;
    expect(await answer(other)).toBe('403 DENIED_READER_SUSPENDED');
  });

  test('stops a decision about another patient', async () => {
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    view().decisions.get(toHex(asked.requestId))!.patient = toHex(stranger.account);
    expect(await answer(asked)).toBe('403 RELEASE_DECISION_MISMATCH');
  });

  test('stops a decision about another reader', async () => {
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    view().decisions.get(toHex(asked.requestId))!.reader = toHex(stranger.account);
    expect(await answer(asked)).toBe('403 RELEASE_DECISION_MISMATCH');
  });

  test('stops a decision kept for later, out of the patient’s sight', async () => {
    const asked = await decided();
    scene.clock.now += decisionLifeMs;
    expect(await answer(asked)).toBe('200');
    scene.clock.now += 1000;
    expect(await answer(asked)).toBe('403 RELEASE_TOO_LATE');
  });

  test('stops a decision dated ahead, so as to last longer', async () => {
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    view().decisions.get(toHex(asked.requestId))!.at = scene.clock.now + 30_000;
    expect(await answer(asked)).toBe('200');
    view().decisions.get(toHex(asked.requestId))!.at = scene.clock.now + 30_001;
    expect(await answer(asked)).toBe('503 CHAIN_CLOCK_SKEW');
  });
});

describe('the words behind the codes', () => {
  test('stops asking for glucose/raw with a decision about glucose/day', async () => {
    const asked = await decided({ streams: ['glucose/day'] });
    expect(await answer(asked, { streams: ['glucose/raw'] })).toBe('403 DENIED_WRONG_STREAM');
    expect(await answer(asked, { streams: ['glucose/day', 'glucose/raw'] })).toBe('403 DENIED_WRONG_STREAM');
  });

  test('stops asking for no stream at all', async () => {
    expect(await answer(await decided(), { streams: [], epochs: [] })).toBe('403 DENIED_WRONG_STREAM');
  });

  test('stops another purpose than the one signed', async () => {
    expect(await answer(await decided(), { purpose: 'research' })).toBe('403 DENIED_WRONG_PURPOSE');
  });
});

describe('the patient’s grant', () => {
  test('stops a grant that the chain, or all members together, invented', async () => {
    const invented = Story.signGrant(scene, patient, reader, {}, { key: stranger.wallet });
    const asked = await Story.ask(scene, reader, invented, [sealed]);
    Story.invent(custodian, scene, asked, invented);
    expect(await answer(asked)).toBe('403 RELEASE_GRANT_NOT_SIGNED');
  });

  test('stops an invented grant that names the patient as its signer', async () => {
    const invented = Story.signGrant(scene, patient, reader, {}, { key: stranger.wallet });
    const asked = await Story.ask(scene, reader, invented, [sealed]);
    Story.invent(custodian, scene, asked, invented);
    const forged = Message.sign(Message.grant, invented.message, stranger.wallet);
    const grant = encodeSigned(Message.grant, { ...forged, signer: Secp256k1.addressOf(patient.wallet) });
    expect(await answer(asked, { grant })).toBe('403 RELEASE_GRANT_NOT_SIGNED');
  });

  test('stops a grant by a key that took the account over on chain after enrolment', async () => {
    const victim = await Story.person();
    const register = await Story.settle(scene, victim);
    expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
    await Story.letSpeak(scene, victim, Secp256k1.addressOf(stranger.wallet));
    const thief = { ...victim, wallet: stranger.wallet };
    const stolen = await Story.grant(scene, thief, reader);
    const asked = await Story.decide(scene, reader, await Story.ask(scene, reader, stolen, []), stolen);
    expect(await answer(asked)).toBe('403 RELEASE_GRANT_NOT_SIGNED');
  });

  test('stops a request that rests on a grant and does not show it', async () => {
    expect(await answer(await decided(), { grant: null })).toBe('400 RELEASE_NO_GRANT');
  });

  test('stops showing another grant of the same patient and reader', async () => {
    const other = await Story.grant(scene, patient, reader, {}, granted);
    expect(await answer(await decided(), { grant: other.bytes })).toBe('403 RELEASE_GRANT_MISMATCH');
  });

  test('stops a grant that the patient signed for another chain or contract', async () => {
    for (const change of [{ chain: 1n }, { target: fromHex(scene.deployment.identity) }]) {
      const elsewhere = Story.signGrant(scene, patient, reader, change);
      const asked = await Story.ask(scene, reader, elsewhere, [sealed]);
      Story.invent(custodian, scene, asked, elsewhere);
      expect(await answer(asked)).toBe('403 RELEASE_GRANT_MISMATCH');
    }
  });

  test('stops a grant by one patient used for another', async () => {
    const theirs = Story.signGrant(scene, patient, reader, { patient: stranger.account });
    const asked = await Story.ask(scene, reader, theirs, [sealed], { changes: { patient: patient.account } });
    Story.invent(custodian, scene, asked, theirs);
    expect(await answer(asked)).toBe('403 RELEASE_GRANT_MISMATCH');
  });

  test('stops a grant to someone else that the chain lets this reader use', async () => {
    const theirs = await Story.grant(scene, patient, stranger);
    const asked = await Story.ask(scene, reader, theirs, [sealed]);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_WRONG_READER');
  });

  test('stops a signed grant that was never submitted', async () => {
    const kept = Story.signGrant(scene, patient, reader);
    const asked = await Story.ask(scene, reader, kept, [sealed]);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_UNKNOWN_GRANT');
  });

  test('stops one of two signed grants with the same id, the one that is not on chain', async () => {
    const wide = Story.signGrant(
      scene,
      patient,
      reader,
      { ...granted.message, lastDay: Story.day + 9 },
      granted,
    );
    const asked = await Story.ask(scene, reader, wide, [sealed]);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_UNKNOWN_GRANT');
  });

  test('stops streams that the grant does not name, though the chain granted the request', async () => {
    const narrow = await Story.grant(scene, patient, reader, {}, { streams: ['glucose/day'] });
    const asked = await Story.ask(scene, reader, narrow, [sealed]);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_WRONG_STREAM');
  });

  test('stops days before and after those of the grant, though the chain granted the request', async () => {
    for (const change of [{ firstDay: Story.day - 1 }, { lastDay: Story.day + 3 }]) {
      const asked = await ask({ changes: change });
      Story.invent(custodian, scene, asked);
      expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_WINDOW');
    }
  });

  test('stops a purpose that the patient did not grant, though the chain granted the request', async () => {
    const purpose = Streams.purposeCode(granted.salt, 'research');
    const asked = await ask({ changes: { purpose } });
    Story.invent(custodian, scene, asked);
    expect(await answer(asked, { purpose: 'research' })).toBe('403 DENIED_WRONG_PURPOSE');
  });

  test('stops more uses than the patient signed, though the chain granted them', async () => {
    const once = await Story.grant(scene, patient, reader, { maxUses: 1 });
    const first = await decided({}, once);
    expect(await answer(first)).toBe('200');
    const second = await ask({}, once);
    Story.invent(custodian, scene, second);
    expect(await answer(second)).toBe('403 DENIED_NO_USES_LEFT');
    expect(await answer(first)).toBe('200');
  });
});

describe('revocation', () => {
  test('stops a decision made before the grant was revoked on chain', async () => {
    const short = await Story.grant(scene, patient, reader);
    const asked = await decided({}, short);
    expect(await answer(asked)).toBe('200');
    await Story.revokeOnChain(scene, patient, short.message.grantId);
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
  });

  test('stops use of a grant whose revocation only this custodian was told', async () => {
    const short = await Story.grant(scene, patient, reader);
    const asked = await decided({}, short);
    const { bytes } = Story.revocation(scene, patient, short.message.grantId);
    expect(await custodian.answer('/v1/revoke', bytes)).toBe('200');
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
  });
});

describe('time, by the later of the validator’s clock and ours', () => {
  const minute = async () => {
    const expiresAt = Story.secondsOf(scene) + 60;
    const short = await Story.grant(scene, patient, reader, { expiresAt });
    return { asked: await decided({}, short), end: expiresAt * 1000 };
  };

  test('stops an expired grant by our clock, where the validator’s is behind', async () => {
    const { asked, end } = await minute();
    scene.clock.now = end - 10_000;
    custodian.clock.skew = 9_999;
    expect(await answer(asked)).toBe('200');
    custodian.clock.skew = 10_000;
    expect(await answer(asked)).toBe('403 DENIED_EXPIRED');
  });

  test('stops an expired grant by the validator’s clock, where ours is behind', async () => {
    const { asked, end } = await minute();
    custodian.clock.skew = -10_000;
    scene.clock.now = end - 1000;
    expect(await answer(asked)).toBe('200');
    scene.clock.now = end;
    expect(await answer(asked)).toBe('403 DENIED_EXPIRED');
  });

  test('stops a grant that is not valid yet, though the chain granted the request', async () => {
    const from = Story.secondsOf(scene) + 60;
    const later = await Story.grant(scene, patient, reader, { notBefore: from });
    const asked = await Story.ask(scene, reader, later, [sealed]);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_YET_VALID');
    scene.clock.now = from * 1000;
    expect(await answer(asked)).toBe('200');
  });
});

describe('one’s own data', () => {
  const own = (who: Story.Person, how?: Story.Asking) => Story.askOwn(scene, who, [sealed], how);

  test('stops someone else asking without a grant, though the chain granted it', async () => {
    const asked = await own(reader, { changes: { patient: patient.account } });
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 RELEASE_NOT_THE_PATIENT');
  });

  test('stops a key that the chain lets speak for the patient but that never enrolled', async () => {
    const asked = await own(patient, { key: stranger.wallet });
    Story.invent(custodian, scene, asked);
    const { signers } = view().accounts.get(toHex(patient.account))!;
    signers.add(toHex(Secp256k1.addressOf(stranger.wallet)));
    try {
      expect(await answer(asked)).toBe('403 RELEASE_NOT_THE_PATIENT');
    } finally {
      signers.delete(toHex(Secp256k1.addressOf(stranger.wallet)));
    }
  });

  test('takes no grant along, and no other purpose than the one signed', async () => {
    const asked = await Story.decide(scene, patient, await own(patient));
    expect(await answer(asked, { grant: granted.bytes })).toBe('403 RELEASE_GRANT_MISMATCH');
    expect(await answer(asked, { purpose: 'treatment' })).toBe('403 DENIED_WRONG_PURPOSE');
  });

  test('of someone who never enrolled here is refused', async () => {
    const asked = await Story.decide(scene, stranger, await Story.askOwn(scene, stranger, []));
    expect(await answer(asked)).toBe('404 RELEASE_NOT_ENROLLED');
  });
});
