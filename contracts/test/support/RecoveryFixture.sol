// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRecovery} from "../../src/interfaces/IRecovery.sol";
import {Fixture} from "./Fixture.sol";
import {Messages} from "./Messages.sol";
import {RecoveryMessages} from "./RecoveryMessages.sol";

/// @dev A patient, and guardians with an account and a key each.
abstract contract RecoveryFixture is Fixture {
    uint64 internal constant WAIT = 3 days;
    uint64 internal constant LIFE = 30 days;
    uint256 internal constant GUARDIAN_KEY = 100;
    uint256 internal constant NEW_KEY = 300;
    uint256 internal constant OTHER_NEW_KEY = 301;

    uint256 private _nonce;

    function guardianOf(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("guardian", i));
    }

    function saltOf(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", i));
    }

    function commitments(uint256 n) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](n);
        for (uint256 i; i < n; ++i) {
            list[i] = keccak256(abi.encode(guardianOf(i), saltOf(i)));
        }
    }

    function registerGuardians(uint256 n) internal {
        for (uint256 i; i < n; ++i) {
            register(guardianOf(i), GUARDIAN_KEY + i);
        }
    }

    // ——— messages ———

    function soon() internal view returns (uint64) {
        return uint64(block.timestamp) + 1 hours;
    }

    function aPlan(uint256 n, uint8 threshold) internal returns (IRecovery.SetGuardians memory) {
        return IRecovery.SetGuardians({
            chain: block.chainid,
            target: address(recovery),
            account: PATIENT,
            guardians: commitments(n),
            threshold: threshold,
            delay: n == 0 ? 0 : WAIT,
            nonce: ++_nonce,
            deadline: soon()
        });
    }

    function anApproval(uint256 i, uint32 attempt, uint256 newKey)
        internal
        view
        returns (IRecovery.Approve memory)
    {
        return IRecovery.Approve({
            chain: block.chainid,
            target: address(recovery),
            account: PATIENT,
            guardian: guardianOf(i),
            salt: saltOf(i),
            newSigner: signerOf(newKey),
            attempt: attempt,
            deadline: soon()
        });
    }

    function aWithdrawal(uint256 i, uint32 attempt)
        internal
        view
        returns (IRecovery.WithdrawApproval memory)
    {
        return IRecovery.WithdrawApproval({
            chain: block.chainid,
            target: address(recovery),
            account: PATIENT,
            guardian: guardianOf(i),
            salt: saltOf(i),
            attempt: attempt,
            deadline: soon()
        });
    }

    function anObjection(uint32 attempt) internal view returns (IRecovery.Object memory) {
        return IRecovery.Object({
            chain: block.chainid,
            target: address(recovery),
            account: PATIENT,
            attempt: attempt,
            deadline: soon()
        });
    }

    // ——— sending ———

    function forRecovery(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(recovery));
    }

    function send(IRecovery.SetGuardians memory m, uint256 key) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        vm.prank(RELAY_A);
        recovery.setGuardians(m, signerOf(key), s);
    }

    function send(IRecovery.Approve memory m, uint256 key) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        vm.prank(RELAY_A);
        recovery.approve(m, signerOf(key), s);
    }

    function send(IRecovery.WithdrawApproval memory m, uint256 key) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        vm.prank(RELAY_A);
        recovery.withdrawApproval(m, signerOf(key), s);
    }

    function send(IRecovery.Object memory m, uint256 key) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        vm.prank(RELAY_A);
        recovery.object(m, signerOf(key), s);
    }

    function plan(uint256 n, uint8 threshold) internal {
        send(aPlan(n, threshold), PATIENT_KEY);
    }

    /// @dev Guardian `i` approves `NEW_KEY`.
    function approve(uint256 i, uint32 attempt) internal {
        send(anApproval(i, attempt, NEW_KEY), GUARDIAN_KEY + i);
    }

    function withdraw(uint256 i, uint32 attempt) internal {
        send(aWithdrawal(i, attempt), GUARDIAN_KEY + i);
    }

    function objectTo(uint32 attempt) internal {
        send(anObjection(attempt), PATIENT_KEY);
    }

    function finish(uint32 attempt) internal {
        finish(attempt, NEW_KEY);
    }

    function finish(uint32 attempt, uint256 newKey) internal {
        vm.prank(RELAY_B);
        recovery.finish(PATIENT, attempt, signerOf(newKey));
    }

    // ——— refusals ———

    function refusal(bytes4 selector, uint32 attempt) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, PATIENT, attempt);
    }

    function notOpen(uint32 attempt) internal pure returns (bytes memory) {
        return refusal(IRecovery.RecoveryNotOpen.selector, attempt);
    }

    function noQuorum(uint32 attempt) internal pure returns (bytes memory) {
        return refusal(IRecovery.RecoveryNoQuorum.selector, attempt);
    }

    function refuses(IRecovery.Approve memory m, uint256 key, bytes memory refusal_) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        bytes memory signer = signerOf(key);
        vm.expectRevert(refusal_);
        vm.prank(RELAY_A);
        recovery.approve(m, signer, s);
    }

    function refuses(IRecovery.SetGuardians memory m, uint256 key, bytes memory refusal_) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        bytes memory signer = signerOf(key);
        vm.expectRevert(refusal_);
        vm.prank(RELAY_A);
        recovery.setGuardians(m, signer, s);
    }

    function refuses(IRecovery.WithdrawApproval memory m, uint256 key, bytes memory refusal_) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        bytes memory signer = signerOf(key);
        vm.expectRevert(refusal_);
        vm.prank(RELAY_A);
        recovery.withdrawApproval(m, signer, s);
    }

    function refuses(IRecovery.Object memory m, uint256 key, bytes memory refusal_) internal {
        bytes memory s = signature(key, forRecovery(RecoveryMessages.hash(m)));
        bytes memory signer = signerOf(key);
        vm.expectRevert(refusal_);
        vm.prank(RELAY_A);
        recovery.object(m, signer, s);
    }

    function refusesFinish(uint32 attempt, bytes memory refusal_) internal {
        bytes memory newSigner = signerOf(NEW_KEY);
        vm.expectRevert(refusal_);
        vm.prank(RELAY_B);
        recovery.finish(PATIENT, attempt, newSigner);
    }

    function isOpen(uint32 attempt) internal view returns (bool open) {
        (,,,, open) = recovery.attemptOf(PATIENT, attempt);
    }

    function readyAt(uint32 attempt) internal view returns (uint64 at) {
        (,, at,,) = recovery.attemptOf(PATIENT, attempt);
    }

    function approvals(uint32 attempt) internal view returns (uint8 count) {
        (, count,,,) = recovery.attemptOf(PATIENT, attempt);
    }
}
