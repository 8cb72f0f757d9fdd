// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title Circles of carers
/// @notice A patient opens a circle and names its keeper, a parent for one. The keeper lets people in and out by
/// their own signature, as many at a time as the patient signed; {IConsent} serves whoever is in it under grants of
/// that patient to the circle. The patient ends the circle, or takes one person out of it for good.
///
/// A circle's id is the hash of what the patient signed of it: patient, keeper, how many, until when. Whoever has a
/// grant to the id can check all of that without this contract, and nothing of it can ever be another's or be changed.
/// Nor can it be the id of a role of {IMembers}, whose ids are hashes of other lengths.
///
/// Messages are EIP-712 (domain "Islet", "1", this chain, this contract), carried by a relay, with the same rules as
/// in {IConsent}. Who may open, admit and dismiss is an account; any of its signers signs.
///
/// Kept: four slots per circle, one per person who was ever in it, one bit per message with a nonce. The public keys of
/// circles are in the events alone.
interface ICircles is IRelayed {
    /// @notice A patient's circle.
    /// @param patient Whose data it is; one of its signers signs.
    /// @param keeper The one account that may let people in. Not the patient's own. It is in the circle only if it
    /// admits itself.
    /// @param maxPeople How many may be in it at a time, 1 to 32.
    /// @param until When nobody is in it any more (seconds, exclusive).
    /// @param salt Random.
    /// @param keyHash The hash of the public key that grants to the circle are sealed to.
    struct OpenCircle {
        uint256 chain;
        address target;
        bytes32 patient;
        bytes32 keeper;
        uint8 maxPeople;
        uint64 until;
        bytes32 salt;
        bytes32 keyHash;
        uint64 deadline;
    }

    /// @notice The keeper lets a person in.
    struct Admit {
        uint256 chain;
        address target;
        bytes32 circle;
        bytes32 keeper;
        bytes32 reader;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice A person is out. `by` is the keeper, who may let them in again, or the patient: then nobody may.
    struct Dismiss {
        uint256 chain;
        address target;
        bytes32 circle;
        bytes32 by;
        bytes32 reader;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice Another public key for grants to come. `by` is the keeper or the patient.
    struct ReplaceCircleKey {
        uint256 chain;
        address target;
        bytes32 circle;
        bytes32 by;
        bytes32 keyHash;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice The end of a circle.
    struct EndCircle {
        uint256 chain;
        address target;
        bytes32 circle;
        bytes32 patient;
        uint64 deadline;
    }

    event CircleOpened(
        bytes32 indexed circle,
        bytes32 indexed patient,
        bytes32 indexed keeper,
        uint8 maxPeople,
        uint64 until,
        bytes32 salt,
        bytes32 keyHash
    );
    event Admitted(bytes32 indexed circle, bytes32 indexed patient, bytes32 indexed reader);
    /// @notice `by` is the keeper or the patient.
    event Dismissed(
        bytes32 indexed circle, bytes32 indexed patient, bytes32 indexed reader, bytes32 by
    );
    event CircleKeyReplaced(bytes32 indexed circle, bytes32 keyHash);
    event CircleEnded(bytes32 indexed circle, bytes32 indexed patient);

    /// @notice Signed for another chain. Stops replay from a test network or a fork.
    error CirclesWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops replay from an older deployment.
    error CirclesWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error CirclesDeadlinePassed(uint64 deadline);
    /// @notice The stated signer is not (or no longer) one of the account's. Stops everybody else's valid signature.
    error CirclesNotASigner(bytes32 account);
    /// @notice The signature is not the stated signer's over exactly these fields. Stops forgery and alteration.
    error CirclesBadSignature();
    /// @notice The account has used this nonce. Stops an admission sent again after the dismissal.
    error CirclesNonceUsed(bytes32 account, uint256 nonce);
    /// @notice A keeper, other than the patient; 1 to 32 people; an end to come; a key.
    error CirclesBadTerms();
    /// @notice The same circle was opened before. Stops replay, and one that was ended from coming back.
    error CirclesExists(bytes32 circle);
    /// @notice There is no such circle.
    error CirclesUnknown(bytes32 circle);
    /// @notice The circle was ended, or its time is over.
    error CirclesOver(bytes32 circle);
    /// @notice Not the circle's keeper. Stops whoever was let in from letting others in.
    error CirclesNotTheKeeper(bytes32 circle);
    /// @notice Not the circle's patient.
    error CirclesNotThePatient(bytes32 circle);
    /// @notice Neither the circle's keeper nor its patient.
    error CirclesNotYours(bytes32 circle);
    /// @notice No organisation answers for the keeper any more. Stops a dismissed clinician from letting people in.
    error CirclesKeeperSuspended(bytes32 keeper);
    /// @notice As many are in it as the patient signed. Stops a keeper from widening the circle.
    error CirclesFull(bytes32 circle);
    /// @notice The patient took this person out. Stops a keeper from going on all the same.
    error CirclesBarred(bytes32 circle, bytes32 reader);
    /// @notice They are in it. Stops one person from counting twice.
    error CirclesAlreadyAdmitted(bytes32 circle, bytes32 reader);
    /// @notice They are not in it.
    error CirclesNotAdmitted(bytes32 circle, bytes32 reader);

    /// @notice Opens a circle with nobody in it, signed by the patient.
    function openCircle(OpenCircle calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Lets a person in, signed by the keeper.
    function admit(Admit calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Takes a person out, signed by the keeper or the patient. Not counted in the budget.
    function dismiss(Dismiss calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Replaces the public key for grants to come, signed by the keeper or the patient.
    function replaceCircleKey(ReplaceCircleKey calldata m, bytes calldata signer, bytes calldata signature)
        external;

    /// @notice Ends a circle for good, signed by the patient. Not counted in the budget.
    function endCircle(EndCircle calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice The id of a circle: the EIP-712 hash of
    /// `Circle(bytes32 patient,bytes32 keeper,uint8 maxPeople,uint64 until,bytes32 salt)`.
    function circleIdOf(bytes32 patient, bytes32 keeper, uint8 maxPeople, uint64 until, bytes32 salt)
        external
        pure
        returns (bytes32 circle);

    /// @notice Whether a circle was opened under this id, ended or not.
    function isCircle(bytes32 circle) external view returns (bool);

    /// @notice Whether a reader is in this circle of this patient's now.
    function isIn(bytes32 circle, bytes32 patient, bytes32 reader) external view returns (bool);

    /// @notice A circle; zeros for none. `people` is how many are in it.
    function circleOf(bytes32 circle)
        external
        view
        returns (bytes32 patient, bytes32 keeper, uint8 maxPeople, uint8 people, uint64 until, bool ended);

    /// @notice Whether the account has used the nonce.
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool);

    /// @notice The {IIdentity} that says who speaks for an account.
    function identity() external view returns (address);
}
