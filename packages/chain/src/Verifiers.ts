// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import type { Verifiers } from '@islet/core/Message';
import type { Here } from '@islet/core/wire/Stated';
import type { Deployment } from './Deployment.js';

/** The deployment's verifier contracts, by which P-256 keys and passkeys are told apart and believed. */
export const verifiersOf = ({ p256Verifier, webAuthnVerifier }: Deployment): Verifiers => ({
  p256: fromHex(p256Verifier),
  webAuthn: fromHex(webAuthnVerifier),
});

/** Where statements are meant for, and whose keys are believed there. */
export const hereOf = (deployment: Deployment): Here => ({
  chainId: deployment.chainId,
  identity: fromHex(deployment.identity),
  verifiers: verifiersOf(deployment),
});
