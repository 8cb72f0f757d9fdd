// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Anchors} from "../../src/Anchors.sol";
import {Circles} from "../../src/Circles.sol";
import {Consent} from "../../src/Consent.sol";
import {Erasure} from "../../src/Erasure.sol";
import {Identity} from "../../src/Identity.sol";
import {Members} from "../../src/Members.sol";
import {Recovery} from "../../src/Recovery.sol";
import {Reviews} from "../../src/Reviews.sol";
import {IConsent} from "../../src/interfaces/IConsent.sol";
import {IIdentity} from "../../src/interfaces/IIdentity.sol";
import {IMembers} from "../../src/interfaces/IMembers.sol";
import {Messages} from "./Messages.sol";
import {Vm} from "./Vm.sol";

/// @dev Three organisations, each with an admin and a relay; three custodians, two of whom must release; patients
/// and readers with a key each.
abstract contract Fixture {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint64 internal constant NOW = 1_800_000_000;
    uint64 internal constant DELAY = 2 days;
    uint32 internal constant BUDGET = 20;

    bytes32 internal constant ORG_A = "org a";
    bytes32 internal constant ORG_B = "org b";
    bytes32 internal constant ORG_C = "org c";
    address internal constant ADMIN_A = address(0xA1);
    address internal constant ADMIN_B = address(0xB1);
    address internal constant ADMIN_C = address(0xC1);
    address internal constant RELAY_A = address(0xA2);
    address internal constant RELAY_B = address(0xB2);
    address internal constant RELAY_C = address(0xC2);
    address internal constant STRANGER = address(0x5757);

    bytes32 internal constant PATIENT = "patient";
    bytes32 internal constant OTHER_PATIENT = "other patient";
    bytes32 internal constant READER = "reader";
    bytes32 internal constant OTHER_READER = "other reader";
    uint256 internal constant PATIENT_KEY = 11;
    uint256 internal constant OTHER_PATIENT_KEY = 12;
    uint256 internal constant READER_KEY = 13;
    uint256 internal constant OTHER_READER_KEY = 14;
    uint256 internal constant NOBODYS_KEY = 99;
    /// @dev Plus the index: of the custodian's account.
    uint256 internal constant CUSTODIAN_KEY = 20;

    Members internal members;
    Identity internal identity;
    Anchors internal anchors;
    Circles internal circles;
    Consent internal consent;
    Reviews internal reviews;
    Recovery internal recovery;
    Erasure internal erasure;

    function deploy(uint32 budget) internal {
        vm.warp(NOW);
        members = new Members(founders(), relays(), custodians(), 2, DELAY);
        identity = new Identity(
            members, vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1), budget
        );
        recovery = new Recovery(members, identity, budget);
        anchors = new Anchors(members);
        circles = new Circles(members, identity, budget);
        consent = new Consent(members, identity, circles, budget);
        reviews = new Reviews(members, identity, consent, budget);
        erasure = new Erasure(members, identity, budget);
    }

    function founders() internal pure returns (IMembers.Founder[] memory list) {
        list = new IMembers.Founder[](3);
        list[0] = IMembers.Founder(ORG_A, ADMIN_A);
        list[1] = IMembers.Founder(ORG_B, ADMIN_B);
        list[2] = IMembers.Founder(ORG_C, ADMIN_C);
    }

    function relays() internal pure returns (IMembers.Relay[] memory list) {
        list = new IMembers.Relay[](3);
        list[0] = IMembers.Relay(RELAY_A, ORG_A);
        list[1] = IMembers.Relay(RELAY_B, ORG_B);
        list[2] = IMembers.Relay(RELAY_C, ORG_C);
    }

    function custodians() internal pure returns (IMembers.Custodian[] memory list) {
        list = new IMembers.Custodian[](3);
        list[0] = IMembers.Custodian(ORG_A, "key 1", vm.addr(CUSTODIAN_KEY + 1));
        list[1] = IMembers.Custodian(ORG_B, "key 2", vm.addr(CUSTODIAN_KEY + 2));
        list[2] = IMembers.Custodian(ORG_C, "key 3", vm.addr(CUSTODIAN_KEY + 3));
    }

    // ——— signing ———

    function signerOf(uint256 key) internal pure returns (bytes memory) {
        return abi.encodePacked(vm.addr(key));
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function forIdentity(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(identity));
    }

    function forConsent(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(consent));
    }

    function forReviews(bytes32 structHash) internal view returns (bytes32) {
        return Messages.digest(structHash, block.chainid, address(reviews));
    }

    // ——— accounts ———

    function register(bytes32 account, uint256 key) internal {
        IIdentity.Register memory m = IIdentity.Register({
            chain: block.chainid,
            target: address(identity),
            account: account,
            signer: signerOf(key),
            encryptionKeyHash: keccak256(abi.encode("encryption", account)),
            deadline: uint64(block.timestamp) + 1 hours
        });
        bytes memory s = signature(key, forIdentity(Messages.hash(m)));
        vm.prank(RELAY_A);
        identity.register(m, s);
    }

    function registerEverybody() internal {
        register(PATIENT, PATIENT_KEY);
        register(OTHER_PATIENT, OTHER_PATIENT_KEY);
        register(READER, READER_KEY);
        register(OTHER_READER, OTHER_READER_KEY);
    }

    // ——— consent ———

    function streamsOf(uint256 n) internal pure returns (bytes32[] memory streams) {
        streams = new bytes32[](n);
        for (uint256 i; i < n; ++i) {
            streams[i] = keccak256(abi.encode("stream", i));
        }
    }

    /// @dev Three streams, days 100 to 200, valid for a month from now, at any hour, without a limit of uses.
    function aGrant() internal view returns (IConsent.Grant memory) {
        return IConsent.Grant({
            chain: block.chainid,
            target: address(consent),
            grantId: "grant",
            patient: PATIENT,
            reader: READER,
            streams: streamsOf(3),
            firstDay: 100,
            lastDay: 200,
            rollingDays: 0,
            notBefore: NOW,
            expiresAt: NOW + 30 days,
            weekdays: 127,
            fromMinute: 0,
            toMinute: 1440,
            offsetMinutes: 0,
            purpose: "care",
            maxUses: 0,
            emergency: false,
            nodesHash: "nodes",
            deadline: NOW + 1 hours
        });
    }

    function copyOf(bytes32[] memory streams) private pure returns (bytes32[] memory copy) {
        copy = new bytes32[](streams.length);
        for (uint256 i; i < streams.length; ++i) {
            copy[i] = streams[i];
        }
    }

    /// @dev Everything that the grant allows. Streams are copied: changing the request's leaves the grant's alone.
    function aRequest(IConsent.Grant memory g) internal view returns (IConsent.Request memory) {
        return IConsent.Request({
            chain: block.chainid,
            target: address(consent),
            grantId: g.grantId,
            patient: g.patient,
            reader: g.reader,
            streams: copyOf(g.streams),
            firstDay: g.firstDay,
            lastDay: g.lastDay,
            purpose: g.purpose,
            oneTimeKeyHash: "one time key",
            statement: 0,
            nonce: 1,
            deadline: uint64(block.timestamp) + 5 minutes
        });
    }

    function aRevoke(IConsent.Grant memory g) internal view returns (IConsent.Revoke memory) {
        return IConsent.Revoke({
            chain: block.chainid,
            target: address(consent),
            grantId: g.grantId,
            patient: g.patient,
            deadline: uint64(block.timestamp) + 5 minutes
        });
    }

    function sendGrant(IConsent.Grant memory g, uint256 key) internal {
        bytes memory s = signature(key, forConsent(Messages.hash(g)));
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(key), s);
    }

    function sendRevoke(IConsent.Revoke memory m, uint256 key) internal {
        bytes memory s = signature(key, forConsent(Messages.hash(m)));
        vm.prank(RELAY_A);
        consent.revoke(m, signerOf(key), s);
    }

    function sendRequest(IConsent.Request memory r, IConsent.Grant memory g, uint256 key)
        internal
        returns (uint8)
    {
        bytes memory s = signature(key, forConsent(Messages.hash(r)));
        vm.prank(RELAY_A);
        return consent.request(r, g, signerOf(key), s);
    }

    // ——— roles ———

    /// @dev C vouches for both readers and appoints the first.
    function aRole() internal returns (bytes32 role) {
        vm.prank(ADMIN_C);
        members.vouch(READER);
        vm.prank(ADMIN_C);
        members.vouch(OTHER_READER);
        vm.prank(ADMIN_C);
        role = members.createRole("night shift", "key of the night shift");
        vm.prank(ADMIN_C);
        members.appoint(role, READER);
    }

    // ——— voting ———

    /// @dev A and B vote, the delay passes, A executes.
    function vote(bytes memory call) internal {
        vm.prank(ADMIN_A);
        uint256 id = members.propose(call);
        vm.prank(ADMIN_B);
        members.approve(id);
        vm.warp(block.timestamp + DELAY);
        vm.prank(ADMIN_A);
        members.execute(id);
    }

    function error(bytes4 selector) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector);
    }
}
