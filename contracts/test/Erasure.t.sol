// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Erasure} from "../src/Erasure.sol";
import {Members} from "../src/Members.sol";
import {IErasure} from "../src/interfaces/IErasure.sol";
import {IMembers} from "../src/interfaces/IMembers.sol";
import {ErasureFixture} from "./support/ErasureFixture.sol";
import {ErasureMessages} from "./support/ErasureMessages.sol";
import {Vm} from "./support/Vm.sol";

contract ErasureTest is ErasureFixture {
    function setUp() public {
        deploy(type(uint32).max);
        registerEverybody();
    }

    // ——— requesting ———

    function test_anErasureIsRequestedUnderTheSetOfNow() public {
        IErasure.Erase memory m = anErasure();
        vm.expectEmit(address(erasure));
        emit IErasure.ErasureRequested(ERASURE, PATIENT, m.streams, 100, 200, "scope", 1, 2);
        send(m, PATIENT_KEY);
        (bytes32 account, uint64 setVersion, uint8 needed, uint8 confirmations, bool erased) =
            erasure.erasureOf(ERASURE);
        vm.assertEq(account, PATIENT, "whose");
        vm.assertEq(setVersion, 1, "set");
        vm.assertEq(needed, 2, "three less two, and one");
        vm.assertEq(confirmations, 0, "none yet");
        vm.assertFalse(erased, "not yet");
        for (uint8 i = 1; i <= 3; ++i) {
            vm.assertEq(erasure.custodianAccount(ERASURE, i), vm.addr(CUSTODIAN_KEY + i), "its account");
        }
        vm.assertEq(erasure.custodianAccount(ERASURE, 0), address(0), "none");
        vm.assertEq(erasure.custodianAccount(ERASURE, 4), address(0), "none");
        vm.assertEq(erasure.custodianAccount("other", 1), address(0), "of no erasure");
        vm.assertEq(erasure.identity(), address(identity), "identity");
    }

    function testFuzz_aWindowOfStreamsLiesWithinTheDaysThereAre(int32 first, int32 last, uint256 streams)
        public
    {
        streams = 1 + streams % 32;
        IErasure.Erase memory m = anErasure();
        m.streams = streamsOf(streams);
        (m.firstDay, m.lastDay) = (first % 200_000, last % 200_000);
        if (0 <= m.firstDay && m.firstDay <= m.lastDay && m.lastDay <= LAST_DAY) send(m, PATIENT_KEY);
        else refuses(m, PATIENT_KEY, badDays(m));
    }

    function test_theBoundsOfDaysThemselvesAreAllowed() public {
        IErasure.Erase memory m = anErasure();
        (m.firstDay, m.lastDay) = (0, 0);
        send(m, PATIENT_KEY);
        m = anErasure();
        (m.erasureId, m.firstDay, m.lastDay) = ("second", LAST_DAY, LAST_DAY);
        send(m, PATIENT_KEY);
        m = anErasure();
        (m.erasureId, m.firstDay, m.lastDay) = ("third", 0, LAST_DAY);
        send(m, PATIENT_KEY);
        m = anErasure();
        (m.erasureId, m.firstDay, m.lastDay) = ("fourth", -1, 0);
        refuses(m, PATIENT_KEY, badDays(m));
        (m.firstDay, m.lastDay) = (0, LAST_DAY + 1);
        refuses(m, PATIENT_KEY, badDays(m));
        (m.firstDay, m.lastDay) = (5, 4);
        refuses(m, PATIENT_KEY, badDays(m));
    }

    function testFuzz_allStreamsMeansAllDays(int32 first, int32 last) public {
        vm.assume(first != 0 || last != LAST_DAY);
        IErasure.Erase memory m = anErasure();
        m.streams = new bytes32[](0);
        (m.firstDay, m.lastDay) = (first, last);
        refuses(m, PATIENT_KEY, badDays(m));
        (m.firstDay, m.lastDay) = (0, LAST_DAY);
        send(m, PATIENT_KEY);
    }

    function test_moreThan32StreamsAreRefused() public {
        IErasure.Erase memory m = anErasure();
        m.streams = streamsOf(33);
        refuses(m, PATIENT_KEY, abi.encodeWithSelector(IErasure.ErasureTooManyStreams.selector, 33));
    }

    function test_anIdIsTakenOnce() public {
        send(anErasure(), PATIENT_KEY);
        IErasure.Erase memory m = anErasure();
        bytes memory taken = abi.encodeWithSelector(IErasure.ErasureExists.selector, ERASURE);
        refuses(m, PATIENT_KEY, taken);
        m.account = OTHER_PATIENT;
        refuses(m, OTHER_PATIENT_KEY, taken);
    }

    function test_zeroIsNoIdScopeOrReceipt() public {
        bytes memory zero = error(IErasure.ErasureZero.selector);
        IErasure.Erase memory m = anErasure();
        m.erasureId = 0;
        refuses(m, PATIENT_KEY, zero);
        m = anErasure();
        m.scopeHash = 0;
        refuses(m, PATIENT_KEY, zero);
        send(anErasure(), PATIENT_KEY);
        IErasure.Confirm memory c = aConfirmation(1);
        c.receiptHash = 0;
        refuses(c, CUSTODIAN_KEY + 1, zero);
    }

    // ——— confirming ———

    /// @dev Every n up to 5, every threshold, and every set of custodians.
    function test_itIsErasedOnceNLessTAndOneHaveConfirmed() public {
        for (uint8 n = 1; n <= 5; ++n) {
            for (uint8 t = 1; t <= n; ++t) {
                uint256 before = vm.snapshotState();
                foundWith(n, t);
                for (uint256 who; who < 1 << n; ++who) {
                    uint256 requested = vm.snapshotState();
                    tryCustodians(n, t, who);
                    vm.revertToState(requested);
                }
                vm.revertToState(before);
            }
        }
    }

    function foundWith(uint8 n, uint8 t) private {
        IMembers.Custodian[] memory list = new IMembers.Custodian[](n);
        for (uint8 i = 1; i <= n; ++i) {
            list[i - 1] = IMembers.Custodian(ORG_A, bytes32(uint256(i)), vm.addr(CUSTODIAN_KEY + i));
        }
        members = new Members(founders(), relays(), list, t, DELAY);
        erasure = new Erasure(members, identity, type(uint32).max);
        send(anErasure(), PATIENT_KEY);
    }

    function tryCustodians(uint8 n, uint8 t, uint256 who) private {
        uint256 count;
        for (uint8 i = 1; i <= n; ++i) {
            if (who & (1 << (i - 1)) == 0) continue;
            confirm(i);
            ++count;
            vm.assertTrue(erasure.hasConfirmed(ERASURE, i), "confirmed");
            vm.assertTrue(isErased() == (count >= n - t + 1), "erased exactly then");
        }
        (,, uint8 needed, uint8 confirmations,) = erasure.erasureOf(ERASURE);
        vm.assertEq(needed, n - t + 1, "needed");
        vm.assertEq(confirmations, count, "counted");
    }

    function test_eachConfirmationIsToldAndTheCompletionOnce() public {
        send(anErasure(), PATIENT_KEY);
        vm.recordLogs();
        confirm(2);
        vm.assertEq(vm.getRecordedLogs().length, 1, "confirmed");
        vm.expectEmit(address(erasure));
        emit IErasure.ErasureConfirmed(ERASURE, 3, keccak256(abi.encode("receipt", uint8(3))));
        vm.expectEmit(address(erasure));
        emit IErasure.Erased(ERASURE, PATIENT);
        confirm(3);
        vm.recordLogs();
        confirm(1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "confirmed, and not erased again");
        vm.assertEq(logs[0].topics[0], IErasure.ErasureConfirmed.selector, "by the last");
        vm.assertTrue(isErased(), "still");
    }

    function test_aCustodianCountsOnce() public {
        send(anErasure(), PATIENT_KEY);
        confirm(1);
        IErasure.Confirm memory m = aConfirmation(1);
        bytes memory again = abi.encodeWithSelector(IErasure.ErasureAlreadyConfirmed.selector, ERASURE, 1);
        refuses(m, CUSTODIAN_KEY + 1, again);
        m.receiptHash = "another receipt";
        refuses(m, CUSTODIAN_KEY + 1, again);
        vm.assertFalse(isErased(), "one of two");
    }

    function testFuzz_onlyTheCustodiansOwnAccountConfirms(uint256 key, uint8 custodian) public {
        send(anErasure(), PATIENT_KEY);
        custodian = 1 + custodian % 3;
        IErasure.Confirm memory m = aConfirmation(custodian);
        bytes memory bad = error(IErasure.ErasureBadSignature.selector);
        refuses(m, 1000 + key % 1000, bad);
        refuses(m, PATIENT_KEY, bad);
        refuses(m, CUSTODIAN_KEY + 1 + custodian % 3, bad);
    }

    function testFuzz_whoIsNotInTheSetCannotConfirm(uint8 custodian) public {
        vm.assume(custodian == 0 || custodian > 3);
        send(anErasure(), PATIENT_KEY);
        bytes memory none = abi.encodeWithSelector(IErasure.ErasureNotACustodian.selector, ERASURE, custodian);
        refuses(aConfirmation(custodian), CUSTODIAN_KEY + 1, none);
    }

    function test_anUnknownErasureCannotBeConfirmed() public {
        bytes memory unknown = abi.encodeWithSelector(IErasure.ErasureUnknown.selector, ERASURE);
        refuses(aConfirmation(1), CUSTODIAN_KEY + 1, unknown);
    }

    function test_whoWasCustodianAtTheRequestConfirmsWhateverCameAfter() public {
        send(anErasure(), PATIENT_KEY);
        vote(abi.encodeCall(IMembers.setCustodian, (1, ORG_A, "key 9", vm.addr(900))));
        vote(abi.encodeCall(IMembers.setCustodian, (4, ORG_A, "key 4", vm.addr(904))));
        vote(abi.encodeCall(IMembers.setThreshold, (1)));
        refuses(aConfirmation(1), 900, error(IErasure.ErasureBadSignature.selector));
        bytes memory none = abi.encodeWithSelector(IErasure.ErasureNotACustodian.selector, ERASURE, 4);
        refuses(aConfirmation(4), 904, none);
        confirm(1);
        vm.assertFalse(isErased(), "one of two");
        confirm(2);
        vm.assertTrue(isErased(), "two of the two needed at the request");
    }

    function test_anErasureOfTheNextSetIsConfirmedByIt() public {
        send(anErasure(), PATIENT_KEY);
        vote(abi.encodeCall(IMembers.setCustodian, (1, ORG_A, "key 9", vm.addr(900))));
        IErasure.Erase memory m = anErasure();
        m.erasureId = "second";
        send(m, PATIENT_KEY);
        (, uint64 setVersion,,,) = erasure.erasureOf("second");
        vm.assertEq(setVersion, 2, "the next set");
        IErasure.Confirm memory c = aConfirmation(1);
        c.erasureId = "second";
        refuses(c, CUSTODIAN_KEY + 1, error(IErasure.ErasureBadSignature.selector));
        send(c, 900);
        confirm(1);
    }

    // ——— what binds the messages ———

    function test_theHashesAreThoseOfTheSpecification() public {
        IErasure.Erase memory m = anErasure();
        bytes32 expected = vm.eip712HashStruct(ErasureMessages.ERASE, abi.encode(m));
        vm.assertEq(ErasureMessages.hash(m), expected, "Erase");
        IErasure.Confirm memory c = aConfirmation(2);
        expected = vm.eip712HashStruct(ErasureMessages.CONFIRM, abi.encode(c));
        vm.assertEq(ErasureMessages.hash(c), expected, "Confirm");
    }

    function testFuzz_anyAlteredFieldBreaksARequest(uint256 field, uint256 change) public {
        field %= 10;
        IErasure.Erase memory m = anErasure();
        bytes memory s = signature(PATIENT_KEY, forErasure(ErasureMessages.hash(m)));
        bytes memory expected = error(IErasure.ErasureBadSignature.selector);
        if (field == 0) {
            m.chain = different(m.chain, change);
            expected = abi.encodeWithSelector(IErasure.ErasureWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(different(uint160(m.target), uint160(change))));
            expected = abi.encodeWithSelector(IErasure.ErasureWrongContract.selector, m.target);
        } else if (field == 2) {
            m.erasureId = keccak256(abi.encode(change));
        } else if (field == 3) {
            m.account = keccak256(abi.encode(change));
            expected = abi.encodeWithSelector(IErasure.ErasureNotASigner.selector, m.account);
        } else if (field == 4) {
            m.streams = streamsOf(1 + change % 31);
            vm.assume(m.streams.length != 2);
        } else if (field == 5) {
            m.firstDay = int32(uint32(change % 100));
        } else if (field == 6) {
            m.lastDay = 201 + int32(uint32(change % 1000));
        } else if (field == 7) {
            m.scopeHash = keccak256(abi.encode(change));
        } else if (field == 8) {
            m.nonce = different(m.nonce, change);
        } else {
            m.deadline = uint64(different(m.deadline, uint64(change)));
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IErasure.ErasureDeadlinePassed.selector, m.deadline);
            }
        }
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        erasure.erase(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_anyAlteredFieldBreaksAConfirmation(uint256 field, uint256 change) public {
        field %= 6;
        send(anErasure(), PATIENT_KEY);
        IErasure.Erase memory second = anErasure();
        second.erasureId = "second";
        send(second, PATIENT_KEY);
        IErasure.Confirm memory m = aConfirmation(1);
        bytes memory s = signature(CUSTODIAN_KEY + 1, forErasure(ErasureMessages.hash(m)));
        bytes memory expected = error(IErasure.ErasureBadSignature.selector);
        if (field == 0) {
            m.chain = different(m.chain, change);
            expected = abi.encodeWithSelector(IErasure.ErasureWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(different(uint160(m.target), uint160(change))));
            expected = abi.encodeWithSelector(IErasure.ErasureWrongContract.selector, m.target);
        } else if (field == 2) {
            m.erasureId = "second";
        } else if (field == 3) {
            m.custodian = 2;
        } else if (field == 4) {
            m.receiptHash = keccak256(abi.encode(change));
        } else {
            m.deadline = uint64(different(m.deadline, uint64(change)));
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IErasure.ErasureDeadlinePassed.selector, m.deadline);
            }
        }
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        erasure.confirm(m, s);
    }

    function test_aRequestIsTakenOnce() public {
        IErasure.Erase memory m = anErasure();
        send(m, PATIENT_KEY);
        vm.assertTrue(erasure.isNonceUsed(PATIENT, m.nonce), "used");
        vm.assertFalse(erasure.isNonceUsed(OTHER_PATIENT, m.nonce), "by this account only");
        refuses(m, PATIENT_KEY, abi.encodeWithSelector(IErasure.ErasureNonceUsed.selector, PATIENT, m.nonce));
    }

    function test_aForkOfTheChainTakesNoMessageOfThisOne() public {
        send(anErasure(), PATIENT_KEY);
        IErasure.Confirm memory m = aConfirmation(1);
        bytes memory s = signature(CUSTODIAN_KEY + 1, forErasure(ErasureMessages.hash(m)));
        vm.chainId(77);
        vm.expectRevert(abi.encodeWithSelector(IErasure.ErasureWrongChain.selector, m.chain));
        vm.prank(RELAY_A);
        erasure.confirm(m, s);
        m.chain = 77;
        vm.expectRevert(error(IErasure.ErasureBadSignature.selector));
        vm.prank(RELAY_A);
        erasure.confirm(m, s);
    }

    function test_theDeadlineIsTheLastSecond() public {
        IErasure.Erase memory m = anErasure();
        bytes memory late = abi.encodeWithSelector(IErasure.ErasureDeadlinePassed.selector, m.deadline);
        vm.warp(m.deadline + 1);
        refuses(m, PATIENT_KEY, late);
        vm.warp(m.deadline);
        send(m, PATIENT_KEY);
        IErasure.Confirm memory c = aConfirmation(1);
        late = abi.encodeWithSelector(IErasure.ErasureDeadlinePassed.selector, c.deadline);
        vm.warp(c.deadline + 1);
        refuses(c, CUSTODIAN_KEY + 1, late);
        vm.warp(c.deadline);
        send(c, CUSTODIAN_KEY + 1);
    }

    function testFuzz_onlyASignerOfTheAccountErases(uint256 key) public {
        bytes memory not = abi.encodeWithSelector(IErasure.ErasureNotASigner.selector, PATIENT);
        refuses(anErasure(), 1000 + key % 1000, not);
        refuses(anErasure(), OTHER_PATIENT_KEY, not);
        IErasure.Erase memory m = anErasure();
        bytes memory s = signature(OTHER_PATIENT_KEY, forErasure(ErasureMessages.hash(m)));
        vm.expectRevert(error(IErasure.ErasureBadSignature.selector));
        vm.prank(RELAY_A);
        erasure.erase(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_nobodyButARelayMaySendAnything(address sender) public {
        vm.assume(!members.isRelay(sender));
        IErasure.Erase memory m = anErasure();
        bytes memory not = abi.encodeWithSignature("RelayedNotARelay(address)", sender);
        vm.expectRevert(not);
        vm.prank(sender);
        erasure.erase(m, "", "");
        IErasure.Confirm memory c = aConfirmation(1);
        vm.expectRevert(not);
        vm.prank(sender);
        erasure.confirm(c, "");
    }

    function badDays(IErasure.Erase memory m) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IErasure.ErasureBadDays.selector, m.firstDay, m.lastDay);
    }

    function different(uint256 value, uint256 change) private pure returns (uint256) {
        vm.assume(value != change);
        return change;
    }
}
