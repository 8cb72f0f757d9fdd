// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title What others say of emergency accesses
/// @notice Who breaks the glass answers for it afterwards. Each emergency of {IConsent} is reviewed by two sides: the
/// patient, and one organisation that neither employed the reader then nor answers for the reader now. Each side says
/// once whether the access was justified; what was said stands for ever and decides nothing by itself. Members who find
/// too many that were not can suspend an organisation, and it its reader.
///
/// The patient's word is an EIP-712 message (domain "Islet", "1", this chain, this contract), carried by a relay, with
/// the same rules as in {IConsent}. An organisation's is sent by its admin.
interface IReviews is IRelayed {
    /// @notice The patient's word on an emergency.
    /// @param requestId The request that opened it.
    /// @param outcome 1 justified, 2 not justified.
    /// @param noteHash The hash of a note kept off chain; zero when there is none.
    struct Close {
        uint256 chain;
        address target;
        bytes32 requestId;
        bytes32 patient;
        uint8 outcome;
        bytes32 noteHash;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice One side's review is closed. `by` is the patient's account, or the organisation.
    event ReviewClosed(bytes32 indexed requestId, bytes32 indexed by, uint8 outcome, bytes32 noteHash);

    /// @notice Signed for another chain. Stops replay from a test network or a fork.
    error ReviewsWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops replay from an older deployment.
    error ReviewsWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error ReviewsDeadlinePassed(uint64 deadline);
    /// @notice The stated signer is not (or no longer) one of the account's. Stops everybody else's valid signature.
    error ReviewsNotASigner(bytes32 account);
    /// @notice The signature is not the stated signer's over exactly these fields. Stops forgery and alteration.
    error ReviewsBadSignature();
    /// @notice The patient has used this nonce. Lets a patient kill a withheld message by signing another.
    error ReviewsNonceUsed(bytes32 patient, uint256 nonce);
    /// @notice Neither 1 nor 2.
    error ReviewsBadOutcome(uint8 outcome);
    /// @notice No emergency was opened by this request. Stops reviews of ordinary, denied and invented accesses.
    error ReviewsUnknownRequest(bytes32 requestId);
    /// @notice The signed patient is not the one whose data was opened.
    error ReviewsNotThePatient(bytes32 requestId);
    /// @notice Not the admin of an active organisation.
    error ReviewsNotAnAdmin(address sender);
    /// @notice The reader worked for this organisation at the time, or does now. Stops it from clearing its own.
    error ReviewsOwnReader(bytes32 requestId, bytes32 org);
    /// @notice This side has closed its review. Stops second thoughts, and second organisations, from counting twice.
    error ReviewsAlreadyClosed(bytes32 requestId);

    /// @notice Records the patient's review, signed by one of the patient's signers.
    function closeAsPatient(Close calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Records the review of the sender's organisation, for the members' side.
    function closeAsMember(bytes32 requestId, uint8 outcome, bytes32 noteHash) external;

    /// @notice What the two sides said: 0 nothing yet, 1 justified, 2 not justified.
    function outcomeOf(bytes32 requestId) external view returns (uint8 byPatient, uint8 byMember);

    /// @notice How many of the reader's emergencies at least one side found not justified.
    function unjustifiedCount(bytes32 reader) external view returns (uint32);

    /// @notice Whether the patient has used the nonce.
    function isNonceUsed(bytes32 patient, uint256 nonce) external view returns (bool);

    /// @notice The {IIdentity} that says who speaks for an account.
    function identity() external view returns (address);

    /// @notice The {IConsent} whose emergencies are reviewed.
    function consent() external view returns (address);
}
