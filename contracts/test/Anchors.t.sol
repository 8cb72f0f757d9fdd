// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IAnchors} from "../src/interfaces/IAnchors.sol";
import {IMembers} from "../src/interfaces/IMembers.sol";
import {Fixture} from "./support/Fixture.sol";

contract AnchorsTest is Fixture {
    function setUp() public {
        deploy(BUDGET);
    }

    function test_rootsAreKeptPerHubInOrder() public {
        commit(RELAY_A, 1, "a1");
        commit(RELAY_B, 1, "b1");
        commit(RELAY_A, 2, "a2");
        vm.assertEq(anchors.rootOf(RELAY_A, 1), "a1", "first of A");
        vm.assertEq(anchors.rootOf(RELAY_A, 2), "a2", "second of A");
        vm.assertEq(anchors.rootOf(RELAY_B, 1), "b1", "first of B");
        vm.assertEq(anchors.rootOf(RELAY_B, 2), bytes32(0), "B has no second");
        vm.assertEq(anchors.count(RELAY_A), 2, "count of A");
        vm.assertEq(anchors.count(RELAY_B), 1, "count of B");
        vm.assertEq(anchors.members(), address(members), "members");
    }

    function test_anAnchorIsAnnounced() public {
        vm.expectEmit(address(anchors));
        emit IAnchors.Anchored(RELAY_A, 1, "a1");
        commit(RELAY_A, 1, "a1");
    }

    function testFuzz_onlyTheNextNumberIsTaken(uint64 number) public {
        commit(RELAY_A, 1, "a1");
        vm.assume(number != 2);
        vm.expectRevert(abi.encodeWithSelector(IAnchors.AnchorsWrongNumber.selector, 2));
        commit(RELAY_A, number, "other");
    }

    function test_anEmptyRootIsRefused() public {
        vm.expectRevert(error(IAnchors.AnchorsEmptyRoot.selector));
        commit(RELAY_A, 1, bytes32(0));
    }

    function testFuzz_nobodyButARelayMayAnchor(address sender) public {
        vm.assume(sender != RELAY_A && sender != RELAY_B && sender != RELAY_C);
        vm.expectRevert(abi.encodeWithSelector(IAnchors.AnchorsNotARelay.selector, sender));
        commit(sender, 1, "root");
    }

    function test_theRelayOfASuspendedOrganisationMayNotAnchor() public {
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        vm.expectRevert(abi.encodeWithSelector(IAnchors.AnchorsNotARelay.selector, RELAY_C));
        commit(RELAY_C, 1, "root");
    }

    function commit(address sender, uint64 number, bytes32 root) private {
        vm.prank(sender);
        anchors.commit(number, root);
    }
}
