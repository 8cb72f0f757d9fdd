// Copyright the Islet authors. AGPL-3.0-or-later.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { IsletError } from '@islet/core/IsletError';
import { FIRST_PORT, LAST_PORT, PORT_TRIES } from './limits.js';

/** The port that the environment sets for a service (`ISLET_PORT_GATEWAY`, `ISLET_PORT_CUSTODIAN_1`, …). */
export function setFor(service: string, env: Record<string, string | undefined>): number | undefined {
  const variable = `ISLET_PORT_${service.toUpperCase().replaceAll('-', '_')}`;
  const text = env[variable];
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new BadPortError(variable);
  return port;
}

/** A fixed port, if nobody has it. Throws `CLI_PORT_TAKEN`. */
export async function claim(port: number, service: string): Promise<number> {
  if (await isFree(port)) return port;
  throw new PortTakenError(port, service);
}

/** The port of last time if it is still free, so that URLs stay; else any free one that is not `avoid`ed. */
export async function choose(last: number | undefined, avoid: ReadonlySet<number>): Promise<number> {
  if (last !== undefined && !avoid.has(last) && (await isFree(last))) return last;
  for (let i = 0; i < PORT_TRIES; i++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!avoid.has(port) && (await isFree(port))) return port;
  }
  throw new NoFreePortError();
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export class BadPortError extends IsletError {
  override readonly name = 'BadPortError';
  constructor(variable: string) {
    super('CLI_BAD_PORT', `${variable} is not a port. Set it to a whole number from 1 to 65535.`);
  }
}

export class PortTakenError extends IsletError {
  override readonly name = 'PortTakenError';
  constructor(port: number, service: string) {
    super(
      'CLI_PORT_TAKEN',
      `Port ${port}, set for the ${service}, is in use by another program. Stop that program or set another port.`,
    );
  }
}

export class NoFreePortError extends IsletError {
  override readonly name = 'NoFreePortError';
  constructor() {
    super(
      'CLI_NO_FREE_PORT',
      `No free port was found from ${FIRST_PORT} to ${LAST_PORT}. Stop other programs.`,
    );
  }
}
