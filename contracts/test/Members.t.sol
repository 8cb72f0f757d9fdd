// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Members} from "../src/Members.sol";
import {IMembers} from "../src/interfaces/IMembers.sol";
import {Fixture} from "./support/Fixture.sol";

contract MembersTest is Fixture {
    bytes32 private constant ORG_D = "org d";
    address private constant ADMIN_D = address(0xD1);
    address private constant RELAY_D = address(0xD2);
    address private constant NEW_ACCOUNT = address(0xC0FE);

    function setUp() public {
        deploy(BUDGET);
    }

    // ——— founding ———

    function test_theFoundersAreInPlace() public view {
        (address admin, bool active) = members.organisation(ORG_B);
        vm.assertEq(admin, ADMIN_B, "admin");
        vm.assertTrue(active, "active");
        vm.assertEq(members.organisationOf(ADMIN_C), ORG_C, "organisation of admin");
        vm.assertEq(members.organisationCount(), 3, "organisations");
        vm.assertEq(members.activeOrganisationCount(), 3, "active organisations");
        vm.assertTrue(members.isRelay(RELAY_A), "relay");
        vm.assertFalse(members.isRelay(ADMIN_A), "an admin is no relay");
        vm.assertFalse(members.isRelay(address(0)), "zero is no relay");
        vm.assertEq(members.relayOrganisation(RELAY_C), ORG_C, "relay's organisation");
        (bytes32 org, bytes32 signingKey, address account) = members.custodian(3);
        vm.assertEq(account, vm.addr(CUSTODIAN_KEY + 3), "custodian's account");
        vm.assertEq(org, ORG_C, "custodian's organisation");
        vm.assertEq(signingKey, "key 3", "custodian's key");
        (org,,) = members.custodian(0);
        vm.assertEq(org, bytes32(0), "there is no custodian 0");
        vm.assertEq(members.custodianCount(), 3, "custodians");
        vm.assertEq(members.threshold(), 2, "threshold");
        vm.assertEq(members.custodianSetVersion(), 1, "set version");
        vm.assertEq(members.delay(), DELAY, "delay");
    }

    function test_aConsortiumWithoutFoundersIsRefused() public {
        vm.expectRevert(error(IMembers.MembersNoFounders.selector));
        new Members(new IMembers.Founder[](0), relays(), custodians(), 2, DELAY);
    }

    function test_aDelayOfMoreThanNinetyDaysIsRefused() public {
        new Members(founders(), relays(), custodians(), 2, 90 days);
        vm.expectRevert(error(IMembers.MembersBadDelay.selector));
        new Members(founders(), relays(), custodians(), 2, 90 days + 1);
    }

    function testFuzz_theThresholdIsFromOneToTheNumberOfCustodians(uint8 threshold) public {
        bool allowed = threshold >= 1 && threshold <= 3;
        if (!allowed) {
            vm.expectRevert(abi.encodeWithSelector(IMembers.MembersBadThreshold.selector, threshold));
        }
        Members m = new Members(founders(), relays(), custodians(), threshold, DELAY);
        if (allowed) vm.assertEq(m.threshold(), threshold, "threshold");
    }

    function test_oneSigningKeyCannotBeTwoCustodians() public {
        IMembers.Custodian[] memory list = custodians();
        list[2].signingKey = list[0].signingKey;
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersCustodianKeyTaken.selector, bytes32("key 1")));
        new Members(founders(), relays(), list, 2, DELAY);
    }

    function test_oneAdminCannotVoteForTwoOrganisations() public {
        IMembers.Founder[] memory list = founders();
        list[1].admin = ADMIN_A;
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersAdminTaken.selector, ADMIN_A));
        new Members(list, relays(), custodians(), 2, DELAY);
    }

    function test_anOrganisationFoundsOnce() public {
        IMembers.Founder[] memory list = founders();
        list[1].org = ORG_A;
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersOrganisationExists.selector, ORG_A));
        new Members(list, relays(), custodians(), 2, DELAY);
    }

    // ——— voting ———

    function testFuzz_noChangeComesFromOutsideTheVote(address sender) public {
        vm.assume(sender != address(members));
        bytes[7] memory calls = everyChange();
        for (uint256 i; i < calls.length; ++i) {
            vm.prank(sender);
            (bool ok, bytes memory returned) = address(members).call(calls[i]);
            vm.assertFalse(ok, "must revert");
            vm.assertEq(bytes32(returned), bytes32(IMembers.MembersNotByVote.selector), "by vote only");
        }
    }

    function test_aMajorityAndTheDelayChangeThings() public {
        bytes memory call = abi.encodeCall(IMembers.addOrganisation, (ORG_D, ADMIN_D));
        uint256 id = propose(ADMIN_A, call);
        vm.assertTrue(members.hasApproved(id, ORG_A), "who proposes approves");
        vm.assertFalse(members.hasApproved(id, ORG_B), "others have yet to");
        vm.expectEmit(address(members));
        emit IMembers.QuorumReached(id, NOW);
        approve(ADMIN_B, id);
        (bytes memory kept, uint256 approvals, uint64 quorumAt,, bool executed) = members.proposal(id);
        vm.assertEq(keccak256(kept), keccak256(call), "call");
        vm.assertEq(approvals, 2, "approvals");
        vm.assertEq(quorumAt, NOW, "quorum reached");
        vm.assertFalse(executed, "not yet executed");
        vm.warp(NOW + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersTooEarly.selector, NOW + DELAY));
        execute(ADMIN_C, id);
        vm.warp(NOW + DELAY);
        execute(ADMIN_C, id);
        (, bool active) = members.organisation(ORG_D);
        vm.assertTrue(active, "added");
        vm.assertEq(members.activeOrganisationCount(), 4, "four now");
        vm.assertEq(members.proposalCount(), 1, "one proposal");
    }

    function test_halfOfTheOrganisationsAreNotAMajority() public {
        vote(abi.encodeCall(IMembers.addOrganisation, (ORG_D, ADMIN_D)));
        uint256 id = propose(ADMIN_A, aChange());
        approve(ADMIN_B, id);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNoQuorum.selector, id));
        execute(ADMIN_A, id);
        approve(ADMIN_D, id);
        vm.warp(block.timestamp + DELAY);
        execute(ADMIN_A, id);
    }

    function testFuzz_nothingHappensBeforeTheDelayIsOver(uint64 waited) public {
        waited %= DELAY;
        uint256 id = propose(ADMIN_A, aChange());
        vm.warp(NOW + 1 days);
        approve(ADMIN_B, id);
        vm.warp(NOW + 1 days + waited);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersTooEarly.selector, NOW + 1 days + DELAY));
        execute(ADMIN_A, id);
    }

    function test_anOrganisationVotesOnce() public {
        uint256 id = propose(ADMIN_A, aChange());
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersAlreadyApproved.selector, id));
        approve(ADMIN_A, id);
    }

    function test_aVoteChangesThingsOnce() public {
        vote(abi.encodeCall(IMembers.setThreshold, (3)));
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersAlreadyExecuted.selector, 1));
        execute(ADMIN_A, 1);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersAlreadyExecuted.selector, 1));
        approve(ADMIN_C, 1);
    }

    function test_aProposalLapsesThirtyDaysAfterTheDelay() public {
        uint256 id = propose(ADMIN_A, aChange());
        approve(ADMIN_B, id);
        (,,, uint64 lapsesAt,) = members.proposal(id);
        vm.assertEq(lapsesAt, NOW + DELAY + 30 days, "lapses at");
        vm.warp(lapsesAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersProposalLapsed.selector, id));
        execute(ADMIN_A, id);
        vm.warp(lapsesAt);
        execute(ADMIN_A, id);
    }

    function test_aProposalThatIsNotThereCannotBeVotedOn() public {
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersUnknownProposal.selector, 7));
        approve(ADMIN_A, 7);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersUnknownProposal.selector, 7));
        execute(ADMIN_A, 7);
    }

    function testFuzz_strangersHaveNoPartInAVote(address sender) public {
        vm.assume(members.organisationOf(sender) == bytes32(0));
        uint256 id = propose(ADMIN_A, aChange());
        bytes memory refusal = abi.encodeWithSelector(IMembers.MembersNotAnAdmin.selector, sender);
        vm.expectRevert(refusal);
        propose(sender, aChange());
        vm.expectRevert(refusal);
        approve(sender, id);
        vm.expectRevert(refusal);
        execute(sender, id);
        vm.expectRevert(refusal);
        recount(sender, id);
    }

    function testFuzz_onlyTheSevenChangesCanBeProposed(bytes4 selector) public {
        bytes[7] memory calls = everyChange();
        for (uint256 i; i < calls.length; ++i) {
            vm.assume(selector != bytes4(calls[i]));
            propose(ADMIN_A, calls[i]);
        }
        vm.expectRevert(error(IMembers.MembersBadCall.selector));
        propose(ADMIN_A, abi.encodeWithSelector(selector, ORG_A));
    }

    function test_aCallTooShortOrTooLongCannotBeProposed() public {
        vm.expectRevert(error(IMembers.MembersBadCall.selector));
        propose(ADMIN_A, hex"123456");
        vm.expectRevert(error(IMembers.MembersBadCall.selector));
        propose(
            ADMIN_A,
            abi.encodePacked(abi.encodeCall(IMembers.setCustodian, (1, ORG_A, "new", NEW_ACCOUNT)), hex"00")
        );
    }

    function test_aSuspendedOrganisationLosesTheVoteItHasCast() public {
        uint256 id = propose(ADMIN_C, aChange());
        approve(ADMIN_B, id);
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersQuorumStale.selector, id));
        execute(ADMIN_A, id);
        (, uint256 approvals,,,) = members.proposal(id);
        vm.assertEq(approvals, 1, "only B's vote counts");
        vm.expectEmit(address(members));
        emit IMembers.QuorumLost(id);
        recount(ADMIN_B, id);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNoQuorum.selector, id));
        execute(ADMIN_A, id);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNotAnAdmin.selector, ADMIN_C));
        approve(ADMIN_C, id);
    }

    function test_aNewMajorityDoesNotInheritTheOldOnesDelay() public {
        uint256 id = propose(ADMIN_C, aChange());
        approve(ADMIN_B, id);
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        approve(ADMIN_A, id);
        uint64 readyAt = uint64(block.timestamp) + DELAY;
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersTooEarly.selector, readyAt));
        execute(ADMIN_A, id);
        vm.warp(readyAt);
        execute(ADMIN_A, id);
    }

    function test_aMajorityThatSurvivesARecountWaitsAnew() public {
        uint256 id = propose(ADMIN_A, aChange());
        approve(ADMIN_B, id);
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        recount(ADMIN_A, id);
        uint64 readyAt = uint64(block.timestamp) + DELAY;
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersTooEarly.selector, readyAt));
        execute(ADMIN_A, id);
        vm.warp(readyAt - 1);
        recount(ADMIN_A, id);
        vm.warp(readyAt);
        execute(ADMIN_A, id);
    }

    function test_aFailingChangeRevertsWithItsOwnErrorAndCanBeTriedAgain() public {
        uint256 id = propose(ADMIN_A, abi.encodeCall(IMembers.removeRelay, (RELAY_D)));
        approve(ADMIN_B, id);
        vm.warp(NOW + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersUnknownRelay.selector, RELAY_D));
        execute(ADMIN_A, id);
        (,,,, bool executed) = members.proposal(id);
        vm.assertFalse(executed, "still open");
    }

    // ——— the seven changes ———

    function test_aSuspendedOrganisationHasNoRelaysUntilItIsResumed() public {
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        vm.assertFalse(members.isRelay(RELAY_C), "suspended");
        vm.assertEq(members.activeOrganisationCount(), 2, "two have a vote");
        vote(abi.encodeCall(IMembers.resumeOrganisation, (ORG_C)));
        vm.assertTrue(members.isRelay(RELAY_C), "resumed");
        vm.assertEq(members.activeOrganisationCount(), 3, "three have a vote");
    }

    function test_suspendingTwiceAndResumingTwiceAreRefused() public {
        refused(
            abi.encodeCall(IMembers.resumeOrganisation, (ORG_C)),
            abi.encodeWithSelector(IMembers.MembersNotSuspended.selector, ORG_C)
        );
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        refused(
            abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")),
            abi.encodeWithSelector(IMembers.MembersAlreadySuspended.selector, ORG_C)
        );
    }

    function test_theLastOrganisationCannotBeSuspended() public {
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_B, "reason")));
        uint256 id = propose(ADMIN_A, abi.encodeCall(IMembers.suspendOrganisation, (ORG_A, "reason")));
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(error(IMembers.MembersLastOrganisation.selector));
        execute(ADMIN_A, id);
    }

    function test_anOrganisationThatIsNotThereCannotBeChanged() public {
        bytes memory unknown = abi.encodeWithSelector(IMembers.MembersUnknownOrganisation.selector, ORG_D);
        refused(abi.encodeCall(IMembers.suspendOrganisation, (ORG_D, "reason")), unknown);
        refused(abi.encodeCall(IMembers.resumeOrganisation, (ORG_D)), unknown);
        refused(abi.encodeCall(IMembers.setRelay, (RELAY_D, ORG_D)), unknown);
        refused(abi.encodeCall(IMembers.setCustodian, (1, ORG_D, "new", NEW_ACCOUNT)), unknown);
    }

    function test_zeroStandsForNobody() public {
        bytes memory zero = error(IMembers.MembersZero.selector);
        refused(abi.encodeCall(IMembers.addOrganisation, (bytes32(0), ADMIN_D)), zero);
        refused(abi.encodeCall(IMembers.addOrganisation, (ORG_D, address(0))), zero);
        refused(abi.encodeCall(IMembers.setRelay, (address(0), ORG_A)), zero);
        refused(abi.encodeCall(IMembers.setCustodian, (1, ORG_A, bytes32(0), NEW_ACCOUNT)), zero);
        refused(abi.encodeCall(IMembers.setCustodian, (1, ORG_A, "new", address(0))), zero);
        refused(abi.encodeCall(IMembers.suspendOrganisation, (ORG_A, bytes32(0))), zero);
        vm.expectRevert(zero);
        vouch(ADMIN_A, bytes32(0));
    }

    function test_aRelayIsSetMovedAndRemoved() public {
        vote(abi.encodeCall(IMembers.setRelay, (RELAY_D, ORG_A)));
        vm.assertEq(members.relayOrganisation(RELAY_D), ORG_A, "set");
        vote(abi.encodeCall(IMembers.setRelay, (RELAY_D, ORG_B)));
        vm.assertEq(members.relayOrganisation(RELAY_D), ORG_B, "moved");
        vote(abi.encodeCall(IMembers.removeRelay, (RELAY_D)));
        vm.assertFalse(members.isRelay(RELAY_D), "removed");
    }

    function test_everyChangeOfCustodiansBeginsANewSet() public {
        vote(abi.encodeCall(IMembers.setCustodian, (2, ORG_B, "key 2, replaced", NEW_ACCOUNT)));
        vm.assertEq(members.custodianSetVersion(), 2, "replaced");
        vm.assertEq(members.custodianCount(), 3, "as many as before");
        vote(abi.encodeCall(IMembers.setCustodian, (4, ORG_A, "key 4", address(0xC004))));
        vm.assertEq(members.custodianSetVersion(), 3, "appended");
        vm.assertEq(members.custodianCount(), 4, "one more");
        vote(abi.encodeCall(IMembers.setThreshold, (3)));
        vm.assertEq(members.custodianSetVersion(), 4, "threshold");
        (, bytes32 signingKey, address account) = members.custodian(2);
        vm.assertEq(account, NEW_ACCOUNT, "the account");
        vm.assertEq(signingKey, "key 2, replaced", "the key");
    }

    function test_custodiansAreNumberedFromOneWithoutAGap() public {
        refused(
            abi.encodeCall(IMembers.setCustodian, (0, ORG_A, "new", NEW_ACCOUNT)),
            abi.encodeWithSelector(IMembers.MembersBadCustodianIndex.selector, 0)
        );
        refused(
            abi.encodeCall(IMembers.setCustodian, (5, ORG_A, "new", NEW_ACCOUNT)),
            abi.encodeWithSelector(IMembers.MembersBadCustodianIndex.selector, 5)
        );
    }

    function test_aCustodiansKeyCannotBeUsedAtASecondPlaceButMayStayAtItsOwn() public {
        refused(
            abi.encodeCall(IMembers.setCustodian, (4, ORG_A, "key 3", NEW_ACCOUNT)),
            abi.encodeWithSelector(IMembers.MembersCustodianKeyTaken.selector, bytes32("key 3"))
        );
        vote(abi.encodeCall(IMembers.setCustodian, (3, ORG_A, "key 3", vm.addr(CUSTODIAN_KEY + 3))));
        (bytes32 org,,) = members.custodian(3);
        vm.assertEq(org, ORG_A, "same key, other organisation");
    }

    // ——— readers ———

    function test_aReadersStandingFollowsItsOrganisation() public {
        standingIs(bytes32(0), 0);
        vouch(ADMIN_C, READER);
        standingIs(ORG_C, 1);
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        standingIs(ORG_C, 2);
        vote(abi.encodeCall(IMembers.resumeOrganisation, (ORG_C)));
        standingIs(ORG_C, 1);
        endVouch(ADMIN_C, READER);
        standingIs(ORG_C, 2);
        vouch(ADMIN_B, READER);
        standingIs(ORG_B, 1);
    }

    function test_aReaderInGoodStandingCannotBeTakenOver() public {
        vouch(ADMIN_A, READER);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersVouchedElsewhere.selector, READER));
        vouch(ADMIN_B, READER);
        vouch(ADMIN_A, READER);
    }

    function test_onlyTheOrganisationThatVouchesCanEndIt() public {
        bytes memory refusal = abi.encodeWithSelector(IMembers.MembersNotYourReader.selector, READER);
        vm.expectRevert(refusal);
        endVouch(ADMIN_A, READER);
        vouch(ADMIN_A, READER);
        vm.expectRevert(refusal);
        endVouch(ADMIN_B, READER);
        endVouch(ADMIN_A, READER);
        vm.expectRevert(refusal);
        endVouch(ADMIN_A, READER);
    }

    function test_aSuspendedOrganisationVouchesForNobody() public {
        vote(abi.encodeCall(IMembers.suspendOrganisation, (ORG_C, "reason")));
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNotAnAdmin.selector, ADMIN_C));
        vouch(ADMIN_C, READER);
        vm.expectRevert(abi.encodeWithSelector(IMembers.MembersNotAnAdmin.selector, STRANGER));
        vouch(STRANGER, READER);
    }

    // ——— helpers ———

    function aChange() private pure returns (bytes memory) {
        return abi.encodeCall(IMembers.setThreshold, (3));
    }

    function everyChange() private pure returns (bytes[7] memory calls) {
        calls[0] = abi.encodeCall(IMembers.addOrganisation, (ORG_D, ADMIN_D));
        calls[1] = abi.encodeCall(IMembers.suspendOrganisation, (ORG_A, "reason"));
        calls[2] = abi.encodeCall(IMembers.resumeOrganisation, (ORG_A));
        calls[3] = abi.encodeCall(IMembers.setRelay, (RELAY_D, ORG_A));
        calls[4] = abi.encodeCall(IMembers.removeRelay, (RELAY_A));
        calls[5] = abi.encodeCall(IMembers.setCustodian, (1, ORG_A, "new", NEW_ACCOUNT));
        calls[6] = abi.encodeCall(IMembers.setThreshold, (1));
    }

    /// @dev A majority wants it, and still it is impossible.
    function refused(bytes memory call, bytes memory refusal) private {
        uint256 id = propose(ADMIN_A, call);
        approve(ADMIN_B, id);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(refusal);
        execute(ADMIN_A, id);
    }

    function standingIs(bytes32 org, uint8 standing) private view {
        (bytes32 o, uint8 s) = members.readerStanding(READER);
        vm.assertEq(o, org, "organisation");
        vm.assertEq(s, standing, "standing");
    }

    function propose(address admin, bytes memory call) private returns (uint256) {
        vm.prank(admin);
        return members.propose(call);
    }

    function approve(address admin, uint256 id) private {
        vm.prank(admin);
        members.approve(id);
    }

    function recount(address admin, uint256 id) private {
        vm.prank(admin);
        members.recount(id);
    }

    function execute(address admin, uint256 id) private {
        vm.prank(admin);
        members.execute(id);
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
