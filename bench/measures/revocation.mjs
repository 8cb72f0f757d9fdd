// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import * as Access from '@islet/client/Access';
import * as Held from '@islet/client/Held';
import { deadline, placeOf } from '@islet/client/Network';
import { relay } from '@islet/client/Relaying';
import { equal } from '@islet/core/crypto/bytes';
import * as Message from '@islet/core/Message';
import * as Figure from '../Figure.mjs';

const target = 1_000;
const days = 14;
const pauseMs = 20;
const patienceMs = 20_000;
/** The hub's relay takes ten messages a second of one address. */
const askEveryMs = 150;

/**
 * From the sending of a revocation to the refusal of everything that had just worked: the same release asked of each
 * custodian again, the same bytes of the hub, a new request of the contract. The custodians are not told directly, as a
 * wallet would do: they learn it from the chain alone.
 */
export async function measure(scene) {
  const setting = await scene.clinic();
  const rounds = scene.quick ? 1 : 5;
  const worst = new Map();
  for (let i = 0; i < rounds; i++) {
    scene.say(`revoking, ${i + 1} of ${rounds}`);
    for (const [place, ms] of await revoked(setting)) worst.set(place, Math.max(ms, worst.get(place) ?? 0));
  }
  const slowest = Math.max(...worst.values());
  const told = [...worst].map(([place, ms]) => `${place} ${Figure.time(ms)}`).join(', ');
  return [
    {
      what: 'revocation → refusal everywhere',
      measured: `at most ${Figure.time(slowest)}`,
      value: slowest,
      unit: 'ms',
      target: '≤ 1 block + 1 s',
      met: slowest <= target,
      note: `${rounds} times, by the chain alone, from the sending of the revocation (so its block is in it), to the answer of the first refusal: ${told}.`,
    },
  ];
}

async function revoked({ network, reader, patient, wallet, grant, lastDay }) {
  const { grantId } = await grant(days);
  const all = await Held.from(network, reader, patient.account);
  const held = all.find((one) => equal(one.grantId, grantId));
  const wanted = { streams: ['glucose/raw'], firstDay: lastDay - days + 1, lastDay };
  const look = () => Access.granted(network, reader, held, wanted);
  const seen = await listening(look);
  const again = seen.filter(({ url }) => /\/v1\/(release|fetch)$/.test(url));
  const places = again.map(({ url, init }) => ({
    name: nameOf(network, url),
    everyMs: pauseMs,
    attempt: async () => {
      const answer = await fetch(url, init());
      await answer.arrayBuffer();
      return answer.ok;
    },
  }));
  if (places.length !== network.custodians.length + 1) throw new Error('not every place was asked');
  for (const { name, attempt } of places)
    if (!(await attempt())) throw new Error(`the ${name} refused before anything was revoked`);
  const ask = () =>
    look().then(
      () => true,
      (error) => !isRefusal(error),
    );
  places.push({ name: 'contract', everyMs: askEveryMs, attempt: ask });
  const revocation = {
    ...placeOf(network, 'consent'),
    grantId,
    patient: wallet.account,
    deadline: deadline(network),
  };
  const began = performance.now();
  const sent = relay(network, wallet, Message.revoke, revocation);
  const times = await Promise.all(
    places.map(async (place) => [place.name, await refusedAfter(place, began)]),
  );
  await sent;
  return times;
}

async function refusedAfter({ name, attempt, everyMs }, began) {
  for (;;) {
    if (!(await attempt())) return performance.now() - began;
    if (performance.now() - began > patienceMs) throw new Error(`the ${name} never refused`);
    await sleep(everyMs);
  }
}

const isRefusal = ({ code }) => code === 'DENIED_REVOKED';

/** What the client sends while it works, to be sent again: a reader keeps its ticket, and so may a thief. */
async function listening(work) {
  const real = globalThis.fetch;
  const seen = [];
  globalThis.fetch = (url, given) => {
    const { method, headers, body } = given ?? {};
    seen.push({ url: String(url), init: () => ({ method, headers, body }) });
    return real(url, given);
  };
  try {
    await work();
  } finally {
    globalThis.fetch = real;
  }
  return seen;
}

function nameOf({ hub, custodians }, url) {
  if (url.startsWith(hub.url)) return 'hub';
  return custodians.find((c) => url.startsWith(c.url)).name;
}
