// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IErasure} from "../../src/interfaces/IErasure.sol";

/// @dev EIP-712 as a wallet computes it, apart from the contracts: from the type strings of the specification.
library ErasureMessages {
    string internal constant ERASE =
        "Erase(uint256 chain,address target,bytes32 erasureId,bytes32 account,bytes32[] streams,int32 firstDay,int32 lastDay,bytes32 scopeHash,uint256 nonce,uint64 deadline)";
    string internal constant CONFIRM =
        "Confirm(uint256 chain,address target,bytes32 erasureId,uint8 custodian,bytes32 receiptHash,uint64 deadline)";

    function hash(IErasure.Erase memory m) internal pure returns (bytes32) {
        bytes32[11] memory words;
        words[0] = keccak256(bytes(ERASE));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.erasureId;
        words[4] = m.account;
        words[5] = keccak256(abi.encodePacked(m.streams));
        words[6] = bytes32(uint256(int256(m.firstDay)));
        words[7] = bytes32(uint256(int256(m.lastDay)));
        words[8] = m.scopeHash;
        words[9] = bytes32(m.nonce);
        words[10] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IErasure.Confirm memory m) internal pure returns (bytes32) {
        bytes32[7] memory words;
        words[0] = keccak256(bytes(CONFIRM));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.erasureId;
        words[4] = bytes32(uint256(m.custodian));
        words[5] = m.receiptHash;
        words[6] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }
}
