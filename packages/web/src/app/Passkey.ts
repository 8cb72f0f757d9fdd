// Copyright the Islet authors. AGPL-3.0-or-later.
// Passkeys as locks: what a passkey computes for a fixed input (the PRF extension, WebAuthn Level 3, 10.1.4) unwraps the
// key of a vault. Nothing is signed with these, and no server knows them. Those that sign are in AccountPasskey.ts.
import { Failed } from './Worker.js';

export type Known = { credential: Uint8Array; input: Uint8Array };
type Used = { kind: 'passkey'; credential: Uint8Array; input: Uint8Array; output: Uint8Array };

/** Why passkeys cannot be had here, or null where they may. */
export function obstacle(): 'insecure' | 'number' | 'browser' | null {
  if (!isSecureContext) return 'insecure';
  if (typeof PublicKeyCredential === 'undefined') return 'browser';
  // Passkeys belong to a name; an address made of numbers is none.
  return /^[\d.]+$|:/.test(location.hostname) ? 'number' : null;
}

export const random = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));
export const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** Makes a passkey on this device or another of the person's. Throws `WEB_PASSKEY_REFUSED`, `WEB_PASSKEY_WITHOUT_PRF`. */
export async function make(): Promise<Used> {
  const input = random(32);
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: 'Islet' },
        // Whoever keeps the person's passkeys sees this: so no name.
        user: { id: random(16), name: 'Islet', displayName: 'Islet' },
        // Nobody checks an answer to it: this passkey proves nothing, it computes.
        challenge: random(32),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        extensions: { prf: { eval: { first: input } } },
      },
    }),
  );
  const credential = new Uint8Array(made.rawId);
  const { prf } = made.getClientExtensionResults();
  if (!prf?.enabled && !prf?.results) throw without();
  // Some give it at once; the others when they are first used.
  return prf.results
    ? { kind: 'passkey', credential, input, output: bytesOf(prf.results.first) }
    : use([{ credential, input }]);
}

/** Asks for one of these passkeys. Throws as `make`. */
export async function use(known: Known[]): Promise<Used> {
  const given = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        rpId: location.hostname,
        challenge: random(32),
        userVerification: 'required',
        allowCredentials: known.map(({ credential }) => ({ type: 'public-key', id: plain(credential) })),
        extensions: {
          prf: {
            evalByCredential: Object.fromEntries(
              known.map(({ credential, input }) => [base64url(credential), { first: plain(input) }]),
            ),
          },
        },
      },
    }),
  );
  const credential = new Uint8Array(given.rawId);
  const output = given.getClientExtensionResults().prf?.results?.first;
  const one = known.find((k) => base64url(k.credential) === base64url(credential));
  if (!output || !one) throw without();
  return { kind: 'passkey', credential, input: one.input, output: bytesOf(output) };
}

export async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const found = await ask().catch(() => null);
  if (found instanceof PublicKeyCredential) return found;
  const message = 'No passkey was given. Try again, or use a passphrase.';
  throw new Failed({ code: 'WEB_PASSKEY_REFUSED', message, place: null });
}

function without(): Failed {
  const message =
    'This passkey cannot guard keys: its keeper lacks the PRF extension. Use a passphrase instead.';
  return new Failed({ code: 'WEB_PASSKEY_WITHOUT_PRF', message, place: null });
}

export const bytesOf = (source: BufferSource): Uint8Array =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source.slice(0));

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
