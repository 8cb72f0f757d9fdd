// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IMembers} from "../../src/interfaces/IMembers.sol";
import {Fixture} from "../support/Fixture.sol";

/// @dev Votes whatever the fuzzer comes up with. Keeps its own account of who approved what and since when a majority
/// has stood without a break, from what it did and which organisations are active, not from what Members says of votes.
contract MembersHandler is Fixture {
    uint256 private constant ORGS = 5;

    struct Proposal {
        bool[ORGS] approvals;
        uint256 majoritySince;
        bool executed;
    }

    uint256 private _now = NOW;
    Proposal[] private _proposals;
    uint256 public changes;
    bool public changedWithoutVote;

    constructor() {
        deploy(1);
        // From here on proposal 1 is the first in the books.
        _proposals.push();
    }

    /// @dev Whatever happens inside must leave the members as they were.
    modifier unchanging() {
        vm.warp(_now);
        bytes32 before = fingerprint();
        _;
        if (fingerprint() != before) changedWithoutVote = true;
        account();
    }

    function propose(uint256 who, uint256 what, uint256 arg) external unchanging {
        vm.prank(adminOf(who));
        try members.propose(callOf(what, arg)) returns (uint256) {
            _proposals.push();
            _proposals[_proposals.length - 1].approvals[who % ORGS] = true;
        } catch {}
    }

    function approve(uint256 who, uint256 id) external unchanging {
        id = recent(id);
        vm.prank(adminOf(who));
        try members.approve(id) {
            _proposals[id].approvals[who % ORGS] = true;
        } catch {}
    }

    function recount(uint256 who, uint256 id) external unchanging {
        vm.prank(adminOf(who));
        try members.recount(recent(id)) {} catch {}
    }

    function execute(uint256 who, uint256 id) external {
        vm.warp(_now);
        id = recent(id);
        bytes32 before = fingerprint();
        vm.prank(adminOf(who));
        try members.execute(id) {
            Proposal storage p = _proposals[id];
            bool allowed = !p.executed && p.majoritySince != 0 && _now - p.majoritySince >= DELAY;
            if (!allowed) changedWithoutVote = true;
            p.executed = true;
            ++changes;
        } catch {
            if (fingerprint() != before) changedWithoutVote = true;
        }
        account();
    }

    /// @dev Three admins in a row and enough time: so that sequences of thirty calls reach several changes.
    function carry(uint256 what, uint256 arg) external unchanging {
        vm.prank(ADMIN_A);
        try members.propose(callOf(what, arg)) returns (uint256 id) {
            _proposals.push();
            _proposals[id].approvals[0] = true;
            for (uint256 i = 1; i < 3; ++i) {
                vm.prank(adminOf(i));
                try members.approve(id) {
                    _proposals[id].approvals[i] = true;
                } catch {}
            }
        } catch {}
    }

    /// @dev Any caller, any change, directly.
    function changeDirectly(address caller, uint256 what, uint256 arg) external unchanging {
        if (caller == address(members)) return;
        vm.prank(caller);
        (bool ok,) = address(members).call(callOf(what, arg));
        if (ok) changedWithoutVote = true;
    }

    /// @dev Any caller, any bytes.
    function callAnything(address caller, bytes calldata data) external unchanging {
        if (caller == address(members)) return;
        vm.prank(caller);
        (bool ok,) = address(members).call(data);
        ok;
    }

    function wait(uint32 seconds_) external unchanging {
        _now += seconds_ % (2 * DELAY);
    }

    function adminOf(uint256 who) private pure returns (address) {
        return [ADMIN_A, ADMIN_B, ADMIN_C, address(0xD1), STRANGER][who % ORGS];
    }

    function orgOf(uint256 who) private pure returns (bytes32) {
        return [ORG_A, ORG_B, ORG_C, bytes32("org d"), bytes32("no org")][who % ORGS];
    }

    /// @dev One of the last four, where the votes are.
    function recent(uint256 id) private view returns (uint256) {
        uint256 last = _proposals.length - 1;
        return last == 0 ? 0 : last - id % (last < 4 ? last : 4);
    }

    function callOf(uint256 what, uint256 arg) private pure returns (bytes memory) {
        what %= 7;
        if (what == 0) return abi.encodeCall(IMembers.addOrganisation, (bytes32("org d"), address(0xD1)));
        if (what == 1) return abi.encodeCall(IMembers.suspendOrganisation, (orgOf(arg), "reason"));
        if (what == 2) return abi.encodeCall(IMembers.resumeOrganisation, (orgOf(arg)));
        if (what == 3) return abi.encodeCall(IMembers.setRelay, (adminOf(arg), orgOf(arg >> 8)));
        if (what == 4) return abi.encodeCall(IMembers.removeRelay, (adminOf(arg)));
        if (what == 5) {
            return abi.encodeCall(
                IMembers.setCustodian,
                (uint8(1 + arg % 4), orgOf(arg), keccak256(abi.encode(arg)), address(uint160(arg | 1)))
            );
        }
        return abi.encodeCall(IMembers.setThreshold, (uint8(1 + arg % 4)));
    }

    /// @dev Everything that only a vote may change.
    function fingerprint() private view returns (bytes32 print) {
        print = keccak256(
            abi.encode(
                members.organisationCount(),
                members.activeOrganisationCount(),
                members.custodianCount(),
                members.threshold(),
                members.custodianSetVersion()
            )
        );
        for (uint256 i; i < ORGS; ++i) {
            (address admin, bool active) = members.organisation(orgOf(i));
            (bytes32 org, bytes32 signingKey, address custodian) = members.custodian(uint8(i));
            bytes32 relayed = members.relayOrganisation(adminOf(i));
            print = keccak256(abi.encode(print, admin, active, org, signingKey, custodian, relayed));
        }
    }

    /// @dev A majority that has broken begins anew, even if it is whole again a moment later.
    function account() private {
        uint256 activeCount;
        bool[ORGS] memory active;
        for (uint256 i; i < ORGS; ++i) {
            (, active[i]) = members.organisation(orgOf(i));
            if (active[i]) ++activeCount;
        }
        for (uint256 id = 1; id < _proposals.length; ++id) {
            Proposal storage p = _proposals[id];
            uint256 approvals;
            for (uint256 i; i < ORGS; ++i) {
                if (p.approvals[i] && active[i]) ++approvals;
            }
            if (2 * approvals <= activeCount) p.majoritySince = 0;
            else if (p.majoritySince == 0) p.majoritySince = _now;
        }
    }
}
