// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

// The other contracts as one transaction sees them: any answers at all, since a proof begins with any storage, but the
// same answer to the same question, since they are asked with STATICCALL.

struct Members {
    mapping(address => bool) relays;
    mapping(bytes32 reader => bytes32) orgs;
    mapping(bytes32 reader => uint8) standings;
    mapping(bytes32 role => bytes32) roleOrgs;
    mapping(bytes32 role => mapping(bytes32 reader => bool)) holders;
}

struct Circles {
    mapping(bytes32 circle => bool) circles;
    // Any answer about a reader; that the right circle and patient are asked about is tested, not proved.
    mapping(bytes32 reader => bool) people;
}

struct Identity {
    mapping(bytes32 account => mapping(bytes32 signerHash => bool)) signers;
}

function isRelay(Members storage m, address relay) view returns (bool) {
    return m.relays[relay];
}

function readerStanding(Members storage m, bytes32 reader) view returns (bytes32, uint8) {
    return (m.orgs[reader], m.standings[reader]);
}

function roleOf(Members storage m, bytes32 role) view returns (bytes32, bytes32) {
    return (m.roleOrgs[role], 0);
}

function holdsRole(Members storage m, bytes32 role, bytes32 reader) view returns (bool) {
    return m.holders[role][reader];
}

function isCircle(Circles storage c, bytes32 circle) view returns (bool) {
    return c.circles[circle];
}

function isIn(Circles storage c, bytes32, bytes32, bytes32 reader) view returns (bool) {
    return c.people[reader];
}

function speaksFor(Identity storage i, bytes32 account, bytes calldata signer) view returns (bool) {
    return i.signers[account][keccak256(signer)];
}

using {isRelay, readerStanding, roleOf, holdsRole} for Members global;
using {isCircle, isIn} for Circles global;
using {speaksFor} for Identity global;

/// @dev A signature is valid or not by a rule that the proof knows nothing of.
library SignatureChecker {
    function isValidSignatureNow(bytes calldata signer, bytes32 digest, bytes calldata signature)
        internal
        pure
        returns (bool)
    {
        return keccak256(abi.encode(signer, digest, signature)) != 0;
    }
}

struct BitMap {
    mapping(uint256 => bool) bits;
}

function get(BitMap storage map, uint256 index) view returns (bool) {
    return map.bits[index];
}

function set(BitMap storage map, uint256 index) {
    map.bits[index] = true;
}

using {get, set} for BitMap global;
