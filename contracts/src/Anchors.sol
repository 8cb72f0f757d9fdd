// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IAnchors} from "./interfaces/IAnchors.sol";
import {IMembers} from "./interfaces/IMembers.sol";

/// @title Anchors
/// @notice See {IAnchors}.
contract Anchors is IAnchors {
    IMembers private immutable _members;
    mapping(address hub => uint64) private _count;
    mapping(address hub => mapping(uint64 number => bytes32)) private _roots;

    constructor(IMembers members_) {
        _members = members_;
    }

    /// @inheritdoc IAnchors
    function commit(uint64 number, bytes32 root) external {
        require(_members.isRelay(msg.sender), AnchorsNotARelay(msg.sender));
        uint64 expected = _count[msg.sender] + 1;
        require(number == expected, AnchorsWrongNumber(expected));
        require(root != bytes32(0), AnchorsEmptyRoot());
        _count[msg.sender] = number;
        _roots[msg.sender][number] = root;
        emit Anchored(msg.sender, number, root);
    }

    /// @inheritdoc IAnchors
    function rootOf(address hub, uint64 number) external view returns (bytes32) {
        return _roots[hub][number];
    }

    /// @inheritdoc IAnchors
    function count(address hub) external view returns (uint64) {
        return _count[hub];
    }

    /// @inheritdoc IAnchors
    function members() external view returns (address) {
        return address(_members);
    }
}
