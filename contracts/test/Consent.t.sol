// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Reasons} from "../src/Reasons.sol";
import {IConsent} from "../src/interfaces/IConsent.sol";
import {IIdentity} from "../src/interfaces/IIdentity.sol";
import {Fixture} from "./support/Fixture.sol";
import {Messages} from "./support/Messages.sol";

contract ConsentTest is Fixture {
    function setUp() public {
        deploy(1000);
        registerEverybody();
    }

    // ——— granting ———

    function test_aGrantIsKeptAsItsHash() public {
        IConsent.Grant memory g = aGrant();
        bytes32 hash = Messages.hash(g);
        vm.expectEmit(address(consent));
        emit IConsent.Granted(g.grantId, PATIENT, READER, hash, g.expiresAt);
        sendGrant(g, PATIENT_KEY);
        (bytes32 kept, bool revoked, uint32 uses) = consent.statusOf(g.grantId);
        vm.assertEq(kept, hash, "commitment");
        vm.assertFalse(revoked, "not revoked");
        vm.assertEq(uses, 0, "unused");
        vm.assertEq(consent.grantHashOf(g), hash, "as anyone can compute it");
    }

    function test_theHashesAreThoseOfTheSpecification() public view {
        IConsent.Grant memory g = aGrant();
        g.firstDay = -5;
        IConsent.Request memory r = aRequest(g);
        IConsent.Revoke memory m = aRevoke(g);
        vm.assertEq(Messages.hash(g), vm.eip712HashStruct(Messages.GRANT, abi.encode(g)), "Grant");
        vm.assertEq(Messages.hash(r), vm.eip712HashStruct(Messages.REQUEST, abi.encode(r)), "Request");
        vm.assertEq(Messages.hash(m), vm.eip712HashStruct(Messages.REVOKE, abi.encode(m)), "Revoke");
        vm.assertEq(consent.grantHashOf(g), Messages.hash(g), "grantHashOf");
        vm.assertEq(consent.requestIdOf(r), forConsent(Messages.hash(r)), "requestIdOf");
    }

    function test_aGrantIdIsUsedOnceEvenAfterRevocation() public {
        IConsent.Grant memory g = aGrant();
        sendGrant(g, PATIENT_KEY);
        bytes memory refusal = abi.encodeWithSelector(IConsent.ConsentGrantExists.selector, g.grantId);
        grantReverts(g, PATIENT_KEY, refusal);
        sendRevoke(aRevoke(g), PATIENT_KEY);
        grantReverts(g, PATIENT_KEY, refusal);
        g.patient = OTHER_PATIENT;
        grantReverts(g, OTHER_PATIENT_KEY, refusal);
    }

    function test_aGrantNobodyCanHaveMeantIsRefused() public {
        bytes memory refusal = error(IConsent.ConsentBadWindow.selector);
        IConsent.Grant memory g = aGrant();
        g.firstDay = g.lastDay + 1;
        grantReverts(g, PATIENT_KEY, refusal);
        g = aGrant();
        g.expiresAt = g.notBefore;
        grantReverts(g, PATIENT_KEY, refusal);
        g = aGrant();
        g.notBefore = NOW - 10;
        g.expiresAt = NOW;
        grantReverts(g, PATIENT_KEY, refusal);
        g.expiresAt = NOW + 1;
        g.firstDay = g.lastDay;
        sendGrant(g, PATIENT_KEY);
    }

    function test_grantIdZeroIsRefused() public {
        IConsent.Grant memory g = aGrant();
        g.grantId = 0;
        grantReverts(g, PATIENT_KEY, error(IConsent.ConsentBadGrantId.selector));
    }

    function test_aGrantHasFromOneToThirtyTwoStreams() public {
        IConsent.Grant memory g = aGrant();
        g.streams = streamsOf(0);
        grantReverts(g, PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentBadStreams.selector, 0));
        g.streams = streamsOf(33);
        grantReverts(g, PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentBadStreams.selector, 33));
        g.streams = streamsOf(32);
        sendGrant(g, PATIENT_KEY);
        IConsent.Request memory r = aRequest(g);
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.GRANTED, "all thirty-two");
    }

    function testFuzz_onlyThePatientGrants(uint256 key) public {
        key = 1000 + key % 1000;
        IConsent.Grant memory g = aGrant();
        grantReverts(g, key, abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, PATIENT));
        bytes memory s = signature(key, forConsent(Messages.hash(g)));
        vm.expectRevert(error(IConsent.ConsentBadSignature.selector));
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_anyAlteredFieldBreaksAGrant(uint256 field, uint256 change) public {
        IConsent.Grant memory g = aGrant();
        bytes memory s = signature(PATIENT_KEY, forConsent(Messages.hash(g)));
        bytes32 before = Messages.hash(g);
        bytes memory expected = error(IConsent.ConsentBadSignature.selector);
        field %= 15;
        if (field == 0) {
            g.chain = change;
            expected = abi.encodeWithSelector(IConsent.ConsentWrongChain.selector, g.chain);
        } else if (field == 1) {
            g.target = address(uint160(change));
            expected = abi.encodeWithSelector(IConsent.ConsentWrongContract.selector, g.target);
        } else if (field == 2) {
            g.grantId = keccak256(abi.encode(change));
        } else if (field == 3) {
            g.patient = keccak256(abi.encode(change));
            expected = abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, g.patient);
        } else if (field == 4) {
            g.reader = bytes32(change);
        } else if (field == 5) {
            g.streams[change % 3] = bytes32(change);
        } else if (field == 6) {
            g.streams = streamsOf(1 + change % 32);
        } else if (field == 7) {
            g.firstDay = int32(uint32(change));
        } else if (field == 8) {
            g.lastDay = int32(uint32(change));
        } else if (field == 9) {
            g.notBefore = uint64(change);
        } else if (field == 10) {
            g.expiresAt = uint64(change);
        } else if (field == 11) {
            g.purpose = bytes32(change);
        } else if (field == 12) {
            g.maxUses = uint32(change);
        } else if (field == 13) {
            g.nodesHash = bytes32(change);
        } else {
            g.deadline = uint64(change);
            if (g.deadline < NOW) {
                expected = abi.encodeWithSelector(IConsent.ConsentDeadlinePassed.selector, g.deadline);
            }
        }
        vm.assume(Messages.hash(g) != before);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_streamsMovedBetweenNeighboursBreakAGrant(uint256 from) public {
        IConsent.Grant memory g = aGrant();
        bytes memory s = signature(PATIENT_KEY, forConsent(Messages.hash(g)));
        from %= 2;
        (g.streams[from], g.streams[from + 1]) = (g.streams[from + 1], g.streams[from]);
        vm.expectRevert(error(IConsent.ConsentBadSignature.selector));
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(PATIENT_KEY), s);
    }

    function test_theDeadlineOfAGrantIsItsLastSecond() public {
        IConsent.Grant memory g = aGrant();
        vm.warp(g.deadline + 1);
        grantReverts(
            g, PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentDeadlinePassed.selector, g.deadline)
        );
        vm.warp(g.deadline);
        sendGrant(g, PATIENT_KEY);
    }

    // ——— revoking ———

    function test_aRevokedGrantIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        vm.assertEq(sendRequest(aRequest(g), g, READER_KEY), Reasons.GRANTED, "before");
        vm.expectEmit(address(consent));
        emit IConsent.Revoked(g.grantId, PATIENT);
        sendRevoke(aRevoke(g), PATIENT_KEY);
        IConsent.Request memory r = aRequest(g);
        r.nonce = 2;
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.REVOKED, "after");
    }

    function test_aGrantIsRevokedOnceAndOnlyIfItIsThere() public {
        IConsent.Grant memory g = aGrant();
        revokeReverts(
            aRevoke(g), PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentUnknownGrant.selector, g.grantId)
        );
        granted(g);
        sendRevoke(aRevoke(g), PATIENT_KEY);
        revokeReverts(
            aRevoke(g),
            PATIENT_KEY,
            abi.encodeWithSelector(IConsent.ConsentAlreadyRevoked.selector, g.grantId)
        );
    }

    function test_anotherPatientCannotRevoke() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Revoke memory m = aRevoke(g);
        m.patient = OTHER_PATIENT;
        revokeReverts(
            m, OTHER_PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentNotThePatient.selector, g.grantId)
        );
        m.patient = PATIENT;
        revokeReverts(
            m, OTHER_PATIENT_KEY, abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, PATIENT)
        );
        m.patient = READER;
        revokeReverts(
            m, READER_KEY, abi.encodeWithSelector(IConsent.ConsentNotThePatient.selector, g.grantId)
        );
    }

    /// @dev Ids can be chosen, so one may be chosen to resemble a patient's in all but one bit.
    function testFuzz_anAccountThatResemblesThePatientCannotRevoke(uint8 bit) public {
        IConsent.Grant memory g = granted(aGrant());
        bytes32 alike = PATIENT ^ bytes32(uint256(1) << bit);
        register(alike, NOBODYS_KEY);
        IConsent.Revoke memory m = aRevoke(g);
        m.patient = alike;
        revokeReverts(
            m, NOBODYS_KEY, abi.encodeWithSelector(IConsent.ConsentNotThePatient.selector, g.grantId)
        );
    }

    function testFuzz_anyAlteredFieldBreaksARevocation(uint256 field, uint256 change) public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Revoke memory m = aRevoke(g);
        bytes32 before = Messages.hash(m);
        bytes memory s = signature(PATIENT_KEY, forConsent(before));
        bytes memory expected = error(IConsent.ConsentBadSignature.selector);
        field %= 5;
        if (field == 0) {
            m.chain = change;
            expected = abi.encodeWithSelector(IConsent.ConsentWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(change));
            expected = abi.encodeWithSelector(IConsent.ConsentWrongContract.selector, m.target);
        } else if (field == 2) {
            m.grantId = bytes32(change);
        } else if (field == 3) {
            m.patient = keccak256(abi.encode(change));
            expected = abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, m.patient);
        } else {
            m.deadline = uint64(change);
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IConsent.ConsentDeadlinePassed.selector, m.deadline);
            }
        }
        vm.assume(Messages.hash(m) != before);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        consent.revoke(m, signerOf(PATIENT_KEY), s);
    }

    // ——— deciding ———

    function testFuzz_aRequestInsideTheGrantIsGranted(
        uint256 which,
        int32 firstDay,
        int32 lastDay,
        uint256 at,
        uint32 uses
    ) public {
        IConsent.Grant memory g = aGrant();
        g.streams = streamsOf(1 + which % 32);
        g.maxUses = uses;
        granted(g);
        vm.warp(g.notBefore + at % (g.expiresAt - g.notBefore));
        IConsent.Request memory r = aRequest(g);
        r.streams = new bytes32[](1 + (which >> 8) % 32);
        for (uint256 i; i < r.streams.length; ++i) {
            r.streams[i] = g.streams[uint256(keccak256(abi.encode(which, i))) % g.streams.length];
        }
        uint32 span = uint32(g.lastDay - g.firstDay + 1);
        r.firstDay = g.firstDay + int32(uint32(firstDay) % span);
        r.lastDay = r.firstDay + int32(uint32(lastDay) % uint32(g.lastDay - r.firstDay + 1));
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.GRANTED, "granted");
    }

    function test_aDecisionIsRecordedInFull() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        vm.expectEmit(address(consent));
        emit IConsent.AccessDecided(
            forConsent(Messages.hash(r)),
            PATIENT,
            READER,
            g.grantId,
            Reasons.GRANTED,
            r.streams,
            r.firstDay,
            r.lastDay,
            r.purpose,
            r.oneTimeKeyHash,
            1
        );
        sendRequest(r, g, READER_KEY);
        vm.assertEq(consent.decisionCount(), 1, "one decision");
    }

    function test_reason1_aGrantThatIsNotThereIsDenied() public {
        IConsent.Grant memory g = aGrant();
        decides(aRequest(g), g, READER_KEY, Reasons.UNKNOWN_GRANT);
    }

    function test_reason2_aRevokedGrantIsDeniedWhateverElseIsWrong() public {
        IConsent.Grant memory g = granted(aGrant());
        sendRevoke(aRevoke(g), PATIENT_KEY);
        vm.warp(g.expiresAt);
        IConsent.Request memory r = aRequest(g);
        r.purpose = "other";
        decides(r, g, READER_KEY, Reasons.REVOKED);
    }

    function test_reason3_anExpiredGrantIsDeniedFromTheVerySecond() public {
        IConsent.Grant memory g = granted(aGrant());
        vm.warp(g.expiresAt - 1);
        decides(aRequest(g), g, READER_KEY, Reasons.GRANTED);
        vm.warp(g.expiresAt);
        IConsent.Request memory r = aRequest(g);
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.EXPIRED);
    }

    function test_reason4_aGrantIsDeniedUntilTheVerySecondItBegins() public {
        IConsent.Grant memory g = aGrant();
        g.notBefore = NOW + 100;
        granted(g);
        vm.warp(NOW + 99);
        decides(aRequest(g), g, READER_KEY, Reasons.NOT_YET_VALID);
        vm.warp(NOW + 100);
        IConsent.Request memory r = aRequest(g);
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.GRANTED);
    }

    function test_reason5_anotherReaderIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.reader = OTHER_READER;
        decides(r, g, OTHER_READER_KEY, Reasons.WRONG_READER);
        r.reader = PATIENT;
        decides(r, g, PATIENT_KEY, Reasons.WRONG_READER);
    }

    function test_reason6_anotherPatientsDataIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.patient = OTHER_PATIENT;
        decides(r, g, READER_KEY, Reasons.WRONG_PATIENT);
    }

    function testFuzz_reason7_oneStreamTooManyIsDenied(uint256 place, bytes32 stream) public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.streams[place % 3] = stream;
        vm.assume(stream != g.streams[0] && stream != g.streams[1] && stream != g.streams[2]);
        decides(r, g, READER_KEY, Reasons.WRONG_STREAM);
    }

    function testFuzz_reason8_aDayOutsideTheGrantIsDenied(int32 firstDay, int32 lastDay) public {
        IConsent.Grant memory g = granted(aGrant());
        vm.assume(firstDay > lastDay || firstDay < g.firstDay || lastDay > g.lastDay);
        IConsent.Request memory r = aRequest(g);
        (r.firstDay, r.lastDay) = (firstDay, lastDay);
        decides(r, g, READER_KEY, Reasons.OUTSIDE_WINDOW);
    }

    function test_reason8_oneDayOutsideEitherEndIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.firstDay = g.firstDay - 1;
        decides(r, g, READER_KEY, Reasons.OUTSIDE_WINDOW);
        r = aRequest(g);
        r.nonce = 2;
        r.lastDay = g.lastDay + 1;
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.OUTSIDE_WINDOW, "one day after");
        r.nonce = 3;
        r.firstDay = 150;
        r.lastDay = 149;
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.OUTSIDE_WINDOW, "backwards");
    }

    function testFuzz_reason9_anotherPurposeIsDenied(bytes32 purpose) public {
        IConsent.Grant memory g = granted(aGrant());
        vm.assume(purpose != g.purpose);
        IConsent.Request memory r = aRequest(g);
        r.purpose = purpose;
        decides(r, g, READER_KEY, Reasons.WRONG_PURPOSE);
    }

    function testFuzz_reason10_aGrantIsUsedNoMoreThanItAllows(uint256 maxUses) public {
        maxUses = 1 + maxUses % 5;
        IConsent.Grant memory g = aGrant();
        g.maxUses = uint32(maxUses);
        granted(g);
        IConsent.Request memory r = aRequest(g);
        for (r.nonce = 1; r.nonce <= maxUses; ++r.nonce) {
            vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.GRANTED, "a use");
        }
        decides(r, g, READER_KEY, Reasons.NO_USES_LEFT);
        (,, uint32 uses) = consent.statusOf(g.grantId);
        vm.assertEq(uses, maxUses, "as many as allowed");
    }

    function test_reason10_aDenialSpendsNoUse() public {
        IConsent.Grant memory g = aGrant();
        g.maxUses = 1;
        granted(g);
        IConsent.Request memory r = aRequest(g);
        r.purpose = "other";
        decides(r, g, READER_KEY, Reasons.WRONG_PURPOSE);
        r.purpose = g.purpose;
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.GRANTED);
    }

    function test_reason11_aReaderWhoseOrganisationEndedItIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        vm.prank(ADMIN_C);
        members.vouch(READER);
        decides(aRequest(g), g, READER_KEY, Reasons.GRANTED);
        vm.prank(ADMIN_C);
        members.endVouch(READER);
        IConsent.Request memory r = aRequest(g);
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.READER_SUSPENDED);
    }

    function test_reason11_aReaderOfASuspendedOrganisationIsDenied() public {
        IConsent.Grant memory g = granted(aGrant());
        vm.prank(ADMIN_C);
        members.vouch(READER);
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        decides(aRequest(g), g, READER_KEY, Reasons.READER_SUSPENDED);
    }

    function test_reason12_nobodysDataIsOpenToOthersWithoutAGrant() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.grantId = 0;
        decides(r, g, READER_KEY, Reasons.NOT_YOURS);
    }

    function testFuzz_onesOwnDataNeedsNobodysLeave(bytes32 stream, bytes32 purpose, int32 day) public {
        vm.prank(ADMIN_C);
        members.vouch(PATIENT);
        vm.prank(ADMIN_C);
        members.endVouch(PATIENT);
        IConsent.Grant memory empty;
        IConsent.Request memory r = aRequest(aGrant());
        r.grantId = 0;
        r.reader = PATIENT;
        r.streams[0] = stream;
        r.purpose = purpose;
        (r.firstDay, r.lastDay) = (day, day);
        decides(r, empty, PATIENT_KEY, Reasons.GRANTED);
    }

    function test_evenOnesOwnDaysMustNotEndBeforeTheyBegin() public {
        IConsent.Request memory r = aRequest(aGrant());
        r.grantId = 0;
        r.reader = PATIENT;
        r.firstDay = r.lastDay + 1;
        decides(r, aGrant(), PATIENT_KEY, Reasons.OUTSIDE_WINDOW);
    }

    // ——— what is not decided but refused ———

    function testFuzz_anyAlteredFieldBreaksARequest(uint256 field, uint256 change) public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        bytes32 before = Messages.hash(r);
        bytes memory s = signature(READER_KEY, forConsent(before));
        bytes memory expected = error(IConsent.ConsentBadSignature.selector);
        field %= 13;
        if (field == 0) {
            r.chain = change;
            expected = abi.encodeWithSelector(IConsent.ConsentWrongChain.selector, r.chain);
        } else if (field == 1) {
            r.target = address(uint160(change));
            expected = abi.encodeWithSelector(IConsent.ConsentWrongContract.selector, r.target);
        } else if (field == 2) {
            r.grantId = bytes32(change);
        } else if (field == 3) {
            r.patient = bytes32(change);
        } else if (field == 4) {
            r.reader = keccak256(abi.encode(change));
            expected = abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, r.reader);
        } else if (field == 5) {
            r.streams[change % 3] = bytes32(change);
        } else if (field == 6) {
            r.streams = streamsOf(1 + change % 32);
        } else if (field == 7) {
            r.firstDay = int32(uint32(change));
        } else if (field == 8) {
            r.lastDay = int32(uint32(change));
        } else if (field == 9) {
            r.purpose = bytes32(change);
        } else if (field == 10) {
            r.oneTimeKeyHash = bytes32(change);
        } else if (field == 11) {
            r.nonce = change;
        } else {
            r.deadline = uint64(change);
            if (r.deadline < NOW) {
                expected = abi.encodeWithSelector(IConsent.ConsentDeadlinePassed.selector, r.deadline);
            }
        }
        vm.assume(Messages.hash(r) != before);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        consent.request(r, g, signerOf(READER_KEY), s);
    }

    function testFuzz_aRequestIsDecidedOnce(uint256 nonce) public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.nonce = nonce;
        vm.assertFalse(consent.isNonceUsed(READER, nonce), "fresh");
        sendRequest(r, g, READER_KEY);
        vm.assertTrue(consent.isNonceUsed(READER, nonce), "used");
        vm.assertFalse(consent.isNonceUsed(OTHER_READER, nonce), "by this reader only");
        bytes memory refusal = abi.encodeWithSelector(IConsent.ConsentNonceUsed.selector, READER, nonce);
        requestReverts(r, g, READER_KEY, refusal);
        r.purpose = "other";
        requestReverts(r, g, READER_KEY, refusal);
        vm.assertEq(consent.decisionCount(), 1, "decided once");
    }

    function testFuzz_nobodySpeaksForAnotherReader(uint256 key) public {
        key = 1000 + key % 1000;
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        requestReverts(r, g, key, abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, READER));
        bytes memory s = signature(key, forConsent(Messages.hash(r)));
        vm.expectRevert(error(IConsent.ConsentBadSignature.selector));
        vm.prank(RELAY_A);
        consent.request(r, g, signerOf(READER_KEY), s);
        vm.assertEq(consent.decisionCount(), 0, "nobody was accused");
    }

    function test_aRequestHasFromOneToThirtyTwoStreams() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.streams = streamsOf(0);
        requestReverts(r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentBadStreams.selector, 0));
        r.streams = streamsOf(33);
        requestReverts(r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentBadStreams.selector, 33));
    }

    function test_theDeadlineOfARequestIsItsLastSecond() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        vm.warp(r.deadline + 1);
        requestReverts(
            r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentDeadlinePassed.selector, r.deadline)
        );
        vm.warp(r.deadline);
        decides(r, g, READER_KEY, Reasons.GRANTED);
    }

    function testFuzz_aGrantOtherThanTheRecordedOneIsRefused(uint256 field, uint256 change) public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        bytes32 before = Messages.hash(g);
        field %= 13;
        if (field == 0) g.chain = change;
        else if (field == 1) g.target = address(uint160(change));
        else if (field == 2) g.grantId = bytes32(change);
        else if (field == 3) g.patient = bytes32(change);
        else if (field == 4) g.reader = bytes32(change);
        else if (field == 5) g.streams = streamsOf(change % 33);
        else if (field == 6) g.firstDay = int32(uint32(change));
        else if (field == 7) g.lastDay = int32(uint32(change));
        else if (field == 8) g.notBefore = uint64(change);
        else if (field == 9) g.expiresAt = uint64(change);
        else if (field == 10) g.purpose = bytes32(change);
        else if (field == 11) g.maxUses = uint32(change);
        else g.deadline = uint64(change);
        vm.assume(Messages.hash(g) != before);
        requestReverts(
            r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentGrantMismatch.selector, r.grantId)
        );
        sendRevoke(aRevoke(aGrant()), PATIENT_KEY);
        requestReverts(
            r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentGrantMismatch.selector, r.grantId)
        );
    }

    function test_aSignerRemovedFromTheReaderSpeaksNoMore() public {
        IConsent.Grant memory g = granted(aGrant());
        addSecondReaderKeyAndRemoveFirst();
        IConsent.Request memory r = aRequest(g);
        requestReverts(r, g, READER_KEY, abi.encodeWithSelector(IConsent.ConsentNotASigner.selector, READER));
        decides(r, g, 777, Reasons.GRANTED);
    }

    // ——— the log ———

    function test_aRepeatedDenialFoldsIntoOneCountedLine() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.purpose = "other";
        decides(r, g, READER_KEY, Reasons.WRONG_PURPOSE);
        for (uint32 n = 2; n <= 4; ++n) {
            r.nonce = n;
            bytes32 id = forConsent(Messages.hash(r));
            vm.expectEmit(address(consent));
            emit IConsent.AccessDenialRepeated(id, PATIENT, READER, g.grantId, Reasons.WRONG_PURPOSE, n, n);
            vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.WRONG_PURPOSE, "denied again");
        }
        vm.assertEq(consent.denialCount(READER, g.grantId, Reasons.WRONG_PURPOSE, PATIENT), 4, "four");
        vm.assertEq(consent.decisionCount(), 4, "and four decisions");
    }

    function test_denialsThatDifferAreEachRecordedInFull() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        r.purpose = "other";
        decides(r, g, READER_KEY, Reasons.WRONG_PURPOSE);
        r.nonce = 2;
        r.patient = OTHER_PATIENT;
        decides(r, g, READER_KEY, Reasons.WRONG_PATIENT);
        r.nonce = 3;
        r.grantId = "no such grant";
        decides(r, g, READER_KEY, Reasons.UNKNOWN_GRANT);
        r.nonce = 4;
        r.grantId = "nor this";
        decides(r, g, READER_KEY, Reasons.UNKNOWN_GRANT);
        r.nonce = 5;
        r.patient = PATIENT;
        decides(r, g, READER_KEY, Reasons.UNKNOWN_GRANT);
        r.reader = OTHER_READER;
        decides(r, g, OTHER_READER_KEY, Reasons.UNKNOWN_GRANT);
        vm.assertEq(consent.decisionCount(), 6, "six");
    }

    function test_repeatedAccessIsNeverFolded() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = aRequest(g);
        for (r.nonce = 1; r.nonce <= 3; ++r.nonce) {
            decides(r, g, READER_KEY, Reasons.GRANTED);
        }
    }

    // ——— helpers ———

    function granted(IConsent.Grant memory g) private returns (IConsent.Grant memory) {
        sendGrant(g, PATIENT_KEY);
        return g;
    }

    /// @dev Answers with this reason, and writes exactly one full line that says the same.
    function decides(IConsent.Request memory r, IConsent.Grant memory g, uint256 key, uint8 reason) private {
        uint64 number = consent.decisionCount() + 1;
        bytes32 id = forConsent(Messages.hash(r));
        vm.expectEmit(address(consent));
        emit IConsent.AccessDecided(
            id,
            r.patient,
            r.reader,
            r.grantId,
            reason,
            r.streams,
            r.firstDay,
            r.lastDay,
            r.purpose,
            r.oneTimeKeyHash,
            number
        );
        vm.assertEq(sendRequest(r, g, key), reason, "the reason");
        vm.assertEq(consent.decisionCount(), number, "counted");
    }

    function grantReverts(IConsent.Grant memory g, uint256 key, bytes memory refusal) private {
        bytes memory s = signature(key, forConsent(Messages.hash(g)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(key), s);
    }

    function revokeReverts(IConsent.Revoke memory m, uint256 key, bytes memory refusal) private {
        bytes memory s = signature(key, forConsent(Messages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.revoke(m, signerOf(key), s);
    }

    function requestReverts(
        IConsent.Request memory r,
        IConsent.Grant memory g,
        uint256 key,
        bytes memory refusal
    ) private {
        bytes memory s = signature(key, forConsent(Messages.hash(r)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.request(r, g, signerOf(key), s);
    }

    function addSecondReaderKeyAndRemoveFirst() private {
        IIdentity.AddSigner memory m = IIdentity.AddSigner({
            chain: block.chainid,
            target: address(identity),
            account: READER,
            signer: signerOf(777),
            nonce: 1,
            deadline: NOW
        });
        bytes memory s = signature(READER_KEY, forIdentity(signerHash(Messages.ADD_SIGNER, m)));
        vm.prank(RELAY_A);
        identity.addSigner(m, signerOf(READER_KEY), s);
        m.signer = signerOf(READER_KEY);
        m.nonce = 2;
        s = signature(777, forIdentity(signerHash(Messages.REMOVE_SIGNER, m)));
        vm.prank(RELAY_A);
        identity.removeSigner(
            IIdentity.RemoveSigner(m.chain, m.target, m.account, m.signer, m.nonce, m.deadline),
            signerOf(777),
            s
        );
    }

    function signerHash(string memory definition, IIdentity.AddSigner memory m)
        private
        pure
        returns (bytes32)
    {
        bytes32[6] memory words = [
            bytes32(m.chain),
            bytes32(uint256(uint160(m.target))),
            m.account,
            keccak256(m.signer),
            bytes32(m.nonce),
            bytes32(uint256(m.deadline))
        ];
        return Messages.sixWords(definition, words);
    }
}
