// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";
import {ErasureHandler} from "./ErasureHandler.sol";

/// @dev Laws of {Erasure} that hold after any sequence of calls by anyone.
contract ErasureInvariants is Fixture {
    ErasureHandler private _handler;

    function setUp() public {
        _handler = new ErasureHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_erasedIsOnlyWhatEnoughCustodiansOfTheTimeConfirmed() public view {
        vm.assertFalse(_handler.erasedTooSoon(), "erased too soon");
        vm.assertFalse(_handler.countedTwice(), "one custodian counted twice");
        vm.assertFalse(_handler.strangerConfirmed(), "someone else's confirmation counted");
        for (uint256 i; i < _handler.ids(); ++i) {
            bytes32 id = _handler.idOf(i);
            (uint8 needed, uint8 confirmations, bool erased) = _handler.stateOf(i);
            vm.assertEq(needed, _handler.needed(id), "what was needed at the request");
            vm.assertEq(confirmations, _handler.confirmed(id), "as many as told");
            vm.assertTrue(erased == (needed != 0 && confirmations >= needed), "erased exactly then");
        }
    }

    function invariant_whatIsErasedStaysSo() public view {
        vm.assertFalse(_handler.erasedTwice(), "once");
        for (uint256 i; i < _handler.ids(); ++i) {
            (,, bool erased) = _handler.stateOf(i);
            vm.assertTrue(erased == _handler.erased(_handler.idOf(i)), "for ever, and told");
        }
    }

    /// @dev The laws above would hold of a contract that erases nothing: the handler does reach it.
    function test_theHandlerReachesErasures() public {
        _handler.erase(0, false);
        _handler.confirm(0, 0, 0);
        _handler.replaceCustodian(1);
        _handler.setThreshold(0);
        _handler.confirm(0, 1, 1);
        vm.assertEq(_handler.erasures(), 0, "not by the new custodian");
        _handler.confirm(0, 1, 0);
        vm.assertEq(_handler.erasures(), 1, "by the one of then");
        _handler.erase(1, true);
        _handler.confirm(1, 0, 0);
        _handler.confirm(1, 1, 1);
        vm.assertEq(_handler.erasures(), 1, "two of three");
        _handler.confirm(1, 2, 0);
        vm.assertEq(_handler.erasures(), 2, "all three, for a threshold of one");
    }
}
