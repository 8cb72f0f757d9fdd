// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Certificate from '@islet/client/ErasureCertificate';

/** What a certificate proves, in sentences. */
export function text(v: Certificate.Verified): string {
  const custodians = v.receipts.filter((r) => r.role === 'custodian');
  const others = v.receipts.filter((r) => r.role !== 'custodian').map((r) => `the ${r.role}`);
  const what = v.extent.streams.length === 0 ? 'Everything' : v.extent.streams.join(', ');
  return [
    `All holds: ${what}, ${Certificate.saidDays(v.extent)}, was erased. Asked for on ${iso(v.requestedAt)}, complete on ${iso(v.erasedAt)}.`,
    `${custodians.length} custodians signed that their secrets are destroyed (${v.needed} had to)${others.length > 0 ? `; ${others.join(' and ')} signed for what they kept` : ''}.`,
    `The blocks are vouched for by ${v.validators.join(', ')}: compare with a validator that you know.`,
    Certificate.notice,
  ].join('\n');
}

/** The same for programs. */
export const json = (v: Certificate.Verified): object => ({
  erasureId: v.erasureId,
  account: v.account,
  streams: v.extent.streams,
  firstDay: v.extent.firstDay,
  lastDay: v.extent.lastDay,
  requestedAt: iso(v.requestedAt),
  erasedAt: iso(v.erasedAt),
  needed: v.needed,
  receipts: v.receipts.map(({ role, custodian, at, dropped }) => ({
    role,
    custodian,
    at: iso(at),
    dropped: Object.fromEntries(dropped),
  })),
  validators: v.validators,
});

const iso = (at: number): string => new Date(at).toISOString();
