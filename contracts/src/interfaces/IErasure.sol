// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title What people had erased, and who destroyed what
/// @notice The person signs what is to become unreadable for ever. Custodians destroy their secrets for it and each
/// sign that they did, with a receipt that is kept off chain. With t of n needed to open anything, it is complete once
/// n - t + 1 have: fewer than t are left. There is no undo, and nothing here expires: secrets that are gone do not
/// come back.
///
/// The contract records; it cannot see whether a custodian kept a copy. Who counts are the custodians of the set at the
/// time of the request, by the accounts they had then, whatever changes later: they hold the secrets. Epochs that were
/// sealed to an earlier set are as erased as that set's custodians, who may be others, make them; receipts say which.
/// Messages are bound as those of {IIdentity}.
interface IErasure is IRelayed {
    /// @notice Signed by a signer of `account`. `streams` are salted codes; none means all streams, and then all days
    /// (0 to 131071). `scopeHash` is SHA-256 of the document that says the scope in words to the custodians, with its
    /// salt.
    struct Erase {
        uint256 chain;
        address target;
        bytes32 erasureId;
        bytes32 account;
        bytes32[] streams;
        int32 firstDay;
        int32 lastDay;
        bytes32 scopeHash;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice Signed by the custodian's account: see {IMembers-custodian}. `receiptHash` is SHA-256 of its signed receipt.
    struct Confirm {
        uint256 chain;
        address target;
        bytes32 erasureId;
        uint8 custodian;
        bytes32 receiptHash;
        uint64 deadline;
    }

    /// @notice `needed` custodians of set `setVersion` must confirm.
    event ErasureRequested(
        bytes32 indexed erasureId,
        bytes32 indexed account,
        bytes32[] streams,
        int32 firstDay,
        int32 lastDay,
        bytes32 scopeHash,
        uint64 setVersion,
        uint8 needed
    );
    event ErasureConfirmed(bytes32 indexed erasureId, uint8 indexed custodian, bytes32 receiptHash);
    /// @notice Enough custodians have confirmed. Once for each erasure; the others' confirmations still follow.
    event Erased(bytes32 indexed erasureId, bytes32 indexed account);

    /// @notice Signed for another chain. Stops a message from a test network, or from a fork, being replayed here.
    error ErasureWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops a message for an older deployment from being replayed here.
    error ErasureWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error ErasureDeadlinePassed(uint64 deadline);
    /// @notice The account has used this nonce. Stops replay.
    error ErasureNonceUsed(bytes32 account, uint256 nonce);
    /// @notice The stated signer is not (or no longer) one of the account's. Stops everybody else's valid signature.
    error ErasureNotASigner(bytes32 account);
    /// @notice The signature is not the signer's, or the custodian account's, over exactly these fields.
    error ErasureBadSignature();
    /// @notice An id or hash is zero, which reads as "none".
    error ErasureZero();
    /// @notice The id is taken. Ids are random: draw another.
    error ErasureExists(bytes32 erasureId);
    error ErasureUnknown(bytes32 erasureId);
    /// @notice More than 32 streams.
    error ErasureTooManyStreams(uint256 count);
    /// @notice The days end before they begin, are not from 0 to 131071, or are not all where all streams are meant.
    error ErasureBadDays(int32 firstDay, int32 lastDay);
    /// @notice The custodian set at the time of the request had no custodian of this index.
    error ErasureNotACustodian(bytes32 erasureId, uint8 custodian);
    /// @notice Stops one custodian from counting twice.
    error ErasureAlreadyConfirmed(bytes32 erasureId, uint8 custodian);

    /// @notice Records what a person wants erased, and which custodians must do it.
    function erase(Erase calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Records that a custodian has. Taken from all n, also after enough have.
    function confirm(Confirm calldata m, bytes calldata signature) external;

    /// @notice An erasure: whose (zero when unknown), the custodian set that must confirm, how many of it must and have, and
    /// whether that is enough.
    function erasureOf(bytes32 erasureId)
        external
        view
        returns (bytes32 account, uint64 setVersion, uint8 needed, uint8 confirmations, bool erased);

    /// @notice Whether the custodian has confirmed.
    function hasConfirmed(bytes32 erasureId, uint8 custodian) external view returns (bool);

    /// @notice The account that must sign for the custodian in this erasure; zero when none may.
    function custodianAccount(bytes32 erasureId, uint8 custodian) external view returns (address);

    /// @notice Whether the account has used the nonce.
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool);

    /// @notice The {IIdentity} that says who speaks for an account.
    function identity() external view returns (address);
}
