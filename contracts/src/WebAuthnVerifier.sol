// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @title WebAuthnVerifier
/// @notice For signers that are a passkey. Signer: this address, x, y (20 + 32 + 32 bytes); signature: the ABI encoding
/// of (bytes32 r, bytes32 s, uint256 challengeIndex, uint256 typeIndex, bytes authenticatorData, string
/// clientDataJSON), where the challenge is the EIP-712 digest in base64url. The person must have been verified (PIN,
/// face, finger), not just present. The site is not checked: an authenticator makes one key for each site and uses it
/// for no other, and which site's key may sign was decided when the signer was added.
contract WebAuthnVerifier is ERC7913WebAuthnVerifier {}
