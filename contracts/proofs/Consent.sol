// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {BitMap, Circles, Identity, Members, SignatureChecker} from "./World.sol";
import {LocalTime} from "src/LocalTime.sol";
import {Reasons} from "src/Reasons.sol";

/// @dev Each function below starts from any storage there can be, and so stands for one step of any history.
contract Consent {
    // from IConsent: errors, events, struct Grant, struct Revoke, struct Request
    // from Consent: struct State, struct Emergency
    // from Consent: MAX_STREAMS, STANDING_ENDED, EVERY_WEEKDAY, MINUTES_PER_DAY
    // from Consent: _commitments, _states, _denials, _emergencyCounts, _emergencies, _decisionCount
    Members private _members;
    Identity private _identity;
    Circles private _circles;
    mapping(bytes32 reader => BitMap) private _nonces;

    // Lines of the log: counted where the source emits one.
    uint256 private _lines;

    // What hash functions and the comparison of streams answer: anything.
    bytes32 private _hash;
    bytes32 private _grantHash;
    bytes32 private _requestHash;
    mapping(bytes32 patient => uint216) private _tags;
    mapping(bytes32 structHash => bytes32) private _digests;
    bool private _areIn;

    modifier onlyRelay() {
        _;
    }

    modifier onlyRelayUncounted() {
        _;
    }

    // from Consent: grant, revoke, request, _decideOwn, _decide, _isInWindow, _recordEmergency, _record
    // from Consent: _requireCurrent, _requireStreams, _requireHours, _requireSigned
    // the only ones that change Consent: grant, revoke, request

    function _hashGrant(Grant calldata) private view returns (bytes32) {
        return _grantHash;
    }

    function _hashRequest(Request calldata) private view returns (bytes32) {
        return _requestHash;
    }

    function _hashTypedDataV4(bytes32 structHash) private view returns (bytes32) {
        return _digests[structHash];
    }

    function _denial(bytes32, bytes32, uint8, bytes32) private view returns (bytes32) {
        return _hash;
    }

    function _tag(bytes32 patient) private view returns (uint216) {
        return _tags[patient];
    }

    function _areAllIn(bytes32[] calldata, bytes32[] calldata) private view returns (bool) {
        return _areIn;
    }

    /// @dev Before the others, because the solver gives up on it after so many.
    function proveRequestRevokesNothing(
        Request calldata r,
        Grant calldata g,
        bytes calldata signer,
        bytes calldata signature,
        bytes32 any
    ) external {
        bool revoked = _states[any].revoked;
        request(r, g, signer, signature);
        // proved: a request takes back no revocation and makes none
        assert(_states[any].revoked == revoked);
    }

    function proveDecisions(Request calldata r, Grant calldata g) external view {
        State memory s = _states[r.grantId];
        bool granted = _decide(r, g) == Reasons.GRANTED;
        (uint256 today,,) = LocalTime.at(block.timestamp, g.offsetMinutes);
        // proved: a revoked grant never decides granted
        assert(!granted || !s.revoked);
        // proved: nothing is granted under a grant that was not recorded as handed along
        assert(!granted || (_commitments[r.grantId] != 0 && _commitments[r.grantId] == _grantHash));
        // proved: nothing is granted before a grant begins to hold or after it ceases to
        assert(!granted || (g.notBefore <= block.timestamp && block.timestamp < g.expiresAt));
        // proved: only the reader, who holds the role, or who is in the circle is granted, and only this patient's data
        assert(
            !granted || r.patient == g.patient
                && (r.reader == g.reader || _members.holdsRole(g.reader, r.reader)
                    || _circles.isIn(g.reader, g.patient, r.reader))
        );
        // proved: under a grant to a role, who does not hold the role is never granted
        assert(
            !granted || _members.roleOrgs[g.reader] == 0 || _members.holdsRole(g.reader, r.reader)
        );
        // proved: under a grant to a circle, who is not in it is never granted
        assert(
            !granted || _members.roleOrgs[g.reader] != 0 || !_circles.isCircle(g.reader)
                || _circles.isIn(g.reader, g.patient, r.reader)
        );
        // proved: no day outside the grant's window or its rolling days is granted
        assert(
            !granted
                || (g.firstDay <= r.firstDay && r.firstDay <= r.lastDay && r.lastDay <= g.lastDay
                    && (g.rollingDays == 0
                        || int256(r.firstDay) + int256(uint256(g.rollingDays)) >= int256(today) + 1))
        );
        // proved: nothing is granted for another purpose
        assert(!granted || r.purpose == g.purpose);
        // proved: nothing is granted when the uses are spent
        assert(!granted || g.maxUses == 0 || s.uses < g.maxUses);
        // proved: an emergency is granted only with a statement, and a statement only taken for an emergency
        assert(!granted || g.emergency == (r.statement != 0));
        // proved: a reader whose standing has ended is never granted
        assert(!granted || _members.standings[r.reader] != STANDING_ENDED);
        // reached: a request can be granted
        assert(!granted);
    }

    function proveOwn(Request calldata r) external pure {
        // proved: without a grant, only one's own data is granted
        assert(_decideOwn(r) != Reasons.GRANTED || r.reader == r.patient);
    }

    function proveGrant(Grant calldata g, bytes calldata signer, bytes calldata signature, bytes32 any) external {
        bytes32 before = _commitments[any];
        State memory s = _states[any];
        (uint256 lines, uint64 count) = (_lines, _decisionCount);
        grant(g, signer, signature);
        // proved: only a signer of the patient's account can grant, by a valid signature of what is recorded
        assert(
            _identity.speaksFor(g.patient, signer)
                && SignatureChecker.isValidSignatureNow(signer, _digests[_commitments[g.grantId]], signature)
        );
        // proved: a recorded grant never changes by granting
        assert(before == 0 || _commitments[any] == before);
        // proved: granting revokes nothing, takes back no revocation and changes no uses
        assert(_states[any].revoked == s.revoked && _states[any].uses == s.uses);
        // proved: granting writes no decision
        assert(_lines == lines && _decisionCount == count);
        // reached: a grant can be recorded
        assert(false);
    }

    function proveRevoke(Revoke calldata m, bytes calldata signer, bytes calldata signature, bytes32 any) external {
        bytes32 before = _commitments[any];
        State memory s = _states[any];
        (uint256 lines, uint64 count) = (_lines, _decisionCount);
        revoke(m, signer, signature);
        // proved: after a revocation the grant is revoked
        assert(_states[m.grantId].revoked);
        // proved: only a signer of an account with the patient's tag can revoke
        assert(
            _identity.speaksFor(m.patient, signer) && _states[m.grantId].patientTag == _tags[m.patient]
        );
        // proved: no revocation is taken back by revoking, and no other grant is revoked
        assert(_states[any].revoked == (s.revoked || any == m.grantId));
        // proved: a recorded grant and its uses never change by revoking
        assert(_commitments[any] == before && _states[any].uses == s.uses);
        // proved: revoking writes no decision
        assert(_lines == lines && _decisionCount == count);
        // reached: a grant can be revoked
        assert(false);
    }

    function proveRequest(
        Request calldata r,
        Grant calldata g,
        bytes calldata signer,
        bytes calldata signature,
        bytes32 any
    ) external {
        bytes32 before = _commitments[any];
        State memory s = _states[any];
        (uint256 lines, uint64 count) = (_lines, _decisionCount);
        uint32 emergencies = _emergencyCounts[any];
        bool fresh = !_nonces[r.reader].get(r.nonce);
        uint8 reason = request(r, g, signer, signature);
        // proved: a request is decided only for a signer of the reader's account
        assert(_identity.speaksFor(r.reader, signer));
        // proved: a nonce is used once
        assert(fresh);
        // proved: the log has exactly one entry per decision, and its numbers have no gap
        assert(_lines == lines + 1 && _decisionCount == count + 1);
        // proved: a recorded grant never changes by a request
        assert(_commitments[any] == before);
        // proved: uses grow by one at most, for the requested grant only, and never exceed what it allows
        assert(
            _states[any].uses == s.uses
                || (_states[any].uses == s.uses + 1 && any == r.grantId && reason == Reasons.GRANTED
                    && _states[any].uses <= g.maxUses)
        );
        // proved: every granted request under a limited grant is counted as a use
        assert(
            any != r.grantId || any == 0 || reason != Reasons.GRANTED || g.maxUses == 0
                || _states[any].uses == s.uses + 1
        );
        // proved: emergencies are counted, each granted one and nothing else
        assert(
            _emergencyCounts[any]
                == emergencies
                    + (any == r.reader && reason == Reasons.GRANTED && r.grantId != 0 && g.emergency ? 1 : 0)
        );
    }
}
