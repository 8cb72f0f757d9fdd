// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRecovery} from "../src/interfaces/IRecovery.sol";
import {RecoveryFixture} from "./support/RecoveryFixture.sol";
import {RecoveryMessages} from "./support/RecoveryMessages.sol";

/// @dev What binds the four messages of {Recovery}: every field, the chain, the contract, the time, the signer, once.
contract RecoveryMessagesTest is RecoveryFixture {
    uint32 private constant ATTEMPT = 1;

    function setUp() public {
        deploy(type(uint32).max);
        registerEverybody();
        registerGuardians(3);
        plan(3, 2);
    }

    function test_theHashesAreThoseOfTheSpecification() public {
        IRecovery.SetGuardians memory m = aPlan(3, 2);
        bytes32 expected = vm.eip712HashStruct(RecoveryMessages.SET_GUARDIANS, abi.encode(m));
        vm.assertEq(RecoveryMessages.hash(m), expected, "SetGuardians");
        IRecovery.Approve memory a = anApproval(0, ATTEMPT, NEW_KEY);
        vm.assertEq(
            RecoveryMessages.hash(a), vm.eip712HashStruct(RecoveryMessages.APPROVE, abi.encode(a)), "Approve"
        );
        IRecovery.WithdrawApproval memory w = aWithdrawal(0, ATTEMPT);
        expected = vm.eip712HashStruct(RecoveryMessages.WITHDRAW_APPROVAL, abi.encode(w));
        vm.assertEq(RecoveryMessages.hash(w), expected, "WithdrawApproval");
        IRecovery.Object memory o = anObjection(ATTEMPT);
        vm.assertEq(
            RecoveryMessages.hash(o), vm.eip712HashStruct(RecoveryMessages.OBJECT, abi.encode(o)), "Object"
        );
    }

    function testFuzz_anyAlteredFieldBreaksSettingGuardians(uint256 field, uint256 change) public {
        field %= 8;
        IRecovery.SetGuardians memory m = aPlan(3, 2);
        bytes memory s = signature(PATIENT_KEY, forRecovery(RecoveryMessages.hash(m)));
        bytes memory expected = error(IRecovery.RecoveryBadSignature.selector);
        if (field == 0) (m.chain, expected) = otherChain(m.chain, change);
        else if (field == 1) (m.target, expected) = otherTarget(change);
        else if (field == 2) (m.account, expected) = otherAccount(m.account, change);
        else if (field == 3) m.guardians[change % 3] = keccak256(abi.encode(change));
        else if (field == 4) m.threshold = change % 2 == 0 ? 1 : 3;
        else if (field == 5) m.delay += 1 + uint64(change % 1 days);
        else if (field == 6) m.nonce = different(m.nonce, change);
        else (m.deadline, expected) = otherDeadline(m.deadline, change);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        recovery.setGuardians(m, signer(PATIENT_KEY), s);
    }

    function testFuzz_anyAlteredFieldBreaksAnApproval(uint256 field, uint256 change) public {
        field %= 8;
        if (field == 6) approve(2, ATTEMPT);
        IRecovery.Approve memory m = anApproval(0, ATTEMPT, NEW_KEY);
        bytes memory s = signature(GUARDIAN_KEY, forRecovery(RecoveryMessages.hash(m)));
        bytes memory expected = error(IRecovery.RecoveryBadSignature.selector);
        if (field == 0) {
            (m.chain, expected) = otherChain(m.chain, change);
        } else if (field == 1) {
            (m.target, expected) = otherTarget(change);
        } else if (field == 2) {
            m.account = OTHER_PATIENT;
            expected = notAGuardian(m.account, m.guardian);
        } else if (field == 3) {
            (m.guardian, m.salt) = (guardianOf(1), saltOf(1));
            expected = abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, m.guardian);
        } else if (field == 4) {
            m.salt = bytes32(different(uint256(m.salt), change));
            expected = notAGuardian(m.account, m.guardian);
        } else if (field == 5) {
            m.newSigner = signerOf(1000 + change % 1000);
        } else if (field == 6) {
            m.attempt = 2;
        } else {
            (m.deadline, expected) = otherDeadline(m.deadline, change);
        }
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        recovery.approve(m, signer(GUARDIAN_KEY), s);
    }

    function testFuzz_anyAlteredFieldBreaksAWithdrawal(uint256 field, uint256 change) public {
        field %= 7;
        approve(0, ATTEMPT);
        approve(1, ATTEMPT);
        IRecovery.WithdrawApproval memory m = aWithdrawal(0, ATTEMPT);
        bytes memory s = signature(GUARDIAN_KEY, forRecovery(RecoveryMessages.hash(m)));
        bytes memory expected = error(IRecovery.RecoveryBadSignature.selector);
        if (field == 0) {
            (m.chain, expected) = otherChain(m.chain, change);
        } else if (field == 1) {
            (m.target, expected) = otherTarget(change);
        } else if (field == 2) {
            m.account = OTHER_PATIENT;
            expected = notAGuardian(m.account, m.guardian);
        } else if (field == 3) {
            (m.guardian, m.salt) = (guardianOf(1), saltOf(1));
            expected = abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, m.guardian);
        } else if (field == 4) {
            m.salt = bytes32(different(uint256(m.salt), change));
            expected = notAGuardian(m.account, m.guardian);
        } else if (field == 5) {
            m.attempt = uint32(different(m.attempt, uint32(change)));
        } else {
            (m.deadline, expected) = otherDeadline(m.deadline, change);
        }
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        recovery.withdrawApproval(m, signer(GUARDIAN_KEY), s);
    }

    function testFuzz_anyAlteredFieldBreaksAnObjection(uint256 field, uint256 change) public {
        field %= 5;
        approve(0, ATTEMPT);
        IRecovery.Object memory m = anObjection(ATTEMPT);
        bytes memory s = signature(PATIENT_KEY, forRecovery(RecoveryMessages.hash(m)));
        bytes memory expected = error(IRecovery.RecoveryBadSignature.selector);
        if (field == 0) (m.chain, expected) = otherChain(m.chain, change);
        else if (field == 1) (m.target, expected) = otherTarget(change);
        else if (field == 2) (m.account, expected) = otherAccount(m.account, change);
        else if (field == 3) m.attempt = uint32(different(m.attempt, uint32(change)));
        else (m.deadline, expected) = otherDeadline(m.deadline, change);
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        recovery.object(m, signer(PATIENT_KEY), s);
    }

    function test_aForkOfTheChainTakesNoMessageOfThisOne() public {
        IRecovery.Approve memory m = anApproval(0, ATTEMPT, NEW_KEY);
        bytes memory s = signature(GUARDIAN_KEY, forRecovery(RecoveryMessages.hash(m)));
        vm.chainId(77);
        vm.expectRevert(abi.encodeWithSelector(IRecovery.RecoveryWrongChain.selector, m.chain));
        vm.prank(RELAY_A);
        recovery.approve(m, signer(GUARDIAN_KEY), s);
        m.chain = 77;
        vm.expectRevert(error(IRecovery.RecoveryBadSignature.selector));
        vm.prank(RELAY_A);
        recovery.approve(m, signer(GUARDIAN_KEY), s);
    }

    function test_theDeadlineIsTheLastSecond() public {
        approve(2, ATTEMPT);
        approve(1, ATTEMPT);
        IRecovery.SetGuardians memory m = aPlan(3, 2);
        IRecovery.Approve memory a = anApproval(0, ATTEMPT, NEW_KEY);
        IRecovery.WithdrawApproval memory w = aWithdrawal(1, ATTEMPT);
        IRecovery.Object memory o = anObjection(ATTEMPT);
        bytes memory late = abi.encodeWithSelector(IRecovery.RecoveryDeadlinePassed.selector, m.deadline);
        vm.warp(m.deadline + 1);
        refuses(m, PATIENT_KEY, late);
        refuses(a, GUARDIAN_KEY, late);
        refuses(w, GUARDIAN_KEY + 1, late);
        refuses(o, PATIENT_KEY, late);
        vm.warp(m.deadline);
        send(a, GUARDIAN_KEY);
        send(w, GUARDIAN_KEY + 1);
        send(o, PATIENT_KEY);
        send(m, PATIENT_KEY);
    }

    function testFuzz_onlyTheRightAccountsSignerIsHeard(uint256 key) public {
        key = 1000 + key % 1000;
        approve(1, ATTEMPT);
        bytes memory ofPatient = abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, PATIENT);
        bytes memory ofGuardian = abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, guardianOf(0));
        refuses(aPlan(3, 2), key, ofPatient);
        refuses(aPlan(3, 2), GUARDIAN_KEY, ofPatient);
        refuses(anApproval(0, ATTEMPT, NEW_KEY), key, ofGuardian);
        refuses(anApproval(0, ATTEMPT, NEW_KEY), PATIENT_KEY, ofGuardian);
        refuses(anApproval(0, ATTEMPT, NEW_KEY), GUARDIAN_KEY + 1, ofGuardian);
        refuses(aWithdrawal(0, ATTEMPT), GUARDIAN_KEY + 1, ofGuardian);
        refuses(anObjection(ATTEMPT), key, ofPatient);
        refuses(anObjection(ATTEMPT), GUARDIAN_KEY + 1, ofPatient);
    }

    function testFuzz_anotherKeysSignatureIsRefused(uint256 key) public {
        key = 1000 + key % 1000;
        IRecovery.Approve memory m = anApproval(0, ATTEMPT, NEW_KEY);
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        vm.expectRevert(error(IRecovery.RecoveryBadSignature.selector));
        vm.prank(RELAY_A);
        recovery.approve(m, signer(GUARDIAN_KEY), s);
    }

    function test_noMessageIsTakenTwice() public {
        IRecovery.SetGuardians memory m = aPlan(3, 3);
        send(m, PATIENT_KEY);
        vm.assertTrue(recovery.isNonceUsed(PATIENT, m.nonce), "used");
        vm.assertFalse(recovery.isNonceUsed(OTHER_PATIENT, m.nonce), "by this account only");
        refuses(
            m, PATIENT_KEY, abi.encodeWithSelector(IRecovery.RecoveryNonceUsed.selector, PATIENT, m.nonce)
        );
        IRecovery.Approve memory a = anApproval(0, ATTEMPT, NEW_KEY);
        bytes memory again = abi.encodeWithSelector(
            IRecovery.RecoveryAlreadyApproved.selector, PATIENT, ATTEMPT, guardianOf(0)
        );
        send(a, GUARDIAN_KEY);
        refuses(a, GUARDIAN_KEY, again);
        IRecovery.WithdrawApproval memory w = aWithdrawal(0, ATTEMPT);
        send(w, GUARDIAN_KEY);
        refuses(
            w,
            GUARDIAN_KEY,
            abi.encodeWithSelector(IRecovery.RecoveryNotApproved.selector, PATIENT, ATTEMPT, guardianOf(0))
        );
        refuses(a, GUARDIAN_KEY, again);
        vm.assertEq(approvals(ATTEMPT), 0, "what was withdrawn stays so");
        IRecovery.Object memory o = anObjection(ATTEMPT);
        send(o, PATIENT_KEY);
        refuses(o, PATIENT_KEY, notOpen(ATTEMPT));
    }

    function testFuzz_nobodyButARelayMaySendAnything(address sender) public {
        vm.assume(!members.isRelay(sender));
        IRecovery.SetGuardians memory m = aPlan(3, 2);
        refusesSender(sender, abi.encodeCall(recovery.setGuardians, (m, "", "")));
        refusesSender(sender, abi.encodeCall(recovery.approve, (anApproval(0, 1, NEW_KEY), "", "")));
        refusesSender(sender, abi.encodeCall(recovery.withdrawApproval, (aWithdrawal(0, 1), "", "")));
        refusesSender(sender, abi.encodeCall(recovery.object, (anObjection(1), "", "")));
        refusesSender(sender, abi.encodeCall(recovery.finish, (PATIENT, 1, signerOf(NEW_KEY))));
    }

    function refusesSender(address sender, bytes memory data) private {
        vm.prank(sender);
        (bool ok, bytes memory why) = address(recovery).call(data);
        vm.assertFalse(ok, "sent");
        vm.assertEq(
            keccak256(why),
            keccak256(abi.encodeWithSignature("RelayedNotARelay(address)", sender)),
            "not a relay"
        );
    }

    function signer(uint256 key) private pure returns (bytes memory) {
        return signerOf(key);
    }

    function different(uint256 value, uint256 change) private pure returns (uint256) {
        vm.assume(value != change);
        return change;
    }

    function otherChain(uint256 chain, uint256 change) private pure returns (uint256, bytes memory) {
        change = different(chain, change);
        return (change, abi.encodeWithSelector(IRecovery.RecoveryWrongChain.selector, change));
    }

    function otherTarget(uint256 change) private view returns (address target, bytes memory) {
        target = address(uint160(different(uint160(address(recovery)), uint160(change))));
        return (target, abi.encodeWithSelector(IRecovery.RecoveryWrongContract.selector, target));
    }

    function otherAccount(bytes32 account, uint256 change) private pure returns (bytes32, bytes memory) {
        account = bytes32(different(uint256(account), change));
        return (account, abi.encodeWithSelector(IRecovery.RecoveryNotASigner.selector, account));
    }

    function otherDeadline(uint64 deadline, uint256 change) private view returns (uint64, bytes memory) {
        deadline = uint64(different(deadline, uint64(change)));
        return (
            deadline,
            deadline < block.timestamp
                ? abi.encodeWithSelector(IRecovery.RecoveryDeadlinePassed.selector, deadline)
                : error(IRecovery.RecoveryBadSignature.selector)
        );
    }

    function notAGuardian(bytes32 account, bytes32 guardian) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRecovery.RecoveryNotAGuardian.selector, account, guardian);
    }
}
