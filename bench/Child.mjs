// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import * as Cleanup from './Cleanup.mjs';

/** Above this many bytes, a child's errors are not kept. */
const keptBytes = 64 * 1024;

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches it through us alone. `stop` asks it to end with
 * the given signal and waits.
 */
export function start(command, args, { signal = 'SIGTERM', ...options } = {}) {
  const child = spawn(command, args, { detached: true, ...options });
  let said = '';
  child.stderr?.on('data', (bytes) => {
    if (said.length < keptBytes) said += bytes;
  });
  const ended = new Promise((resolve) => {
    child.once('exit', (code, by) => resolve(by ?? code));
    child.once('error', (error) => {
      said += error.message;
      resolve('could not be started');
    });
  });
  const over = Cleanup.atWorst(() => child.kill('SIGKILL'));
  void ended.then(over);
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  Cleanup.onEnd(stop);
  return { child, ended, stop, errors: () => said.trim() };
}

/** The first line of the child's output, as JSON. */
export async function firstLine({ child, ended, errors }) {
  let out = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      if (out.includes('\n')) return;
      out += bytes;
      const end = out.indexOf('\n');
      if (end !== -1) resolve(JSON.parse(out.slice(0, end)));
    });
    void ended.then((how) => reject(new Error(`it ended (${how}) before it was ready: ${out}${errors()}`)));
  });
}
