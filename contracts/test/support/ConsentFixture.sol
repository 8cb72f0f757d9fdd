// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IConsent} from "../../src/interfaces/IConsent.sol";
import {Fixture} from "./Fixture.sol";
import {Messages} from "./Messages.sol";

/// @dev What tests of {Consent} say over and over.
abstract contract ConsentFixture is Fixture {
    function granted(IConsent.Grant memory g) internal returns (IConsent.Grant memory) {
        sendGrant(g, PATIENT_KEY);
        return g;
    }

    /// @dev Answers with this reason, and writes exactly one full line that says the same.
    function decides(IConsent.Request memory r, IConsent.Grant memory g, uint256 key, uint8 reason) internal {
        uint64 number = consent.decisionCount() + 1;
        bytes32 id = forConsent(Messages.hash(r));
        vm.expectEmit(address(consent));
        emit IConsent.AccessDecided(
            id,
            r.patient,
            r.reader,
            r.grantId,
            reason,
            r.streams,
            r.firstDay,
            r.lastDay,
            r.purpose,
            r.oneTimeKeyHash,
            number
        );
        vm.assertEq(sendRequest(r, g, key), reason, "the reason");
        vm.assertEq(consent.decisionCount(), number, "counted");
    }

    function grantReverts(IConsent.Grant memory g, uint256 key, bytes memory refusal) internal {
        bytes memory s = signature(key, forConsent(Messages.hash(g)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.grant(g, signerOf(key), s);
    }

    function revokeReverts(IConsent.Revoke memory m, uint256 key, bytes memory refusal) internal {
        bytes memory s = signature(key, forConsent(Messages.hash(m)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.revoke(m, signerOf(key), s);
    }

    function requestReverts(
        IConsent.Request memory r,
        IConsent.Grant memory g,
        uint256 key,
        bytes memory refusal
    ) internal {
        bytes memory s = signature(key, forConsent(Messages.hash(r)));
        vm.expectRevert(refusal);
        vm.prank(RELAY_A);
        consent.request(r, g, signerOf(key), s);
    }
}
