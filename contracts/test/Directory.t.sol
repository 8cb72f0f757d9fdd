// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Directory} from "../src/Directory.sol";
import {IDirectory} from "../src/interfaces/IDirectory.sol";
import {Fixture} from "./support/Fixture.sol";

contract DirectoryTest is Fixture {
    function setUp() public {
        deploy(BUDGET);
    }

    function test_theDirectoryNamesTheFourContracts() public {
        Directory d = new Directory(address(members), address(identity), address(anchors), address(consent));
        vm.assertEq(d.members(), address(members), "members");
        vm.assertEq(d.identity(), address(identity), "identity");
        vm.assertEq(d.anchors(), address(anchors), "anchors");
        vm.assertEq(d.consent(), address(consent), "consent");
    }

    function testFuzz_anAddressWithoutCodeIsRefusedInAnyPlace(uint256 place) public {
        address[4] memory a = [address(members), address(identity), address(anchors), address(consent)];
        a[place % 4] = STRANGER;
        vm.expectRevert(abi.encodeWithSelector(IDirectory.DirectoryNotAContract.selector, STRANGER));
        new Directory(a[0], a[1], a[2], a[3]);
    }
}
