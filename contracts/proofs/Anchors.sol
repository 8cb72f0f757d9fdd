// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Members} from "./World.sol";

contract Anchors {
    // from IAnchors: errors, events
    // from Anchors: _count, _roots
    Members private _members;

    // from Anchors: commit
    // the only ones that change Anchors: commit

    function proveCommit(uint64 number, bytes32 root, address hub, uint64 other) external {
        bytes32 before = _roots[hub][other];
        uint64 count = _count[hub];
        // As every commit leaves it, and so it begins: nothing stands beyond the count.
        require(before == 0 || other <= count);
        commit(number, root);
        // proved: an anchor never changes
        assert(before == 0 || _roots[hub][other] == before);
        // proved: nothing ever stands beyond the count
        assert(_roots[hub][other] == 0 || other <= _count[hub]);
        // proved: only a relay of an active member anchors, under its own address and the next number
        assert(
            _members.isRelay(msg.sender)
                && (hub == msg.sender ? number == count + 1 && _count[hub] == number : _count[hub] == count)
        );
        // proved: the committed root is kept
        assert(root != 0 && _roots[msg.sender][number] == root);
        // reached: an anchor can be committed
        assert(false);
    }
}
