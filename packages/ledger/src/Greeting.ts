// Copyright the Islet authors. AGPL-3.0-or-later.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ExecutorDownError } from './Executor.js';
import { EXECUTOR_START_MS } from './limits.js';

/**
 * Waits until our own child has said which process it is and which port it listens on: a stranger on some port can
 * never be taken for it. Throws `LEDGER_EXECUTOR_DOWN`.
 */
export function of(child: ChildProcess): Promise<{ pid: number; port: number }> {
  return new Promise((resolve, reject) => {
    let pid: number | undefined;
    let port: number | undefined;
    let complaint = '';
    const fail = (what: string): void => {
      clearTimeout(timer);
      reject(new ExecutorDownError(what));
    };
    const timer = setTimeout(() => fail('did not start in time'), EXECUTOR_START_MS);
    child.stderr?.on('data', (text: Buffer) => {
      complaint = (complaint + text.toString('utf8')).slice(-500);
    });
    child.once('error', () => fail('could not be started'));
    child.once('close', () => fail(`ended while starting: ${complaint.trim()}`));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const started = /^pid (\d+)$/.exec(line);
      if (started) pid = Number(started[1]);
      const listening = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line);
      if (listening) port = Number(listening[1]);
      // On a busy machine the executor may speak before its watchdog has named it.
      if (pid === undefined || port === undefined) return;
      clearTimeout(timer);
      resolve({ pid, port });
    });
  });
}
