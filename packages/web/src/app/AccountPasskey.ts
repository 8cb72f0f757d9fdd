// Copyright the Islet authors. AGPL-3.0-or-later.
// Passkeys that speak for an account and bring it back: the page asks for them, the worker checks what they say.
import { asked, bytesOf, plain, random } from './Passkey.js';

/** What a passkey was asked with, and what it said. */
export type Said = {
  challenge: Uint8Array;
  assertion: { authenticatorData: Uint8Array; clientDataJSON: Uint8Array; signature: Uint8Array };
};

/** A passkey that was just made and tried. Without `output` its keeper lacks PRF. */
export type Made = { publicKey: Uint8Array; said: Said; output: Uint8Array | null };

/** A passkey that its person chose, and what unlocks this browser with it from now on. */
export type Found = {
  credential: Uint8Array;
  handle: Uint8Array;
  said: Said;
  output: Uint8Array | null;
  lock: { input: Uint8Array; output: Uint8Array } | null;
};

const es256 = -7;
/** Uncompressed point, x and y, at the end of a P-256 key's SubjectPublicKeyInfo (RFC 5480). */
const spkiBytes = 91;

/** Makes a passkey, and has it sign once so that it is known to work. Throws `WEB_PASSKEY_REFUSED`. */
export async function make(about: { handle: Uint8Array; name: string; input: Uint8Array }): Promise<Made> {
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: 'Islet' },
        user: { id: plain(about.handle), name: about.name, displayName: about.name },
        // It is not asked who made the authenticator: what counts is that it signs, below.
        challenge: random(32),
        // The one kind that the chain can check.
        pubKeyCredParams: [{ type: 'public-key', alg: es256 }],
        // Found by a browser that knows nothing of it, and used by its person alone.
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        extensions: { prf: { eval: { first: plain(about.input) } } },
      },
    }),
  );
  const response = made.response as AuthenticatorAttestationResponse;
  const key = new Uint8Array(response.getPublicKey() ?? []);
  const challenge = random(32);
  const given = await get(challenge, [made.rawId], { first: plain(about.input) });
  const first = outputsOf(given).first ?? made.getClientExtensionResults().prf?.results?.first;
  return {
    publicKey: key.length === spkiBytes ? key.slice(-64) : new Uint8Array(64),
    said: { challenge, assertion: assertionOf(given) },
    output: first ? bytesOf(first) : null,
  };
}

/** Has a person choose one of their passkeys. Throws `WEB_PASSKEY_REFUSED`. */
export async function find(input: Uint8Array): Promise<Found> {
  const challenge = random(32);
  // Another input for the lock of this browser, so that unlocking it gives nothing that opens what the hub keeps.
  const own = random(32);
  const given = await get(challenge, [], { first: plain(input), second: own });
  const { first, second } = outputsOf(given);
  return {
    credential: new Uint8Array(given.rawId),
    handle: new Uint8Array((given.response as AuthenticatorAssertionResponse).userHandle ?? []),
    said: { challenge, assertion: assertionOf(given) },
    output: first ? bytesOf(first) : null,
    lock: second ? { input: own, output: bytesOf(second) } : null,
  };
}

/** Has that passkey sign. Throws `WEB_PASSKEY_REFUSED`. */
export async function sign(credential: Uint8Array, digest: Uint8Array): Promise<Said['assertion']> {
  return assertionOf(await get(plain(digest), [plain(credential).buffer]));
}

const get = (
  challenge: Uint8Array<ArrayBuffer>,
  credentials: ArrayBuffer[],
  inputs?: AuthenticationExtensionsPRFValues,
): Promise<PublicKeyCredential> =>
  asked(() =>
    navigator.credentials.get({
      publicKey: {
        rpId: location.hostname,
        challenge,
        userVerification: 'required',
        allowCredentials: credentials.map((id) => ({ type: 'public-key', id })),
        ...(inputs && { extensions: { prf: { eval: inputs } } }),
      },
    }),
  );

const outputsOf = (given: PublicKeyCredential): Partial<AuthenticationExtensionsPRFValues> =>
  given.getClientExtensionResults().prf?.results ?? {};

function assertionOf(given: PublicKeyCredential): Said['assertion'] {
  const { authenticatorData, clientDataJSON, signature } = given.response as AuthenticatorAssertionResponse;
  return {
    authenticatorData: new Uint8Array(authenticatorData),
    clientDataJSON: new Uint8Array(clientDataJSON),
    signature: new Uint8Array(signature),
  };
}
