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

    function invariant_everyDecisionHasItsLine() public view {
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
        _handler.grant(0, 0, 0, 2, 7200);
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
}
