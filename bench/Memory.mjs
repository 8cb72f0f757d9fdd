// Copyright the Islet authors. AGPL-3.0-or-later.
// Memory of the services, from /proc. Bytes.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * By service: `now` and `most` are resident, and pages that several share count for each; `fair` divides those among them.
 * `executor` is the chain's own child.
 */
export async function ofServices(folder, supervisor) {
  const services = JSON.parse(await readFile(join(folder, 'services.json'), 'utf8'));
  const pids = { supervisor, ledger: services.ledger.pid, hub: services.hub.pid, gateway: services.gateway.pid };
  services.custodians.forEach(({ pid }, i) => {
    pids[`custodian-${i + 1}`] = pid;
  });
  pids.executor = await childOf(services.ledger.pid);
  const found = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => [name, await ofProcess(pid)]),
  );
  return Object.fromEntries(found.filter(([, memory]) => memory));
}

async function ofProcess(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  if (!text) return undefined;
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const fair = Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024;
  return { now: field('VmRSS'), most: field('VmHWM'), fair };
}

async function childOf(pid) {
  for (const name of await readdir('/proc')) {
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The name, in brackets, may hold anything; what follows it is state and parent.
    if (text.slice(text.lastIndexOf(')') + 2).split(' ')[1] === String(pid)) return name;
  }
  return undefined;
}
