// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IConsent} from "../../src/interfaces/IConsent.sol";
import {Fixture} from "../support/Fixture.sol";
import {Messages} from "../support/Messages.sol";
import {Vm} from "../support/Vm.sol";

/// @dev Does to Consent whatever the fuzzer comes up with, honest or not, and keeps books of its own, taken from
/// nothing but the events and what was signed.
contract ConsentHandler is Fixture {
    uint256 private constant IDS = 4;

    struct Payload {
        bytes data;
    }

    uint256 private _now = NOW;
    uint256 private _nonce;
    mapping(bytes32 => IConsent.Grant) private _grants;
    Payload[] private _sent;

    // The books.
    mapping(bytes32 => bytes32) public hashes;
    mapping(bytes32 => bool) public revocations;
    mapping(bytes32 => uint256) public uses;
    mapping(bytes32 => uint256) public emergencies;
    mapping(bytes32 role => mapping(bytes32 reader => bool)) public appointed;
    mapping(bytes32 reader => bool) public vouched;
    bool public suspended;
    uint256 public requests;
    uint256 public decisions;
    uint256 public grantedDecisions;
    bool public revokedWasGranted;
    bool public othersWereGranted;
    bool public grantedOutsideHours;
    bool public emergencyWasHidden;
    bool public numbersHaveGaps;
    bool public forgeryWasAccepted;

    constructor() {
        deploy(type(uint32).max);
        registerEverybody();
        for (uint256 i; i < 2; ++i) {
            vm.prank(ADMIN_C);
            members.createRole(bytes32(i), "key");
        }
    }

    /// @dev What time it is does not last from one call of the fuzzer to the next, so it is set in each.
    modifier observed() {
        vm.warp(_now);
        vm.recordLogs();
        _;
        observe(vm.getRecordedLogs());
    }

    function grant(uint256 id, uint256 who, uint32 maxUses, uint8 streams, uint32 validity, uint16 hour)
        external
        observed
    {
        IConsent.Grant memory g = aGrant();
        g.grantId = idOf(id);
        g.patient = who % 2 == 0 ? PATIENT : OTHER_PATIENT;
        g.reader = [READER, OTHER_READER, roleOf(0), roleOf(1)][(who >> 1) % 4];
        g.emergency = (who >> 3) % 2 == 1;
        // From some hour on, in half of the grants.
        if (hour % 2 == 1) g.fromMinute = 60 * (hour % 24);
        g.maxUses = maxUses % 4;
        g.streams = streamsOf(1 + streams % 3);
        g.notBefore = uint64(_now) + validity % 3 * 600;
        g.expiresAt = uint64(_now) + 1 + validity % 1 days;
        g.deadline = uint64(_now) + 300;
        bytes memory s = signature(keyOf(g.patient), forConsent(Messages.hash(g)));
        if (send(abi.encodeCall(consent.grant, (g, signerOf(keyOf(g.patient)), s)))) _grants[g.grantId] = g;
    }

    function revoke(uint256 id, uint256 who) external observed {
        IConsent.Revoke memory m = aRevoke(_grants[idOf(id)]);
        m.grantId = idOf(id);
        // Mostly the right patient.
        if (who % 4 == 0) m.patient = OTHER_PATIENT;
        if (m.patient == bytes32(0)) m.patient = PATIENT;
        bytes memory s = signature(keyOf(m.patient), forConsent(Messages.hash(m)));
        send(abi.encodeCall(consent.revoke, (m, signerOf(keyOf(m.patient)), s)));
    }

    /// @dev A genuine request: what the grant allows, unless `wrong` says what to ask for instead.
    function request(uint256 id, uint256 wrong) external observed {
        IConsent.Grant memory g = _grants[idOf(id)];
        IConsent.Request memory r = aRequest(g);
        r.grantId = idOf(id);
        r.nonce = ++_nonce;
        wrong %= 16;
        // The person asks, not the role.
        if (r.reader == roleOf(0) || r.reader == roleOf(1)) r.reader = READER;
        if (g.emergency && wrong != 11) r.statement = "statement";
        if (wrong == 12) r.statement = "statement";
        if (wrong == 1 || r.reader == bytes32(0)) r.reader = OTHER_READER;
        if (wrong == 2) r.reader = PATIENT;
        if (wrong == 3) r.patient = OTHER_PATIENT;
        if (wrong == 4 || r.streams.length == 0) r.streams = streamsOf(4);
        if (wrong == 5) --r.firstDay;
        if (wrong == 6) r.purpose = "other";
        if (wrong == 7) r.grantId = 0;
        if (wrong == 8) (r.grantId, r.reader, r.patient, r.statement) = (0, PATIENT, PATIENT, 0);
        if (wrong == 9) g.maxUses = 1000;
        if (wrong == 10) g.expiresAt = type(uint64).max;
        bytes memory s = signature(keyOf(r.reader), forConsent(Messages.hash(r)));
        if (send(abi.encodeCall(consent.request, (r, g, signerOf(keyOf(r.reader)), s)))) ++requests;
    }

    /// @dev Something that was accepted, sent once more, by any relay.
    function replay(uint256 which, uint256 relay) external observed {
        if (_sent.length == 0) return;
        vm.prank([RELAY_A, RELAY_B, RELAY_C][relay % 3]);
        (bool ok,) = address(consent).call(_sent[which % _sent.length].data);
        if (ok) forgeryWasAccepted = true;
    }

    /// @dev Any caller, any function, any arguments, with whatever signature.
    function forge(address caller, uint256 which, uint256 id, bytes32 words, bytes calldata s)
        external
        observed
    {
        if (which % 5 == 0) caller = RELAY_B;
        IConsent.Grant memory g = _grants[idOf(id)];
        bytes memory signer = signerOf(keyOf(words[0] & 0x01 == 0 ? READER : PATIENT));
        bytes memory data;
        if (which % 4 == 0) {
            g.expiresAt = uint64(uint256(words));
            data = abi.encodeCall(consent.grant, (g, signer, s));
        } else if (which % 4 == 1) {
            data = abi.encodeCall(consent.revoke, (aRevoke(g), signer, s));
        } else if (which % 4 == 2) {
            IConsent.Request memory r = aRequest(g);
            r.nonce = uint256(words);
            data = abi.encodeCall(consent.request, (r, g, signer, s));
        } else {
            data = abi.encodePacked(words, s);
        }
        vm.prank(caller);
        (bool ok, bytes memory returned) = address(consent).call(data);
        // A call that happens to name a view function, of which every answer is empty or a word, is no forgery.
        if (ok && which % 4 != 3) forgeryWasAccepted = true;
        returned;
    }

    function stand(uint256 who, bool standing) external observed {
        bytes32 reader = who % 2 == 0 ? READER : OTHER_READER;
        vm.prank(ADMIN_C);
        if (standing) {
            try members.vouch(reader) {
                vouched[reader] = true;
            } catch {}
        } else {
            try members.endVouch(reader) {
                vouched[reader] = false;
                appointed[roleOf(0)][reader] = false;
                appointed[roleOf(1)][reader] = false;
            } catch {}
        }
    }

    /// @dev C appoints or dismisses.
    function serve(uint256 role, uint256 who, bool serving) external observed {
        (bytes32 id, bytes32 reader) = (roleOf(role % 2), who % 2 == 0 ? READER : OTHER_READER);
        vm.prank(ADMIN_C);
        if (serving) {
            try members.appoint(id, reader) {
                appointed[id][reader] = true;
            } catch {}
        } else {
            try members.dismiss(id, reader) {
                appointed[id][reader] = false;
            } catch {}
        }
    }

    /// @dev C is suspended, or resumed.
    function suspend() external observed {
        vote(
            suspended
                ? abi.encodeCall(members.resumeOrganisation, (ORG_C))
                : abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason"))
        );
        suspended = !suspended;
        _now += DELAY;
    }

    function wait(uint32 seconds_) external {
        _now += seconds_ % 4 hours;
    }

    function idOf(uint256 id) public pure returns (bytes32) {
        return bytes32(1 + id % IDS);
    }

    /// @dev Roles of C's.
    function roleOf(uint256 role) public view returns (bytes32) {
        return members.roleIdOf(ORG_C, bytes32(role));
    }

    function holdsRole(bytes32 role, bytes32 reader) external view returns (bool) {
        return members.holdsRole(role, reader);
    }

    function emergencyCount(bytes32 reader) external view returns (uint32) {
        return consent.emergencyCount(reader);
    }

    function maxUsesOf(bytes32 id) external view returns (uint256) {
        return _grants[id].maxUses;
    }

    function ids() external pure returns (uint256) {
        return IDS;
    }

    function statusOf(bytes32 id) external view returns (bytes32, bool, uint32) {
        return consent.statusOf(id);
    }

    function decisionCount() external view returns (uint64) {
        return consent.decisionCount();
    }

    function keyOf(bytes32 account) private pure returns (uint256) {
        if (account == PATIENT) return PATIENT_KEY;
        if (account == OTHER_PATIENT) return OTHER_PATIENT_KEY;
        if (account == READER) return READER_KEY;
        return OTHER_READER_KEY;
    }

    function send(bytes memory data) private returns (bool ok) {
        vm.prank(RELAY_A);
        (ok,) = address(consent).call(data);
        if (ok) _sent.push(Payload(data));
    }

    function observe(Vm.Log[] memory logs) private {
        bytes32 opened;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(consent)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == IConsent.Granted.selector) {
                (bytes32 hash,) = abi.decode(logs[i].data, (bytes32, uint64));
                if (hashes[logs[i].topics[1]] != bytes32(0)) forgeryWasAccepted = true;
                hashes[logs[i].topics[1]] = hash;
            } else if (topic == IConsent.Revoked.selector) {
                revocations[logs[i].topics[1]] = true;
            } else if (topic == IConsent.AccessDenialRepeated.selector) {
                (, uint8 reason,, uint64 number) = abi.decode(logs[i].data, (bytes32, uint8, uint32, uint64));
                if (reason == 0) othersWereGranted = true;
                if (number != ++decisions) numbersHaveGaps = true;
            } else if (topic == IConsent.EmergencyOpened.selector) {
                ++emergencies[logs[i].topics[3]];
                opened = logs[i].topics[1];
            } else if (topic == IConsent.AccessDecided.selector) {
                observeDecision(logs[i], opened);
                opened = 0;
            }
        }
        if (opened != bytes32(0)) emergencyWasHidden = true;
    }

    /// @dev `opened` is the emergency opened just before this line of the log; zero when none was.
    function observeDecision(Vm.Log memory log, bytes32 opened) private {
        (bytes32 id, uint8 reason,,,,,, uint64 number) =
            abi.decode(log.data, (bytes32, uint8, bytes32[], int32, int32, bytes32, bytes32, uint64));
        if (number != ++decisions) numbersHaveGaps = true;
        bool emergency = reason == 0 && id != bytes32(0) && _grants[id].emergency;
        if (opened != (emergency ? log.topics[1] : bytes32(0))) emergencyWasHidden = true;
        if (reason != 0) return;
        ++grantedDecisions;
        (bytes32 patient, bytes32 reader) = (log.topics[2], log.topics[3]);
        if (id == bytes32(0)) {
            if (patient != reader) othersWereGranted = true;
            return;
        }
        ++uses[id];
        if (revocations[id]) revokedWasGranted = true;
        IConsent.Grant storage g = _grants[id];
        bool valid = g.notBefore <= _now && _now < g.expiresAt;
        bool serves = appointed[g.reader][reader] && vouched[reader] && !suspended;
        if (!valid || patient != g.patient || (reader != g.reader && !serves)) othersWereGranted = true;
        if (_now % 1 days < 60 * uint256(g.fromMinute)) grantedOutsideHours = true;
    }
}
