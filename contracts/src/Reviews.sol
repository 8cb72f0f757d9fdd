// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Relayed} from "./Relayed.sol";
import {IConsent} from "./interfaces/IConsent.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {IReviews} from "./interfaces/IReviews.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Reviews
/// @notice See {IReviews}.
contract Reviews is IReviews, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    struct Review {
        uint8 byPatient;
        uint8 byMember;
    }

    uint8 private constant JUSTIFIED = 1;
    uint8 private constant NOT_JUSTIFIED = 2;

    bytes32 private constant CLOSE = keccak256(
        "Close(uint256 chain,address target,bytes32 requestId,bytes32 patient,uint8 outcome,bytes32 noteHash,uint256 nonce,uint64 deadline)"
    );

    IIdentity private immutable _identity;
    IConsent private immutable _consent;

    mapping(bytes32 requestId => Review) private _reviews;
    mapping(bytes32 reader => uint32) private _unjustified;
    mapping(bytes32 patient => BitMaps.BitMap) private _nonces;

    constructor(IMembers members_, IIdentity identity_, IConsent consent_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        _identity = identity_;
        _consent = consent_;
    }

    /// @inheritdoc IReviews
    function closeAsPatient(Close calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        require(m.chain == block.chainid, ReviewsWrongChain(m.chain));
        require(m.target == address(this), ReviewsWrongContract(m.target));
        require(block.timestamp <= m.deadline, ReviewsDeadlinePassed(m.deadline));
        _requireSigned(m, signer, signature);
        require(!_nonces[m.patient].get(m.nonce), ReviewsNonceUsed(m.patient, m.nonce));
        _nonces[m.patient].set(m.nonce);
        (bytes32 patient, bytes32 reader,) = _requireEmergency(m.requestId);
        require(patient == m.patient, ReviewsNotThePatient(m.requestId));
        Review storage review = _reviews[m.requestId];
        require(review.byPatient == 0, ReviewsAlreadyClosed(m.requestId));
        _count(review, reader, m.outcome);
        review.byPatient = m.outcome;
        emit ReviewClosed(m.requestId, patient, m.outcome, m.noteHash);
    }

    /// @inheritdoc IReviews
    function closeAsMember(bytes32 requestId, uint8 outcome, bytes32 noteHash) external {
        bytes32 org = _requireAdmin();
        (, bytes32 reader, bytes32 orgThen) = _requireEmergency(requestId);
        (bytes32 orgNow,) = _members.readerStanding(reader);
        require(org != orgThen && org != orgNow, ReviewsOwnReader(requestId, org));
        Review storage review = _reviews[requestId];
        require(review.byMember == 0, ReviewsAlreadyClosed(requestId));
        _count(review, reader, outcome);
        review.byMember = outcome;
        emit ReviewClosed(requestId, org, outcome, noteHash);
    }

    /// @inheritdoc IReviews
    function outcomeOf(bytes32 requestId) external view returns (uint8 byPatient, uint8 byMember) {
        Review storage review = _reviews[requestId];
        return (review.byPatient, review.byMember);
    }

    /// @inheritdoc IReviews
    function unjustifiedCount(bytes32 reader) external view returns (uint32) {
        return _unjustified[reader];
    }

    /// @inheritdoc IReviews
    function isNonceUsed(bytes32 patient, uint256 nonce) external view returns (bool) {
        return _nonces[patient].get(nonce);
    }

    /// @inheritdoc IReviews
    function identity() external view returns (address) {
        return address(_identity);
    }

    /// @inheritdoc IReviews
    function consent() external view returns (address) {
        return address(_consent);
    }

    /// @dev Before the outcome is written: an access that both sides find wrong is still one access.
    function _count(Review storage review, bytes32 reader, uint8 outcome) private {
        require(outcome == JUSTIFIED || outcome == NOT_JUSTIFIED, ReviewsBadOutcome(outcome));
        bool counted = review.byPatient == NOT_JUSTIFIED || review.byMember == NOT_JUSTIFIED;
        if (outcome == NOT_JUSTIFIED && !counted) ++_unjustified[reader];
    }

    function _requireAdmin() private view returns (bytes32 org) {
        org = _members.organisationOf(msg.sender);
        (, bool active) = _members.organisation(org);
        require(active, ReviewsNotAnAdmin(msg.sender));
    }

    function _requireEmergency(bytes32 requestId)
        private
        view
        returns (bytes32 patient, bytes32 reader, bytes32 org)
    {
        uint64 at;
        (patient, reader, org, at) = _consent.emergencyOf(requestId);
        require(at != 0, ReviewsUnknownRequest(requestId));
    }

    /// @dev One of the patient's signers signed exactly this.
    function _requireSigned(Close calldata m, bytes calldata signer, bytes calldata signature) private view {
        require(_identity.speaksFor(m.patient, signer), ReviewsNotASigner(m.patient));
        bytes32 structHash = keccak256(
            abi.encode(
                CLOSE, m.chain, m.target, m.requestId, m.patient, m.outcome, m.noteHash, m.nonce, m.deadline
            )
        );
        bytes32 digest = _hashTypedDataV4(structHash);
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), ReviewsBadSignature());
    }
}
