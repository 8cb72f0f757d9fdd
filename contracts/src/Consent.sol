// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {LocalTime} from "./LocalTime.sol";
import {Reasons} from "./Reasons.sol";
import {Relayed} from "./Relayed.sol";
import {ICircles} from "./interfaces/ICircles.sol";
import {IConsent} from "./interfaces/IConsent.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Consent
/// @notice See {IConsent}.
contract Consent is IConsent, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    /// @dev One slot. The tag is a hash of the patient's id, cut to fit: whoever would pass for the patient needs an
    /// account id with the same 216 bits of keccak256. Cutting the id itself would not do, since ids can be chosen.
    struct State {
        uint216 patientTag;
        uint32 uses;
        bool revoked;
    }

    struct Emergency {
        bytes32 patient;
        bytes32 reader;
        bytes32 org;
        uint64 at;
    }

    uint256 private constant MAX_STREAMS = 32;
    uint8 private constant EVERY_WEEKDAY = 127;
    uint16 private constant MINUTES_PER_DAY = 1440;
    uint8 private constant STANDING_ENDED = 2;

    bytes32 private constant GRANT = keccak256(
        "Grant(uint256 chain,address target,bytes32 grantId,bytes32 patient,bytes32 reader,bytes32[] streams,int32 firstDay,int32 lastDay,uint16 rollingDays,uint64 notBefore,uint64 expiresAt,uint8 weekdays,uint16 fromMinute,uint16 toMinute,int16 offsetMinutes,bytes32 purpose,uint32 maxUses,bool emergency,bytes32 nodesHash,uint64 deadline)"
    );
    bytes32 private constant REVOKE =
        keccak256("Revoke(uint256 chain,address target,bytes32 grantId,bytes32 patient,uint64 deadline)");
    bytes32 private constant REQUEST = keccak256(
        "Request(uint256 chain,address target,bytes32 grantId,bytes32 patient,bytes32 reader,bytes32[] streams,int32 firstDay,int32 lastDay,bytes32 purpose,bytes32 oneTimeKeyHash,bytes32 statement,uint256 nonce,uint64 deadline)"
    );

    IIdentity private immutable _identity;
    ICircles private immutable _circles;

    mapping(bytes32 grantId => bytes32 grantHash) private _commitments;
    mapping(bytes32 grantId => State) private _states;
    mapping(bytes32 reader => BitMaps.BitMap) private _nonces;
    mapping(bytes32 denial => uint32) private _denials;
    mapping(bytes32 reader => uint32) private _emergencyCounts;
    mapping(bytes32 requestId => Emergency) private _emergencies;
    uint64 private _decisionCount;

    constructor(IMembers members_, IIdentity identity_, ICircles circles_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        _identity = identity_;
        _circles = circles_;
    }

    /// @inheritdoc IConsent
    function grant(Grant calldata g, bytes calldata signer, bytes calldata signature) external onlyRelay {
        _requireCurrent(g.chain, g.target, g.deadline);
        _requireStreams(g.streams.length);
        require(g.grantId != bytes32(0), ConsentBadGrantId());
        bytes32 grantHash = _hashGrant(g);
        _requireSigned(g.patient, grantHash, signer, signature);
        require(
            g.firstDay <= g.lastDay && g.notBefore < g.expiresAt && block.timestamp < g.expiresAt,
            ConsentBadWindow()
        );
        _requireHours(g);
        require(_commitments[g.grantId] == bytes32(0), ConsentGrantExists(g.grantId));
        _commitments[g.grantId] = grantHash;
        _states[g.grantId].patientTag = _tag(g.patient);
        emit Granted(g.grantId, g.patient, g.reader, grantHash, g.expiresAt);
    }

    /// @inheritdoc IConsent
    function revoke(Revoke calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 structHash =
            keccak256(abi.encode(REVOKE, m.chain, m.target, m.grantId, m.patient, m.deadline));
        _requireSigned(m.patient, structHash, signer, signature);
        State storage s = _states[m.grantId];
        require(_commitments[m.grantId] != bytes32(0), ConsentUnknownGrant(m.grantId));
        require(s.patientTag == _tag(m.patient), ConsentNotThePatient(m.grantId));
        require(!s.revoked, ConsentAlreadyRevoked(m.grantId));
        s.revoked = true;
        emit Revoked(m.grantId, m.patient);
    }

    /// @inheritdoc IConsent
    function request(Request calldata r, Grant calldata g, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
        returns (uint8 reason)
    {
        _requireCurrent(r.chain, r.target, r.deadline);
        _requireStreams(r.streams.length);
        bytes32 requestId = _requireSigned(r.reader, _hashRequest(r), signer, signature);
        require(!_nonces[r.reader].get(r.nonce), ConsentNonceUsed(r.reader, r.nonce));
        _nonces[r.reader].set(r.nonce);
        reason = r.grantId == bytes32(0) ? _decideOwn(r) : _decide(r, g);
        if (reason == Reasons.GRANTED && r.grantId != bytes32(0)) {
            if (g.maxUses != 0) ++_states[r.grantId].uses;
            if (g.emergency) _recordEmergency(requestId, r);
        }
        _record(requestId, r, reason);
    }

    /// @inheritdoc IConsent
    function decisionCount() external view returns (uint64) {
        return _decisionCount;
    }

    /// @inheritdoc IConsent
    function statusOf(bytes32 grantId) external view returns (bytes32 grantHash, bool revoked, uint32 uses) {
        State storage s = _states[grantId];
        return (_commitments[grantId], s.revoked, s.uses);
    }

    /// @inheritdoc IConsent
    function denialCount(bytes32 reader, bytes32 grantId, uint8 reason, bytes32 patient)
        external
        view
        returns (uint32)
    {
        return _denials[_denial(reader, grantId, reason, patient)];
    }

    /// @inheritdoc IConsent
    function emergencyCount(bytes32 reader) external view returns (uint32) {
        return _emergencyCounts[reader];
    }

    /// @inheritdoc IConsent
    function emergencyOf(bytes32 requestId)
        external
        view
        returns (bytes32 patient, bytes32 reader, bytes32 org, uint64 at)
    {
        Emergency storage e = _emergencies[requestId];
        return (e.patient, e.reader, e.org, e.at);
    }

    /// @inheritdoc IConsent
    function isNonceUsed(bytes32 reader, uint256 nonce) external view returns (bool) {
        return _nonces[reader].get(nonce);
    }

    /// @inheritdoc IConsent
    function grantHashOf(Grant calldata g) external pure returns (bytes32) {
        return _hashGrant(g);
    }

    /// @inheritdoc IConsent
    function requestIdOf(Request calldata r) external view returns (bytes32) {
        return _hashTypedDataV4(_hashRequest(r));
    }

    /// @inheritdoc IConsent
    function identity() external view returns (address) {
        return address(_identity);
    }

    /// @inheritdoc IConsent
    function circles() external view returns (address) {
        return address(_circles);
    }

    /// @dev One's own data needs nobody's leave.
    function _decideOwn(Request calldata r) private pure returns (uint8) {
        require(r.statement == bytes32(0), ConsentBadStatement());
        if (r.reader != r.patient) return Reasons.NOT_YOURS;
        if (r.firstDay > r.lastDay) return Reasons.OUTSIDE_WINDOW;
        return Reasons.GRANTED;
    }

    function _decide(Request calldata r, Grant calldata g) private view returns (uint8) {
        bytes32 grantHash = _commitments[r.grantId];
        if (grantHash == bytes32(0)) return Reasons.UNKNOWN_GRANT;
        require(_hashGrant(g) == grantHash, ConsentGrantMismatch(r.grantId));
        require(g.emergency || r.statement == bytes32(0), ConsentBadStatement());
        State storage s = _states[r.grantId];
        if (s.revoked) return Reasons.REVOKED;
        if (block.timestamp >= g.expiresAt) return Reasons.EXPIRED;
        if (block.timestamp < g.notBefore) return Reasons.NOT_YET_VALID;
        (bytes32 org,) = _members.roleOf(g.reader);
        if (org != bytes32(0)) {
            // Even from an account with the role's own id: anybody could register that.
            if (!_members.holdsRole(g.reader, r.reader)) return Reasons.NOT_IN_ROLE;
        } else if (_circles.isCircle(g.reader)) {
            if (!_circles.isIn(g.reader, g.patient, r.reader)) return Reasons.NOT_IN_CIRCLE;
        } else if (r.reader != g.reader) {
            return Reasons.WRONG_READER;
        }
        if (r.patient != g.patient) return Reasons.WRONG_PATIENT;
        if (!_areAllIn(r.streams, g.streams)) return Reasons.WRONG_STREAM;
        (uint256 today, uint256 weekday, uint256 minute) = LocalTime.at(block.timestamp, g.offsetMinutes);
        if (!_isInWindow(r, g, today)) return Reasons.OUTSIDE_WINDOW;
        if (r.purpose != g.purpose) return Reasons.WRONG_PURPOSE;
        if (g.weekdays & (1 << weekday) == 0 || minute < g.fromMinute || minute >= g.toMinute) {
            return Reasons.OUTSIDE_HOURS;
        }
        if (g.emergency && r.statement == bytes32(0)) return Reasons.EMERGENCY_NOT_STATED;
        if (g.maxUses != 0 && s.uses >= g.maxUses) return Reasons.NO_USES_LEFT;
        (, uint8 standing) = _members.readerStanding(r.reader);
        if (standing == STANDING_ENDED) return Reasons.READER_SUSPENDED;
        return Reasons.GRANTED;
    }

    /// @dev Days ahead of today are as the grant's own window has them.
    function _isInWindow(Request calldata r, Grant calldata g, uint256 today) private pure returns (bool) {
        if (r.firstDay > r.lastDay || r.firstDay < g.firstDay || r.lastDay > g.lastDay) return false;
        // Neither a day nor a number of days comes near what an int256 holds.
        // forge-lint: disable-next-line(unsafe-typecast)
        return g.rollingDays == 0 || r.firstDay > int256(today) - int256(uint256(g.rollingDays));
    }

    function _recordEmergency(bytes32 requestId, Request calldata r) private {
        (bytes32 org,) = _members.readerStanding(r.reader);
        ++_emergencyCounts[r.reader];
        _emergencies[requestId] =
            Emergency({patient: r.patient, reader: r.reader, org: org, at: uint64(block.timestamp)});
        emit EmergencyOpened(requestId, r.patient, r.reader, r.grantId, r.statement);
    }

    function _record(bytes32 requestId, Request calldata r, uint8 reason) private {
        uint64 number = ++_decisionCount;
        if (reason != Reasons.GRANTED) {
            uint32 count = ++_denials[_denial(r.reader, r.grantId, reason, r.patient)];
            if (count > 1) {
                emit AccessDenialRepeated(requestId, r.patient, r.reader, r.grantId, reason, count, number);
                return;
            }
        }
        emit AccessDecided(
            requestId,
            r.patient,
            r.reader,
            r.grantId,
            reason,
            r.streams,
            r.firstDay,
            r.lastDay,
            r.purpose,
            r.oneTimeKeyHash,
            number
        );
    }

    function _requireCurrent(uint256 chain, address target, uint64 deadline) private view {
        require(chain == block.chainid, ConsentWrongChain(chain));
        require(target == address(this), ConsentWrongContract(target));
        require(block.timestamp <= deadline, ConsentDeadlinePassed(deadline));
    }

    function _requireStreams(uint256 length) private pure {
        require(length != 0 && length <= MAX_STREAMS, ConsentBadStreams(length));
    }

    function _requireHours(Grant calldata g) private pure {
        bool possible = g.weekdays != 0 && g.weekdays <= EVERY_WEEKDAY && g.fromMinute < g.toMinute
            && g.toMinute <= MINUTES_PER_DAY && g.offsetMinutes <= LocalTime.MAX_OFFSET_MINUTES
            && g.offsetMinutes >= -LocalTime.MAX_OFFSET_MINUTES;
        require(possible, ConsentBadHours());
    }

    /// @dev One of the account's signers signed exactly this.
    function _requireSigned(
        bytes32 account,
        bytes32 structHash,
        bytes calldata signer,
        bytes calldata signature
    ) private view returns (bytes32 digest) {
        require(_identity.speaksFor(account, signer), ConsentNotASigner(account));
        digest = _hashTypedDataV4(structHash);
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), ConsentBadSignature());
    }

    function _areAllIn(bytes32[] calldata wanted, bytes32[] calldata allowed) private pure returns (bool) {
        for (uint256 i; i < wanted.length; ++i) {
            bool found;
            for (uint256 j; j < allowed.length && !found; ++j) {
                found = wanted[i] == allowed[j];
            }
            if (!found) return false;
        }
        return true;
    }

    function _tag(bytes32 patient) private pure returns (uint216) {
        // Cutting is the point.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint216(uint256(keccak256(abi.encode(patient))));
    }

    function _denial(bytes32 reader, bytes32 grantId, uint8 reason, bytes32 patient)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(reader, grantId, reason, patient));
    }

    /// @dev In parts, because one expression of so many words does not fit the EVM's stack; all words are static, so
    /// the parts join to the same bytes.
    function _hashGrant(Grant calldata g) private pure returns (bytes32) {
        bytes memory who = abi.encode(
            GRANT, g.chain, g.target, g.grantId, g.patient, g.reader, keccak256(abi.encodePacked(g.streams))
        );
        bytes memory when = abi.encode(
            g.firstDay,
            g.lastDay,
            g.rollingDays,
            g.notBefore,
            g.expiresAt,
            g.weekdays,
            g.fromMinute,
            g.toMinute,
            g.offsetMinutes
        );
        bytes memory what = abi.encode(g.purpose, g.maxUses, g.emergency, g.nodesHash, g.deadline);
        return keccak256(bytes.concat(who, when, what));
    }

    function _hashRequest(Request calldata r) private pure returns (bytes32) {
        bytes memory who = abi.encode(
            REQUEST, r.chain, r.target, r.grantId, r.patient, r.reader, keccak256(abi.encodePacked(r.streams))
        );
        bytes memory what =
            abi.encode(r.firstDay, r.lastDay, r.purpose, r.oneTimeKeyHash, r.statement, r.nonce, r.deadline);
        return keccak256(bytes.concat(who, what));
    }
}
