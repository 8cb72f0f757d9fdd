// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {P256Verifier} from "../src/P256Verifier.sol";
import {WebAuthnVerifier} from "../src/WebAuthnVerifier.sol";
import {IIdentity} from "../src/interfaces/IIdentity.sol";
import {IRecovery} from "../src/interfaces/IRecovery.sol";
import {Messages} from "./support/Messages.sol";
import {RecoveryFixture} from "./support/RecoveryFixture.sol";
import {RecoveryMessages} from "./support/RecoveryMessages.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";

/// @dev Passkeys and plain P-256 keys as account, guardian and new signer. These tests run on an EVM without the
/// precompile of EIP-7951, so the signatures are checked in Solidity; packages/chain tests the same with it.
contract PasskeysTest is RecoveryFixture {
    uint256 private constant PASSKEY = 5;
    uint256 private constant CARD = 6;
    uint256 private constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    /// User present, and verified.
    bytes1 private constant UP_UV = 0x05;

    WebAuthnVerifier private _webAuthn;
    P256Verifier private _p256;

    function setUp() public {
        deploy(type(uint32).max);
        registerEverybody();
        registerGuardians(3);
        _webAuthn = new WebAuthnVerifier();
        _p256 = new P256Verifier();
    }

    function test_thereIsNoPrecompileHereSoSolidityDecides() public view {
        (bool ok, bytes memory answer) = address(0x100).staticcall(new bytes(160));
        vm.assertTrue(ok, "nothing there");
        vm.assertEq(answer.length, 0, "nor an answer");
    }

    /// @dev Made with Web Crypto, by a key and over a challenge of its own: nothing of this repository made it.
    function test_anAssertionOfAnotherImplementationIsUnderstood() public view {
        bytes memory key = hex"714cdfa50b6da755f0a959da1b1c07d04451e8e15e5a54c377b8a0e8d94762d0"
            hex"2a4cc263a490fabb0b380640b5a9e5f63481f438d5a59e8d96a28bb2062fbe99";
        bytes32 digest = 0xcd0aecc5f13dff933b9b78eabb7216d877bd25a3f5b7120f132d28cac9ac0c65;
        bytes memory s = abi.encode(
            bytes32(0x738c0849afd71b7811a6175c1c9bc988e17b2652b5845369b267ef7b3714b2fa),
            bytes32(0x6c911735ddc9e342e8f7dfa46e0a1d320b8ed495df94f97413a0d891fc4cc64e),
            uint256(23),
            uint256(1),
            hex"24292be0646a6dd79ee1dda0f661e4bd9eef72c1ef65e3e1c5c938fc9441d8d20500000000",
            '{"type":"webauthn.get","challenge":"zQrsxfE9_5M7m3jqu3IW2He9JaP1txIPEy0oysmsDGU","origin":"https://islet.example","crossOrigin":false}'
        );
        vm.assertTrue(approves(_webAuthn, key, digest, s), "a passkey's");
        vm.assertFalse(approves(_webAuthn, key, keccak256("other"), s), "of another challenge");
        bytes memory plain = hex"8fbfe7f6cdb45805b514c66f70a32af551ba1302879322aefbb163b165dd2a81"
            hex"43a2e1414aaf2b1a9cedebe7fbdddb8ee93f344a7df68deb1f717c5ce7500aea";
        vm.assertTrue(approves(_p256, key, digest, plain), "a plain key's");
        vm.assertFalse(approves(_p256, key, keccak256("other"), plain), "of another digest");
        vm.assertFalse(approves(_webAuthn, key, digest, plain), "a plain signature is no assertion");
    }

    function testFuzz_anAlteredAssertionIsRefused(uint256 where, uint8 bit) public view {
        bytes32 digest = keccak256("digest");
        bytes memory s = assertion(PASSKEY, digest, UP_UV);
        vm.assertTrue(approves(_webAuthn, keyOf(PASSKEY), digest, s), "unaltered");
        where %= s.length;
        s[where] ^= bytes1(uint8(1) << (bit % 8));
        // Padding after the last word of a string is nobody's.
        if (isPadding(s, where)) return;
        vm.assertFalse(approves(_webAuthn, keyOf(PASSKEY), digest, s), "altered");
    }

    function test_thePersonMustHaveBeenVerified() public view {
        bytes32 digest = keccak256("digest");
        vm.assertFalse(
            approves(_webAuthn, keyOf(PASSKEY), digest, assertion(PASSKEY, digest, 0x01)), "only present"
        );
        vm.assertFalse(
            approves(_webAuthn, keyOf(PASSKEY), digest, assertion(PASSKEY, digest, 0x04)), "not present"
        );
        vm.assertFalse(
            approves(_webAuthn, keyOf(CARD), digest, assertion(PASSKEY, digest, UP_UV)), "another key's"
        );
    }

    function test_theOtherFormOfASignatureIsRefused() public view {
        bytes32 digest = keccak256("digest");
        (bytes32 r, bytes32 s) = lowS(CARD, digest);
        vm.assertTrue(approves(_p256, keyOf(CARD), digest, abi.encodePacked(r, s)), "low");
        bytes memory high = abi.encodePacked(r, ORDER - uint256(s));
        vm.assertFalse(approves(_p256, keyOf(CARD), digest, high), "high");
    }

    function test_aPasskeyIsAnAccountsSigner() public {
        bytes memory signer = passkey(PASSKEY);
        registerWith("passkey", signer, PASSKEY, true);
        vm.assertTrue(identity.speaksFor("passkey", signer), "a passkey's account");
        registerWith("card", card(CARD), CARD, false);
        vm.assertTrue(identity.speaksFor("card", card(CARD)), "a card's account");
    }

    function test_aPasskeyObjectsAndSetsGuardians() public {
        registerWith("passkey", passkey(PASSKEY), PASSKEY, true);
        IRecovery.SetGuardians memory m = aPlan(3, 1);
        m.account = "passkey";
        bytes memory s = assertion(PASSKEY, forRecovery(RecoveryMessages.hash(m)), UP_UV);
        vm.prank(RELAY_A);
        recovery.setGuardians(m, passkey(PASSKEY), s);
        IRecovery.Approve memory a = anApproval(0, 1, NEW_KEY);
        a.account = "passkey";
        send(a, GUARDIAN_KEY);
        IRecovery.Object memory o = anObjection(1);
        o.account = "passkey";
        s = assertion(PASSKEY, forRecovery(RecoveryMessages.hash(o)), UP_UV);
        vm.prank(RELAY_A);
        recovery.object(o, passkey(PASSKEY), s);
        vm.warp(NOW + WAIT);
        bytes memory newSigner = signerOf(NEW_KEY);
        vm.expectRevert(abi.encodeWithSelector(IRecovery.RecoveryNotOpen.selector, bytes32("passkey"), 1));
        vm.prank(RELAY_A);
        recovery.finish("passkey", 1, newSigner);
    }

    /// @dev A guardian with a passkey and one with a card give the account to another passkey.
    function test_guardiansWithPasskeysRecoverToAPasskey() public {
        registerWith("with passkey", passkey(PASSKEY), PASSKEY, true);
        registerWith("with card", card(CARD), CARD, false);
        IRecovery.SetGuardians memory m = aPlan(2, 2);
        m.guardians[0] = keccak256(abi.encode(bytes32("with passkey"), saltOf(0)));
        m.guardians[1] = keccak256(abi.encode(bytes32("with card"), saltOf(1)));
        send(m, PATIENT_KEY);
        IRecovery.Approve memory a = anApproval(0, 1, NEW_KEY);
        (a.guardian, a.newSigner) = ("with passkey", passkey(7));
        bytes memory s = assertion(PASSKEY, forRecovery(RecoveryMessages.hash(a)), UP_UV);
        vm.prank(RELAY_A);
        recovery.approve(a, passkey(PASSKEY), s);
        (a.guardian, a.salt) = ("with card", saltOf(1));
        (bytes32 r, bytes32 low) = lowS(CARD, forRecovery(RecoveryMessages.hash(a)));
        vm.prank(RELAY_A);
        recovery.approve(a, card(CARD), abi.encodePacked(r, low));
        vm.warp(NOW + WAIT);
        vm.prank(RELAY_A);
        recovery.finish(PATIENT, 1, passkey(7));
        vm.assertTrue(identity.speaksFor(PATIENT, passkey(7)), "recovered");
        IRecovery.SetGuardians memory next = aPlan(3, 2);
        s = assertion(7, forRecovery(RecoveryMessages.hash(next)), UP_UV);
        vm.prank(RELAY_A);
        recovery.setGuardians(next, passkey(7), s);
    }

    // ——— helpers ———

    function approves(IERC7913SignatureVerifier verifier, bytes memory key, bytes32 digest, bytes memory s)
        private
        view
        returns (bool)
    {
        try verifier.verify(key, digest, s) returns (bytes4 answer) {
            return answer == IERC7913SignatureVerifier.verify.selector;
        } catch {
            return false;
        }
    }

    function registerWith(bytes32 account, bytes memory signer, uint256 key, bool withAssertion) private {
        IIdentity.Register memory m = IIdentity.Register({
            chain: block.chainid,
            target: address(identity),
            account: account,
            signer: signer,
            encryptionKeyHash: "encryption key",
            deadline: soon()
        });
        bytes32 digest = forIdentity(Messages.hash(m));
        (bytes32 r, bytes32 s) = lowS(key, digest);
        bytes memory signed = withAssertion ? assertion(key, digest, UP_UV) : abi.encodePacked(r, s);
        vm.prank(RELAY_A);
        identity.register(m, signed);
    }

    function keyOf(uint256 key) private pure returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(x, y);
    }

    function passkey(uint256 key) private view returns (bytes memory) {
        return abi.encodePacked(address(_webAuthn), keyOf(key));
    }

    function card(uint256 key) private view returns (bytes memory) {
        return abi.encodePacked(address(_p256), keyOf(key));
    }

    function lowS(uint256 key, bytes32 digest) private pure returns (bytes32 r, bytes32 s) {
        (r, s) = vm.signP256(key, digest);
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
    }

    /// @dev What a browser answers to `navigator.credentials.get` with the digest as challenge.
    function assertion(uint256 key, bytes32 digest, bytes1 flags) private pure returns (bytes memory) {
        bytes memory data = abi.encodePacked(sha256("islet.example"), flags, uint32(0));
        string memory json = string.concat(
            '{"type":"webauthn.get","challenge":"',
            Base64.encodeURL(abi.encodePacked(digest)),
            '","origin":"https://islet.example","crossOrigin":false}'
        );
        (bytes32 r, bytes32 s) = lowS(key, sha256(abi.encodePacked(data, sha256(bytes(json)))));
        return abi.encode(r, s, uint256(23), uint256(1), data, json);
    }

    /// @dev The bytes after the authenticator data (37) and after the JSON, up to the next word.
    function isPadding(bytes memory s, uint256 where) private pure returns (bool) {
        uint256 data = 6 * 32 + 32;
        uint256 json = data + 64 + 32;
        uint256 jsonLength;
        assembly {
            jsonLength := mload(add(s, json))
        }
        return (where >= data + 37 && where < data + 64) || where >= json + jsonLength;
    }
}
