// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ChildProcess, spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import * as Greeting from './Greeting.js';

const saying = (script: string): ChildProcess =>
  spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });

test('an executor that speaks before its watchdog has named it still has its number', async () => {
  const early = `console.log('Listening on 127.0.0.1:8545'); setTimeout(() => console.log('pid 4321'), 50)`;
  expect(await Greeting.of(saying(early))).toEqual({ pid: 4321, port: 8545 });
  const late = `console.log('pid 4321'); setTimeout(() => console.log('Listening on 127.0.0.1:8545'), 50)`;
  expect(await Greeting.of(saying(late))).toEqual({ pid: 4321, port: 8545 });
});

test('one that ends before both are known has not started, and what it complained of is told', async () => {
  const refused = `console.log('Listening on 127.0.0.1:8545'); console.error('out of luck'); process.exitCode = 1`;
  await expect(Greeting.of(saying(refused))).rejects.toThrow(/LEDGER_EXECUTOR_DOWN|out of luck/);
});
