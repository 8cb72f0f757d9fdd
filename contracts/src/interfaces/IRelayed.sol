// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title What a contract that takes relayed messages says of its relays
/// @notice People sign, members' relays send. A relay is never trusted with what a message says, only with sending
/// it: it can withhold a message, and then another member's relay sends it. It cannot alter one, make one up, or send
/// one twice. Gas is free here, so a budget per relay and hour stands in for its price.
interface IRelayed {
    /// @notice The sender is no relay of an active member. Stops anyone else from writing at all.
    error RelayedNotARelay(address sender);

    /// @notice The relay has used its calls of this hour; `until` is when the next hour begins (seconds). Stops one
    /// relay, or a flood pushed through it, from filling blocks and storage that all members share. Only calls that
    /// succeeded count, and only the relay itself can spend its budget.
    error RelayedBudgetSpent(address relay, uint64 until);

    /// @notice Thrown at deployment: with a budget of zero nothing could ever be sent.
    error RelayedNoBudget();

    /// @notice The {IMembers} that says who is a relay.
    function members() external view returns (address);

    /// @notice Counted calls that one relay may make in one hour of the UTC clock.
    function budget() external view returns (uint32);

    /// @notice Counted calls that `relay` has made in the present hour.
    function spent(address relay) external view returns (uint32);
}
