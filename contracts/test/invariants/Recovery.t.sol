// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {RecoveryHandler} from "./RecoveryHandler.sol";

/// @dev Laws of {Recovery}, and of the signers it replaces, that hold after any sequence of calls by anyone.
contract RecoveryInvariants is Fixture {
    RecoveryHandler private _handler;

    function setUp() public {
        _handler = new RecoveryHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_nothingIsWonBelowAQuorumOrBeforeItsDelay() public view {
        vm.assertFalse(_handler.wonBelowQuorum(), "won below the quorum");
        vm.assertFalse(_handler.wonTooEarly(), "won before the delay was over");
    }

    function invariant_whatHasEndedNeverFinishes() public view {
        vm.assertFalse(_handler.wonAfterItsEnd(), "won after an objection or its end");
        vm.assertTrue(_handler.standsAsBooked(), "what has ended is not open");
    }

    function invariant_eachGuardianIsCountedOnceAndOnlyWhileTheyApprove() public view {
        vm.assertFalse(_handler.countsDiffer(), "counted otherwise");
    }

    function invariant_anAccountAlwaysHasASigner() public view {
        vm.assertGt(_handler.signers(), 0, "at least one");
        vm.assertEq(_handler.signers(), _handler.booked(), "as many as added, removed and replaced");
        vm.assertTrue(_handler.speaksAsBooked(), "and those");
    }

    /// @dev The laws above would hold of a contract that recovers nothing: the handler does reach it, twice.
    function test_theHandlerReachesRecoveries() public {
        _handler.setGuardians(2, 1, 0);
        _handler.approve(0, 0, 1);
        _handler.join(1);
        _handler.wait(3 days);
        _handler.finish();
        vm.assertEq(_handler.recoveries(), 1, "recovered");
        vm.assertTrue(_handler.speaksAsBooked(), "to the new signer");
        _handler.changeSigner(true, 2, 1);
        vm.assertEq(_handler.signers(), 2, "added");
        _handler.approve(1, 0, 0);
        _handler.object(1, 4);
        _handler.join(2);
        _handler.approve(0, 0, 0);
        _handler.join(1);
        _handler.wait(3 days);
        _handler.finish();
        vm.assertEq(_handler.recoveries(), 2, "recovered again, after an objection");
        vm.assertEq(_handler.signers(), 1, "all others ended");
    }
}
