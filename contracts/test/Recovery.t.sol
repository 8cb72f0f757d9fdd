// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Recovery} from "../src/Recovery.sol";
import {IIdentity} from "../src/interfaces/IIdentity.sol";
import {IRecovery} from "../src/interfaces/IRecovery.sol";
import {IRelayed} from "../src/interfaces/IRelayed.sol";
import {Messages} from "./support/Messages.sol";
import {RecoveryFixture} from "./support/RecoveryFixture.sol";

contract RecoveryTest is RecoveryFixture {
    function setUp() public {
        deploy(type(uint32).max);
        registerEverybody();
        registerGuardians(5);
    }

    // ——— naming guardians ———

    function test_guardiansAreNamedReplacedAndTakenAway() public {
        IRecovery.SetGuardians memory m = aPlan(3, 2);
        vm.expectEmit(address(recovery));
        emit IRecovery.GuardiansSet(PATIENT, m.guardians, 2, WAIT);
        send(m, PATIENT_KEY);
        isPlan(3, 2, WAIT);
        plan(5, 3);
        isPlan(5, 3, WAIT);
        plan(0, 0);
        isPlan(0, 0, 0);
        refuses(
            anApproval(0, 1, NEW_KEY),
            GUARDIAN_KEY,
            abi.encodeWithSelector(IRecovery.RecoveryNotAGuardian.selector, PATIENT, guardianOf(0))
        );
    }

    function testFuzz_guardiansThresholdAndDelayHaveBounds(uint8 n, uint8 threshold, uint64 delay) public {
        n %= 18;
        threshold %= 20;
        delay %= 32 days;
        IRecovery.SetGuardians memory m = aPlan(n, threshold);
        m.delay = delay;
        bool fits = n == 0
            ? threshold == 0 && delay == 0
            : n <= 16 && threshold >= 1 && threshold <= n && delay >= 24 hours && delay <= 30 days;
        if (fits) send(m, PATIENT_KEY);
        else refuses(m, PATIENT_KEY, error(IRecovery.RecoveryBadGuardians.selector));
    }

    function test_theBoundsThemselvesAreAllowed() public {
        IRecovery.SetGuardians memory m = aPlan(16, 16);
        m.delay = 24 hours;
        send(m, PATIENT_KEY);
        m = aPlan(1, 1);
        m.delay = 30 days;
        send(m, PATIENT_KEY);
        m = aPlan(1, 1);
        m.delay = 24 hours - 1;
        refuses(m, PATIENT_KEY, error(IRecovery.RecoveryBadGuardians.selector));
        m.delay = 30 days + 1;
        refuses(m, PATIENT_KEY, error(IRecovery.RecoveryBadGuardians.selector));
    }

    function testFuzz_noGuardianIsNamedTwiceOrIsZero(uint256 i, uint256 j) public {
        (i, j) = (i % 5, j % 5);
        IRecovery.SetGuardians memory m = aPlan(5, 2);
        m.guardians[i] = i == j ? bytes32(0) : m.guardians[j];
        refuses(m, PATIENT_KEY, error(IRecovery.RecoveryBadGuardians.selector));
    }

    // ——— quorum ———

    function test_everyOrderOfOneToThreeGuardians() public {
        for (uint256 n = 1; n <= 3; ++n) {
            everyOrderOf(n);
        }
    }

    function test_everyOrderOfFourGuardians() public {
        everyOrderOf(4);
    }

    function test_everyOrderOfFiveGuardians() public {
        everyOrderOf(5);
    }

    /// @dev Every threshold, and every order of all guardians, hence every subset: below the threshold nothing can be
    /// finished however long one waits; with it, from the end of the delay on, whoever approves besides.
    function everyOrderOf(uint256 n) private {
        uint256 orders = 1;
        for (uint256 i = 2; i <= n; ++i) {
            orders *= i;
        }
        for (uint8 threshold = 1; threshold <= n; ++threshold) {
            for (uint256 order; order < orders; ++order) {
                uint256 before = vm.snapshotState();
                tryOrder(permutation(n, order), threshold);
                vm.revertToState(before);
            }
        }
    }

    function tryOrder(uint256[] memory who, uint8 threshold) private {
        plan(who.length, threshold);
        for (uint256 k; k < who.length; ++k) {
            vm.warp(NOW + k * 1 hours);
            approve(who[k], 1);
            vm.assertEq(approvals(1), k + 1, "counted");
            vm.assertEq(
                readyAt(1), k + 1 < threshold ? 0 : NOW + (threshold - 1) * 1 hours + WAIT, "the delay"
            );
            if (k + 1 < threshold) {
                vm.warp(NOW + WAIT + 10 days);
                refusesFinish(1, noQuorum(1));
            }
        }
        vm.warp(readyAt(1) - 1);
        refusesFinish(1, abi.encodeWithSelector(IRecovery.RecoveryTooEarly.selector, readyAt(1)));
        vm.warp(readyAt(1));
        finish(1);
        vm.assertTrue(identity.speaksFor(PATIENT, signerOf(NEW_KEY)), "the new signer");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(PATIENT_KEY)), "not the old");
    }

    /// @dev The `index`-th order of 0 to n - 1.
    function permutation(uint256 n, uint256 index) private pure returns (uint256[] memory order) {
        order = new uint256[](n);
        uint256 used;
        for (uint256 i; i < n; ++i) {
            uint256 left = index % (n - i);
            index /= n - i;
            uint256 j;
            for (; used & (1 << j) != 0 || left != 0; ++j) {
                if (used & (1 << j) == 0) --left;
            }
            used |= 1 << j;
            order[i] = j;
        }
    }

    function test_oneGuardianUnderTwoCommitmentsIsOneVoice() public {
        IRecovery.SetGuardians memory m = aPlan(2, 2);
        m.guardians[1] = keccak256(abi.encode(guardianOf(0), saltOf(7)));
        send(m, PATIENT_KEY);
        approve(0, 1);
        IRecovery.Approve memory again = anApproval(0, 1, NEW_KEY);
        again.salt = saltOf(7);
        refuses(
            again,
            GUARDIAN_KEY,
            abi.encodeWithSelector(IRecovery.RecoveryAlreadyApproved.selector, PATIENT, 1, guardianOf(0))
        );
        vm.warp(NOW + WAIT);
        refusesFinish(1, noQuorum(1));
    }

    function test_theAccountIsNotItsOwnGuardian() public {
        IRecovery.SetGuardians memory m = aPlan(2, 1);
        m.guardians[0] = keccak256(abi.encode(PATIENT, saltOf(0)));
        send(m, PATIENT_KEY);
        IRecovery.Approve memory own = anApproval(0, 1, NEW_KEY);
        own.guardian = PATIENT;
        refuses(
            own,
            PATIENT_KEY,
            abi.encodeWithSelector(IRecovery.RecoveryNotAGuardian.selector, PATIENT, PATIENT)
        );
    }

    function test_aGuardianWithoutAnAccountCannotApprove() public {
        plan(6, 1);
        refuses(
            anApproval(5, 1, NEW_KEY),
            GUARDIAN_KEY + 5,
            abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, guardianOf(5))
        );
        register(guardianOf(5), GUARDIAN_KEY + 5);
        approve(5, 1);
        vm.assertTrue(recovery.hasApproved(PATIENT, 1, guardianOf(5)), "once it has one");
    }

    function test_whoIsNoGuardianCannotApprove() public {
        plan(3, 1);
        refuses(
            anApproval(4, 1, NEW_KEY),
            GUARDIAN_KEY + 4,
            abi.encodeWithSelector(IRecovery.RecoveryNotAGuardian.selector, PATIENT, guardianOf(4))
        );
    }

    function test_aSignerThatCouldNeverSignIsRefusedAtOnce() public {
        plan(3, 1);
        IRecovery.Approve memory m = anApproval(0, 1, NEW_KEY);
        m.newSigner = new bytes(19);
        refuses(m, GUARDIAN_KEY, error(IRecovery.RecoveryBadSigner.selector));
        m.newSigner = abi.encodePacked(address(4), bytes32("key"));
        refuses(m, GUARDIAN_KEY, error(IRecovery.RecoveryBadSigner.selector));
        m.newSigner = new bytes(1025);
        refuses(m, GUARDIAN_KEY, error(IRecovery.RecoveryBadSigner.selector));
    }

    // ——— what is told ———

    function test_eachStepIsTold() public {
        plan(3, 2);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryOpened(PATIENT, 1, signerOf(NEW_KEY));
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryApproved(PATIENT, 1, guardianOf(0), 1);
        approve(0, 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryApproved(PATIENT, 1, guardianOf(1), 2);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryReady(PATIENT, 1, signerOf(NEW_KEY), NOW + WAIT);
        approve(1, 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.ApprovalWithdrawn(PATIENT, 1, guardianOf(0), 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryHalted(PATIENT, 1);
        withdraw(0, 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryReady(PATIENT, 1, signerOf(NEW_KEY), NOW + WAIT);
        approve(2, 1);
        vm.warp(NOW + WAIT);
        vm.expectEmit(address(recovery));
        emit IRecovery.Recovered(PATIENT, 1, signerOf(NEW_KEY));
        vm.expectEmit(address(identity));
        emit IIdentity.SignersReplaced(PATIENT, signerOf(NEW_KEY));
        finish(1);
        vm.assertEq(recovery.attemptCount(PATIENT), 1, "one attempt");
    }

    // ——— objecting ———

    /// @dev After each approval, at any second of the delay, and of the month after it.
    function testFuzz_anObjectionAtAnyMomentEndsTheAttempt(uint8 after_, uint64 later, uint64 stillLater)
        public
    {
        plan(5, 2);
        after_ = 1 + after_ % 5;
        for (uint256 i; i < after_; ++i) {
            approve(i, 1);
        }
        uint64 at = NOW + later % (after_ < 2 ? LIFE + 1 : WAIT + LIFE + 1);
        vm.warp(at);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryObjected(PATIENT, 1);
        objectTo(1);
        vm.assertFalse(isOpen(1), "ended");
        vm.warp(at + stillLater % 90 days);
        refusesFinish(1, notOpen(1));
        refuses(anApproval(4, 1, NEW_KEY), GUARDIAN_KEY + 4, after_ == 5 ? twice(4, 1) : notOpen(1));
        refuses(aWithdrawal(0, 1), GUARDIAN_KEY, notOpen(1));
        vm.assertTrue(identity.speaksFor(PATIENT, signerOf(PATIENT_KEY)), "nothing changed");
    }

    function test_anySignerOfTheAccountCanObject() public {
        plan(3, 1);
        addSigner(NOBODYS_KEY);
        approve(0, 1);
        send(anObjection(1), NOBODYS_KEY);
        refusesFinish(1, notOpen(1));
    }

    function test_whatWasNeverOpenedCannotBeObjectedTo() public {
        plan(3, 1);
        refuses(anObjection(0), PATIENT_KEY, notOpen(0));
        refuses(anObjection(1), PATIENT_KEY, notOpen(1));
    }

    function test_objectingAndWithdrawingWorkWhereTheBudgetIsSpent() public {
        deploy(BUDGET);
        registerEverybody();
        registerGuardians(2);
        plan(2, 2);
        approve(0, 1);
        approve(1, 1);
        for (uint256 i = 3; i < BUDGET; ++i) {
            plan2();
        }
        IRecovery.SetGuardians memory m = aPlan(2, 2);
        m.account = OTHER_PATIENT;
        uint64 until = (NOW / 1 hours + 1) * 1 hours;
        refuses(
            m, OTHER_PATIENT_KEY, abi.encodeWithSelector(IRelayed.RelayedBudgetSpent.selector, RELAY_A, until)
        );
        withdraw(1, 1);
        objectTo(1);
    }

    function plan2() private {
        IRecovery.SetGuardians memory m = aPlan(2, 2);
        m.account = OTHER_PATIENT;
        send(m, OTHER_PATIENT_KEY);
    }

    // ——— changing one's mind, and guardians ———

    function testFuzz_belowTheThresholdTheDelayStopsAndBeginsAnew(uint64 wait) public {
        plan(3, 2);
        approve(0, 1);
        approve(1, 1);
        wait %= WAIT + LIFE;
        vm.warp(NOW + wait);
        withdraw(0, 1);
        vm.assertEq(readyAt(1), 0, "stopped");
        vm.assertFalse(recovery.hasApproved(PATIENT, 1, guardianOf(0)), "withdrawn");
        if (wait > LIFE) {
            refusesFinish(1, notOpen(1));
            return;
        }
        refusesFinish(1, noQuorum(1));
        approve(2, 1);
        vm.assertEq(readyAt(1), NOW + wait + WAIT, "the whole delay again");
        vm.warp(NOW + wait + WAIT - 1);
        refusesFinish(1, abi.encodeWithSelector(IRecovery.RecoveryTooEarly.selector, readyAt(1)));
        vm.warp(NOW + wait + WAIT);
        finish(1);
    }

    function test_aWithdrawalAboveTheThresholdStopsNothing() public {
        plan(3, 2);
        approve(0, 1);
        approve(1, 1);
        approve(2, 1);
        vm.warp(NOW + 1 days);
        withdraw(1, 1);
        vm.assertEq(readyAt(1), NOW + WAIT, "two still approve");
        vm.warp(NOW + WAIT);
        finish(1);
    }

    function test_onlyWhatStandsCanBeWithdrawn() public {
        plan(3, 2);
        approve(0, 1);
        refuses(
            aWithdrawal(1, 1),
            GUARDIAN_KEY + 1,
            abi.encodeWithSelector(IRecovery.RecoveryNotApproved.selector, PATIENT, 1, guardianOf(1))
        );
        refuses(aWithdrawal(0, 2), GUARDIAN_KEY, notOpen(2));
    }

    function testFuzz_guardiansSetAnewEndEveryAttempt(bool ready, uint64 wait, bool same) public {
        plan(4, 2);
        approve(0, 1);
        if (ready) approve(1, 1);
        send(anApproval(2, 2, OTHER_NEW_KEY), GUARDIAN_KEY + 2);
        vm.warp(NOW + wait % LIFE);
        plan(same ? 4 : 1, same ? 2 : 1);
        vm.assertFalse(isOpen(1), "ended");
        vm.assertFalse(isOpen(2), "ended");
        vm.warp(block.timestamp + WAIT);
        refusesFinish(1, notOpen(1));
        refuses(anObjection(1), PATIENT_KEY, notOpen(1));
        refuses(
            anApproval(3, 1, NEW_KEY),
            GUARDIAN_KEY + 3,
            same
                ? notOpen(1)
                : abi.encodeWithSelector(IRecovery.RecoveryNotAGuardian.selector, PATIENT, guardianOf(3))
        );
        approve(0, 3);
        vm.assertEq(approvals(3), 1, "from the beginning");
    }

    // ——— several attempts ———

    function test_approvalsOfTwoSignersDoNotAddUp() public {
        plan(4, 2);
        approve(0, 1);
        refuses(
            anApproval(1, 1, OTHER_NEW_KEY),
            GUARDIAN_KEY + 1,
            refusal(IRecovery.RecoveryOtherSigner.selector, 1)
        );
        send(anApproval(1, 2, OTHER_NEW_KEY), GUARDIAN_KEY + 1);
        vm.warp(NOW + WAIT);
        refusesFinish(1, noQuorum(1));
        refusesFinish(2, refusal(IRecovery.RecoveryOtherSigner.selector, 2));
    }

    function test_oneSuccessEndsTheOtherAttempts() public {
        plan(4, 2);
        approve(0, 1);
        approve(1, 1);
        send(anApproval(2, 2, OTHER_NEW_KEY), GUARDIAN_KEY + 2);
        send(anApproval(3, 2, OTHER_NEW_KEY), GUARDIAN_KEY + 3);
        vm.warp(NOW + WAIT);
        finish(2, OTHER_NEW_KEY);
        refusesFinish(1, notOpen(1));
        refusesFinish(2, notOpen(2));
        vm.assertTrue(identity.speaksFor(PATIENT, signerOf(OTHER_NEW_KEY)), "the second won");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NEW_KEY)), "the first did not");
        isPlan(4, 2, WAIT);
    }

    function test_aGuardianWhoApprovesALaterAttemptLeavesTheEarlier() public {
        plan(3, 2);
        approve(0, 1);
        approve(1, 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryOpened(PATIENT, 2, signerOf(OTHER_NEW_KEY));
        vm.expectEmit(address(recovery));
        emit IRecovery.ApprovalWithdrawn(PATIENT, 1, guardianOf(0), 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryHalted(PATIENT, 1);
        vm.expectEmit(address(recovery));
        emit IRecovery.RecoveryApproved(PATIENT, 2, guardianOf(0), 1);
        send(anApproval(0, 2, OTHER_NEW_KEY), GUARDIAN_KEY);
        refuses(anApproval(0, 1, NEW_KEY), GUARDIAN_KEY, twice(0, 1));
        vm.warp(NOW + WAIT);
        refusesFinish(1, noQuorum(1));
    }

    function test_oneHostileGuardianHoldsUpNobody() public {
        plan(3, 2);
        for (uint32 attempt = 1; attempt <= 3; ++attempt) {
            send(anApproval(0, attempt, OTHER_NEW_KEY), GUARDIAN_KEY);
        }
        refuses(anApproval(0, 4, OTHER_NEW_KEY), GUARDIAN_KEY, tooMany(0, NOW + 30 days));
        approve(1, 4);
        approve(2, 4);
        vm.warp(NOW + WAIT);
        finish(4);
        vm.assertTrue(identity.speaksFor(PATIENT, signerOf(NEW_KEY)), "recovered");
    }

    function test_aGuardianOpensThreeAttemptsInThirtyDays() public {
        plan(2, 2);
        for (uint32 i; i < 3; ++i) {
            vm.warp(NOW + i * 1 days);
            approve(0, i + 1);
            objectTo(i + 1);
        }
        vm.warp(NOW + 30 days - 1);
        refuses(anApproval(0, 4, NEW_KEY), GUARDIAN_KEY, tooMany(0, NOW + 30 days));
        vm.warp(NOW + 30 days);
        approve(0, 4);
        refuses(anApproval(0, 5, NEW_KEY), GUARDIAN_KEY, tooMany(0, NOW + 31 days));
        approve(1, 4);
        vm.assertEq(readyAt(4), NOW + 30 days + WAIT, "joining is not opening");
    }

    function test_numbersFollowOneAnother() public {
        plan(3, 2);
        refuses(anApproval(0, 2, NEW_KEY), GUARDIAN_KEY, notOpen(2));
        refuses(anApproval(0, 0, NEW_KEY), GUARDIAN_KEY, twice(0, 0));
        refuses(anApproval(0, type(uint32).max, NEW_KEY), GUARDIAN_KEY, notOpen(type(uint32).max));
    }

    // ——— time ———

    function test_withoutAQuorumAnAttemptLapses() public {
        plan(3, 2);
        approve(0, 1);
        vm.warp(NOW + LIFE + 1);
        refuses(anApproval(1, 1, NEW_KEY), GUARDIAN_KEY + 1, notOpen(1));
        vm.warp(NOW + LIFE);
        approve(1, 1);
        vm.assertEq(readyAt(1), NOW + LIFE + WAIT, "the last second");
    }

    function test_aReadyAttemptLapses() public {
        plan(3, 2);
        approve(0, 1);
        approve(1, 1);
        vm.warp(NOW + WAIT + LIFE + 1);
        refusesFinish(1, notOpen(1));
        vm.warp(NOW + WAIT + LIFE);
        finish(1);
    }

    function test_whatWasFinishedIsNotFinishedAgain() public {
        plan(3, 1);
        approve(0, 1);
        vm.warp(NOW + WAIT);
        finish(1);
        refusesFinish(1, notOpen(1));
        refuses(
            anObjection(1),
            PATIENT_KEY,
            abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, PATIENT)
        );
        refuses(anObjection(1), NEW_KEY, notOpen(1));
    }

    function test_anAccountIsRecoveredMoreThanOnce() public {
        plan(3, 1);
        approve(0, 1);
        vm.warp(NOW + WAIT);
        finish(1);
        send(anApproval(0, 2, PATIENT_KEY), GUARDIAN_KEY);
        vm.warp(NOW + 2 * WAIT);
        finish(2, PATIENT_KEY);
        vm.assertTrue(identity.speaksFor(PATIENT, signerOf(PATIENT_KEY)), "the first key again");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NEW_KEY)), "not the second");
        vm.assertEq(identity.signerCount(PATIENT), 1, "one");
    }

    // ——— replacing signers ———

    function testFuzz_nobodyElseReplacesSigners(address sender) public {
        vm.assume(sender != address(recovery));
        bytes memory newSigner = signerOf(NEW_KEY);
        vm.expectRevert(abi.encodeWithSelector(IIdentity.IdentityNotRecovery.selector, sender));
        vm.prank(sender);
        identity.replaceSigners(PATIENT, newSigner);
    }

    function test_recoveryItselfReplacesOnlyByTheRules() public {
        vm.expectRevert(abi.encodeWithSelector(IIdentity.IdentityUnknownAccount.selector, bytes32("nobody")));
        vm.prank(address(recovery));
        identity.replaceSigners("nobody", new bytes(20));
        vm.expectRevert(error(IIdentity.IdentityBadSigner.selector));
        vm.prank(address(recovery));
        identity.replaceSigners(PATIENT, new bytes(19));
    }

    function test_allFormerSignersEndAndMayBeAddedAnew() public {
        plan(3, 1);
        addSigner(NOBODYS_KEY);
        approve(0, 1);
        vm.warp(NOW + WAIT);
        finish(1);
        vm.assertEq(identity.signerCount(PATIENT), 1, "one");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(PATIENT_KEY)), "the first ended");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NOBODYS_KEY)), "the second ended");
        refuses(
            aPlan(1, 1), NOBODYS_KEY, abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, PATIENT)
        );
        changeSigner(true, NOBODYS_KEY, 2, NEW_KEY);
        vm.assertEq(identity.signerCount(PATIENT), 2, "added anew");
        changeSigner(false, NEW_KEY, 3, NOBODYS_KEY);
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NEW_KEY)), "and the new one removed");
        vm.assertEq(identity.signerCount(PATIENT), 1, "one");
    }

    function test_aSignerRemovedOnceIsNotBroughtBackByRecovery() public {
        plan(3, 1);
        addSigner(NOBODYS_KEY);
        changeSigner(false, NOBODYS_KEY, 2, PATIENT_KEY);
        approve(0, 1);
        vm.warp(NOW + WAIT);
        finish(1);
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NOBODYS_KEY)), "removed");
    }

    // ——— deploying ———

    function test_aRecoveryThatIdentityDoesNotNameIsRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRecovery.RecoveryNotNamedByIdentity.selector, address(recovery))
        );
        new Recovery(members, identity, BUDGET);
        vm.assertEq(identity.recovery(), address(recovery), "named");
        vm.assertEq(recovery.identity(), address(identity), "and the other way");
    }

    // ——— helpers ———

    function isPlan(uint256 n, uint8 threshold, uint64 delay) private view {
        (bytes32[] memory guardians, uint8 t, uint64 d) = recovery.guardiansOf(PATIENT);
        vm.assertEq(keccak256(abi.encode(guardians)), keccak256(abi.encode(commitments(n))), "guardians");
        vm.assertEq(t, threshold, "threshold");
        vm.assertEq(d, delay, "delay");
    }

    function twice(uint256 i, uint32 attempt) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IRecovery.RecoveryAlreadyApproved.selector, PATIENT, attempt, guardianOf(i)
            );
    }

    function tooMany(uint256 i, uint64 until) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRecovery.RecoveryTooManyTries.selector, PATIENT, guardianOf(i), until);
    }

    function addSigner(uint256 key) private {
        changeSigner(true, key, 1, PATIENT_KEY);
    }

    function changeSigner(bool add, uint256 key, uint256 nonce, uint256 by) private {
        bytes32[6] memory words;
        words[0] = bytes32(block.chainid);
        words[1] = bytes32(uint256(uint160(address(identity))));
        words[2] = PATIENT;
        words[3] = keccak256(signerOf(key));
        words[4] = bytes32(nonce);
        words[5] = bytes32(uint256(soon()));
        string memory definition = add ? Messages.ADD_SIGNER : Messages.REMOVE_SIGNER;
        bytes memory s = signature(by, forIdentity(Messages.sixWords(definition, words)));
        bytes memory signer = signerOf(by);
        bytes memory changed = signerOf(key);
        vm.prank(RELAY_A);
        if (add) {
            identity.addSigner(
                IIdentity.AddSigner(block.chainid, address(identity), PATIENT, changed, nonce, soon()),
                signer,
                s
            );
        } else {
            identity.removeSigner(
                IIdentity.RemoveSigner(block.chainid, address(identity), PATIENT, changed, nonce, soon()),
                signer,
                s
            );
        }
    }
}
