// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IConsent} from "../src/interfaces/IConsent.sol";
import {IReviews} from "../src/interfaces/IReviews.sol";
import {ConsentFixture} from "./support/ConsentFixture.sol";
import {Messages} from "./support/Messages.sol";

contract ReviewsTest is ConsentFixture {
    uint8 private constant JUSTIFIED = 1;
    uint8 private constant NOT_JUSTIFIED = 2;

    bytes32 private _id;

    /// @dev A reader of C's has opened an emergency.
    function setUp() public {
        deploy(1000);
        registerEverybody();
        vm.prank(ADMIN_C);
        members.vouch(READER);
        IConsent.Grant memory g = aGrant();
        g.emergency = true;
        granted(g);
        _id = open(g, 1);
    }

    function test_theContractSaysWhomItAsks() public view {
        vm.assertEq(reviews.members(), address(members), "members");
        vm.assertEq(reviews.identity(), address(identity), "identity");
        vm.assertEq(reviews.consent(), address(consent), "consent");
    }

    function test_theHashIsThatOfTheSpecification() public view {
        IReviews.Close memory m = aClose(JUSTIFIED);
        vm.assertEq(Messages.hash(m), vm.eip712HashStruct(Messages.CLOSE, abi.encode(m)), "Close");
    }

    function test_bothSidesCloseAReview() public {
        outcomeIs(0, 0);
        vm.expectEmit(address(reviews));
        emit IReviews.ReviewClosed(_id, PATIENT, JUSTIFIED, "note");
        sendClose(aClose(JUSTIFIED), PATIENT_KEY);
        outcomeIs(JUSTIFIED, 0);
        vm.expectEmit(address(reviews));
        emit IReviews.ReviewClosed(_id, ORG_A, NOT_JUSTIFIED, "note of a");
        vm.prank(ADMIN_A);
        reviews.closeAsMember(_id, NOT_JUSTIFIED, "note of a");
        outcomeIs(JUSTIFIED, NOT_JUSTIFIED);
    }

    function test_eachSideClosesOnce() public {
        sendClose(aClose(JUSTIFIED), PATIENT_KEY);
        close(ADMIN_A, JUSTIFIED);
        bytes memory refusal = abi.encodeWithSelector(IReviews.ReviewsAlreadyClosed.selector, _id);
        IReviews.Close memory m = aClose(NOT_JUSTIFIED);
        m.nonce = 2;
        closeReverts(m, PATIENT_KEY, refusal);
        vm.expectRevert(refusal);
        close(ADMIN_A, NOT_JUSTIFIED);
        vm.expectRevert(refusal);
        close(ADMIN_B, NOT_JUSTIFIED);
        outcomeIs(JUSTIFIED, JUSTIFIED);
        vm.assertEq(reviews.unjustifiedCount(READER), 0, "none");
    }

    function testFuzz_anAccessIsCountedOnceWhoeverFindsItUnjustified(bool patient, bool member, bool first)
        public
    {
        if (first) closeBoth(member, patient, true);
        else closeBoth(patient, member, false);
        vm.assertEq(reviews.unjustifiedCount(READER), patient || member ? 1 : 0, "counted once");
        vm.assertEq(reviews.unjustifiedCount(OTHER_READER), 0, "nobody else's");
    }

    function test_eachUnjustifiedAccessCounts() public {
        close(ADMIN_A, NOT_JUSTIFIED);
        IConsent.Grant memory g = aGrant();
        g.emergency = true;
        _id = open(g, 2);
        close(ADMIN_B, NOT_JUSTIFIED);
        vm.assertEq(reviews.unjustifiedCount(READER), 2, "two");
    }

    function testFuzz_whatIsNoEmergencyIsNotReviewed(bytes32 id) public {
        vm.assume(id != _id);
        bytes memory refusal = abi.encodeWithSelector(IReviews.ReviewsUnknownRequest.selector, id);
        vm.expectRevert(refusal);
        vm.prank(ADMIN_A);
        reviews.closeAsMember(id, JUSTIFIED, 0);
        IReviews.Close memory m = aClose(JUSTIFIED);
        m.requestId = id;
        closeReverts(m, PATIENT_KEY, refusal);
    }

    function test_anOrdinaryAccessIsNotReviewed() public {
        IConsent.Grant memory g = aGrant();
        g.grantId = "ordinary";
        granted(g);
        IConsent.Request memory r = aRequest(g);
        r.nonce = 9;
        sendRequest(r, g, READER_KEY);
        _id = forConsent(Messages.hash(r));
        vm.expectRevert(abi.encodeWithSelector(IReviews.ReviewsUnknownRequest.selector, _id));
        close(ADMIN_A, JUSTIFIED);
    }

    function testFuzz_anOutcomeIsOneOfTwo(uint8 outcome) public {
        vm.assume(outcome != 1 && outcome != 2);
        bytes memory refusal = abi.encodeWithSelector(IReviews.ReviewsBadOutcome.selector, outcome);
        closeReverts(aClose(outcome), PATIENT_KEY, refusal);
        vm.expectRevert(refusal);
        close(ADMIN_A, outcome);
    }

    // ——— whose reader it is ———

    function test_theReadersOrganisationCannotClearIt() public {
        ownReader(ADMIN_C, ORG_C);
    }

    function test_norAfterItHasLetTheReaderGo() public {
        vm.prank(ADMIN_C);
        members.endVouch(READER);
        ownReader(ADMIN_C, ORG_C);
        vm.prank(ADMIN_B);
        members.vouch(READER);
        ownReader(ADMIN_C, ORG_C);
        // Nor can the one that has taken the reader on since.
        ownReader(ADMIN_B, ORG_B);
        close(ADMIN_A, JUSTIFIED);
    }

    function test_anyOrganisationReviewsAReaderWhoWorksForNone() public {
        IConsent.Grant memory g = aGrant();
        (g.grantId, g.emergency, g.reader) = ("to a relative", true, OTHER_READER);
        granted(g);
        _id = open(g, 1, OTHER_READER_KEY);
        close(ADMIN_C, JUSTIFIED);
    }

    function testFuzz_strangersReviewNothing(address sender) public {
        vm.assume(members.organisationOf(sender) == bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(IReviews.ReviewsNotAnAdmin.selector, sender));
        close(sender, JUSTIFIED);
    }

    function test_aSuspendedOrganisationReviewsNothing() public {
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_A, "reason")));
        vm.expectRevert(abi.encodeWithSelector(IReviews.ReviewsNotAnAdmin.selector, ADMIN_A));
        close(ADMIN_A, JUSTIFIED);
    }

    // ——— the patient's message ———

    function test_anotherPatientCannotReview() public {
        IReviews.Close memory m = aClose(JUSTIFIED);
        m.patient = OTHER_PATIENT;
        closeReverts(
            m, OTHER_PATIENT_KEY, abi.encodeWithSelector(IReviews.ReviewsNotThePatient.selector, _id)
        );
        m.patient = PATIENT;
        closeReverts(
            m, OTHER_PATIENT_KEY, abi.encodeWithSelector(IReviews.ReviewsNotASigner.selector, PATIENT)
        );
    }

    function testFuzz_anyAlteredFieldBreaksAReview(uint256 field, uint256 change) public {
        IReviews.Close memory m = aClose(JUSTIFIED);
        bytes32 before = Messages.hash(m);
        bytes memory s = signature(PATIENT_KEY, forReviews(before));
        bytes memory expected = error(IReviews.ReviewsBadSignature.selector);
        field %= 8;
        if (field == 0) {
            m.chain = change;
            expected = abi.encodeWithSelector(IReviews.ReviewsWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(change));
            expected = abi.encodeWithSelector(IReviews.ReviewsWrongContract.selector, m.target);
        } else if (field == 2) {
            m.requestId = bytes32(change);
        } else if (field == 3) {
            m.patient = keccak256(abi.encode(change));
            expected = abi.encodeWithSelector(IReviews.ReviewsNotASigner.selector, m.patient);
        } else if (field == 4) {
            m.outcome = uint8(change);
        } else if (field == 5) {
            m.noteHash = bytes32(change);
        } else if (field == 6) {
            m.nonce = change;
        } else {
            m.deadline = uint64(change);
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IReviews.ReviewsDeadlinePassed.selector, m.deadline);
            }
        }
        vm.assume(Messages.hash(m) != before);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        reviews.closeAsPatient(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_aNonceIsUsedOnceByEachPatient(uint256 nonce) public {
        IReviews.Close memory m = aClose(JUSTIFIED);
        m.nonce = nonce;
        vm.assertFalse(reviews.isNonceUsed(PATIENT, nonce), "fresh");
        sendClose(m, PATIENT_KEY);
        vm.assertTrue(reviews.isNonceUsed(PATIENT, nonce), "used");
        vm.assertFalse(reviews.isNonceUsed(OTHER_PATIENT, nonce), "by this patient only");
        closeReverts(
            m, PATIENT_KEY, abi.encodeWithSelector(IReviews.ReviewsNonceUsed.selector, PATIENT, nonce)
        );
    }

    function test_theDeadlineOfAReviewIsItsLastSecond() public {
        IReviews.Close memory m = aClose(JUSTIFIED);
        vm.warp(m.deadline + 1);
        closeReverts(
            m, PATIENT_KEY, abi.encodeWithSelector(IReviews.ReviewsDeadlinePassed.selector, m.deadline)
        );
        vm.warp(m.deadline);
        sendClose(m, PATIENT_KEY);
    }

    // ——— helpers ———

    function open(IConsent.Grant memory g, uint256 nonce) private returns (bytes32) {
        return open(g, nonce, READER_KEY);
    }

    function open(IConsent.Grant memory g, uint256 nonce, uint256 key) private returns (bytes32 id) {
        IConsent.Request memory r = aRequest(g);
        (r.nonce, r.statement) = (nonce, "statement");
        id = forConsent(Messages.hash(r));
        vm.assertEq(sendRequest(r, g, key), 0, "granted");
    }

    function aClose(uint8 outcome) private view returns (IReviews.Close memory) {
        return IReviews.Close({
            chain: block.chainid,
            target: address(reviews),
            requestId: _id,
            patient: PATIENT,
            outcome: outcome,
            noteHash: "note",
            nonce: 1,
            deadline: uint64(block.timestamp) + 5 minutes
        });
    }

    function sendClose(IReviews.Close memory m, uint256 key) private {
        bytes memory s = signature(key, forReviews(Messages.hash(m)));
        vm.prank(RELAY_A);
        reviews.closeAsPatient(m, signerOf(key), s);
    }

    function closeReverts(IReviews.Close memory m, uint256 key, bytes memory refusal) private {
        bytes memory s = signature(key, forReviews(Messages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        reviews.closeAsPatient(m, signerOf(key), s);
    }

    function close(address admin, uint8 outcome) private {
        vm.prank(admin);
        reviews.closeAsMember(_id, outcome, 0);
    }

    function closeBoth(bool first, bool second, bool memberFirst) private {
        (uint8 a, uint8 b) = (first ? NOT_JUSTIFIED : JUSTIFIED, second ? NOT_JUSTIFIED : JUSTIFIED);
        if (memberFirst) close(ADMIN_A, a);
        sendClose(aClose(memberFirst ? b : a), PATIENT_KEY);
        if (!memberFirst) close(ADMIN_A, b);
    }

    function ownReader(address admin, bytes32 org) private {
        vm.expectRevert(abi.encodeWithSelector(IReviews.ReviewsOwnReader.selector, _id, org));
        close(admin, JUSTIFIED);
    }

    function outcomeIs(uint8 byPatient, uint8 byMember) private view {
        (uint8 byPatient_, uint8 byMember_) = reviews.outcomeOf(_id);
        vm.assertEq(byPatient_, byPatient, "the patient's");
        vm.assertEq(byMember_, byMember, "the members'");
    }
}
