// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Device } from '@islet/client/Pairing';

/** One app: what its key has to be able to do, and what a person enters where. */
export type App = {
  title: string;
  may: Device['may'];
  /** Takes its address and key in one scan. */
  scans: boolean;
  enter: (base: string, secret: string) => string[];
  /** What is good to know before. */
  note?: string;
};

/** With the key as the user's name, which is how xDrip+ and its relatives want it. */
export function withSecret(base: string, secret: string): string {
  const { protocol, host } = new URL(base);
  return `${protocol}//${secret}@${host}/api/v1/`;
}

/** The settings that Nightscout's Android uploaders scan: a list of addresses with their keys. */
export const scanOf = (base: string, secret: string): string =>
  JSON.stringify({ rest: { endpoint: [withSecret(base, secret)] } });

const addressAndSecret = (base: string, secret: string): string[] => [
  `Nightscout address  ${base}`,
  `API secret          ${secret}`,
];

const addressAndToken = (base: string, secret: string): string[] => [
  `Nightscout address  ${base}`,
  `Token               ${secret}`,
];

const link = (base: string, secret: string): string[] => [`Address with token  ${base}/?token=${secret}`];

/** By the name that `--app` takes. What is not known of an app is not said of it. */
export const apps: { [name: string]: App } = {
  xdrip: {
    title: 'xDrip+',
    may: 'write',
    scans: true,
    enter: (base, secret) => [`REST API, base URL  ${withSecret(base, secret)}`],
  },
  '600series': {
    title: '600SeriesAndroidUploader',
    may: 'write',
    scans: true,
    enter: addressAndSecret,
  },
  diabox: {
    title: 'DiaBox',
    may: 'write',
    scans: true,
    enter: addressAndSecret,
  },
  aaps: {
    title: 'AAPS (NSClientV3)',
    may: 'both',
    scans: false,
    enter: addressAndToken,
    note: 'AAPS calls https addresses only: put one before the gateway, and give it as --address.',
  },
  loop: { title: 'Loop', may: 'both', scans: false, enter: addressAndSecret },
  trio: { title: 'Trio', may: 'both', scans: false, enter: addressAndSecret },
  iaps: { title: 'iAPS', may: 'both', scans: false, enter: addressAndSecret },
  xdrip4ios: { title: 'xDrip4iOS', may: 'both', scans: false, enter: addressAndSecret },
  loopfollow: { title: 'LoopFollow', may: 'read', scans: false, enter: addressAndToken },
  juggluco: { title: 'Juggluco', may: 'both', scans: false, enter: addressAndSecret },
  'librelink-up': { title: 'nightscout-librelink-up', may: 'both', scans: false, enter: addressAndSecret },
  follower: { title: 'An app that reads Nightscout', may: 'read', scans: false, enter: link },
};

export const names: string[] = Object.keys(apps);
