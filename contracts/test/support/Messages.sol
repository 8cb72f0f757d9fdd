// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IConsent} from "../../src/interfaces/IConsent.sol";
import {IIdentity} from "../../src/interfaces/IIdentity.sol";
import {IReviews} from "../../src/interfaces/IReviews.sol";

/// @dev EIP-712 as a wallet computes it, apart from the contracts: from the type strings of the specification.
library Messages {
    string internal constant REGISTER =
        "Register(uint256 chain,address target,bytes32 account,bytes signer,bytes32 encryptionKeyHash,uint64 deadline)";
    string internal constant AUTHORISE_GATEWAY =
        "AuthoriseGateway(uint256 chain,address target,bytes32 account,bytes32 gatewayKey,uint256 nonce,uint64 deadline)";
    string internal constant END_GATEWAY =
        "EndGateway(uint256 chain,address target,bytes32 account,bytes32 gatewayKey,uint256 nonce,uint64 deadline)";
    string internal constant ADD_SIGNER =
        "AddSigner(uint256 chain,address target,bytes32 account,bytes signer,uint256 nonce,uint64 deadline)";
    string internal constant REMOVE_SIGNER =
        "RemoveSigner(uint256 chain,address target,bytes32 account,bytes signer,uint256 nonce,uint64 deadline)";
    string internal constant RECORD_KEYS =
        "RecordKeys(uint256 chain,address target,bytes32 account,bytes32 keysRoot,uint256 nonce,uint64 deadline)";
    string internal constant REPLACE_ENCRYPTION_KEY =
        "ReplaceEncryptionKey(uint256 chain,address target,bytes32 account,bytes32 encryptionKeyHash,uint256 nonce,uint64 deadline)";
    string internal constant GRANT =
        "Grant(uint256 chain,address target,bytes32 grantId,bytes32 patient,bytes32 reader,bytes32[] streams,int32 firstDay,int32 lastDay,uint16 rollingDays,uint64 notBefore,uint64 expiresAt,uint8 weekdays,uint16 fromMinute,uint16 toMinute,int16 offsetMinutes,bytes32 purpose,uint32 maxUses,bool emergency,bytes32 nodesHash,uint64 deadline)";
    string internal constant REVOKE =
        "Revoke(uint256 chain,address target,bytes32 grantId,bytes32 patient,uint64 deadline)";
    string internal constant REQUEST =
        "Request(uint256 chain,address target,bytes32 grantId,bytes32 patient,bytes32 reader,bytes32[] streams,int32 firstDay,int32 lastDay,bytes32 purpose,bytes32 oneTimeKeyHash,bytes32 statement,uint256 nonce,uint64 deadline)";

    string internal constant CLOSE =
        "Close(uint256 chain,address target,bytes32 requestId,bytes32 patient,uint8 outcome,bytes32 noteHash,uint256 nonce,uint64 deadline)";

    function digest(bytes32 structHash, uint256 chain, address target) internal pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Islet"),
                keccak256("1"),
                chain,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev A struct of a type hash and six words, which all messages about one thing of an account are.
    function sixWords(string memory definition, bytes32[6] memory words) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(bytes(definition)), words));
    }

    function hash(IIdentity.Register memory m) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(bytes(REGISTER)),
                m.chain,
                m.target,
                m.account,
                keccak256(m.signer),
                m.encryptionKeyHash,
                m.deadline
            )
        );
    }

    function hash(IConsent.Revoke memory m) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(keccak256(bytes(REVOKE)), m.chain, m.target, m.grantId, m.patient, m.deadline)
            );
    }

    function hash(IConsent.Grant memory g) internal pure returns (bytes32) {
        bytes32[21] memory words;
        words[0] = keccak256(bytes(GRANT));
        words[1] = bytes32(g.chain);
        words[2] = bytes32(uint256(uint160(g.target)));
        words[3] = g.grantId;
        words[4] = g.patient;
        words[5] = g.reader;
        words[6] = keccak256(abi.encodePacked(g.streams));
        words[7] = _int(g.firstDay);
        words[8] = _int(g.lastDay);
        words[9] = bytes32(uint256(g.rollingDays));
        words[10] = bytes32(uint256(g.notBefore));
        words[11] = bytes32(uint256(g.expiresAt));
        words[12] = bytes32(uint256(g.weekdays));
        words[13] = bytes32(uint256(g.fromMinute));
        words[14] = bytes32(uint256(g.toMinute));
        words[15] = _int(g.offsetMinutes);
        words[16] = g.purpose;
        words[17] = bytes32(uint256(g.maxUses));
        words[18] = bytes32(uint256(g.emergency ? 1 : 0));
        words[19] = g.nodesHash;
        words[20] = bytes32(uint256(g.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IConsent.Request memory r) internal pure returns (bytes32) {
        bytes32[14] memory words;
        words[0] = keccak256(bytes(REQUEST));
        words[1] = bytes32(r.chain);
        words[2] = bytes32(uint256(uint160(r.target)));
        words[3] = r.grantId;
        words[4] = r.patient;
        words[5] = r.reader;
        words[6] = keccak256(abi.encodePacked(r.streams));
        words[7] = _int(r.firstDay);
        words[8] = _int(r.lastDay);
        words[9] = r.purpose;
        words[10] = r.oneTimeKeyHash;
        words[11] = r.statement;
        words[12] = bytes32(r.nonce);
        words[13] = bytes32(uint256(r.deadline));
        return keccak256(abi.encode(words));
    }

    function hash(IReviews.Close memory m) internal pure returns (bytes32) {
        bytes32[9] memory words;
        words[0] = keccak256(bytes(CLOSE));
        words[1] = bytes32(m.chain);
        words[2] = bytes32(uint256(uint160(m.target)));
        words[3] = m.requestId;
        words[4] = m.patient;
        words[5] = bytes32(uint256(m.outcome));
        words[6] = m.noteHash;
        words[7] = bytes32(m.nonce);
        words[8] = bytes32(uint256(m.deadline));
        return keccak256(abi.encode(words));
    }

    function _int(int32 day) private pure returns (bytes32) {
        return bytes32(uint256(int256(day)));
    }
}
