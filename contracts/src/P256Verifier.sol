// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {
    ERC7913P256Verifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

/// @title P256Verifier
/// @notice For signers that are a plain P-256 key (a secure element, a smart card). Signer: this address, x, y
/// (20 + 32 + 32 bytes); signature: r, s, with s in the lower half. Uses the precompile of EIP-7951 where the chain has it and
/// counts in Solidity where not, some eight times dearer, with the same answer.
contract P256Verifier is ERC7913P256Verifier {}
