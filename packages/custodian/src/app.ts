// Copyright the Islet authors. AGPL-3.0-or-later.
import { MalformedError } from '@islet/core/codec';
import { UnknownStreamError } from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import { encodeList, parseAskRelease, parseEnrol, parseList, parseMoreKeys } from '@islet/core/wire/Ask';
import { encodeDone } from '@islet/core/wire/Erasing';
import { Hono, type Context as HttpContext } from 'hono';
import * as Bodies from './Bodies.js';
import { addSigner, object, removeSigner, setGuardians } from './Changing.js';
import type { Context } from './Context.js';
import { type Budget, enrol, publicKeys } from './Enrolment.js';
import { erase } from './Erasing.js';
import { release } from './Handout.js';
import { keyQuestionsWaiting, releaseBodyBytes, smallBodyBytes } from './limits.js';
import { notes, revoke } from './Patient.js';
import { judge } from './Permission.js';
import { recover, withdraw } from './Recovering.js';
import { Refusal } from './Refusal.js';
import * as Turns from './Turns.js';

/** What a custodian is asked over HTTP (docs/protocol.md). */
export function app(context: Context): Hono {
  const http = new Hono();
  const budget: Budget = { hour: -1, spent: 0 };
  const bodies = Bodies.open();
  const question = (
    path: string,
    maxBytes: number,
    answer: (c: HttpContext, body: Uint8Array) => Promise<Response>,
  ): void => {
    http.post(path, (c) => bodies.take(c, maxBytes, (body) => answer(c, body)));
  };

  question('/v1/enrol', smallBodyBytes, async (c, body) =>
    cbor(c, encodeList('islet/bundles', await enrol(context, budget, parseEnrol(body)))),
  );
  // Stops: anyone at all keeping us from releasing by asking for many keys, which are dear to derive.
  const turn = Turns.open(keyQuestionsWaiting);
  question('/v1/keys', smallBodyBytes, async (c, body) => {
    const ask = parseMoreKeys(body);
    return cbor(c, encodeList('islet/bundles', await turn(() => publicKeys(context, ask))));
  });
  question('/v1/release', releaseBodyBytes, async (c, body) => {
    const ask = parseAskRelease(body);
    return cbor(c, await release(context, await judge(context, ask), ask));
  });
  question('/v1/revoke', smallBodyBytes, async (c, body) => {
    await revoke(context, body);
    return c.json({ revoked: true });
  });
  question('/v1/notes', smallBodyBytes, async (c, body) =>
    cbor(c, encodeList('islet/notes', await notes(context, body))),
  );

  question('/v1/erase', smallBodyBytes, async (c, body) => cbor(c, encodeDone(await erase(context, body))));
  question('/v1/recovery', smallBodyBytes, async (c, body) =>
    c.json(await recover(context, parseList('islet/approvals', body))),
  );
  const told = (path: string, hear: (context: Context, body: Uint8Array) => Promise<void>): void =>
    question(path, smallBodyBytes, async (c, body) => {
      await hear(context, body);
      return c.json({ heard: true });
    });
  told('/v1/add-signer', addSigner);
  told('/v1/remove-signer', removeSigner);
  told('/v1/guardians', setGuardians);
  told('/v1/object', object);
  told('/v1/withdraw-approval', withdraw);

  http.get('/health', async (c) => {
    const chain = await context.chain.freshHead().then(
      (head) => ({ number: head.number, ageMs: context.now() - head.at }),
      (error: unknown) => ({ code: error instanceof IsletError ? error.code : 'CUSTODIAN_UNEXPECTED' }),
    );
    const status = 'code' in chain ? 'refusing' : 'ok';
    return c.json({ status, service: 'custodian', index: context.index, chain });
  });

  http.notFound((c) =>
    c.json({ code: 'CUSTODIAN_NO_SUCH_CALL', message: 'There is no such call. See docs/protocol.md.' }, 404),
  );
  http.onError((error, c) => {
    if (error instanceof Refusal) return c.json({ code: error.code, message: error.message }, error.status);
    if (error instanceof MalformedError || error instanceof UnknownStreamError)
      return c.json({ code: error.code, message: error.message }, 400);
    // A view of the chain that cannot be trusted now: no release, and the reader may ask the others.
    if (error instanceof IsletError) return c.json({ code: error.code, message: error.message }, 503);
    return c.json(
      { code: 'CUSTODIAN_UNEXPECTED', message: 'The custodian failed. Its operator finds why in its log.' },
      503,
    );
  });
  return http;
}

const cbor = (c: HttpContext, bytes: Uint8Array): Response =>
  c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/cbor' });
