// Copyright the Islet authors. AGPL-3.0-or-later.
// People with several signers, their guardians, and what these do: on chain, and straight with custodians.
import * as Abi from '@islet/chain/Abi';
import { identityAbi } from '@islet/chain/abi/Identity';
import { recoveryAbi } from '@islet/chain/abi/Recovery';
import { to0x } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as Guardians from '@islet/core/Guardians';
import * as Message from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import { encodeList } from '@islet/core/wire/Ask';
import * as Stated from '@islet/core/wire/Stated';
import { random, type Scene } from './scene.testkit.js';
import * as Story from './story.testkit.js';

const signOf = (key: Uint8Array) => Secp256k1.addressOf(key);
const onceOf = (scene: Scene) => ({
  nonce: BigInt(to0x(random(16))),
  deadline: Story.secondsOf(scene) + 3600,
});

const onChain = (struct: Struct, message: object): never =>
  Object.fromEntries(
    struct.fields.map(([type, name]) => {
      const value = (message as Record<string, Value>)[name]!;
      if (type === 'address') return [name, to0x(value as Uint8Array)];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  ) as never;

type Said<M> = { signed: Message.Signed<M>; bytes: Uint8Array };
const say = <M extends { chain: bigint; target: Uint8Array }>(
  struct: Struct,
  message: M,
  key: Uint8Array,
): Said<M> => {
  const signed = Message.sign(struct, message, key);
  return { signed, bytes: encodeSigned(struct, signed as never) };
};

export const addSigner = (
  scene: Scene,
  who: Story.Person,
  signer: Uint8Array,
  key = who.wallet,
  changes: object = {},
) =>
  say<Message.AddSigner>(
    Message.addSigner,
    { ...Story.placeOf(scene, 'identity'), account: who.account, signer, ...onceOf(scene), ...changes },
    key,
  );

export const removeSigner = (
  scene: Scene,
  who: Story.Person,
  signer: Uint8Array,
  key = who.wallet,
  changes: object = {},
) =>
  say<Message.RemoveSigner>(
    Message.removeSigner,
    { ...Story.placeOf(scene, 'identity'), account: who.account, signer, ...onceOf(scene), ...changes },
    key,
  );

export async function submitSigner(
  scene: Scene,
  call: 'addSigner' | 'removeSigner',
  { signed }: Said<Message.AddSigner>,
): Promise<void> {
  const { message, signer, signature } = signed;
  const m = onChain(call === 'addSigner' ? Message.addSigner : Message.removeSigner, message);
  await scene.relay('identity', Abi.encodeCall(identityAbi, call, { m, signer, signature }));
}

export type Guarded = { rules: Guardians.Guardians; who: Story.Person[] };

/** Chooses guardians; nobody is told yet. */
export function choose(patient: Story.Person, who: Story.Person[], threshold: number): Guarded {
  const guardians = who.map((one) => ({
    ...{ account: one.account, salt: random(32) },
    ...{ signers: [signOf(one.wallet)], share: null },
  }));
  const rules = {
    account: patient.account,
    threshold,
    delay: Guardians.usualDelay,
    guardians,
    dealing: null,
  };
  return { rules, who };
}

/** The person's Statement about their guardians, as custodians take it. */
export function stated(
  scene: Scene,
  patient: Story.Person,
  rules: Guardians.Guardians,
  changes: Partial<Message.Statement> = {},
  key = patient.wallet,
): Uint8Array {
  const bytes = Guardians.encodeGuardians(rules);
  const message: Message.Statement = {
    ...Story.placeOf(scene, 'identity'),
    ...{ account: patient.account, kind: Stated.kinds.guardians },
    ...{ hash: sha256(bytes), version: scene.clock.now, ...changes },
  };
  return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, key), bytes });
}

const placeOf = (scene: Scene) => ({
  chain: Story.placeOf(scene, 'identity').chain,
  target: Buffer.from(scene.deployment.recovery.slice(2), 'hex') as Uint8Array,
});

export async function setGuardians(scene: Scene, patient: Story.Person, { rules }: Guarded): Promise<void> {
  const message: Message.SetGuardians = {
    ...placeOf(scene),
    ...{ account: patient.account, guardians: rules.guardians.map(Guardians.commitment) },
    ...{ threshold: rules.threshold, delay: rules.delay, ...onceOf(scene) },
  };
  const { signer, signature } = Message.sign(Message.setGuardians, message, patient.wallet);
  const m = onChain(Message.setGuardians, message);
  await scene.relay('recovery', Abi.encodeCall(recoveryAbi, 'setGuardians', { m, signer, signature }));
}

export function approval(
  scene: Scene,
  { rules, who }: Guarded,
  index: number,
  newSigner: Uint8Array,
  attempt = 1,
  changes: Partial<Message.Approve> = {},
  key = who[index]!.wallet,
): Said<Message.Approve> {
  const { account: guardian, salt } = rules.guardians[index]!;
  const deadline = Story.secondsOf(scene) + 3600;
  const message = {
    ...placeOf(scene),
    account: rules.account,
    guardian,
    salt,
    newSigner,
    attempt,
    deadline,
    ...changes,
  };
  return say<Message.Approve>(Message.approve, message, key);
}

export function withdrawal(
  scene: Scene,
  { rules, who }: Guarded,
  index: number,
  attempt = 1,
  key = who[index]!.wallet,
) {
  const { account: guardian, salt } = rules.guardians[index]!;
  const deadline = Story.secondsOf(scene) + 3600;
  const message = { ...placeOf(scene), account: rules.account, guardian, salt, attempt, deadline };
  return say<Message.WithdrawApproval>(Message.withdrawApproval, message, key);
}

export const objection = (
  scene: Scene,
  patient: Story.Person,
  attempt = 1,
  key = patient.wallet,
  changes: object = {},
) =>
  say<Message.Objection>(
    Message.object,
    {
      ...placeOf(scene),
      account: patient.account,
      attempt,
      deadline: Story.secondsOf(scene) + 3600,
      ...changes,
    },
    key,
  );

export async function submitApproval(scene: Scene, { signed }: Said<Message.Approve>): Promise<void> {
  const { message, signer, signature } = signed;
  const m = onChain(Message.approve, message);
  await scene.relay('recovery', Abi.encodeCall(recoveryAbi, 'approve', { m, signer, signature }));
}

export async function finish(
  scene: Scene,
  patient: Story.Person,
  newSigner: Uint8Array,
  attempt = 1,
): Promise<void> {
  // A block, for an idle chain's time stands still, and a call is tried at its last block's.
  await Story.settle(scene, await Story.person());
  const call = { account: patient.account, attempt: BigInt(attempt), newSigner };
  await scene.relay('recovery', Abi.encodeCall(recoveryAbi, 'finish', call));
}

export const approvals = (...said: Said<Message.Approve>[]): Uint8Array =>
  encodeList(
    'islet/approvals',
    said.map((s) => s.bytes),
  );
