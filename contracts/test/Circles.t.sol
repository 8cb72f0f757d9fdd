// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Circles} from "../src/Circles.sol";
import {Reasons} from "../src/Reasons.sol";
import {ICircles} from "../src/interfaces/ICircles.sol";
import {IConsent} from "../src/interfaces/IConsent.sol";
import {IRelayed} from "../src/interfaces/IRelayed.sol";
import {CirclesFixture} from "./support/CirclesFixture.sol";
import {CirclesMessages} from "./support/CirclesMessages.sol";

contract CirclesTest is CirclesFixture {
    bytes32 private _circle;
    uint256 private _asked;

    function setUp() public {
        deploy(1000);
        registerEverybody();
        register(KEEPER, KEEPER_KEY);
        _circle = open();
    }

    function test_theContractsSayWhomTheyAsk() public view {
        vm.assertEq(circles.members(), address(members), "members");
        vm.assertEq(circles.identity(), address(identity), "identity");
        vm.assertEq(consent.circles(), address(circles), "circles of Consent");
    }

    function test_theHashesAreThoseOfTheSpecification() public {
        ICircles.OpenCircle memory m = anOpening();
        bytes memory terms = abi.encode(m.patient, m.keeper, m.maxPeople, m.until, m.salt);
        vm.assertEq(_circle, vm.eip712HashStruct(CirclesMessages.CIRCLE, terms), "the id");
        isOf(CirclesMessages.hash(m), CirclesMessages.OPEN_CIRCLE, abi.encode(m));
        ICircles.Admit memory a = anAdmission(READER);
        isOf(CirclesMessages.hash(a), CirclesMessages.ADMIT, abi.encode(a));
        ICircles.Dismiss memory d = aDismissal(KEEPER, READER);
        isOf(CirclesMessages.hash(d), CirclesMessages.DISMISS, abi.encode(d));
        ICircles.ReplaceCircleKey memory k = aNewKey(KEEPER);
        isOf(CirclesMessages.hash(k), CirclesMessages.REPLACE_CIRCLE_KEY, abi.encode(k));
        ICircles.EndCircle memory e = anEnd();
        isOf(CirclesMessages.hash(e), CirclesMessages.END_CIRCLE, abi.encode(e));
    }

    // ——— opening ———

    function test_aCircleIsOpenedAsSigned() public {
        ICircles.OpenCircle memory m = anOpening();
        m.salt = "other";
        bytes memory data = call(m, PATIENT_KEY);
        vm.expectEmit(address(circles));
        emit ICircles.CircleOpened(idOf(m), PATIENT, KEEPER, PEOPLE, UNTIL, "other", "key");
        does(data);
        (bytes32 patient, bytes32 keeper, uint8 max, uint8 inside, uint64 until, bool ended) =
            circles.circleOf(idOf(m));
        vm.assertEq(patient, PATIENT, "patient");
        vm.assertEq(keeper, KEEPER, "keeper");
        vm.assertEq(max, PEOPLE, "at most");
        vm.assertEq(inside, 0, "nobody in it");
        vm.assertEq(until, UNTIL, "until");
        vm.assertFalse(ended, "not ended");
    }

    function testFuzz_onlyPossibleTermsAreOpened(bytes32 keeper, uint8 max, uint64 until, bytes32 keyHash)
        public
    {
        ICircles.OpenCircle memory m = anOpening();
        (m.keeper, m.maxPeople, m.until, m.keyHash, m.salt) = (keeper, max, until, keyHash, "other");
        bool possible = keeper != bytes32(0) && keeper != PATIENT && max > 0 && max <= 32 && until > NOW
            && keyHash != bytes32(0);
        if (possible) does(call(m, PATIENT_KEY));
        else refuses(call(m, PATIENT_KEY), error(ICircles.CirclesBadTerms.selector));
    }

    function test_impossibleTermsAreRefusedOneByOne() public {
        for (uint256 i; i < 6; ++i) {
            ICircles.OpenCircle memory m = anOpening();
            m.salt = "other";
            if (i == 0) m.keeper = 0;
            if (i == 1) m.keeper = PATIENT;
            if (i == 2) m.maxPeople = 0;
            if (i == 3) m.maxPeople = 33;
            if (i == 4) m.until = NOW;
            if (i == 5) m.keyHash = 0;
            refuses(call(m, PATIENT_KEY), error(ICircles.CirclesBadTerms.selector));
        }
    }

    function test_aCircleIsOpenedOnce() public {
        bytes memory refusal = about(ICircles.CirclesExists.selector, _circle);
        refuses(call(anOpening(), PATIENT_KEY), refusal);
        ICircles.OpenCircle memory m = anOpening();
        m.keyHash = "a key of the relay's";
        refuses(call(m, PATIENT_KEY), refusal);
        end();
        refuses(call(anOpening(), PATIENT_KEY), refusal);
    }

    /// @dev Whoever would open one under another's id must find the same hash of other terms.
    function testFuzz_noTwoTermsShareAnId(
        bytes32 patient,
        bytes32 keeper,
        uint8 max,
        uint64 until,
        bytes32 salt,
        bytes32 org
    ) public view {
        bytes32 id = circles.circleIdOf(patient, keeper, max, until, salt);
        bool same = patient == PATIENT && keeper == KEEPER && max == PEOPLE && until == UNTIL && salt == "salt";
        vm.assertTrue((id == _circle) == same, "other terms, another id");
        vm.assertFalse(members.roleIdOf(org, salt) == id, "no role's");
    }

    // ——— admitting ———

    function test_whomTheKeeperAdmitsIsIn() public {
        bytes memory data = call(anAdmission(READER), KEEPER_KEY);
        vm.expectEmit(address(circles));
        emit ICircles.Admitted(_circle, PATIENT, READER);
        does(data);
        vm.assertTrue(isIn(READER), "in");
        vm.assertFalse(isIn(OTHER_READER), "nobody else");
        vm.assertFalse(isIn(KEEPER), "nor the keeper");
        vm.assertEq(people(), 1, "one person");
    }

    function test_whoeverIsInAdmitsNobody() public {
        admit(READER);
        ICircles.Admit memory m = anAdmission(OTHER_READER);
        m.keeper = READER;
        refuses(call(m, READER_KEY), about(ICircles.CirclesNotTheKeeper.selector, _circle));
        // Nor does the patient, by name of the keeper or by their own.
        m.keeper = PATIENT;
        refuses(call(m, PATIENT_KEY), about(ICircles.CirclesNotTheKeeper.selector, _circle));
        m.keeper = KEEPER;
        refuses(call(m, READER_KEY), about(ICircles.CirclesNotASigner.selector, KEEPER));
        vm.assertFalse(isIn(OTHER_READER), "out");
    }

    function testFuzz_noMoreAreInThanThePatientSigned(uint8 max, uint8 tries) public {
        max = 1 + max % 32;
        ICircles.OpenCircle memory o = anOpening();
        (o.maxPeople, o.salt) = (max, "other");
        does(call(o, PATIENT_KEY));
        for (uint256 i; i < uint256(max) + tries % 3; ++i) {
            ICircles.Admit memory m = anAdmission(keccak256(abi.encode("person", i)));
            m.circle = idOf(o);
            if (i < max) does(call(m, KEEPER_KEY));
            else refuses(call(m, KEEPER_KEY), about(ICircles.CirclesFull.selector, idOf(o)));
        }
    }

    function test_aPlaceIsFreeAgainAfterADismissal() public {
        admit(READER);
        admit(OTHER_READER);
        refuses(call(anAdmission(KEEPER), KEEPER_KEY), about(ICircles.CirclesFull.selector, _circle));
        dismissByKeeper(READER);
        admit(KEEPER);
        vm.assertFalse(isIn(READER), "out");
        vm.assertTrue(isIn(KEEPER), "in");
        vm.assertEq(people(), 2, "two");
    }

    function test_onePersonCountsOnce() public {
        admit(READER);
        refuses(
            call(anAdmission(READER), KEEPER_KEY),
            about(ICircles.CirclesAlreadyAdmitted.selector, _circle, READER)
        );
        vm.assertEq(people(), 1, "one");
    }

    function test_aKeeperForWhomNobodyAnswersAnyMoreAdmitsNobody() public {
        vm.prank(ADMIN_C);
        members.vouch(KEEPER);
        admit(READER);
        vm.prank(ADMIN_C);
        members.endVouch(KEEPER);
        refuses(
            call(anAdmission(OTHER_READER), KEEPER_KEY),
            about(ICircles.CirclesKeeperSuspended.selector, KEEPER)
        );
        vm.assertTrue(isIn(READER), "who was let in before stays");
        dismissByKeeper(READER);
    }

    // ——— dismissing ———

    function test_whomTheKeeperDismissesIsOutAndMayComeBack() public {
        admit(READER);
        bytes memory data = call(aDismissal(KEEPER, READER), KEEPER_KEY);
        vm.expectEmit(address(circles));
        emit ICircles.Dismissed(_circle, PATIENT, READER, KEEPER);
        does(data);
        vm.assertFalse(isIn(READER), "out");
        admit(READER);
        vm.assertTrue(isIn(READER), "in again");
    }

    function test_whomThePatientDismissesIsOutForGood() public {
        admit(READER);
        bytes memory data = call(aDismissal(PATIENT, READER), PATIENT_KEY);
        vm.expectEmit(address(circles));
        emit ICircles.Dismissed(_circle, PATIENT, READER, PATIENT);
        does(data);
        vm.assertFalse(isIn(READER), "out");
        refuses(
            call(anAdmission(READER), KEEPER_KEY), about(ICircles.CirclesBarred.selector, _circle, READER)
        );
        admit(OTHER_READER);
        admit(KEEPER);
    }

    function test_onlyKeeperAndPatientDismiss() public {
        admit(READER);
        admit(OTHER_READER);
        bytes memory refusal = about(ICircles.CirclesNotYours.selector, _circle);
        refuses(call(aDismissal(READER, OTHER_READER), READER_KEY), refusal);
        refuses(call(aDismissal(OTHER_PATIENT, READER), OTHER_PATIENT_KEY), refusal);
        refuses(
            call(aDismissal(PATIENT, READER), KEEPER_KEY),
            about(ICircles.CirclesNotASigner.selector, PATIENT)
        );
        vm.assertEq(people(), 2, "both are in");
    }

    function test_whoIsNotInIsNotDismissed() public {
        bytes memory refusal = about(ICircles.CirclesNotAdmitted.selector, _circle, READER);
        refuses(call(aDismissal(KEEPER, READER), KEEPER_KEY), refusal);
        refuses(call(aDismissal(PATIENT, READER), PATIENT_KEY), refusal);
        admit(READER);
        dismissByPatient(READER);
        // The bar stays, and the count.
        refuses(call(aDismissal(KEEPER, READER), KEEPER_KEY), refusal);
        vm.assertEq(people(), 0, "nobody");
    }

    // ——— keys ———

    function test_keeperAndPatientReplaceTheKey() public {
        for (uint256 i; i < 2; ++i) {
            bytes memory data =
                call(aNewKey(i == 0 ? KEEPER : PATIENT), i == 0 ? KEEPER_KEY : PATIENT_KEY);
            vm.expectEmit(address(circles));
            emit ICircles.CircleKeyReplaced(_circle, "new key");
            does(data);
        }
    }

    function test_nobodyElseReplacesTheKey() public {
        admit(READER);
        refuses(call(aNewKey(READER), READER_KEY), about(ICircles.CirclesNotYours.selector, _circle));
        ICircles.ReplaceCircleKey memory m = aNewKey(KEEPER);
        m.keyHash = 0;
        refuses(call(m, KEEPER_KEY), error(ICircles.CirclesBadTerms.selector));
    }

    // ——— the end ———

    function test_thePatientEndsItForEverybody() public {
        admit(READER);
        admit(OTHER_READER);
        bytes memory data = call(anEnd(), PATIENT_KEY);
        vm.expectEmit(address(circles));
        emit ICircles.CircleEnded(_circle, PATIENT);
        does(data);
        vm.assertFalse(isIn(READER), "out");
        vm.assertFalse(isIn(OTHER_READER), "out");
        over();
        refuses(call(anEnd(), PATIENT_KEY), about(ICircles.CirclesOver.selector, _circle));
    }

    function test_onlyThePatientEndsIt() public {
        ICircles.EndCircle memory m = anEnd();
        m.patient = KEEPER;
        refuses(call(m, KEEPER_KEY), about(ICircles.CirclesNotThePatient.selector, _circle));
        m.patient = PATIENT;
        refuses(call(m, KEEPER_KEY), about(ICircles.CirclesNotASigner.selector, PATIENT));
        admit(READER);
        vm.assertTrue(isIn(READER), "goes on");
    }

    function testFuzz_itEndsByItself(uint64 at) public {
        admit(READER);
        at = NOW + at % 40 days;
        vm.warp(at);
        vm.assertTrue(isIn(READER) == (at < UNTIL), "until the second before");
        if (at >= UNTIL) over();
    }

    function over() private {
        bytes memory refusal = about(ICircles.CirclesOver.selector, _circle);
        refuses(call(anAdmission("someone"), KEEPER_KEY), refusal);
        refuses(call(aDismissal(PATIENT, READER), PATIENT_KEY), refusal);
        refuses(call(aNewKey(KEEPER), KEEPER_KEY), refusal);
    }

    function testFuzz_aCircleThatIsNotThereDoesNothing(bytes32 circle) public {
        vm.assume(circle != _circle);
        bytes memory refusal = about(ICircles.CirclesUnknown.selector, circle);
        ICircles.Admit memory a = anAdmission(READER);
        ICircles.Dismiss memory d = aDismissal(KEEPER, READER);
        ICircles.ReplaceCircleKey memory k = aNewKey(KEEPER);
        ICircles.EndCircle memory e = anEnd();
        (a.circle, d.circle, k.circle, e.circle) = (circle, circle, circle, circle);
        refuses(call(a, KEEPER_KEY), refusal);
        refuses(call(d, KEEPER_KEY), refusal);
        refuses(call(k, KEEPER_KEY), refusal);
        refuses(call(e, PATIENT_KEY), refusal);
        vm.assertFalse(circles.isCircle(circle), "none");
        vm.assertFalse(circles.isIn(circle, bytes32(0), READER), "nobody in it");
    }

    // ——— forged, replayed, late, for elsewhere ———

    function test_whatWasSentIsNotSentAgain() public {
        bytes memory admission = call(anAdmission(READER), KEEPER_KEY);
        does(admission);
        dismissByKeeper(READER);
        ICircles.Admit memory a = anAdmission(READER);
        (bool ok, bytes memory answer) = relayed(admission);
        vm.assertFalse(ok, "an admission after the dismissal");
        bytes memory used = abi.encodeWithSelector(ICircles.CirclesNonceUsed.selector, KEEPER, a.nonce - 2);
        vm.assertEq(keccak256(answer), keccak256(used), "the nonce");
        does(call(a, KEEPER_KEY));
        bytes memory dismissal = call(aDismissal(KEEPER, READER), KEEPER_KEY);
        does(dismissal);
        admit(READER);
        (ok,) = relayed(dismissal);
        vm.assertFalse(ok, "a dismissal after the admission");
        bytes memory key = call(aNewKey(KEEPER), KEEPER_KEY);
        does(key);
        (ok,) = relayed(key);
        vm.assertFalse(ok, "a former key");
        vm.assertTrue(circles.isNonceUsed(KEEPER, 1), "used");
        vm.assertFalse(circles.isNonceUsed(PATIENT, 1), "the keeper's alone");
    }

    function testFuzz_noFieldCanBeAltered(uint256 which, uint256 field, uint256 bit) public {
        admit(OTHER_READER);
        bytes memory data = one(which);
        // Every word of the message, which is static and comes first.
        uint256 words = [uint256(9), 7, 7, 7, 5][which % 5];
        uint256 at = 4 + 32 * (field % words) + bit % 32;
        data[at] = bytes1(uint8(data[at]) ^ uint8(1 + bit % 255));
        (bool ok,) = relayed(data);
        vm.assertFalse(ok, "altered");
    }

    function test_messagesForElsewhereOrTooLateAreRefused() public {
        for (uint256 i; i < 5; ++i) {
            elsewhere(i);
        }
    }

    function elsewhere(uint256 which) private {
        bytes memory data = one(which);
        vm.chainId(1);
        refuses(data, abi.encodeWithSelector(ICircles.CirclesWrongChain.selector, 31_337));
        vm.chainId(31_337);
        Circles other = new Circles(members, identity, 1000);
        vm.prank(RELAY_A);
        (bool ok, bytes memory answer) = address(other).call(data);
        vm.assertFalse(ok, "another contract's");
        bytes memory refusal =
            abi.encodeWithSelector(ICircles.CirclesWrongContract.selector, address(circles));
        vm.assertEq(keccak256(answer), keccak256(refusal), "the contract");
        uint256 snapshot = vm.snapshotState();
        vm.warp(NOW + 1 hours + 1);
        refuses(
            data,
            abi.encodeWithSelector(ICircles.CirclesDeadlinePassed.selector, uint256(NOW) + 1 hours)
        );
        vm.revertToState(snapshot);
        does(data);
    }

    function test_onlyRelaysSend() public {
        admit(OTHER_READER);
        for (uint256 i; i < 5; ++i) {
            bytes memory data = one(i);
            vm.prank(STRANGER);
            (bool ok, bytes memory answer) = address(circles).call(data);
            vm.assertFalse(ok, "a stranger");
            bytes memory refusal = abi.encodeWithSelector(IRelayed.RelayedNotARelay.selector, STRANGER);
            vm.assertEq(keccak256(answer), keccak256(refusal), "for this reason");
            does(data);
        }
    }

    function test_anothersSignatureUnderTheRightNameIsRefused() public {
        ICircles.Admit memory m = anAdmission(READER);
        bytes memory s = signature(READER_KEY, forCircles(CirclesMessages.hash(m)));
        refuses(
            abi.encodeCall(circles.admit, (m, signerOf(KEEPER_KEY), s)),
            error(ICircles.CirclesBadSignature.selector)
        );
    }

    function test_aSpentBudgetKeepsNobodyIn() public {
        deploy(5);
        registerEverybody();
        register(KEEPER, KEEPER_KEY);
        open();
        admit(READER);
        admit(OTHER_READER);
        does(call(aNewKey(KEEPER), KEEPER_KEY));
        does(call(aNewKey(KEEPER), KEEPER_KEY));
        bytes memory spent = abi.encodeWithSelector(IRelayed.RelayedBudgetSpent.selector, RELAY_A, NOW + 1 hours);
        refuses(call(aNewKey(KEEPER), KEEPER_KEY), spent);
        dismissByKeeper(READER);
        dismissByPatient(OTHER_READER);
        end();
    }

    /// @dev A valid call of each kind, while the other reader is in.
    function one(uint256 which) private returns (bytes memory) {
        if (which % 5 == 0) {
            ICircles.OpenCircle memory m = anOpening();
            m.salt = keccak256(abi.encode(++_asked));
            return call(m, PATIENT_KEY);
        }
        if (which % 5 == 1) return call(anAdmission(READER), KEEPER_KEY);
        if (which % 5 == 2) return call(aDismissal(KEEPER, READER), KEEPER_KEY);
        if (which % 5 == 3) return call(aNewKey(PATIENT), PATIENT_KEY);
        return call(anEnd(), PATIENT_KEY);
    }

    // ——— grants to a circle ———

    function test_reason16_whoeverIsInIsGrantedInTheirOwnName() public {
        IConsent.Grant memory g = grantedToCircle();
        asks(READER, g, READER_KEY, Reasons.NOT_IN_CIRCLE);
        admit(READER);
        asks(READER, g, READER_KEY, Reasons.GRANTED);
        asks(OTHER_READER, g, OTHER_READER_KEY, Reasons.NOT_IN_CIRCLE);
        dismissByKeeper(READER);
        asks(READER, g, READER_KEY, Reasons.NOT_IN_CIRCLE);
    }

    function test_reason16_theKeeperIsGrantedNothingUnlessIn() public {
        IConsent.Grant memory g = grantedToCircle();
        asks(KEEPER, g, KEEPER_KEY, Reasons.NOT_IN_CIRCLE);
        admit(KEEPER);
        asks(KEEPER, g, KEEPER_KEY, Reasons.GRANTED);
    }

    function test_reason16_afterItsEndNobodyIsGranted() public {
        IConsent.Grant memory g = grantedToCircle();
        admit(READER);
        uint256 snapshot = vm.snapshotState();
        end();
        asks(READER, g, READER_KEY, Reasons.NOT_IN_CIRCLE);
        vm.revertToState(snapshot);
        vm.warp(UNTIL);
        asks(READER, g, READER_KEY, Reasons.NOT_IN_CIRCLE);
    }

    function test_reason16_aCircleServesItsOwnPatientsGrantsAlone() public {
        admit(READER);
        IConsent.Grant memory g = aGrant();
        (g.patient, g.reader) = (OTHER_PATIENT, _circle);
        sendGrant(g, OTHER_PATIENT_KEY);
        asks(READER, g, READER_KEY, Reasons.NOT_IN_CIRCLE);
    }

    function test_reason16_anAccountWithTheCirclesIdIsNotTheCircle() public {
        register(_circle, NOBODYS_KEY);
        asks(_circle, grantedToCircle(), NOBODYS_KEY, Reasons.NOT_IN_CIRCLE);
    }

    function test_aCircleDoesNotWidenAGrantToAPerson() public {
        admit(OTHER_READER);
        asks(OTHER_READER, granted(aGrant()), OTHER_READER_KEY, Reasons.WRONG_READER);
    }

    function test_theGrantsOwnLimitsHoldForWhoeverIsIn() public {
        admit(READER);
        IConsent.Grant memory g = aGrant();
        // It is eight in the morning.
        (g.reader, g.fromMinute, g.maxUses) = (_circle, 480, 1);
        granted(g);
        IConsent.Request memory r = by(READER, g);
        r.streams[0] = "another stream";
        decides(r, g, READER_KEY, Reasons.WRONG_STREAM);
        r = by(READER, g);
        --r.firstDay;
        decides(r, g, READER_KEY, Reasons.OUTSIDE_WINDOW);
        asks(READER, g, READER_KEY, Reasons.GRANTED);
        admit(OTHER_READER);
        asks(OTHER_READER, g, OTHER_READER_KEY, Reasons.NO_USES_LEFT);
        vm.warp(NOW + 16 hours);
        asks(READER, g, READER_KEY, Reasons.OUTSIDE_HOURS);
    }

    function test_reason11_whoseOrganisationSuspendedThemIsDeniedThoughIn() public {
        IConsent.Grant memory g = grantedToCircle();
        admit(READER);
        vm.prank(ADMIN_C);
        members.vouch(READER);
        vm.prank(ADMIN_C);
        members.endVouch(READER);
        asks(READER, g, READER_KEY, Reasons.READER_SUSPENDED);
    }

    function grantedToCircle() private returns (IConsent.Grant memory g) {
        g = aGrant();
        g.reader = _circle;
        granted(g);
    }

    function by(bytes32 reader, IConsent.Grant memory g) private returns (IConsent.Request memory r) {
        r = aRequest(g);
        (r.reader, r.nonce) = (reader, 100 + ++_asked);
    }

    function asks(bytes32 reader, IConsent.Grant memory g, uint256 key, uint8 reason) private {
        IConsent.Request memory r = by(reader, g);
        // Denials of one kind fold into one line; the reason is what counts here.
        vm.assertEq(sendRequest(r, g, key), reason, "the reason");
    }

    function isOf(bytes32 hash, string memory definition, bytes memory encoded) private pure {
        vm.assertEq(hash, vm.eip712HashStruct(definition, encoded), definition);
    }
}
