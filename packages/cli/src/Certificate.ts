// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @peculiar/x509. A certificate of our own making, for whoever has none of another's.
import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
// @peculiar/x509 asks for this of whoever uses it.
import 'reflect-metadata/lite';
import * as x509 from '@peculiar/x509';
import { AUTHORITY_DAYS, CERTIFICATE_DAYS, RENEW_CERTIFICATE_DAYS } from './limits.js';

/** Paths of PEM files, and the SHA-256 of the authority's certificate, as devices show it. */
export type Certificate = { cert: string; key: string; authority: string; fingerprint: string };

const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * The certificate of a name, made where there is none and renewed before it ends. It is signed by an authority of this
 * installation that devices are told to trust once, and that can vouch for this name and for no other (RFC 5280, 4.2.1.10).
 */
export async function ensure(folder: string, name: string, now: number): Promise<Certificate> {
  await nodeFiles.makeFolder(folder);
  const at = (file: string): string => join(folder, file);
  const paths = { cert: at('site.crt'), key: at('site.key'), authority: at('authority.crt') };
  x509.cryptoProvider.set(webcrypto as Crypto);
  const authority = await authorityIn(paths.authority, at('authority.key'), name, now);
  const found = await PrivateFile.read(paths.cert);
  if (!found || endOf(found) - now < RENEW_CERTIFICATE_DAYS * dayMs) await issue(paths, authority, name, now);
  return { ...paths, fingerprint: fingerprintOf(authority.certificate) };
}

type Authority = { certificate: x509.X509Certificate; key: CryptoKey };

async function authorityIn(certPath: string, keyPath: string, name: string, now: number): Promise<Authority> {
  const [cert, key] = [await PrivateFile.read(certPath), await PrivateFile.read(keyPath)];
  if (cert && key && endOf(cert) - now > CERTIFICATE_DAYS * dayMs)
    return { certificate: new x509.X509Certificate(textOf(cert)), key: await importKey(textOf(key)) };
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Islet authority for ${name}`,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + AUTHORITY_DAYS * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension('2.5.29.30', true, onlyName(name)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await PrivateFile.write(keyPath, await exportKey(keys.privateKey));
  await PrivateFile.write(certPath, bytesOf(certificate.toString('pem')));
  return { certificate, key: keys.privateKey };
}

async function issue(
  paths: { cert: string; key: string },
  { certificate: issuer, key }: Authority,
  name: string,
  now: number,
): Promise<void> {
  const keys = await makeKeys();
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    notBefore: new Date(now - dayMs),
    // Apple's systems take none that lasts longer than 398 days.
    notAfter: new Date(now + CERTIFICATE_DAYS * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  await PrivateFile.write(paths.key, await exportKey(keys.privateKey));
  await PrivateFile.write(paths.cert, bytesOf(`${made.toString('pem')}\n`));
}

/** NameConstraints with one permitted subtree, a DNS name, as DER (RFC 5280, 4.2.1.10). Names are shorter than 128 − 6. */
function onlyName(name: string): Uint8Array<ArrayBuffer> {
  const wrap = (tag: number, inner: Uint8Array): Uint8Array => {
    const length = inner.length < 128 ? [inner.length] : [0x81, inner.length];
    return Uint8Array.from([tag, ...length, ...inner]);
  };
  const subtree = wrap(0x30, wrap(0x82, bytesOf(name)));
  return new Uint8Array(wrap(0x30, wrap(0xa0, subtree)));
}

const makeKeys = async (): Promise<CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;

const exportKey = async (key: CryptoKey): Promise<Uint8Array> =>
  bytesOf(x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));

const importKey = async (pem: string): Promise<CryptoKey> =>
  (await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), algorithm, true, [
    'sign',
  ])) as CryptoKey;

/** Positive, 126 random bits. */
const serial = (): string => `40${randomBytes(15).toString('hex')}`;

const endOf = (pem: Uint8Array): number => Date.parse(new X509Certificate(pem).validTo);

/** As devices show it, so that two can be compared by eye. */
export const fingerprintOf = (certificate: x509.X509Certificate): string =>
  (createHash('sha256').update(new Uint8Array(certificate.rawData)).digest('hex').match(/../g) ?? [])
    .join(':')
    .toUpperCase();

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
