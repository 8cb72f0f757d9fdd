// Copyright the Islet authors. AGPL-3.0-or-later.
// All keys, all cryptography and all figures live here, off the page's own thread.
import './jitless.js';
import { IsletError } from '@islet/core/IsletError';
import * as checking from './checking.js';
import * as data from './data.js';
import * as erasing from './erasing.js';
import * as following from './following.js';
import type { Failure, Question } from './Protocol.js';
import * as people from './people.js';
import * as reports from './reports.js';
import * as Session from './Session.js';
import * as sharing from './sharing.js';

/** What the page may ask, and nothing else. */
const calls = { ...people, ...data, ...sharing, ...reports, ...checking, ...erasing };
/** What few ask and seldom, fetched when it is first asked. */
const later = () => import('./later.js');
export type Calls = typeof calls & Awaited<ReturnType<typeof later>>['calls'];

/** What goes on telling until it is stopped. */
const follows = { ...following };
export type Follows = typeof follows;

/** What goes on, by its question. */
const going = new Map<number, AbortController>();

addEventListener('message', ({ data: question }: MessageEvent<Question>) => {
  if (question.stop) going.get(question.id)?.abort();
  else if (question.name in follows) void follow(question);
  else void answer(question);
});

async function follow({ id, name, asked }: Question): Promise<void> {
  const mine = new AbortController();
  going.set(id, mine);
  try {
    const begin = follows[name as keyof Follows] as (asked: unknown, signal: AbortSignal) => AsyncGenerator;
    const signal = AbortSignal.any([mine.signal, Session.ending()]);
    for await (const update of begin(asked, signal)) postMessage({ id, update });
    postMessage({ id, value: undefined });
  } catch (error) {
    postMessage({ id, failure: failureOf(error) });
  } finally {
    going.delete(id);
  }
}

async function answer({ id, name, asked }: Question): Promise<void> {
  try {
    const all: Record<string, unknown> = Object.hasOwn(calls, name) ? calls : (await later()).calls;
    const call = Object.hasOwn(all, name) ? all[name] : undefined;
    if (typeof call !== 'function') throw new TypeError(`no such call: ${name}`);
    const onProgress = (what: string, done: number, of: number): void =>
      postMessage({ id, progress: { what, done, of } });
    postMessage({ id, value: await call(asked, onProgress) });
  } catch (error) {
    postMessage({ id, failure: failureOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof IsletError)) return { code: 'WEB_UNEXPECTED', message: String(error), place: null };
  const { place } = error as { place?: Failure['place'] };
  return { code: error.code, message: error.message, place: place ?? null };
}
