// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title The one address a client must know
/// @notice Names the other contracts, for ever. Nothing can be pointed elsewhere later: whoever could swap an
/// address could swap the rules of consent. A new set of contracts means a new directory, pinned openly.
interface IDirectory {
    struct Contracts {
        address members;
        address identity;
        address anchors;
        address circles;
        address consent;
        address reviews;
        address recovery;
        address erasure;
        address p256Verifier;
        address webAuthnVerifier;
    }

    /// @notice Thrown at deployment when an address has no code: a wrong entry could never be mended.
    error DirectoryNotAContract(address given);
    /// @notice Thrown at deployment when {IIdentity} takes recoveries from another contract than the one to be named.
    error DirectoryOtherRecovery(address given);

    /// @notice Who takes part: see {IMembers}.
    function members() external view returns (address);

    /// @notice Who speaks for an account: see {IIdentity}.
    function identity() external view returns (address);

    /// @notice The batch roots: see {IAnchors}.
    function anchors() external view returns (address);

    /// @notice Circles of carers: see {ICircles}.
    function circles() external view returns (address);

    /// @notice Grants, revocations and decisions: see {IConsent}.
    function consent() external view returns (address);

    /// @notice Reviews of emergency accesses: see {IReviews}.
    function reviews() external view returns (address);

    /// @notice Signers replaced with the guardians' approval: see {IRecovery}.
    function recovery() external view returns (address);

    /// @notice Erasures and who confirmed them: see {IErasure}.
    function erasure() external view returns (address);

    /// @notice The verifier that P-256 signers name. Any other would do; this is the one that everybody can find.
    function p256Verifier() external view returns (address);

    /// @notice The verifier that passkeys name. Likewise.
    function webAuthnVerifier() external view returns (address);
}
