// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IMembers} from "./interfaces/IMembers.sol";
import {IRelayed} from "./interfaces/IRelayed.sol";

/// @title Relayed
/// @notice See {IRelayed}.
abstract contract Relayed is IRelayed {
    struct Window {
        uint64 hour;
        uint32 calls;
    }

    IMembers internal immutable _members;
    uint32 private immutable _budget;
    mapping(address relay => Window) private _windows;

    constructor(IMembers members_, uint32 budget_) {
        require(budget_ != 0, RelayedNoBudget());
        _members = members_;
        _budget = budget_;
    }

    /// @dev For what adds: a relay of an active member, within its budget.
    modifier onlyRelay() {
        _requireRelay();
        _spend();
        _;
    }

    /// @dev For what takes away (revoking, ending a gateway, removing a signer): a relay, whatever its budget.
    /// Otherwise a reader who floods a relay with requests could keep a patient from revoking for the rest of the
    /// hour. Each such call undoes one counted call, so their number is bounded all the same.
    modifier onlyRelayUncounted() {
        _requireRelay();
        _;
    }

    /// @inheritdoc IRelayed
    function members() external view returns (address) {
        return address(_members);
    }

    /// @inheritdoc IRelayed
    function budget() external view returns (uint32) {
        return _budget;
    }

    /// @inheritdoc IRelayed
    function spent(address relay) external view returns (uint32) {
        Window storage window = _windows[relay];
        return window.hour == _hour() ? window.calls : 0;
    }

    function _requireRelay() private view {
        require(_members.isRelay(msg.sender), RelayedNotARelay(msg.sender));
    }

    function _spend() private {
        Window storage window = _windows[msg.sender];
        uint64 hour = _hour();
        uint32 calls = window.hour == hour ? window.calls : 0;
        require(calls < _budget, RelayedBudgetSpent(msg.sender, (hour + 1) * 1 hours));
        window.hour = hour;
        window.calls = calls + 1;
    }

    function _hour() private view returns (uint64) {
        return uint64(block.timestamp / 1 hours);
    }
}
