// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { type DestinationStream, pino } from 'pino';

/** What the hub tells its operator: one function for each thing that happens. Never data, keys, hashes or bodies. */
export type Events = ReturnType<typeof toLog>;

/** JSON lines. The name of the service and of the event are in every one. */
export function toLog(destination: DestinationStream) {
  const log = pino({ base: { service: 'hub' }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    started: (port: number) => log.info({ event: 'started', port }),
    failed: (error: unknown) => log.fatal({ event: 'failed', ...about(error) }),
    stopped: () => log.info({ event: 'stopped' }),
    kept: (counts: { segments: number; epochs: number; shares: number; heads: number }, ms: number) =>
      log.debug({ event: 'kept', ...counts, ms }),
    carried: (counts: { segments: number; epochs: number; shares: number; heads: number }, ms: number) =>
      log.info({ event: 'carried', ...counts, ms }),
    left: () => log.info({ event: 'left' }),
    leavingFailed: (error: unknown) => log.warn({ event: 'leavingFailed', ...about(error) }),
    equivocated: () => log.error({ event: 'equivocated' }),
    batchSealed: (number: number, leaves: number, heads: number, ms: number) =>
      log.info({ event: 'batchSealed', number, leaves, heads, ms }),
    anchored: (number: number, ms: number) => log.info({ event: 'anchored', number, ms }),
    anchoringFailed: (number: number, error: unknown) =>
      log.warn({ event: 'anchoringFailed', number, ...about(error) }),
    anchorContradicted: (number: number) => log.fatal({ event: 'anchorContradicted', number }),
    relayed: (kind: string, ms: number) => log.info({ event: 'relayed', kind, ms }),
    relayRefused: (kind: string, code: string) => log.info({ event: 'relayRefused', kind, code }),
    fetched: (parts: number, segments: number, ms: number) =>
      log.info({ event: 'fetched', parts, segments, ms }),
    fetchRefused: (code: string) => log.info({ event: 'fetchRefused', code }),
    followed: (followers: number) => log.info({ event: 'followed', followers }),
    followEnded: (code: string) => log.info({ event: 'followEnded', code }),
    tellingFailed: (error: unknown) => log.error({ event: 'tellingFailed', ...about(error) }),
    erased: () => log.info({ event: 'erased' }),
    erasingFailed: (error: unknown) => log.warn({ event: 'erasingFailed', ...about(error) }),
    asksFailed: (error: unknown) => log.warn({ event: 'asksFailed', ...about(error) }),
    swept: (objects: number) => log.debug({ event: 'swept', objects }),
    sweepFailed: (error: unknown) => log.warn({ event: 'sweepFailed', ...about(error) }),
    followFailed: (error: unknown) => log.warn({ event: 'followFailed', ...about(error) }),
    indexBroken: (error: unknown) => log.warn({ event: 'indexBroken', ...about(error) }),
    indexFailed: (error: unknown) => log.error({ event: 'indexFailed', ...about(error) }),
    indexDoubted: () => log.error({ event: 'indexDoubted' }),
    unexpected: (error: unknown) => log.error({ event: 'unexpected', ...about(error) }),
  };
}

/** Only our own messages are known to hold nothing personal. */
const about = (error: unknown): { code: string; problem?: string } =>
  error instanceof IsletError
    ? { code: error.code, problem: error.message }
    : { code: 'UNEXPECTED', problem: error instanceof Error ? error.name : typeof error };
