// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

/// @dev A contract wallet that approves one digest.
contract Wallet is IERC1271 {
    bytes32 private _approved;

    function approve(bytes32 digest) external {
        _approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _approved ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev A verifier that, asked, makes a call of its own, and approves only if that call went through.
contract ReentrantVerifier {
    address private _target;
    bytes private _call;

    function prepare(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    /// @dev Not `view`, unlike the interface: the caller's STATICCALL has to be what stops it.
    function verify(bytes calldata, bytes32, bytes calldata) external returns (bytes4) {
        (bool ok,) = _target.call(_call);
        return ok ? IERC7913SignatureVerifier.verify.selector : bytes4(0);
    }
}
