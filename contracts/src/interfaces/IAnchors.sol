// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title Batch roots, in order, for ever
/// @notice Decides nothing: it remembers. A root binds a batch of blinded leaves and the blinded map of stream
/// heads; nothing readable, and nothing derived from data without a secret blind, is in it.
interface IAnchors {
    /// @notice A hub committed its next batch root.
    event Anchored(address indexed hub, uint64 indexed number, bytes32 root);

    /// @notice The sender is no relay of an active member. Stops strangers from filling the chain with roots.
    error AnchorsNotARelay(address sender);

    /// @notice Not the hub's next number. Stops gaps (a batch withheld and slipped in later, so backdated),
    /// repeats (a root overwritten) and two batches of one hub claiming one place.
    error AnchorsWrongNumber(uint64 expected);

    /// @notice The root is zero. Zero is what an absent anchor reads as, so it must never be a present one.
    error AnchorsEmptyRoot();

    /// @notice Records `root` as the sender's batch `number`; the first is 1. A hub can only ever write under its
    /// own address: there is no way to anchor, or to spoil the sequence, in another hub's name.
    function commit(uint64 number, bytes32 root) external;

    /// @notice The root that `hub` committed as `number`; zero when there is none. Never changes once not zero.
    function rootOf(address hub, uint64 number) external view returns (bytes32);

    /// @notice How many batches `hub` has anchored, which is also the number of its last.
    function count(address hub) external view returns (uint64);

    /// @notice The {IMembers} that says who is a relay.
    function members() external view returns (address);
}
