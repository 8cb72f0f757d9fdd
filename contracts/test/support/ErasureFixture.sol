// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IErasure} from "../../src/interfaces/IErasure.sol";
import {ErasureMessages} from "./ErasureMessages.sol";
import {Fixture} from "./Fixture.sol";
import {Messages} from "./Messages.sol";

abstract contract ErasureFixture is Fixture {
    int32 internal constant LAST_DAY = 131_071;
    bytes32 internal constant ERASURE = "erasure";

    uint256 private _nonce;

    function soon() internal view returns (uint64) {
        return uint64(block.timestamp) + 1 hours;
    }

    /// @dev Two streams, days 100 to 200.
    function anErasure() internal returns (IErasure.Erase memory) {
        return IErasure.Erase({
            chain: block.chainid,
            target: address(erasure),
            erasureId: ERASURE,
            account: PATIENT,
            streams: streamsOf(2),
            firstDay: 100,
            lastDay: 200,
            scopeHash: "scope",
            nonce: ++_nonce,
            deadline: soon()
        });
    }

    function aConfirmation(uint8 custodian) internal view returns (IErasure.Confirm memory) {
        return IErasure.Confirm({
            chain: block.chainid,
            target: address(erasure),
            erasureId: ERASURE,
            custodian: custodian,
            receiptHash: keccak256(abi.encode("receipt", custodian)),
            deadline: soon()
        });
    }

    function forErasure(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(erasure));
    }

    function send(IErasure.Erase memory m, uint256 key) internal {
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.prank(RELAY_A);
        erasure.erase(m, signerOf(key), s);
    }

    function send(IErasure.Confirm memory m, uint256 key) internal {
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.prank(RELAY_A);
        erasure.confirm(m, s);
    }

    function confirm(uint8 custodian) internal {
        send(aConfirmation(custodian), CUSTODIAN_KEY + custodian);
    }

    function refuses(IErasure.Erase memory m, uint256 key, bytes memory refusal) internal {
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        erasure.erase(m, signerOf(key), s);
    }

    function refuses(IErasure.Confirm memory m, uint256 key, bytes memory refusal) internal {
        bytes memory s = signature(key, forErasure(ErasureMessages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        erasure.confirm(m, s);
    }

    function isErased() internal view returns (bool erased) {
        (,,,, erased) = erasure.erasureOf(ERASURE);
    }
}
