// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {CirclesHandler} from "./CirclesHandler.sol";

/// @dev Laws of {Circles}, and of {Consent} under grants to circles, after any sequence of calls by anyone.
contract CirclesInvariants is Fixture {
    CirclesHandler private _handler;

    function setUp() public {
        _handler = new CirclesHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_neverMoreAreInThanThePatientSigned() public view {
        for (uint256 i; i < 2; ++i) {
            (uint8 counted, uint256 inBooks, uint8 signed) = _handler.counts(i);
            vm.assertLe(counted, signed, "at most as many as were signed");
            vm.assertEq(counted, inBooks, "counted");
            uint256 inside;
            for (uint256 who; who < 4; ++who) {
                if (_handler.inside(i, who)) ++inside;
            }
            vm.assertLe(inside, counted, "nobody uncounted");
        }
    }

    function invariant_nobodyIsInWhomTheKeeperDidNotAdmit() public view {
        for (uint256 i; i < 8; ++i) {
            vm.assertTrue(_handler.inside(i % 2, i / 2) == _handler.booked(i % 2, i / 2), "in by admission");
        }
    }

    function invariant_forgeriesNeverPassAndTheHonestDo() public view {
        vm.assertFalse(_handler.forgeryWasAccepted(), "a forgery or replay was accepted");
        vm.assertFalse(_handler.honestWasRefused(), "a right was refused");
    }

    function invariant_whoIsInIsGrantedAndNobodyElse() public view {
        vm.assertFalse(_handler.strangersWereGranted(), "someone outside was granted");
        vm.assertFalse(_handler.membersWereDenied(), "someone inside was denied");
    }

    function invariant_everyDecisionHasItsLine() public view {
        vm.assertEq(_handler.requests(), _handler.lines(), "as many lines as requests");
        vm.assertEq(_handler.decisionCount(), _handler.lines(), "as many lines as decisions");
    }

    /// @dev The laws above would hold of a contract that lets nobody in: the handler does reach every outcome.
    function test_theHandlerReachesEverything() public {
        _handler.openCircle(0, 0, 30 days);
        _handler.request(0, 0);
        vm.assertEq(_handler.granted_(), 0, "not yet in");
        _handler.admit_(0, 0, 0);
        _handler.request(0, 0);
        vm.assertEq(_handler.granted_(), 1, "in");
        _handler.admit_(0, 1, 0);
        vm.assertFalse(_handler.inside(0, 1), "full");
        _handler.dismiss_(0, 0, 0);
        _handler.admit_(0, 1, 1);
        vm.assertFalse(_handler.inside(0, 1), "not by someone else");
        _handler.admit_(0, 1, 0);
        vm.assertTrue(_handler.inside(0, 1), "in");
        _handler.dismiss_(0, 1, 2);
        _handler.admit_(0, 1, 0);
        vm.assertFalse(_handler.inside(0, 1), "barred");
        _handler.admit_(0, 0, 0);
        _handler.endCircle(0, 0);
        _handler.request(0, 0);
        vm.assertEq(_handler.granted_(), 1, "over");
        vm.assertEq(_handler.lines(), 3, "each written down");
    }
}
