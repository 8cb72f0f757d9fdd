// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Consent} from "../src/Consent.sol";
import {IConsent} from "../src/interfaces/IConsent.sol";
import {IIdentity} from "../src/interfaces/IIdentity.sol";
import {IRelayed} from "../src/interfaces/IRelayed.sol";
import {IReviews} from "../src/interfaces/IReviews.sol";
import {Fixture} from "./support/Fixture.sol";
import {Messages} from "./support/Messages.sol";

contract RelayedTest is Fixture {
    function setUp() public {
        deploy(BUDGET);
        registerEverybody();
    }

    function test_aBudgetOfZeroIsRefused() public {
        vm.expectRevert(error(IRelayed.RelayedNoBudget.selector));
        new Consent(members, identity, circles, 0);
    }

    function test_theContractsSayWhoTheirMembersAreAndWhatTheBudgetIs() public view {
        vm.assertEq(consent.members(), address(members), "members of Consent");
        vm.assertEq(identity.members(), address(members), "members of Identity");
        vm.assertEq(consent.identity(), address(identity), "identity of Consent");
        vm.assertEq(consent.budget(), BUDGET, "budget");
    }

    function testFuzz_nobodyButARelayMaySendAnything(address sender) public {
        vm.assume(!members.isRelay(sender));
        IIdentity.Register memory m0;
        IIdentity.AuthoriseGateway memory m1;
        IIdentity.EndGateway memory m2;
        IIdentity.AddSigner memory m3;
        IIdentity.RemoveSigner memory m4;
        IIdentity.RecordKeys memory m5;
        IIdentity.ReplaceEncryptionKey memory m6;
        IConsent.Grant memory m7 = aGrant();
        refuses(sender, address(identity), abi.encodeCall(identity.register, (m0, "")));
        refuses(sender, address(identity), abi.encodeCall(identity.authoriseGateway, (m1, "", "")));
        refuses(sender, address(identity), abi.encodeCall(identity.endGateway, (m2, "", "")));
        refuses(sender, address(identity), abi.encodeCall(identity.addSigner, (m3, "", "")));
        refuses(sender, address(identity), abi.encodeCall(identity.removeSigner, (m4, "", "")));
        refuses(sender, address(identity), abi.encodeCall(identity.recordKeys, (m5, "", "")));
        refuses(sender, address(identity), abi.encodeCall(identity.replaceEncryptionKey, (m6, "", "")));
        refuses(sender, address(consent), abi.encodeCall(consent.grant, (m7, "", "")));
        refuses(sender, address(consent), abi.encodeCall(consent.revoke, (aRevoke(m7), "", "")));
        refuses(sender, address(consent), abi.encodeCall(consent.request, (aRequest(m7), m7, "", "")));
        IReviews.Close memory m8;
        refuses(sender, address(reviews), abi.encodeCall(reviews.closeAsPatient, (m8, "", "")));
    }

    function test_aSuspendedOrganisationsRelayMaySendNothing() public {
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        IConsent.Grant memory g = aGrant();
        refuses(RELAY_C, address(consent), abi.encodeCall(consent.grant, (g, "", "")));
    }

    function test_aRelayThatHasSpentItsBudgetWaitsForTheNextHour() public {
        spendAll();
        vm.assertEq(consent.spent(RELAY_A), BUDGET, "spent");
        uint64 nextHour = (NOW / 1 hours + 1) * 1 hours;
        vm.expectRevert(abi.encodeWithSelector(IRelayed.RelayedBudgetSpent.selector, RELAY_A, nextHour));
        requestOwn(BUDGET, RELAY_A);
        vm.warp(nextHour - 1);
        vm.expectRevert(abi.encodeWithSelector(IRelayed.RelayedBudgetSpent.selector, RELAY_A, nextHour));
        requestOwn(BUDGET, RELAY_A);
        vm.warp(nextHour);
        vm.assertEq(consent.spent(RELAY_A), 0, "a new hour");
        requestOwn(BUDGET, RELAY_A);
        vm.assertEq(consent.spent(RELAY_A), 1, "one of the new hour");
    }

    function test_oneRelaysFloodIsNotAnothers() public {
        spendAll();
        requestOwn(BUDGET, RELAY_B);
        vm.assertEq(consent.spent(RELAY_B), 1, "B's own budget");
    }

    function test_aCallThatRevertsCostsNothing() public {
        requestOwn(1, RELAY_A);
        vm.expectRevert(abi.encodeWithSelector(IConsent.ConsentNonceUsed.selector, PATIENT, 1));
        requestOwn(1, RELAY_A);
        vm.assertEq(consent.spent(RELAY_A), 1, "one");
    }

    function test_aSpentBudgetDoesNotKeepAPatientFromRevoking() public {
        sendGrant(aGrant(), PATIENT_KEY);
        for (uint256 i = 1; i < BUDGET; ++i) {
            requestOwn(i, RELAY_A);
        }
        vm.assertEq(consent.spent(RELAY_A), BUDGET, "spent");
        sendRevoke(aRevoke(aGrant()), PATIENT_KEY);
        (, bool revoked,) = consent.statusOf("grant");
        vm.assertTrue(revoked, "revoked");
        vm.assertEq(consent.spent(RELAY_A), BUDGET, "not counted");
    }

    function test_aSpentBudgetDoesNotKeepAGatewayOrSignerFromBeingRemoved() public {
        uint256 nonce = 1;
        bytes memory second = signerOf(77);
        change(Messages.AUTHORISE_GATEWAY, identity.authoriseGateway.selector, "gateway", nonce++);
        changeSigner(Messages.ADD_SIGNER, identity.addSigner.selector, second, nonce++);
        while (identity.spent(RELAY_A) < BUDGET) {
            change(Messages.RECORD_KEYS, identity.recordKeys.selector, "root", nonce++);
        }
        change(Messages.END_GATEWAY, identity.endGateway.selector, "gateway", nonce++);
        vm.assertFalse(identity.isGateway(PATIENT, "gateway"), "ended");
        changeSigner(Messages.REMOVE_SIGNER, identity.removeSigner.selector, second, nonce);
        vm.assertFalse(identity.speaksFor(PATIENT, second), "removed");
    }

    function change(string memory definition, bytes4 selector, bytes32 what, uint256 nonce) private {
        IIdentity.RecordKeys memory m =
            IIdentity.RecordKeys(block.chainid, address(identity), PATIENT, what, nonce, NOW);
        bytes memory s = signedWords(definition, what, nonce);
        send(abi.encodeWithSelector(selector, m, signerOf(PATIENT_KEY), s));
    }

    function changeSigner(string memory definition, bytes4 selector, bytes memory signer, uint256 nonce)
        private
    {
        IIdentity.AddSigner memory m =
            IIdentity.AddSigner(block.chainid, address(identity), PATIENT, signer, nonce, NOW);
        bytes memory s = signedWords(definition, keccak256(signer), nonce);
        send(abi.encodeWithSelector(selector, m, signerOf(PATIENT_KEY), s));
    }

    function signedWords(string memory definition, bytes32 what, uint256 nonce)
        private
        view
        returns (bytes memory)
    {
        bytes32[6] memory words = [
            bytes32(block.chainid),
            bytes32(uint256(uint160(address(identity)))),
            PATIENT,
            what,
            bytes32(nonce),
            bytes32(uint256(NOW))
        ];
        return signature(PATIENT_KEY, forIdentity(Messages.sixWords(definition, words)));
    }

    function send(bytes memory data) private {
        vm.prank(RELAY_A);
        (bool ok,) = address(identity).call(data);
        vm.assertTrue(ok, "sent");
    }

    function spendAll() private {
        for (uint256 i; i < BUDGET; ++i) {
            requestOwn(i, RELAY_A);
        }
    }

    /// @dev The patient's own access: always decided, so always counted.
    function requestOwn(uint256 nonce, address relay) private {
        IConsent.Grant memory g = aGrant();
        IConsent.Request memory r = aRequest(g);
        r.grantId = 0;
        r.reader = PATIENT;
        r.nonce = nonce;
        bytes memory s = signature(PATIENT_KEY, forConsent(Messages.hash(r)));
        vm.prank(relay);
        consent.request(r, g, signerOf(PATIENT_KEY), s);
    }

    function refuses(address sender, address target, bytes memory data) private {
        vm.prank(sender);
        (bool ok, bytes memory returned) = target.call(data);
        vm.assertFalse(ok, "must revert");
        bytes memory expected = abi.encodeWithSelector(IRelayed.RelayedNotARelay.selector, sender);
        vm.assertEq(keccak256(returned), keccak256(expected), "not a relay");
    }
}
