// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";

/// @dev Commits whatever the fuzzer comes up with, and remembers the first root seen at each place.
contract AnchorsHandler is Fixture {
    struct Place {
        address hub;
        uint64 number;
        bytes32 root;
    }

    Place[] private _places;
    mapping(address => uint64) public committed;
    bool public strangerCommitted;

    constructor() {
        deploy(1);
    }

    /// @dev Near the next number, so that it often is the next, often the last and sometimes neither.
    function commit(uint256 who, uint64 offset, bytes32 root) external {
        address hub = hubOf(who);
        tryCommit(hub, committed[hub] + offset % 4, root);
    }

    function commitAnything(address sender, uint64 number, bytes32 root) external {
        tryCommit(sender, number, root);
    }

    function placeCount() external view returns (uint256) {
        return _places.length;
    }

    function place(uint256 i) external view returns (Place memory) {
        return _places[i];
    }

    function hubOf(uint256 who) public pure returns (address) {
        return [RELAY_A, RELAY_B, RELAY_C][who % 3];
    }

    function rootOf(address hub, uint64 number) external view returns (bytes32) {
        return anchors.rootOf(hub, number);
    }

    function count(address hub) external view returns (uint64) {
        return anchors.count(hub);
    }

    function tryCommit(address sender, uint64 number, bytes32 root) private {
        vm.prank(sender);
        try anchors.commit(number, root) {
            if (!members.isRelay(sender)) strangerCommitted = true;
            ++committed[sender];
            _places.push(Place(sender, number, root));
        } catch {}
    }
}
