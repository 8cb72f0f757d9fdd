// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {MembersHandler} from "./MembersHandler.sol";

/// @dev The law of {Members} that holds after any sequence of calls by anyone.
contract MembersInvariants is Fixture {
    MembersHandler private _handler;

    function setUp() public {
        _handler = new MembersHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_nothingChangesWithoutAMajorityThatStoodForTheDelay() public view {
        vm.assertFalse(_handler.changedWithoutVote(), "changed without a vote");
    }

    /// @dev The law would hold of members that never change: the handler does reach changes.
    function test_theHandlerReachesChanges() public {
        _handler.carry(1, 2);
        _handler.wait(uint32(2 days));
        _handler.execute(0, 0);
        vm.assertEq(_handler.changes(), 1, "an organisation suspended");
        vm.assertFalse(_handler.changedWithoutVote(), "by vote");
    }
}
