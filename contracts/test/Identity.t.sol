// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IIdentity} from "../src/interfaces/IIdentity.sol";
import {Fixture} from "./support/Fixture.sol";
import {Messages} from "./support/Messages.sol";
import {ReentrantVerifier, Wallet} from "./support/Signers.sol";
import {
    ERC7913P256Verifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

contract IdentityTest is Fixture {
    /// @dev The six messages that change an account have one shape: who, what, nonce, deadline.
    enum Kind {
        AuthoriseGateway,
        EndGateway,
        AddSigner,
        RemoveSigner,
        RecordKeys,
        ReplaceEncryptionKey
    }

    /// @dev `what` is the gateway key, keys root or encryption key hash; for signers the key whose address is meant.
    struct Message {
        Kind kind;
        uint256 chain;
        address target;
        bytes32 account;
        uint256 what;
        uint256 nonce;
        uint64 deadline;
    }

    uint256 private constant GATEWAY = 501;
    uint256 private constant SECOND_KEY = 502;

    function setUp() public {
        deploy(BUDGET);
        register(PATIENT, PATIENT_KEY);
    }

    // ——— registering ———

    function test_anAccountBeginsWithOneSignerAndAnEncryptionKey() public {
        vm.expectEmit(address(identity));
        emit IIdentity.Registered(READER, signerOf(READER_KEY), keccak256(abi.encode("encryption", READER)));
        register(READER, READER_KEY);
        vm.assertTrue(identity.speaksFor(READER, signerOf(READER_KEY)), "speaks for its account");
        vm.assertFalse(identity.speaksFor(READER, signerOf(PATIENT_KEY)), "another does not");
        vm.assertFalse(identity.speaksFor(OTHER_READER, signerOf(READER_KEY)), "nor for another account");
        vm.assertEq(identity.signerCount(READER), 1, "one signer");
        vm.assertEq(identity.encryptionKeyHash(READER), keccak256(abi.encode("encryption", READER)), "key");
        vm.assertEq(identity.keysRoot(READER), bytes32(0), "no keys yet");
    }

    function test_anAccountCannotBeRegisteredOver() public {
        IIdentity.Register memory m = aRegistration(PATIENT, NOBODYS_KEY);
        sendRegister(
            m, NOBODYS_KEY, abi.encodeWithSelector(IIdentity.IdentityAccountExists.selector, PATIENT)
        );
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(NOBODYS_KEY)), "not taken over");
    }

    function test_anAccountOrKeyOfZeroCannotBeRegistered() public {
        bytes memory zero = error(IIdentity.IdentityZero.selector);
        sendRegister(aRegistration(bytes32(0), READER_KEY), READER_KEY, zero);
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        m.encryptionKeyHash = bytes32(0);
        sendRegister(m, READER_KEY, zero);
    }

    function testFuzz_anyAlteredFieldBreaksARegistration(uint256 field, uint256 change) public {
        field %= 6;
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        bytes memory s = signature(READER_KEY, forIdentity(Messages.hash(m)));
        bytes memory expected = error(IIdentity.IdentityBadSignature.selector);
        if (field == 0) {
            m.chain = different(m.chain, change);
            expected = abi.encodeWithSelector(IIdentity.IdentityWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(different(uint160(m.target), uint160(change))));
            expected = abi.encodeWithSelector(IIdentity.IdentityWrongContract.selector, m.target);
        } else if (field == 2) {
            m.account = keccak256(abi.encode(change));
        } else if (field == 3) {
            m.signer = signerOf(1000 + change % 1000);
        } else if (field == 4) {
            m.encryptionKeyHash = keccak256(abi.encode(change));
        } else {
            m.deadline = uint64(different(m.deadline, uint64(change)));
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IIdentity.IdentityDeadlinePassed.selector, m.deadline);
            }
        }
        vm.expectRevert(expected);
        vm.prank(RELAY_A);
        identity.register(m, s);
    }

    function test_signersOfImpossibleLengthAreRefused() public {
        refusedAsSigner(new bytes(0));
        refusedAsSigner(new bytes(19));
        refusedAsSigner(abi.encodePacked(address(identity), new bytes(1005)));
    }

    function test_aVerifierWithoutCodeIsRefused() public {
        refusedAsSigner(abi.encodePacked(STRANGER, bytes32("key")));
    }

    function testFuzz_aPrecompileIsNoVerifier(uint8 number, bytes32 key) public {
        refusedAsSigner(abi.encodePacked(address(uint160(number)), key));
    }

    // ——— what each message does ———

    function test_aGatewayIsAuthorisedAndEnded() public {
        vm.expectEmit(address(identity));
        emit IIdentity.GatewayAuthorised(PATIENT, bytes32(GATEWAY));
        send(aMessage(Kind.AuthoriseGateway, GATEWAY, 1), PATIENT_KEY);
        vm.assertTrue(identity.isGateway(PATIENT, bytes32(GATEWAY)), "authorised");
        vm.assertFalse(identity.isGateway(READER, bytes32(GATEWAY)), "for this account only");
        vm.expectEmit(address(identity));
        emit IIdentity.GatewayEnded(PATIENT, bytes32(GATEWAY));
        send(aMessage(Kind.EndGateway, GATEWAY, 2), PATIENT_KEY);
        vm.assertFalse(identity.isGateway(PATIENT, bytes32(GATEWAY)), "ended");
    }

    function test_aGatewayIsAuthorisedOnceAndItsEndIsFinal() public {
        bytes32 key = bytes32(GATEWAY);
        refused(
            aMessage(Kind.EndGateway, GATEWAY, 1),
            abi.encodeWithSelector(IIdentity.IdentityGatewayNotAuthorised.selector, PATIENT, key)
        );
        send(aMessage(Kind.AuthoriseGateway, GATEWAY, 1), PATIENT_KEY);
        refused(
            aMessage(Kind.AuthoriseGateway, GATEWAY, 2),
            abi.encodeWithSelector(IIdentity.IdentityGatewayAlreadyAuthorised.selector, PATIENT, key)
        );
        send(aMessage(Kind.EndGateway, GATEWAY, 3), PATIENT_KEY);
        refused(
            aMessage(Kind.AuthoriseGateway, GATEWAY, 4),
            abi.encodeWithSelector(IIdentity.IdentityGatewayWasEnded.selector, PATIENT, key)
        );
        refused(
            aMessage(Kind.EndGateway, GATEWAY, 5),
            abi.encodeWithSelector(IIdentity.IdentityGatewayNotAuthorised.selector, PATIENT, key)
        );
    }

    function test_anAddedSignerSpeaksForTheAccountUntilRemoved() public {
        vm.expectEmit(address(identity));
        emit IIdentity.SignerAdded(PATIENT, signerOf(SECOND_KEY));
        send(aMessage(Kind.AddSigner, SECOND_KEY, 1), PATIENT_KEY);
        vm.assertEq(identity.signerCount(PATIENT), 2, "two");
        vm.expectEmit(address(identity));
        emit IIdentity.SignerRemoved(PATIENT, signerOf(PATIENT_KEY));
        send(aMessage(Kind.RemoveSigner, PATIENT_KEY, 2), SECOND_KEY);
        vm.assertEq(identity.signerCount(PATIENT), 1, "one");
        vm.assertFalse(identity.speaksFor(PATIENT, signerOf(PATIENT_KEY)), "removed");
        bytes memory s = signed(aMessage(Kind.AuthoriseGateway, GATEWAY, 3), PATIENT_KEY);
        vm.expectRevert(abi.encodeWithSelector(IIdentity.IdentityNotASigner.selector, PATIENT));
        call(aMessage(Kind.AuthoriseGateway, GATEWAY, 3), signerOf(PATIENT_KEY), s);
        send(aMessage(Kind.AuthoriseGateway, GATEWAY, 3), SECOND_KEY);
    }

    function test_aSignerIsAddedOnceAndRemovedOnce() public {
        refused(
            aMessage(Kind.AddSigner, PATIENT_KEY, 1),
            abi.encodeWithSelector(IIdentity.IdentitySignerExists.selector, PATIENT)
        );
        send(aMessage(Kind.AddSigner, SECOND_KEY, 1), PATIENT_KEY);
        send(aMessage(Kind.RemoveSigner, SECOND_KEY, 2), PATIENT_KEY);
        refused(
            aMessage(Kind.RemoveSigner, SECOND_KEY, 3),
            abi.encodeWithSelector(IIdentity.IdentityUnknownSigner.selector, PATIENT)
        );
    }

    function test_theLastSignerCannotBeRemoved() public {
        refused(
            aMessage(Kind.RemoveSigner, PATIENT_KEY, 1),
            abi.encodeWithSelector(IIdentity.IdentityLastSigner.selector, PATIENT)
        );
    }

    function test_keysAreRecordedAndRecordedAnew() public {
        vm.expectEmit(address(identity));
        emit IIdentity.KeysRecorded(PATIENT, bytes32(uint256(7)));
        send(aMessage(Kind.RecordKeys, 7, 1), PATIENT_KEY);
        vm.assertEq(identity.keysRoot(PATIENT), bytes32(uint256(7)), "recorded");
        send(aMessage(Kind.RecordKeys, 8, 2), PATIENT_KEY);
        vm.assertEq(identity.keysRoot(PATIENT), bytes32(uint256(8)), "anew");
    }

    function test_theEncryptionKeyIsReplaced() public {
        vm.expectEmit(address(identity));
        emit IIdentity.EncryptionKeyReplaced(PATIENT, bytes32(uint256(9)));
        send(aMessage(Kind.ReplaceEncryptionKey, 9, 1), PATIENT_KEY);
        vm.assertEq(identity.encryptionKeyHash(PATIENT), bytes32(uint256(9)), "replaced");
    }

    function test_zeroIsNoGatewayRootOrKey() public {
        bytes memory zero = error(IIdentity.IdentityZero.selector);
        refused(aMessage(Kind.AuthoriseGateway, 0, 1), zero);
        refused(aMessage(Kind.RecordKeys, 0, 1), zero);
        refused(aMessage(Kind.ReplaceEncryptionKey, 0, 1), zero);
    }

    // ——— what no message may do ———

    function testFuzz_anyAlteredFieldBreaksTheSignature(uint256 kind, uint256 field, uint256 change) public {
        field %= 6;
        Message memory m = ready(kind, 77);
        bytes memory s = signed(m, PATIENT_KEY);
        bytes memory expected = error(IIdentity.IdentityBadSignature.selector);
        if (field == 0) {
            m.chain = different(m.chain, change);
            expected = abi.encodeWithSelector(IIdentity.IdentityWrongChain.selector, m.chain);
        } else if (field == 1) {
            m.target = address(uint160(different(uint160(m.target), uint160(change))));
            expected = abi.encodeWithSelector(IIdentity.IdentityWrongContract.selector, m.target);
        } else if (field == 2) {
            m.account = bytes32(different(uint256(m.account), change));
            expected = abi.encodeWithSelector(IIdentity.IdentityNotASigner.selector, m.account);
        } else if (field == 3) {
            m.what = 1000 + change % 1000;
        } else if (field == 4) {
            m.nonce = different(m.nonce, change);
        } else {
            m.deadline = uint64(different(m.deadline, uint64(change)));
            if (m.deadline < NOW) {
                expected = abi.encodeWithSelector(IIdentity.IdentityDeadlinePassed.selector, m.deadline);
            }
        }
        vm.expectRevert(expected);
        call(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_aMessageIsNotAcceptedAsOneOfAnotherKind(uint256 kind, uint256 other) public {
        Message memory m = ready(kind, 77);
        bytes memory s = signed(m, PATIENT_KEY);
        m.kind = Kind(other % 6);
        vm.assume(uint256(m.kind) != kind % 6);
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        call(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_anAlteredAccountIsRefusedEvenWhereTheSignerSpeaksForIt(uint256 kind) public {
        register("second account", PATIENT_KEY);
        Message memory m = ready(kind, 77);
        bytes memory s = signed(m, PATIENT_KEY);
        m.account = "second account";
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        call(m, signerOf(PATIENT_KEY), s);
    }

    function testFuzz_anotherKeysSignatureIsRefused(uint256 kind, uint256 key) public {
        key = 1000 + key % 1000;
        Message memory m = ready(kind, 77);
        bytes memory s = signed(m, key);
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        call(m, signerOf(PATIENT_KEY), s);
        vm.expectRevert(abi.encodeWithSelector(IIdentity.IdentityNotASigner.selector, PATIENT));
        call(m, signerOf(key), s);
    }

    function testFuzz_aMessageIsAcceptedOnce(uint256 kind, uint256 nonce) public {
        Message memory m = ready(kind, nonce);
        vm.assertFalse(identity.isNonceUsed(PATIENT, nonce), "fresh");
        send(m, PATIENT_KEY);
        vm.assertTrue(identity.isNonceUsed(PATIENT, nonce), "used");
        vm.assertFalse(identity.isNonceUsed(READER, nonce), "by this account only");
        refused(m, abi.encodeWithSelector(IIdentity.IdentityNonceUsed.selector, PATIENT, nonce));
    }

    function test_noncesNeedNoOrder() public {
        send(aMessage(Kind.RecordKeys, 1, type(uint256).max), PATIENT_KEY);
        send(aMessage(Kind.RecordKeys, 2, 0), PATIENT_KEY);
        send(aMessage(Kind.RecordKeys, 3, 255), PATIENT_KEY);
        send(aMessage(Kind.RecordKeys, 4, 256), PATIENT_KEY);
    }

    function test_aWithheldMessageDiesWhenItsNonceIsUsedByAnother() public {
        send(aMessage(Kind.RecordKeys, 1, 5), PATIENT_KEY);
        refused(
            aMessage(Kind.AuthoriseGateway, GATEWAY, 5),
            abi.encodeWithSelector(IIdentity.IdentityNonceUsed.selector, PATIENT, 5)
        );
    }

    function testFuzz_theDeadlineIsTheLastSecond(uint256 kind) public {
        Message memory m = ready(kind, 77);
        vm.warp(m.deadline + 1);
        refused(m, abi.encodeWithSelector(IIdentity.IdentityDeadlinePassed.selector, m.deadline));
        vm.warp(m.deadline);
        send(m, PATIENT_KEY);
    }

    function testFuzz_aForkOfTheChainTakesNoMessageOfThisOne(uint256 kind, uint64 chain) public {
        vm.assume(chain != 0 && chain != block.chainid);
        Message memory m = ready(kind, 77);
        bytes memory s = signed(m, PATIENT_KEY);
        vm.chainId(chain);
        vm.expectRevert(abi.encodeWithSelector(IIdentity.IdentityWrongChain.selector, m.chain));
        call(m, signerOf(PATIENT_KEY), s);
        m.chain = chain;
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        call(m, signerOf(PATIENT_KEY), s);
    }

    function test_theOtherFormOfASignatureIsRefused() public {
        Message memory m = aMessage(Kind.RecordKeys, 1, 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PATIENT_KEY, forIdentity(structHash(m)));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory malleated = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        call(m, signerOf(PATIENT_KEY), malleated);
    }

    // ——— signers that are no plain key ———

    function test_aP256KeySpeaksThroughItsVerifier() public {
        (uint256 x, uint256 y) = vm.publicKeyP256(5);
        bytes memory signer = abi.encodePacked(address(new ERC7913P256Verifier()), x, y);
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        m.signer = signer;
        bytes32 digest = forIdentity(Messages.hash(m));
        vm.prank(RELAY_A);
        identity.register(m, signatureP256(5, digest));
        vm.assertTrue(identity.speaksFor(READER, signer), "registered");
        m.account = OTHER_READER;
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        vm.prank(RELAY_A);
        identity.register(m, signatureP256(5, digest));
    }

    function test_aContractWalletSpeaksForItself() public {
        Wallet wallet = new Wallet();
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        m.signer = abi.encodePacked(address(wallet));
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        vm.prank(RELAY_A);
        identity.register(m, "");
        wallet.approve(forIdentity(Messages.hash(m)));
        vm.prank(RELAY_A);
        identity.register(m, "");
        vm.assertTrue(identity.speaksFor(READER, m.signer), "registered");
    }

    function test_aHostileVerifierCannotReenter() public {
        ReentrantVerifier verifier = new ReentrantVerifier();
        vote(abi.encodeCall(members.setRelay, (address(verifier), ORG_A)));
        IIdentity.Register memory inner = aRegistration(OTHER_READER, OTHER_READER_KEY);
        bytes memory s = signature(OTHER_READER_KEY, forIdentity(Messages.hash(inner)));
        verifier.prepare(address(identity), abi.encodeCall(identity.register, (inner, s)));
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        m.signer = abi.encodePacked(address(verifier), bytes32("key"));
        vm.expectRevert(error(IIdentity.IdentityBadSignature.selector));
        vm.prank(RELAY_A);
        identity.register(m, "");
        vm.assertEq(identity.signerCount(OTHER_READER), 0, "nothing happened inside");
        verifier.verify("", 0, "");
        vm.assertEq(identity.signerCount(OTHER_READER), 1, "though outside it would have");
    }

    // ——— the messages as any wallet hashes them ———

    function test_theHashesAreThoseOfTheSpecification() public view {
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        bytes32 expected = vm.eip712HashStruct(Messages.REGISTER, abi.encode(m));
        vm.assertEq(Messages.hash(m), expected, "Register");
        for (uint256 i; i < 6; ++i) {
            Message memory n = aMessage(Kind(i), PATIENT_KEY, 3);
            vm.assertEq(structHash(n), vm.eip712HashStruct(definition(n.kind), encoded(n)), "six words");
        }
    }

    // ——— helpers ———

    function aRegistration(bytes32 account, uint256 key) private view returns (IIdentity.Register memory) {
        return IIdentity.Register({
            chain: block.chainid,
            target: address(identity),
            account: account,
            signer: signerOf(key),
            encryptionKeyHash: "encryption key",
            deadline: uint64(block.timestamp) + 1 hours
        });
    }

    function sendRegister(IIdentity.Register memory m, uint256 key, bytes memory refusal) private {
        bytes memory s = signature(key, forIdentity(Messages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        identity.register(m, s);
    }

    /// @dev Neither as the first signer nor as a further one.
    function refusedAsSigner(bytes memory signer) private {
        IIdentity.Register memory m = aRegistration(READER, READER_KEY);
        m.signer = signer;
        vm.expectRevert(error(IIdentity.IdentityBadSigner.selector));
        vm.prank(RELAY_A);
        identity.register(m, "");
        IIdentity.AddSigner memory added = IIdentity.AddSigner({
            chain: block.chainid,
            target: address(identity),
            account: PATIENT,
            signer: signer,
            nonce: 1,
            deadline: uint64(block.timestamp) + 1
        });
        bytes32 digest = forIdentity(
            keccak256(
                abi.encode(
                    keccak256(bytes(Messages.ADD_SIGNER)),
                    added.chain,
                    added.target,
                    added.account,
                    keccak256(signer),
                    added.nonce,
                    added.deadline
                )
            )
        );
        bytes memory s = signature(PATIENT_KEY, digest);
        vm.expectRevert(error(IIdentity.IdentityBadSigner.selector));
        vm.prank(RELAY_A);
        identity.addSigner(added, signerOf(PATIENT_KEY), s);
    }

    function aMessage(Kind kind, uint256 what, uint256 nonce) private view returns (Message memory) {
        return Message({
            kind: kind,
            chain: block.chainid,
            target: address(identity),
            account: PATIENT,
            what: what,
            nonce: nonce,
            deadline: uint64(block.timestamp) + 1 hours
        });
    }

    /// @dev A message of any kind, and an account in which it is possible.
    function ready(uint256 kind, uint256 nonce) private returns (Message memory) {
        Kind k = Kind(kind % 6);
        uint256 other = nonce == 0 ? 1 : nonce - 1;
        if (k == Kind.EndGateway) send(aMessage(Kind.AuthoriseGateway, GATEWAY, other), PATIENT_KEY);
        if (k == Kind.RemoveSigner) send(aMessage(Kind.AddSigner, SECOND_KEY, other), PATIENT_KEY);
        bool ofSigner = k == Kind.AddSigner || k == Kind.RemoveSigner;
        return aMessage(k, ofSigner ? SECOND_KEY : GATEWAY, nonce);
    }

    function different(uint256 value, uint256 change) private pure returns (uint256) {
        vm.assume(value != change);
        return change;
    }

    function definition(Kind kind) private pure returns (string memory) {
        if (kind == Kind.AuthoriseGateway) return Messages.AUTHORISE_GATEWAY;
        if (kind == Kind.EndGateway) return Messages.END_GATEWAY;
        if (kind == Kind.AddSigner) return Messages.ADD_SIGNER;
        if (kind == Kind.RemoveSigner) return Messages.REMOVE_SIGNER;
        if (kind == Kind.RecordKeys) return Messages.RECORD_KEYS;
        return Messages.REPLACE_ENCRYPTION_KEY;
    }

    function structHash(Message memory m) private pure returns (bytes32) {
        bool ofSigner = m.kind == Kind.AddSigner || m.kind == Kind.RemoveSigner;
        bytes32[6] memory words;
        words[0] = bytes32(m.chain);
        words[1] = bytes32(uint256(uint160(m.target)));
        words[2] = m.account;
        words[3] = ofSigner ? keccak256(signerOf(m.what)) : bytes32(m.what);
        words[4] = bytes32(m.nonce);
        words[5] = bytes32(uint256(m.deadline));
        return Messages.sixWords(definition(m.kind), words);
    }

    function signed(Message memory m, uint256 key) private view returns (bytes memory) {
        return signature(key, forIdentity(structHash(m)));
    }

    function signatureP256(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = vm.signP256(key, digest);
        return abi.encodePacked(r, s);
    }

    /// @dev The message as its Solidity struct, ABI-encoded.
    function encoded(Message memory m) private pure returns (bytes memory) {
        if (m.kind == Kind.AddSigner || m.kind == Kind.RemoveSigner) {
            return abi.encode(
                IIdentity.AddSigner(m.chain, m.target, m.account, signerOf(m.what), m.nonce, m.deadline)
            );
        }
        return abi.encode(m.chain, m.target, m.account, m.what, m.nonce, m.deadline);
    }

    function send(Message memory m, uint256 key) private {
        call(m, signerOf(key), signed(m, key));
    }

    function refused(Message memory m, bytes memory refusal) private {
        bytes memory s = signed(m, PATIENT_KEY);
        vm.expectRevert(refusal);
        call(m, signerOf(PATIENT_KEY), s);
    }

    function call(Message memory m, bytes memory signer, bytes memory s) private {
        bytes4 selector = [
            IIdentity.authoriseGateway.selector,
            IIdentity.endGateway.selector,
            IIdentity.addSigner.selector,
            IIdentity.removeSigner.selector,
            IIdentity.recordKeys.selector,
            IIdentity.replaceEncryptionKey.selector
        ][uint256(m.kind)];
        bytes memory data;
        if (m.kind == Kind.AddSigner || m.kind == Kind.RemoveSigner) {
            IIdentity.AddSigner memory n =
                IIdentity.AddSigner(m.chain, m.target, m.account, signerOf(m.what), m.nonce, m.deadline);
            data = abi.encodeWithSelector(selector, n, signer, s);
        } else {
            IIdentity.RecordKeys memory n =
                IIdentity.RecordKeys(m.chain, m.target, m.account, bytes32(m.what), m.nonce, m.deadline);
            data = abi.encodeWithSelector(selector, n, signer, s);
        }
        vm.prank(RELAY_A);
        (bool ok, bytes memory returned) = address(identity).call(data);
        // Under expectRevert the cheatcode answers for the call, with success and its own return data.
        if (!ok) revert(string(returned));
    }
}
