// Copyright the Islet authors. AGPL-3.0-or-later.
// Making, opening and keeping people.
import * as Horizon from '@islet/client/Horizon';
import * as Kit from '@islet/client/Kit';
import type { Progress } from '@islet/client/Person';
import * as Provision from '@islet/client/Provision';
import * as Signers from '@islet/client/Signers';
import * as Wallet from '@islet/client/Wallet';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import type * as Wrapped from '@islet/core/Wrapped';
import { isAway } from './Away.js';
import * as Code from './Code.js';
import { random } from './Connection.js';
import * as Session from './Session.js';
import * as Vault from './Vault.js';
import * as Views from './Views.js';

const deviceName = 'browser';

const hereOffset = (): number => -new Date().getTimezoneOffset();

/** What the first screen needs: whether somebody is kept here, and what may open them. */
export async function start() {
  const kept = await Session.storage();
  return { people: (await kept.vaults()).length, ways: await Vault.waysOf(kept) };
}

export async function create(
  about: { name: string; role: 'patient' | 'clinician'; way: Vault.Way },
  onProgress: Progress,
): Promise<Session.Who> {
  const wallet = Wallet.create(about.name, random);
  return settle({ wallet, notes: { role: about.role } }, about.way, onProgress);
}

/** Everyone in this browser whom that opens; with one, that one is open from then on. */
export async function unlock(
  asked: { key: Wrapped.Key; account?: string },
  onProgress: Progress,
): Promise<{ who: Session.Who | null; several: { account: string; name: string }[] }> {
  onProgress('unlocking', 0, 1);
  const opened = await Vault.open(await Session.storage(), asked.key, random);
  const chosen = opened.filter(
    (v) => asked.account === undefined || toHex(v.keeper.wallet.account) === asked.account,
  );
  if (chosen.length !== 1)
    return {
      who: null,
      several: opened.map(({ keeper: { wallet } }) => ({
        account: toHex(wallet.account),
        name: wallet.name,
      })),
    };
  return { who: await entered(chosen[0]!, onProgress), several: [] };
}

/** Without a connection a person comes in too: what was opened before can be read. */
async function entered(vault: Vault.Opened, onProgress: Progress): Promise<Session.Who> {
  const { notes } = vault.keeper;
  try {
    const session = await Session.begin(vault, onProgress);
    if (notes.role === 'patient' && notes.registration !== undefined && !notes.devices)
      await ready(session, onProgress);
    void extend(session);
  } catch (error) {
    if (!isAway(error)) throw error;
  }
  return Session.whoOf(vault);
}

type Given = { text: string; notes?: string; role?: 'patient' | 'clinician'; passphrase?: string };

/** Whether a text is a recovery kit that needs its passphrase. */
export async function isLockedKit({ text }: { text: string }): Promise<boolean> {
  try {
    return Kit.isLocked(text.trim());
  } catch {
    return false;
  }
}

/** Throws what `Kit.read` throws. Asked before a passkey is made for somebody who then does not come in. */
export async function tryKit({ text, passphrase }: { text: string; passphrase: string }): Promise<void> {
  Kit.read(text.trim(), passphrase);
}

/** Takes over a wallet file of the command line, or a recovery kit as file or text. Throws what `Kit.read` throws. */
export async function adopt(given: Given & { way: Vault.Way }, onProgress: Progress): Promise<Session.Who> {
  return settle(keeperOf(given), given.way, onProgress);
}

function keeperOf(given: Given): Vault.Keeper {
  const text = given.text.trim();
  if (!text.startsWith('{')) {
    const { wallet, role, dayOffsetMinutes } = Kit.read(text, given.passphrase);
    return { wallet, notes: { role, dayOffsetMinutes, enrolled: true, hasData: true, hasKit: true } };
  }
  const wallet = Wallet.parse(new TextEncoder().encode(text));
  const beside = given.notes ? (JSON.parse(given.notes) as Vault.Kept) : undefined;
  const inside = (JSON.parse(text) as { notes?: Vault.Kept }).notes;
  return { wallet, notes: beside ?? inside ?? { role: given.role ?? 'patient', enrolled: true } };
}

async function settle(keeper: Vault.Keeper, way: Vault.Way, onProgress: Progress): Promise<Session.Who> {
  onProgress('unlocking', 0, 1);
  const vault = await Vault.create(await Session.storage(), keeper, way, random);
  try {
    const session = await Session.begin(vault, onProgress);
    await ready(session, onProgress);
    void extend(session);
    return Session.whoOf(vault);
  } catch (error) {
    // Who is not on record yet begins anew; who is goes on from there when next unlocked.
    if (keeper.notes.registration === undefined) await (await Session.storage()).removeVault(vault.id);
    throw error;
  }
}

const ready = ({ network, vault, keep }: Session.Session, onProgress: Progress): Promise<void> =>
  Provision.provision(network, vault.keeper, {
    dayOffsetMinutes: hereOffset(),
    deviceName,
    keep,
    // Enough to begin with; the rest is made while the person reads on.
    reach: Horizon.first,
    onProgress,
  });

/** Sees that keys last. What fails is tried again when the wallet is next opened. */
async function extend({ network, vault, keep }: Session.Session): Promise<void> {
  const { keeper } = vault;
  const { role, registration, enrolled, pending, letInBy } = keeper.notes;
  // Who came with a kit or from another device has no registration here, and an account all the same.
  const isPatient = role === 'patient' && !pending && (registration !== undefined || enrolled === true);
  try {
    if (letInBy !== undefined) {
      const { told, of } = await Signers.tellAll(network, '/v1/add-signer', fromHex(letInBy));
      if (told === of) delete keeper.notes.letInBy;
      await keep(keeper);
    }
    if (!isPatient) return;
    const reach = keeper.notes.hasUploader ? Horizon.usual : Horizon.first;
    await Horizon.renew(network, keeper, Provision.streamsOf(keeper), keep, reach);
  } catch {
    // The keys there are last for a month; the operator's page shows what is away.
  }
}

export async function lock(): Promise<void> {
  Session.end();
}

/** The ways into one's own vault, in order. */
export const ways = async (): Promise<Wrapped.Wrapper['kind'][]> =>
  Session.person().locks.wrappers.map((one) => one.kind);

export async function addWay(way: Vault.Way): Promise<void> {
  await Vault.addWay(await Session.storage(), Session.person(), way, random);
}

export async function removeWay(asked: { nth: number }): Promise<void> {
  await Vault.removeWay(await Session.storage(), Session.person(), asked.nth, random);
}

/** Takes a person out of this browser, with all that was kept of them. Their data stay where they are. */
export async function forget(): Promise<void> {
  const vault = Session.person();
  const kept = await Session.storage();
  await kept.removeVault(vault.id);
  await Views.clear(kept, vault);
  await kept.removeParts(`${vault.id}/`);
  Session.end();
}

/**
 * The recovery kit: text for paper, and a file. With a passphrase neither opens anything without it; without one the file
 * is the wallet itself, with what was remembered.
 */
export async function kit({ passphrase }: { passphrase?: string } = {}) {
  const { wallet, notes } = Session.person().keeper;
  const {
    role,
    dayOffsetMinutes = 0,
    registration,
    enrolled,
    keyed,
    devices,
    hasData,
    hasUploader,
    grantSalts,
  } = notes;
  const inside = {
    role,
    dayOffsetMinutes,
    registration,
    enrolled,
    keyed,
    devices,
    hasData,
    hasUploader,
    grantSalts,
  };
  const plain = JSON.parse(new TextDecoder().decode(Wallet.format(wallet))) as object;
  const { name } = wallet;
  const whole = { wallet, role, dayOffsetMinutes };
  if (passphrase !== undefined) {
    const text = Kit.printLocked(whole, passphrase, random);
    return { text, file: `${text}\n`, name, isLocked: true };
  }
  return {
    text: Kit.print(whole),
    file: `${JSON.stringify({ ...plain, notes: inside })}\n`,
    name,
    isLocked: false,
  };
}

export async function hasKit(): Promise<void> {
  Session.person().keeper.notes.hasKit = true;
  await Session.save();
}

export async function prefer(preferences: Vault.Preferences): Promise<void> {
  const vault = Session.person();
  const { notes } = vault.keeper;
  notes.preferences = { ...notes.preferences, ...preferences };
  if (!preferences.theme) delete notes.preferences.theme;
  if (preferences.offline === false) await Views.clear(await Session.storage(), vault);
  await Session.save();
}

/** The code of an account one knows. */
export async function codeOf(asked: { account: string }): Promise<string> {
  return Code.ofAccount(fromHex(asked.account));
}

/** Gives a name to someone whom one only knows by a code. */
export async function call(asked: { account: string; name: string }): Promise<void> {
  const { notes } = Session.person().keeper;
  notes.contacts = { ...notes.contacts, [asked.account]: asked.name };
  await Session.save();
}
