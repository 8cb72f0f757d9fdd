// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {ICircles} from "../../src/interfaces/ICircles.sol";
import {CirclesMessages} from "./CirclesMessages.sol";
import {ConsentFixture} from "./ConsentFixture.sol";
import {Messages} from "./Messages.sol";

/// @dev The patient's circle, its keeper, and what either signs.
abstract contract CirclesFixture is ConsentFixture {
    bytes32 internal constant KEEPER = "keeper";
    uint256 internal constant KEEPER_KEY = 15;
    uint8 internal constant PEOPLE = 2;
    uint64 internal constant UNTIL = NOW + 20 days;

    uint256 private _nonce;

    /// @dev Two people at a time, for twenty days.
    function anOpening() internal view returns (ICircles.OpenCircle memory) {
        return ICircles.OpenCircle({
            chain: block.chainid,
            target: address(circles),
            patient: PATIENT,
            keeper: KEEPER,
            maxPeople: PEOPLE,
            until: UNTIL,
            salt: "salt",
            keyHash: "key",
            deadline: soon()
        });
    }

    function theCircle() internal view returns (bytes32) {
        return idOf(anOpening());
    }

    function idOf(ICircles.OpenCircle memory m) internal view returns (bytes32) {
        return circles.circleIdOf(m.patient, m.keeper, m.maxPeople, m.until, m.salt);
    }

    function anAdmission(bytes32 reader) internal returns (ICircles.Admit memory) {
        return ICircles.Admit({
            chain: block.chainid,
            target: address(circles),
            circle: theCircle(),
            keeper: KEEPER,
            reader: reader,
            nonce: ++_nonce,
            deadline: soon()
        });
    }

    function aDismissal(bytes32 by, bytes32 reader) internal returns (ICircles.Dismiss memory) {
        return ICircles.Dismiss({
            chain: block.chainid,
            target: address(circles),
            circle: theCircle(),
            by: by,
            reader: reader,
            nonce: ++_nonce,
            deadline: soon()
        });
    }

    function aNewKey(bytes32 by) internal returns (ICircles.ReplaceCircleKey memory) {
        return ICircles.ReplaceCircleKey({
            chain: block.chainid,
            target: address(circles),
            circle: theCircle(),
            by: by,
            keyHash: "new key",
            nonce: ++_nonce,
            deadline: soon()
        });
    }

    function anEnd() internal view returns (ICircles.EndCircle memory) {
        return ICircles.EndCircle({
            chain: block.chainid,
            target: address(circles),
            circle: theCircle(),
            patient: PATIENT,
            deadline: soon()
        });
    }

    // ——— as calls ———

    function forCircles(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(circles));
    }

    function call(ICircles.OpenCircle memory m, uint256 key) internal view returns (bytes memory) {
        bytes memory s = signature(key, forCircles(CirclesMessages.hash(m)));
        return abi.encodeCall(circles.openCircle, (m, signerOf(key), s));
    }

    function call(ICircles.Admit memory m, uint256 key) internal view returns (bytes memory) {
        bytes memory s = signature(key, forCircles(CirclesMessages.hash(m)));
        return abi.encodeCall(circles.admit, (m, signerOf(key), s));
    }

    function call(ICircles.Dismiss memory m, uint256 key) internal view returns (bytes memory) {
        bytes memory s = signature(key, forCircles(CirclesMessages.hash(m)));
        return abi.encodeCall(circles.dismiss, (m, signerOf(key), s));
    }

    function call(ICircles.ReplaceCircleKey memory m, uint256 key) internal view returns (bytes memory) {
        bytes memory s = signature(key, forCircles(CirclesMessages.hash(m)));
        return abi.encodeCall(circles.replaceCircleKey, (m, signerOf(key), s));
    }

    function call(ICircles.EndCircle memory m, uint256 key) internal view returns (bytes memory) {
        bytes memory s = signature(key, forCircles(CirclesMessages.hash(m)));
        return abi.encodeCall(circles.endCircle, (m, signerOf(key), s));
    }

    /// @dev Whether it went through, and what came back.
    function relayed(bytes memory data) internal returns (bool ok, bytes memory answer) {
        vm.prank(RELAY_A);
        return address(circles).call(data);
    }

    function does(bytes memory data) internal {
        (bool ok,) = relayed(data);
        vm.assertTrue(ok, "goes through");
    }

    function refuses(bytes memory data, bytes memory refusal) internal {
        (bool ok, bytes memory answer) = relayed(data);
        vm.assertFalse(ok, "is refused");
        vm.assertEq(keccak256(answer), keccak256(refusal), "for this reason");
    }

    // ——— what happens ———

    function open() internal returns (bytes32 circle) {
        does(call(anOpening(), PATIENT_KEY));
        return theCircle();
    }

    function admit(bytes32 reader) internal {
        does(call(anAdmission(reader), KEEPER_KEY));
    }

    function dismissByKeeper(bytes32 reader) internal {
        does(call(aDismissal(KEEPER, reader), KEEPER_KEY));
    }

    function dismissByPatient(bytes32 reader) internal {
        does(call(aDismissal(PATIENT, reader), PATIENT_KEY));
    }

    function end() internal {
        does(call(anEnd(), PATIENT_KEY));
    }

    function about(bytes4 selector, bytes32 what) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, what);
    }

    function about(bytes4 selector, bytes32 what, bytes32 whom) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, what, whom);
    }

    function isIn(bytes32 reader) internal view returns (bool) {
        return circles.isIn(theCircle(), PATIENT, reader);
    }

    function people() internal view returns (uint8 count) {
        (,,, count,,) = circles.circleOf(theCircle());
    }

    function soon() private view returns (uint64) {
        return uint64(block.timestamp) + 1 hours;
    }
}
