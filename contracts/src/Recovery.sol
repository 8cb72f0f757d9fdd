// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Relayed} from "./Relayed.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {IRecovery} from "./interfaces/IRecovery.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Recovery
/// @notice See {IRecovery}.
contract Recovery is IRecovery, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    /// @dev `era` grows when guardians are set and when an attempt succeeds: attempts of earlier eras have ended.
    struct Plan {
        bytes32[] guardians;
        uint8 threshold;
        uint64 delay;
        uint32 era;
        uint32 attempts;
        BitMaps.BitMap nonces;
    }

    struct Attempt {
        bytes32 signerHash;
        uint64 openedAt;
        uint64 readyAt;
        uint32 era;
        uint8 approvals;
        bool objected;
    }

    /// @dev Of one guardian for one account. `attempt` is the highest they ever approved; `standing`: they have not
    /// taken that back. The last three times they opened one, oldest first.
    struct Voice {
        uint32 attempt;
        bool standing;
        uint64 first;
        uint64 second;
        uint64 third;
    }

    uint256 private constant MAX_GUARDIANS = 16;
    uint64 private constant MIN_DELAY = 24 hours;
    uint64 private constant MAX_DELAY = 30 days;
    uint64 private constant ATTEMPT_LIFE = 30 days;
    uint64 private constant TRIES_WINDOW = 30 days;

    bytes32 private constant SET_GUARDIANS = keccak256(
        "SetGuardians(uint256 chain,address target,bytes32 account,bytes32[] guardians,uint8 threshold,uint64 delay,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant APPROVE = keccak256(
        "Approve(uint256 chain,address target,bytes32 account,bytes32 guardian,bytes32 salt,bytes newSigner,uint32 attempt,uint64 deadline)"
    );
    bytes32 private constant WITHDRAW_APPROVAL = keccak256(
        "WithdrawApproval(uint256 chain,address target,bytes32 account,bytes32 guardian,bytes32 salt,uint32 attempt,uint64 deadline)"
    );
    bytes32 private constant OBJECT =
        keccak256("Object(uint256 chain,address target,bytes32 account,uint32 attempt,uint64 deadline)");

    IIdentity private immutable _identity;

    mapping(bytes32 account => Plan) private _plans;
    mapping(bytes32 account => mapping(uint32 number => Attempt)) private _attempts;
    mapping(bytes32 account => mapping(bytes32 guardian => Voice)) private _voices;

    constructor(IMembers members_, IIdentity identity_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        address named = identity_.recovery();
        require(named == address(this), RecoveryNotNamedByIdentity(named));
        _identity = identity_;
    }

    /// @inheritdoc IRecovery
    function setGuardians(SetGuardians calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireGuardians(m);
        bytes32 structHash = keccak256(
            abi.encode(
                SET_GUARDIANS,
                m.chain,
                m.target,
                m.account,
                keccak256(abi.encodePacked(m.guardians)),
                m.threshold,
                m.delay,
                m.nonce,
                m.deadline
            )
        );
        _requireSigned(m.account, structHash, signer, signature);
        Plan storage p = _plans[m.account];
        require(!p.nonces.get(m.nonce), RecoveryNonceUsed(m.account, m.nonce));
        p.nonces.set(m.nonce);
        p.guardians = m.guardians;
        p.threshold = m.threshold;
        p.delay = m.delay;
        ++p.era;
        emit GuardiansSet(m.account, m.guardians, m.threshold, m.delay);
    }

    /// @inheritdoc IRecovery
    function approve(Approve calldata m, bytes calldata signer, bytes calldata signature) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireGuardian(m.account, m.guardian, m.salt);
        bytes32 signerHash = keccak256(m.newSigner);
        bytes32 structHash = keccak256(
            abi.encode(
                APPROVE, m.chain, m.target, m.account, m.guardian, m.salt, signerHash, m.attempt, m.deadline
            )
        );
        _requireSigned(m.guardian, structHash, signer, signature);
        Voice storage v = _voices[m.account][m.guardian];
        require(m.attempt > v.attempt, RecoveryAlreadyApproved(m.account, m.attempt, m.guardian));
        if (m.attempt == _plans[m.account].attempts + 1) _open(m, v, signerHash);
        Attempt storage a = _requireOpen(m.account, m.attempt);
        require(a.signerHash == signerHash, RecoveryOtherSigner(m.account, m.attempt));
        if (v.standing && _isOpen(_plans[m.account], _attempts[m.account][v.attempt])) {
            _takeBack(m.account, v.attempt, m.guardian);
        }
        (v.attempt, v.standing) = (m.attempt, true);
        ++a.approvals;
        emit RecoveryApproved(m.account, m.attempt, m.guardian, a.approvals);
        Plan storage p = _plans[m.account];
        if (a.readyAt == 0 && a.approvals >= p.threshold) {
            a.readyAt = uint64(block.timestamp) + p.delay;
            emit RecoveryReady(m.account, m.attempt, m.newSigner, a.readyAt);
        }
    }

    /// @inheritdoc IRecovery
    function withdrawApproval(WithdrawApproval calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireGuardian(m.account, m.guardian, m.salt);
        bytes32 structHash = keccak256(
            abi.encode(
                WITHDRAW_APPROVAL, m.chain, m.target, m.account, m.guardian, m.salt, m.attempt, m.deadline
            )
        );
        _requireSigned(m.guardian, structHash, signer, signature);
        _requireOpen(m.account, m.attempt);
        require(
            hasApproved(m.account, m.attempt, m.guardian),
            RecoveryNotApproved(m.account, m.attempt, m.guardian)
        );
        _voices[m.account][m.guardian].standing = false;
        _takeBack(m.account, m.attempt, m.guardian);
    }

    /// @inheritdoc IRecovery
    function object(Object calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 structHash =
            keccak256(abi.encode(OBJECT, m.chain, m.target, m.account, m.attempt, m.deadline));
        _requireSigned(m.account, structHash, signer, signature);
        _requireOpen(m.account, m.attempt).objected = true;
        emit RecoveryObjected(m.account, m.attempt);
    }

    /// @inheritdoc IRecovery
    function finish(bytes32 account, uint32 attempt, bytes calldata newSigner) external onlyRelay {
        Attempt storage a = _requireOpen(account, attempt);
        require(a.signerHash == keccak256(newSigner), RecoveryOtherSigner(account, attempt));
        require(a.readyAt != 0, RecoveryNoQuorum(account, attempt));
        require(block.timestamp >= a.readyAt, RecoveryTooEarly(a.readyAt));
        ++_plans[account].era;
        emit Recovered(account, attempt, newSigner);
        _identity.replaceSigners(account, newSigner);
    }

    /// @inheritdoc IRecovery
    function guardiansOf(bytes32 account)
        external
        view
        returns (bytes32[] memory guardians, uint8 threshold, uint64 delay)
    {
        Plan storage p = _plans[account];
        return (p.guardians, p.threshold, p.delay);
    }

    /// @inheritdoc IRecovery
    function attemptCount(bytes32 account) external view returns (uint32) {
        return _plans[account].attempts;
    }

    /// @inheritdoc IRecovery
    function attemptOf(bytes32 account, uint32 attempt)
        external
        view
        returns (bytes32 signerHash, uint8 approvals, uint64 readyAt, uint64 lapsesAt, bool open)
    {
        Attempt storage a = _attempts[account][attempt];
        return (a.signerHash, a.approvals, a.readyAt, _lapsesAt(a), _isOpen(_plans[account], a));
    }

    /// @inheritdoc IRecovery
    function hasApproved(bytes32 account, uint32 attempt, bytes32 guardian) public view returns (bool) {
        Voice storage v = _voices[account][guardian];
        return v.standing && v.attempt == attempt;
    }

    /// @inheritdoc IRecovery
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool) {
        return _plans[account].nonces.get(nonce);
    }

    /// @inheritdoc IRecovery
    function identity() external view returns (address) {
        return address(_identity);
    }

    function _open(Approve calldata m, Voice storage v, bytes32 signerHash) private {
        require(_identity.isPossibleSigner(m.newSigner), RecoveryBadSigner());
        uint64 until = v.first + TRIES_WINDOW;
        require(v.first == 0 || block.timestamp >= until, RecoveryTooManyTries(m.account, m.guardian, until));
        (v.first, v.second, v.third) = (v.second, v.third, uint64(block.timestamp));
        Plan storage p = _plans[m.account];
        ++p.attempts;
        Attempt storage a = _attempts[m.account][m.attempt];
        (a.signerHash, a.openedAt, a.era) = (signerHash, uint64(block.timestamp), p.era);
        emit RecoveryOpened(m.account, m.attempt, m.newSigner);
    }

    /// @dev Counts a standing approval of an open attempt no longer.
    function _takeBack(bytes32 account, uint32 attempt, bytes32 guardian) private {
        Attempt storage a = _attempts[account][attempt];
        --a.approvals;
        emit ApprovalWithdrawn(account, attempt, guardian, a.approvals);
        if (a.readyAt != 0 && a.approvals < _plans[account].threshold) {
            a.readyAt = 0;
            emit RecoveryHalted(account, attempt);
        }
    }

    function _requireCurrent(uint256 chain, address target, uint64 deadline) private view {
        require(chain == block.chainid, RecoveryWrongChain(chain));
        require(target == address(this), RecoveryWrongContract(target));
        require(block.timestamp <= deadline, RecoveryDeadlinePassed(deadline));
    }

    function _requireSigned(
        bytes32 account,
        bytes32 structHash,
        bytes calldata signer,
        bytes calldata signature
    ) private view {
        require(_identity.speaksFor(account, signer), RecoveryNotASigner(account));
        bool valid = SignatureChecker.isValidSignatureNow(signer, _hashTypedDataV4(structHash), signature);
        require(valid, RecoveryBadSignature());
    }

    function _requireGuardians(SetGuardians calldata m) private pure {
        uint256 n = m.guardians.length;
        bool fits = n == 0
            ? m.threshold == 0 && m.delay == 0
            : n <= MAX_GUARDIANS && m.threshold != 0 && m.threshold <= n && m.delay >= MIN_DELAY
                && m.delay <= MAX_DELAY;
        for (uint256 i; fits && i < n; ++i) {
            fits = m.guardians[i] != bytes32(0);
            for (uint256 j; fits && j < i; ++j) {
                fits = m.guardians[i] != m.guardians[j];
            }
        }
        require(fits, RecoveryBadGuardians());
    }

    function _requireGuardian(bytes32 account, bytes32 guardian, bytes32 salt) private view {
        bytes32 commitment = keccak256(abi.encode(guardian, salt));
        bytes32[] storage guardians = _plans[account].guardians;
        bool found;
        for (uint256 i; i < guardians.length && !found; ++i) {
            found = guardians[i] == commitment;
        }
        require(found && guardian != account, RecoveryNotAGuardian(account, guardian));
    }

    function _requireOpen(bytes32 account, uint32 attempt) private view returns (Attempt storage a) {
        a = _attempts[account][attempt];
        require(_isOpen(_plans[account], a), RecoveryNotOpen(account, attempt));
    }

    function _isOpen(Plan storage p, Attempt storage a) private view returns (bool) {
        return a.openedAt != 0 && !a.objected && a.era == p.era && block.timestamp <= _lapsesAt(a);
    }

    function _lapsesAt(Attempt storage a) private view returns (uint64) {
        if (a.openedAt == 0) return 0;
        return (a.readyAt == 0 ? a.openedAt : a.readyAt) + ATTEMPT_LIFE;
    }
}
