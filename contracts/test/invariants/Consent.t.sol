// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {ConsentHandler} from "./ConsentHandler.sol";

/// @dev Laws of {Consent} that hold after any sequence of calls by anyone.
contract ConsentInvariants is Fixture {
    ConsentHandler private _handler;

    function setUp() public {
        _handler = new ConsentHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_aRevokedGrantIsNeverDecidedGrantedAgain() public view {
        vm.assertFalse(_handler.revokedWasGranted(), "a revoked grant was granted");
        for (uint256 i; i < _handler.ids(); ++i) {
            (, bool revoked,) = _handler.statusOf(_handler.idOf(i));
            vm.assertTrue(revoked == _handler.revocations(_handler.idOf(i)), "revoked for ever");
        }
    }

    function invariant_onlyTheGrantsReaderIsGrantedAndOnlyWhileItHolds() public view {
        vm.assertFalse(_handler.othersWereGranted(), "someone else was granted");
    }

    function invariant_aRoleIsHeldByWhoWasAppointedAndIsVouchedForSince() public view {
        for (uint256 i; i < 4; ++i) {
            (bytes32 role, bytes32 reader) = (_handler.roleOf(i % 2), i < 2 ? READER : OTHER_READER);
            bool holds = _handler.appointed(role, reader) && _handler.vouched(reader) && !_handler.suspended();
            vm.assertTrue(_handler.holdsRole(role, reader) == holds, "holds the role");
        }
    }

    function invariant_nothingIsGrantedOutsideItsHours() public view {
        vm.assertFalse(_handler.grantedOutsideHours(), "granted outside the hours");
    }

    function invariant_everyEmergencyShows() public view {
        vm.assertFalse(_handler.emergencyWasHidden(), "an emergency without its event, or the reverse");
        vm.assertEq(_handler.emergencyCount(READER), _handler.emergencies(READER), "counted");
        vm.assertEq(_handler.emergencyCount(OTHER_READER), _handler.emergencies(OTHER_READER), "counted");
        vm.assertEq(_handler.emergencyCount(PATIENT), 0, "one's own data is no emergency");
    }

    function invariant_everyDecisionHasItsLine() public view {
        vm.assertEq(_handler.requests(), _handler.decisions(), "as many lines as requests");
        vm.assertEq(_handler.decisionCount(), _handler.decisions(), "as many lines as decisions");
        vm.assertFalse(_handler.numbersHaveGaps(), "numbered without a gap");
    }

    function invariant_usesNeverExceedTheLimit() public view {
        for (uint256 i; i < _handler.ids(); ++i) {
            bytes32 id = _handler.idOf(i);
            uint256 limit = _handler.maxUsesOf(id);
            (,, uint32 counted) = _handler.statusOf(id);
            if (limit != 0) vm.assertLe(_handler.uses(id), limit, "more uses than allowed");
            vm.assertEq(counted, limit == 0 ? 0 : _handler.uses(id), "uses are counted");
        }
    }

    function invariant_aGrantNeverChangesAndForgeriesNeverPass() public view {
        vm.assertFalse(_handler.forgeryWasAccepted(), "a forgery or replay was accepted");
        for (uint256 i; i < _handler.ids(); ++i) {
            (bytes32 hash,,) = _handler.statusOf(_handler.idOf(i));
            vm.assertEq(hash, _handler.hashes(_handler.idOf(i)), "the commitment of the first grant");
        }
    }

    /// @dev The laws above would hold of a contract that grants nothing: the handler does reach every outcome.
    function test_theHandlerReachesGrantsDenialsAndRevocations() public {
        _handler.grant(0, 0, 0, 2, 7200, 0);
        _handler.request(0, 0);
        vm.assertEq(_handler.grantedDecisions(), 1, "granted");
        _handler.request(0, 6);
        _handler.request(0, 6);
        vm.assertEq(_handler.decisions(), 3, "denied, and denied again");
        _handler.revoke(0, 1);
        vm.assertTrue(_handler.revocations(_handler.idOf(0)), "revoked");
        _handler.request(0, 0);
        vm.assertEq(_handler.decisions(), 4, "decided");
        vm.assertEq(_handler.grantedDecisions(), 1, "but not granted");
    }

    function test_theHandlerReachesRolesAndEmergencies() public {
        // An emergency grant to the first role.
        _handler.grant(0, 12, 0, 2, 7200, 0);
        _handler.request(0, 0);
        vm.assertEq(_handler.grantedDecisions(), 0, "not yet in the role");
        _handler.stand(0, true);
        _handler.serve(0, 0, true);
        _handler.request(0, 11);
        vm.assertEq(_handler.grantedDecisions(), 0, "not stated");
        _handler.request(0, 0);
        vm.assertEq(_handler.grantedDecisions(), 1, "granted");
        vm.assertEq(_handler.emergencies(READER), 1, "as an emergency");
        _handler.suspend();
        vm.assertTrue(_handler.suspended(), "suspended");
        _handler.suspend();
        vm.assertFalse(_handler.suspended(), "resumed");
        _handler.grant(1, 4, 0, 2, 7200, 0);
        _handler.request(1, 0);
        vm.assertEq(_handler.grantedDecisions(), 2, "an ordinary one");
        _handler.serve(0, 0, false);
        _handler.request(1, 0);
        vm.assertEq(_handler.grantedDecisions(), 2, "dismissed");
        // From seven in the evening.
        _handler.grant(2, 0, 0, 2, 7200, 19);
        _handler.request(2, 0);
        vm.assertEq(_handler.grantedDecisions(), 2, "not at this hour");
    }
}
