// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IIdentity} from "../../src/interfaces/IIdentity.sol";
import {IRecovery} from "../../src/interfaces/IRecovery.sol";
import {Messages} from "../support/Messages.sol";
import {RecoveryFixture} from "../support/RecoveryFixture.sol";
import {RecoveryMessages} from "../support/RecoveryMessages.sol";
import {Vm} from "../support/Vm.sol";

/// @dev Guardians, signers and a thief of one signer do to Recovery whatever the fuzzer comes up with. The books are
/// kept from events, by the handler's own rules: who approves what, since when there are enough, and what has ended.
contract RecoveryHandler is RecoveryFixture {
    uint256 private constant GUARDIANS = 5;
    /// @dev Keys that may become signers.
    uint256 private constant KEYS = 3;

    uint256 private _now = NOW;
    uint256 private _nonces;

    // The books.
    uint8 private _threshold;
    uint32 private _opened;
    mapping(uint32 attempt => mapping(bytes32 guardian => bool)) private _stands;
    mapping(uint32 attempt => uint256) private _count;
    mapping(uint32 attempt => uint256) private _enoughSince;
    mapping(uint32 attempt => bool) private _ended;
    mapping(bytes32 signerHash => bool) private _isSigner;
    uint256 private _signers = 1;

    uint256 public recoveries;
    bool public wonBelowQuorum;
    bool public wonTooEarly;
    bool public wonAfterItsEnd;
    bool public countsDiffer;

    constructor() {
        deploy(type(uint32).max);
        register(PATIENT, PATIENT_KEY);
        registerGuardians(GUARDIANS);
        _isSigner[keccak256(signerOf(PATIENT_KEY))] = true;
    }

    /// @dev What time it is does not last from one call of the fuzzer to the next, so it is set in each.
    modifier observed() {
        vm.warp(_now);
        vm.recordLogs();
        _;
        observe(vm.getRecordedLogs());
    }

    function wait(uint32 seconds_) external {
        _now += seconds_ % 5 days;
    }

    /// @dev Half of the calls change nothing, and mostly present signers sign, or little would last long enough.
    function setGuardians(uint8 n, uint8 threshold, uint8 by) external observed {
        (, uint8 present,) = recovery.guardiansOf(PATIENT);
        if (present != 0 && by % 2 == 0) return;
        by = by % 16 == 1 ? by / 16 : aSigner();
        n = n % 8 == 0 ? 0 : 1 + n % uint8(GUARDIANS);
        IRecovery.SetGuardians memory m = aPlan(n, n == 0 ? 0 : 1 + threshold % n);
        m.deadline = uint64(_now) + 300;
        bytes memory s = signature(keyOf(by), forRecovery(RecoveryMessages.hash(m)));
        send(abi.encodeCall(recovery.setGuardians, (m, signerOf(keyOf(by)), s)));
    }

    function approve(uint8 i, uint8 attempt, uint8 newKey) external observed {
        IRecovery.Approve memory m = anApproval(i % GUARDIANS, some(attempt), keyOf(newKey));
        bytes memory s = signature(GUARDIAN_KEY + i % GUARDIANS, forRecovery(RecoveryMessages.hash(m)));
        send(abi.encodeCall(recovery.approve, (m, signerOf(GUARDIAN_KEY + i % GUARDIANS), s)));
    }

    /// @dev The newest attempt, for the signer that it is for: what honest guardians do.
    function join(uint8 i) external observed {
        (bytes32 hash,,,,) = recovery.attemptOf(PATIENT, _opened);
        uint256 newKey = NEW_KEY;
        for (uint8 k; k < KEYS; ++k) {
            if (keccak256(signerOf(keyOf(k))) == hash) newKey = keyOf(k);
        }
        IRecovery.Approve memory m = anApproval(i % GUARDIANS, _opened, newKey);
        bytes memory s = signature(GUARDIAN_KEY + i % GUARDIANS, forRecovery(RecoveryMessages.hash(m)));
        send(abi.encodeCall(recovery.approve, (m, signerOf(GUARDIAN_KEY + i % GUARDIANS), s)));
    }

    function withdraw(uint8 i, uint8 attempt) external observed {
        IRecovery.WithdrawApproval memory m = aWithdrawal(i % GUARDIANS, some(attempt));
        bytes memory s = signature(GUARDIAN_KEY + i % GUARDIANS, forRecovery(RecoveryMessages.hash(m)));
        send(abi.encodeCall(recovery.withdrawApproval, (m, signerOf(GUARDIAN_KEY + i % GUARDIANS), s)));
    }

    function object(uint8 attempt, uint8 by) external observed {
        // One in four, or nothing would ever be finished.
        if (by % 4 != 0) return;
        IRecovery.Object memory m = anObjection(some(attempt));
        bytes memory s = signature(keyOf(by / 4), forRecovery(RecoveryMessages.hash(m)));
        send(abi.encodeCall(recovery.object, (m, signerOf(keyOf(by / 4)), s)));
    }

    function finish() external observed {
        for (uint8 i; i < 4 * KEYS; ++i) {
            bytes memory newSigner = signerOf(keyOf(i / 4));
            send(abi.encodeCall(recovery.finish, (PATIENT, some(i % 4), newSigner)));
        }
    }

    function changeSigner(bool add, uint8 key, uint8 by) external observed {
        bytes32[6] memory words;
        words[0] = bytes32(block.chainid);
        words[1] = bytes32(uint256(uint160(address(identity))));
        words[2] = PATIENT;
        words[3] = keccak256(signerOf(keyOf(key)));
        words[4] = bytes32(++_nonces);
        words[5] = bytes32(uint256(soon()));
        string memory definition = add ? Messages.ADD_SIGNER : Messages.REMOVE_SIGNER;
        bytes memory s = signature(keyOf(by), forIdentity(Messages.sixWords(definition, words)));
        IIdentity.AddSigner memory m = IIdentity.AddSigner(
            block.chainid, address(identity), PATIENT, signerOf(keyOf(key)), _nonces, soon()
        );
        bytes4 selector = add ? IIdentity.addSigner.selector : IIdentity.removeSigner.selector;
        vm.prank(RELAY_A);
        (bool ok,) = address(identity).call(abi.encodeWithSelector(selector, m, signerOf(keyOf(by)), s));
        if (!ok) return;
        _isSigner[words[3]] = add;
        _signers = add ? _signers + 1 : _signers - 1;
    }

    // ——— what the laws are about ———

    function signers() external view returns (uint256) {
        return identity.signerCount(PATIENT);
    }

    function booked() external view returns (uint256) {
        return _signers;
    }

    function speaksAsBooked() external view returns (bool) {
        for (uint8 k; k < KEYS; ++k) {
            bytes memory signer = signerOf(keyOf(k));
            if (identity.speaksFor(PATIENT, signer) != _isSigner[keccak256(signer)]) return false;
        }
        return true;
    }

    /// @dev Whether what has ended is open, or counts otherwise than the books do.
    function standsAsBooked() external view returns (bool) {
        for (uint32 a = 1; a <= _opened; ++a) {
            (, uint8 count,,, bool open) = recovery.attemptOf(PATIENT, a);
            if (open && (_ended[a] || count != _count[a])) return false;
        }
        return true;
    }

    // ——— inside ———

    function aSigner() private view returns (uint8 k) {
        while (!_isSigner[keccak256(signerOf(keyOf(k)))]) {
            ++k;
        }
    }

    function keyOf(uint8 k) private pure returns (uint256) {
        return [PATIENT_KEY, NEW_KEY, OTHER_NEW_KEY][k % KEYS];
    }

    /// @dev The last three attempts and the next one.
    function some(uint8 attempt) private view returns (uint32) {
        uint32 back = attempt % 4;
        return _opened + 1 > back ? _opened + 1 - back : 0;
    }

    function send(bytes memory data) private {
        vm.prank(RELAY_A);
        (bool ok,) = address(recovery).call(data);
        ok;
    }

    function observe(Vm.Log[] memory logs) private {
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IRecovery.GuardiansSet.selector) {
                (, uint8 threshold,) = abi.decode(logs[i].data, (bytes32[], uint8, uint64));
                _threshold = threshold;
                endAll();
            }
            if (logs[i].topics.length < 3 || logs[i].emitter != address(recovery)) continue;
            uint32 attempt = uint32(uint256(logs[i].topics[2]));
            if (topic == IRecovery.RecoveryOpened.selector) {
                _opened = attempt;
            } else if (topic == IRecovery.RecoveryApproved.selector) {
                if (_stands[attempt][logs[i].topics[3]]) countsDiffer = true;
                _stands[attempt][logs[i].topics[3]] = true;
                if (++_count[attempt] == _threshold) _enoughSince[attempt] = _now;
                if (abi.decode(logs[i].data, (uint8)) != _count[attempt]) countsDiffer = true;
            } else if (topic == IRecovery.ApprovalWithdrawn.selector) {
                if (!_stands[attempt][logs[i].topics[3]]) countsDiffer = true;
                _stands[attempt][logs[i].topics[3]] = false;
                --_count[attempt];
            } else if (topic == IRecovery.RecoveryObjected.selector) {
                _ended[attempt] = true;
            } else if (topic == IRecovery.Recovered.selector) {
                onRecovered(attempt, abi.decode(logs[i].data, (bytes)));
            }
        }
    }

    function onRecovered(uint32 attempt, bytes memory newSigner) private {
        ++recoveries;
        if (_threshold == 0 || _count[attempt] < _threshold) wonBelowQuorum = true;
        if (_now < _enoughSince[attempt] + WAIT) wonTooEarly = true;
        if (_ended[attempt]) wonAfterItsEnd = true;
        endAll();
        for (uint8 k; k < KEYS; ++k) {
            _isSigner[keccak256(signerOf(keyOf(k)))] = false;
        }
        _isSigner[keccak256(newSigner)] = true;
        _signers = 1;
    }

    function endAll() private {
        for (uint32 a = 1; a <= _opened; ++a) {
            _ended[a] = true;
        }
    }
}
