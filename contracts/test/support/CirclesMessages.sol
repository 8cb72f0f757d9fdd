// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {ICircles} from "../../src/interfaces/ICircles.sol";

/// @dev EIP-712 as a wallet computes it, apart from the contracts: from the type strings of the specification. Every
/// field of these messages is one word.
library CirclesMessages {
    string internal constant CIRCLE =
        "Circle(bytes32 patient,bytes32 keeper,uint8 maxPeople,uint64 until,bytes32 salt)";
    string internal constant OPEN_CIRCLE =
        "OpenCircle(uint256 chain,address target,bytes32 patient,bytes32 keeper,uint8 maxPeople,uint64 until,bytes32 salt,bytes32 keyHash,uint64 deadline)";
    string internal constant ADMIT =
        "Admit(uint256 chain,address target,bytes32 circle,bytes32 keeper,bytes32 reader,uint256 nonce,uint64 deadline)";
    string internal constant DISMISS =
        "Dismiss(uint256 chain,address target,bytes32 circle,bytes32 by,bytes32 reader,uint256 nonce,uint64 deadline)";
    string internal constant REPLACE_CIRCLE_KEY =
        "ReplaceCircleKey(uint256 chain,address target,bytes32 circle,bytes32 by,bytes32 keyHash,uint256 nonce,uint64 deadline)";
    string internal constant END_CIRCLE =
        "EndCircle(uint256 chain,address target,bytes32 circle,bytes32 patient,uint64 deadline)";

    function hash(ICircles.OpenCircle memory m) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(OPEN_CIRCLE)), abi.encode(m)));
    }

    function hash(ICircles.Admit memory m) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(ADMIT)), abi.encode(m)));
    }

    function hash(ICircles.Dismiss memory m) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(DISMISS)), abi.encode(m)));
    }

    function hash(ICircles.ReplaceCircleKey memory m) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(REPLACE_CIRCLE_KEY)), abi.encode(m)));
    }

    function hash(ICircles.EndCircle memory m) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(END_CIRCLE)), abi.encode(m)));
    }
}
