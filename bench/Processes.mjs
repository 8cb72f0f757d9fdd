// Copyright the Islet authors. AGPL-3.0-or-later.
// What the services use, from /proc. Read at once, not in turns, so that a moment is one moment.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of one second; the same on every Linux that Node runs on. */
const ticks = 100;

/** The process ids of a running Islet by service. `executor` is the chain's own child. */
export function of({ folder, pid }) {
  const { ledger, hub, gateway, custodians } = JSON.parse(
    readFileSync(join(folder, 'services.json'), 'utf8'),
  );
  const found = { supervisor: pid, ledger: ledger.pid, hub: hub.pid, gateway: gateway.pid };
  custodians.forEach((custodian, i) => {
    found[`custodian-${i + 1}`] = custodian.pid;
  });
  const executor = readdirSync('/proc').find((name) => statOf(name)?.parent === ledger.pid);
  return executor ? { ...found, executor: Number(executor) } : found;
}

/**
 * Bytes by service: `now` and `most` are resident, and pages that several share count for each; `fair` divides those
 * among them.
 */
export function memory(islet) {
  return each(of(islet), (pid) => {
    const text = read(`/proc/${pid}/status`);
    if (!text) return undefined;
    const kilobytes = (from, name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(from)?.[1]) * 1024;
    const fair = kilobytes(read(`/proc/${pid}/smaps_rollup`), 'Pss');
    return { now: kilobytes(text, 'VmRSS'), most: kilobytes(text, 'VmHWM'), fair };
  });
}

/** Seconds of processor that each service has used so far, and this process. */
export function processor(islet) {
  const { user, system } = process.cpuUsage();
  return { ...each(of(islet), (pid) => statOf(pid)?.seconds), bench: (user + system) / 1e6 };
}

/** The largest differences of two such, as text. */
export function spent(before, after, seconds) {
  return Object.entries(after)
    .map(([name, used]) => [name, used - (before[name] ?? 0)])
    .filter(([, used]) => used >= seconds / 100)
    .sort(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${used.toFixed(1)} s`)
    .join(', ');
}

function each(pids, look) {
  const found = Object.entries(pids).map(([name, pid]) => [name, look(pid)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  // The name, in brackets, may hold anything; the state is the first field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return text
    ? { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticks }
    : undefined;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such process, or no longer.
    return '';
  }
}
