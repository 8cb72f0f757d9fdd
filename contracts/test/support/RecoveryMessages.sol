// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRecovery} from "../../src/interfaces/IRecovery.sol";

/// @dev EIP-712 as a wallet computes it, apart from the contracts: from the type strings of the specification.
library RecoveryMessages {
    string internal constant SET_GUARDIANS =
        "SetGuardians(uint256 chain,address target,bytes32 account,bytes32[] guardians,uint8 threshold,uint64 delay,uint256 nonce,uint64 deadline)";
    string internal constant APPROVE =
        "Approve(uint256 chain,address target,bytes32 account,bytes32 guardian,bytes32 salt,bytes newSigner,uint32 attempt,uint64 deadline)";
    string internal constant WITHDRAW_APPROVAL =
        "WithdrawApproval(uint256 chain,address target,bytes32 account,bytes32 guardian,bytes32 salt,uint32 attempt,uint64 deadline)";
    string internal constant OBJECT =
        "Object(uint256 chain,address target,bytes32 account,uint32 attempt,uint64 deadline)";

    function hash(IRecovery.SetGuardians memory m) internal pure returns (bytes32) {
        bytes32[9] memory words;
        words[0] = keccak256(bytes(SET_GUARDIANS));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.account;
        words[4] = keccak256(abi.encodePacked(m.guardians));
        words[5] = bytes32(uint256(m.threshold));
        words[6] = bytes32(uint256(m.delay));
        words[7] = bytes32(m.nonce);
        words[8] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IRecovery.Approve memory m) internal pure returns (bytes32) {
        bytes32[9] memory words;
        words[0] = keccak256(bytes(APPROVE));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.account;
        words[4] = m.guardian;
        words[5] = m.salt;
        words[6] = keccak256(m.newSigner);
        words[7] = bytes32(uint256(m.attempt));
        words[8] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IRecovery.WithdrawApproval memory m) internal pure returns (bytes32) {
        bytes32[8] memory words;
        words[0] = keccak256(bytes(WITHDRAW_APPROVAL));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.account;
        words[4] = m.guardian;
        words[5] = m.salt;
        words[6] = bytes32(uint256(m.attempt));
        words[7] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IRecovery.Object memory m) internal pure returns (bytes32) {
        bytes32[6] memory words;
        words[0] = keccak256(bytes(OBJECT));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.account;
        words[4] = bytes32(uint256(m.attempt));
        words[5] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }
}
