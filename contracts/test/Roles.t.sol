// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IMembers} from "../src/interfaces/IMembers.sol";
import {Fixture} from "./support/Fixture.sol";

contract RolesTest is Fixture {
    function setUp() public {
        deploy(BUDGET);
    }

    function test_aRoleIsCreatedByItsOrganisation() public {
        bytes32 role = keccak256(abi.encode(ORG_C, bytes32("salt")));
        vm.assertEq(members.roleIdOf(ORG_C, "salt"), role, "as anyone can compute it");
        roleIs(role, 0, 0);
        vm.expectEmit(address(members));
        emit IMembers.RoleCreated(role, ORG_C, "key");
        vm.assertEq(create(ADMIN_C, "salt", "key"), role, "its id");
        roleIs(role, ORG_C, "key");
    }

    function test_anIdIsARoleOnceAndDiffersByOrganisationAndSalt() public {
        bytes32 role = create(ADMIN_C, "salt", "key");
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersRoleExists.selector, role));
        create(ADMIN_C, "salt", "other key");
        create(ADMIN_C, "other salt", "key");
        create(ADMIN_B, "salt", "key");
        roleIs(role, ORG_C, "key");
    }

    function test_aRolesKeyIsReplacedByItsOrganisation() public {
        bytes32 role = create(ADMIN_C, "salt", "key");
        vm.expectEmit(address(members));
        emit IMembers.RoleKeyReplaced(role, "new key");
        replace(ADMIN_C, role, "new key");
        roleIs(role, ORG_C, "new key");
    }

    function test_aKeyHashOfZeroIsRefused() public {
        bytes32 role = create(ADMIN_C, "salt", "key");
        vm.expectRevert(error(IMembers.MembersZero.selector));
        create(ADMIN_C, "other salt", 0);
        vm.expectRevert(error(IMembers.MembersZero.selector));
        replace(ADMIN_C, role, 0);
    }

    function test_appointedAndDismissed() public {
        bytes32 role = create(ADMIN_C, "salt", "key");
        vouch(ADMIN_C, READER);
        holds(role, false);
        vm.expectEmit(address(members));
        emit IMembers.Appointed(role, READER);
        appoint(ADMIN_C, role);
        holds(role, true);
        vm.assertFalse(members.holdsRole(role, OTHER_READER), "nobody else");
        vm.assertFalse(members.holdsRole("other role", READER), "no other role");
        vm.expectEmit(address(members));
        emit IMembers.Dismissed(role, READER);
        dismiss(ADMIN_C, role);
        holds(role, false);
        appoint(ADMIN_C, role);
        holds(role, true);
    }

    function test_appointedOnceAndDismissedOnce() public {
        bytes32 role = aRole();
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersAlreadyAppointed.selector, role, READER));
        appoint(ADMIN_C, role);
        dismiss(ADMIN_C, role);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNotAppointed.selector, role, READER));
        dismiss(ADMIN_C, role);
    }

    function test_onlyReadersWhomTheOrganisationAnswersForAreAppointed() public {
        bytes32 role = create(ADMIN_C, "salt", "key");
        bytes memory refusal = abi.encodeWithSelector(IMembers.MembersNotYourReader.selector, READER);
        vm.expectRevert(refusal);
        appoint(ADMIN_C, role);
        vouch(ADMIN_B, READER);
        vm.expectRevert(refusal);
        appoint(ADMIN_C, role);
        endVouch(ADMIN_B, READER);
        vouch(ADMIN_C, READER);
        endVouch(ADMIN_C, READER);
        vm.expectRevert(refusal);
        appoint(ADMIN_C, role);
    }

    function test_anotherOrganisationsRoleIsNotOnesOwn() public {
        bytes32 role = aRole();
        vouch(ADMIN_B, "reader of b");
        bytes memory refusal = abi.encodeWithSelector(IMembers.MembersNotYourRole.selector, role);
        vm.expectRevert(refusal);
        vm.prank(ADMIN_B);
        members.appoint(role, "reader of b");
        vm.expectRevert(refusal);
        dismiss(ADMIN_B, role);
        vm.expectRevert(refusal);
        replace(ADMIN_B, role, "key of b");
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNotYourRole.selector, bytes32("no role")));
        appoint(ADMIN_C, "no role");
    }

    function testFuzz_strangersAndSuspendedOrganisationsHaveNoRoles(address sender) public {
        bytes32 role = aRole();
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        vm.assume(sender != ADMIN_A && sender != ADMIN_B);
        hasNoSay(sender, role);
        hasNoSay(ADMIN_C, role);
    }

    function test_aRoleIsHeldWhileTheOrganisationVouches() public {
        bytes32 role = aRole();
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        holds(role, false);
        vote(abi.encodeCall(members.resumeOrganisation, (ORG_C)));
        holds(role, true);
        endVouch(ADMIN_C, READER);
        holds(role, false);
    }

    function test_vouchingOnceMoreForAStandingReaderKeepsTheRoles() public {
        bytes32 role = aRole();
        vouch(ADMIN_C, READER);
        holds(role, true);
    }

    function test_whoComesBackHoldsNoneOfTheFormerRoles() public {
        bytes32 role = aRole();
        endVouch(ADMIN_C, READER);
        vouch(ADMIN_C, READER);
        holds(role, false);
        appoint(ADMIN_C, role);
        holds(role, true);
    }

    function test_whoComesBackFromAnotherOrganisationHoldsNoneOfTheFormerRoles() public {
        bytes32 role = aRole();
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        vouch(ADMIN_B, READER);
        vote(abi.encodeCall(members.resumeOrganisation, (ORG_C)));
        holds(role, false);
        endVouch(ADMIN_B, READER);
        vouch(ADMIN_C, READER);
        holds(role, false);
    }

    function test_anAppointmentThatEndedWithItsVouchCanStillBeDismissed() public {
        bytes32 role = aRole();
        endVouch(ADMIN_C, READER);
        dismiss(ADMIN_C, role);
        holds(role, false);
    }

    // ——— helpers ———

    function hasNoSay(address sender, bytes32 role) private {
        bytes memory refusal = abi.encodeWithSelector(IMembers.MembersNotAnAdmin.selector, sender);
        vm.expectRevert(refusal);
        create(sender, "other salt", "key");
        vm.expectRevert(refusal);
        replace(sender, role, "other key");
        vm.expectRevert(refusal);
        appoint(sender, role);
        vm.expectRevert(refusal);
        dismiss(sender, role);
    }

    function roleIs(bytes32 role, bytes32 org, bytes32 keyHash) private view {
        (bytes32 org_, bytes32 keyHash_) = members.roleOf(role);
        vm.assertEq(org_, org, "organisation");
        vm.assertEq(keyHash_, keyHash, "key");
    }

    function holds(bytes32 role, bool expected) private view {
        vm.assertTrue(members.holdsRole(role, READER) == expected, "holds the role");
    }

    function create(address admin, bytes32 salt, bytes32 keyHash) private returns (bytes32) {
        vm.prank(admin);
        return members.createRole(salt, keyHash);
    }

    function replace(address admin, bytes32 role, bytes32 keyHash) private {
        vm.prank(admin);
        members.replaceRoleKey(role, keyHash);
    }

    function appoint(address admin, bytes32 role) private {
        vm.prank(admin);
        members.appoint(role, READER);
    }

    function dismiss(address admin, bytes32 role) private {
        vm.prank(admin);
        members.dismiss(role, READER);
    }

    function vouch(address admin, bytes32 reader) private {
        vm.prank(admin);
        members.vouch(reader);
    }

    function endVouch(address admin, bytes32 reader) private {
        vm.prank(admin);
        members.endVouch(reader);
    }
}
