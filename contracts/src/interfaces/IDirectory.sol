// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title The one address a client must know
/// @notice Names the other contracts, for ever. Nothing can be pointed elsewhere later: whoever could swap an
/// address could swap the rules of consent. A new set of contracts means a new directory, pinned openly.
interface IDirectory {
    /// @notice Thrown at deployment when an address has no code: a wrong entry could never be mended.
    error DirectoryNotAContract(address given);

    /// @notice Who takes part: see {IMembers}.
    function members() external view returns (address);

    /// @notice Who speaks for an account: see {IIdentity}.
    function identity() external view returns (address);

    /// @notice The batch roots: see {IAnchors}.
    function anchors() external view returns (address);

    /// @notice Grants, revocations and decisions: see {IConsent}.
    function consent() external view returns (address);
}
