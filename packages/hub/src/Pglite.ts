// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches PGlite.
import { cpSync, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { PGLITE_BUFFERS } from './limits.js';

/**
 * PGlite in a thread of its own, as a pool of one connection. It is PostgreSQL in WebAssembly and computes where it
 * is called: on the main thread, every insert would hold up every request.
 */
export const open = async (folder: string): Promise<PostgresPool> => poolOf(await start(folder));

/** What the build left of a database with empty tables: to copy it takes a tenth of the time of making one. */
const prepared = fileURLToPath(new URL('../dist/empty-database/', import.meta.url));

/** Makes a database. It stands at `folder` only when it is whole, so that one half made is never opened. */
export async function make(folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  if (existsSync(prepared)) cpSync(prepared, unfinished, { recursive: true });
  // What this takes of memory, only the end of the thread gives back.
  else await (await start(unfinished)).end();
  await rename(unfinished, folder);
}

type Answer = { rows: unknown[]; affectedRows?: number };
type Thread = {
  ask(sql: string, parameters: readonly unknown[]): Promise<Answer>;
  end(): Promise<void>;
};
type Reply = { id: number; answer?: unknown; error?: string };

// Plain text, because a thread starts from a file and the sources run both compiled and not.
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const reply = (id, work) => work.then(
  (answer) => parentPort.postMessage({ id, answer }),
  (error) => parentPort.postMessage({ id, error: String(error?.message ?? error) }),
);
let db;
const open = async () => {
  const { PGlite } = await import(workerData.module);
  const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=' + workerData.buffers];
  db = await PGlite.create(workerData.folder, { startParams });
};
const ask = async ({ sql, parameters }) => {
  const { rows, affectedRows } = await db.query(sql, parameters);
  return { rows, affectedRows };
};
const tasks = { ask, end: () => db.close() };
parentPort.on('message', (m) => void reply(m.id, tasks[m.task](m)));
void reply(0, open());
`;

async function start(folder: string): Promise<Thread> {
  const module = pathToFileURL(createRequire(import.meta.url).resolve('@electric-sql/pglite')).href;
  const workerData = { folder, module, buffers: PGLITE_BUFFERS };
  const worker = new Worker(program, { eval: true, workerData });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let ended: Error | undefined;
  let next = 0;
  const fail = (error: Error): void => {
    ended ??= error;
    for (const one of waiting.values()) one.reject(ended);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the index has ended')));
  worker.on('message', ({ id, answer, error }: Reply) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(answer);
    else one?.reject(new Error(error));
  });
  const expect = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.set(id, { resolve, reject });
    });
  const post = (task: string, message?: object): Promise<unknown> => {
    const id = ++next;
    const answer = expect(id);
    if (!ended) worker.postMessage({ id, task, ...message });
    return answer;
  };
  const end = async (): Promise<void> => {
    await post('end').catch(() => undefined);
    await worker.terminate();
  };
  await expect(0).catch(async (error) => {
    await worker.terminate();
    throw error;
  });
  return {
    ask: (sql, parameters) => post('ask', { sql, parameters }) as Promise<Answer>,
    end,
  };
}

/** One connection, lent to one at a time, so that a transaction is nobody else's. */
function poolOf(thread: Thread): PostgresPool {
  let turn: Promise<void> = Promise.resolve();
  const query = async (sql: string, parameters: readonly unknown[]) => {
    const { rows, affectedRows } = await thread.ask(sql, parameters);
    const command = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? '';
    return { command, rowCount: affectedRows ?? 0, rows };
  };
  return {
    connect: async () => {
      const before = turn;
      let release: () => void = () => {};
      turn = new Promise((done) => {
        release = done;
      });
      await before;
      return { query, release } as unknown as PostgresPoolClient;
    },
    end: () => thread.end(),
  } as unknown as PostgresPool;
}
