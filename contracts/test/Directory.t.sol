// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Directory} from "../src/Directory.sol";
import {Identity} from "../src/Identity.sol";
import {P256Verifier} from "../src/P256Verifier.sol";
import {WebAuthnVerifier} from "../src/WebAuthnVerifier.sol";
import {IDirectory} from "../src/interfaces/IDirectory.sol";
import {Fixture} from "./support/Fixture.sol";

contract DirectoryTest is Fixture {
    function setUp() public {
        deploy(BUDGET);
    }

    function test_theDirectoryNamesEveryContract() public {
        address[10] memory a = all();
        Directory d = new Directory(named(a));
        vm.assertEq(d.members(), a[0], "members");
        vm.assertEq(d.identity(), a[1], "identity");
        vm.assertEq(d.anchors(), a[2], "anchors");
        vm.assertEq(d.circles(), a[3], "circles");
        vm.assertEq(d.consent(), a[4], "consent");
        vm.assertEq(d.reviews(), a[5], "reviews");
        vm.assertEq(d.recovery(), a[6], "recovery");
        vm.assertEq(d.erasure(), a[7], "erasure");
        vm.assertEq(d.p256Verifier(), a[8], "P-256");
        vm.assertEq(d.webAuthnVerifier(), a[9], "WebAuthn");
    }

    function testFuzz_anAddressWithoutCodeIsRefusedInAnyPlace(uint256 place) public {
        address[10] memory a = all();
        a[place % 10] = STRANGER;
        vm.expectRevert(abi.encodeWithSelector(IDirectory.DirectoryNotAContract.selector, STRANGER));
        new Directory(named(a));
    }

    function test_aRecoveryThatIdentityDoesNotObeyIsRefused() public {
        address[10] memory a = all();
        a[1] = address(new Identity(members, STRANGER, BUDGET));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.DirectoryOtherRecovery.selector, a[6]));
        new Directory(named(a));
    }

    function all() private returns (address[10] memory) {
        return [
            address(members),
            address(identity),
            address(anchors),
            address(circles),
            address(consent),
            address(reviews),
            address(recovery),
            address(erasure),
            address(new P256Verifier()),
            address(new WebAuthnVerifier())
        ];
    }

    function named(address[10] memory a) private pure returns (IDirectory.Contracts memory) {
        return IDirectory.Contracts(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
    }
}
