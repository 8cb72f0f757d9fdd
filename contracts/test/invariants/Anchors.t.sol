// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {AnchorsHandler} from "./AnchorsHandler.sol";

/// @dev Laws of {Anchors} that hold after any sequence of calls by anyone.
contract AnchorsInvariants is Fixture {
    AnchorsHandler private _handler;

    function setUp() public {
        _handler = new AnchorsHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_anAnchorNeverChanges() public view {
        for (uint256 i; i < _handler.placeCount(); ++i) {
            AnchorsHandler.Place memory p = _handler.place(i);
            vm.assertEq(_handler.rootOf(p.hub, p.number), p.root, "the root first committed there");
        }
    }

    function invariant_everyHubsNumbersRunWithoutAGap() public view {
        vm.assertFalse(_handler.strangerCommitted(), "a stranger committed");
        for (uint256 i; i < 3; ++i) {
            address hub = _handler.hubOf(i);
            uint64 count = _handler.count(hub);
            vm.assertEq(count, _handler.committed(hub), "as many as were committed");
            for (uint64 n = 1; n <= count; ++n) {
                vm.assertTrue(_handler.rootOf(hub, n) != bytes32(0), "a root at every number");
            }
            vm.assertEq(_handler.rootOf(hub, count + 1), bytes32(0), "none beyond");
        }
    }
}
