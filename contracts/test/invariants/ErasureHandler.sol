// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IErasure} from "../../src/interfaces/IErasure.sol";
import {ErasureFixture} from "../support/ErasureFixture.sol";
import {ErasureMessages} from "../support/ErasureMessages.sol";
import {Vm} from "../support/Vm.sol";

/// @dev Patients erase, custodians present and past confirm, members change them: in any order. The books know which
/// keys were the custodians' at each request.
contract ErasureHandler is ErasureFixture {
    uint256 private constant IDS = 4;

    uint256 private _now = NOW;
    uint256 private _keys = 1000;

    // The books. `_keyOf` is of the present custodians, `keyThen` of those at the request.
    mapping(uint8 custodian => uint256) private _keyOf;
    uint8 private _n = 3;
    uint8 private _t = 2;
    mapping(bytes32 => mapping(uint8 => uint256)) public keyThen;
    mapping(bytes32 => uint256) public needed;
    mapping(bytes32 => uint256) public confirmed;
    mapping(bytes32 => mapping(uint8 => bool)) private _did;
    mapping(bytes32 => bool) public erased;
    bool public erasedTooSoon;
    bool public erasedTwice;
    bool public countedTwice;
    bool public strangerConfirmed;
    uint256 public erasures;

    constructor() {
        deploy(type(uint32).max);
        registerEverybody();
        for (uint8 i = 1; i <= 3; ++i) {
            _keyOf[i] = CUSTODIAN_KEY + i;
        }
    }

    modifier observed() {
        vm.warp(_now);
        vm.recordLogs();
        _;
        observe(vm.getRecordedLogs());
    }

    function idOf(uint256 id) public pure returns (bytes32) {
        return bytes32(1 + id % IDS);
    }

    function ids() external pure returns (uint256) {
        return IDS;
    }

    function stateOf(uint256 id) external view returns (uint8 needed_, uint8 confirmations, bool erased_) {
        (,, needed_, confirmations, erased_) = erasure.erasureOf(idOf(id));
    }

    function erase(uint8 id, bool other) external observed {
        IErasure.Erase memory m = anErasure();
        m.erasureId = idOf(id);
        m.account = other ? OTHER_PATIENT : PATIENT;
        uint256 key = other ? OTHER_PATIENT_KEY : PATIENT_KEY;
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.prank(RELAY_A);
        (bool ok,) = address(erasure).call(abi.encodeCall(erasure.erase, (m, signerOf(key), s)));
        if (!ok) return;
        needed[m.erasureId] = _n - _t + 1;
        for (uint8 i = 1; i <= _n; ++i) {
            keyThen[m.erasureId][i] = _keyOf[i];
        }
    }

    /// @dev By the custodian of then, the one of now, another one of then, or a stranger.
    function confirm(uint8 id, uint8 custodian, uint8 by) external observed {
        IErasure.Confirm memory m = aConfirmation(1 + custodian % 5);
        m.erasureId = idOf(id);
        uint256 key = [
            keyThen[m.erasureId][m.custodian],
            _keyOf[m.custodian],
            keyThen[m.erasureId][1 + (custodian % 3 + 1) % 3],
            NOBODYS_KEY
        ][by % 4];
        if (key == 0) key = NOBODYS_KEY;
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.prank(RELAY_A);
        (bool ok,) = address(erasure).call(abi.encodeCall(erasure.confirm, (m, s)));
        if (ok && key != keyThen[m.erasureId][m.custodian]) strangerConfirmed = true;
    }

    function replaceCustodian(uint8 index) external {
        vm.warp(_now);
        index = 1 + index % (_n == 5 ? 5 : _n + 1);
        uint256 key = ++_keys;
        vote(abi.encodeCall(members.setCustodian, (index, ORG_A, bytes32(key), vm.addr(key))));
        _now = block.timestamp;
        _keyOf[index] = key;
        if (index > _n) _n = index;
    }

    function setThreshold(uint8 t) external {
        vm.warp(_now);
        _t = 1 + t % _n;
        vote(abi.encodeCall(members.setThreshold, (_t)));
        _now = block.timestamp;
    }

    function observe(Vm.Log[] memory logs) private {
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (logs[i].emitter != address(erasure)) continue;
            bytes32 id = logs[i].topics[1];
            if (topic == IErasure.ErasureConfirmed.selector) {
                uint8 custodian = uint8(uint256(logs[i].topics[2]));
                if (_did[id][custodian]) countedTwice = true;
                _did[id][custodian] = true;
                ++confirmed[id];
            } else if (topic == IErasure.Erased.selector) {
                ++erasures;
                if (erased[id]) erasedTwice = true;
                erased[id] = true;
                if (needed[id] == 0 || confirmed[id] < needed[id]) erasedTooSoon = true;
            }
        }
    }
}
