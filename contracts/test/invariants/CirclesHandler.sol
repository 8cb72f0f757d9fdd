// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {ICircles} from "../../src/interfaces/ICircles.sol";
import {IConsent} from "../../src/interfaces/IConsent.sol";
import {CirclesFixture} from "../support/CirclesFixture.sol";
import {Messages} from "../support/Messages.sol";
import {Vm} from "../support/Vm.sol";

/// @dev Does to Circles whatever the fuzzer comes up with, honest or not, lets people ask under grants to circles, and
/// keeps books of its own, taken from nothing but what was signed.
contract CirclesHandler is CirclesFixture {
    uint256 private constant CIRCLES = 2;

    struct Payload {
        bytes data;
    }

    struct Book {
        ICircles.OpenCircle terms;
        bool open;
        bool ended;
        uint256 people;
    }

    uint256 private _now = NOW;
    uint256 private _asked;
    Payload[] private _sent;
    Book[2] private _books;
    mapping(uint256 circle => mapping(bytes32 reader => bool)) private _in;
    mapping(uint256 circle => mapping(bytes32 reader => bool)) private _barred;

    uint256 public requests;
    uint256 public lines;
    uint256 public granted_;
    bool public strangersWereGranted;
    bool public membersWereDenied;
    bool public forgeryWasAccepted;
    bool public honestWasRefused;

    constructor() {
        deploy(type(uint32).max);
        registerEverybody();
        register(KEEPER, KEEPER_KEY);
    }

    /// @dev What time it is does not last from one call of the fuzzer to the next, so it is set in each.
    modifier now_() {
        vm.warp(_now);
        _;
    }

    function openCircle(uint256 which, uint8 max, uint32 life) external now_ {
        Book storage book = _books[which % CIRCLES];
        ICircles.OpenCircle memory m = termsOf(which % CIRCLES);
        if (!book.open) {
            (m.maxPeople, m.until) = (1 + max % 3, uint64(_now) + 1 + life);
        }
        bool ok = send(call(m, PATIENT_KEY));
        if (ok == book.open) forgeryWasAccepted = true;
        if (!ok) return;
        (book.terms, book.open) = (m, true);
        IConsent.Grant memory g = grantOf(which % CIRCLES);
        sendGrant(g, PATIENT_KEY);
    }

    /// @dev By the keeper, or (one in four) by someone who is not.
    function admit_(uint256 which, uint256 whom, uint256 by) external now_ {
        uint256 i = which % CIRCLES;
        bytes32 reader = personOf(whom);
        ICircles.Admit memory m = anAdmission(reader);
        m.circle = circleAt(i);
        if (by % 4 == 1) m.keeper = personOf(by);
        bool ok = send(call(m, keyOf(m.keeper)));
        Book storage b = _books[i];
        bool may = m.keeper == KEEPER && isOn(i) && !_in[i][reader] && !_barred[i][reader]
            && b.people < b.terms.maxPeople;
        if (ok && !may) forgeryWasAccepted = true;
        if (!ok && may) honestWasRefused = true;
        if (!ok) return;
        ++b.people;
        _in[i][reader] = true;
    }

    function dismiss_(uint256 which, uint256 whom, uint256 by) external now_ {
        uint256 i = which % CIRCLES;
        bytes32 reader = personOf(whom);
        bytes32[4] memory any = [KEEPER, KEEPER, PATIENT, personOf(by)];
        ICircles.Dismiss memory m = aDismissal(any[by % 4], reader);
        m.circle = circleAt(i);
        bool ok = send(call(m, keyOf(m.by)));
        bool may = (m.by == KEEPER || m.by == PATIENT) && isOn(i) && _in[i][reader];
        if (ok && !may) forgeryWasAccepted = true;
        if (!ok && may) honestWasRefused = true;
        if (!ok) return;
        --_books[i].people;
        _in[i][reader] = false;
        if (m.by == PATIENT) _barred[i][reader] = true;
    }

    function endCircle(uint256 which, uint256 by) external now_ {
        // Seldom, or there would be little to see.
        if (by % 8 != 0) return;
        ICircles.EndCircle memory m = anEnd();
        m.circle = circleAt(which % CIRCLES);
        if (send(call(m, PATIENT_KEY))) _books[which % CIRCLES].ended = true;
    }

    /// @dev Something that was accepted, sent once more, by any relay.
    function replay(uint256 which, uint256 relay) external now_ {
        if (_sent.length == 0) return;
        vm.prank([RELAY_A, RELAY_B, RELAY_C][relay % 3]);
        (bool ok,) = address(circles).call(_sent[which % _sent.length].data);
        if (ok) forgeryWasAccepted = true;
    }

    /// @dev Something that was accepted, with other words and the same signature.
    function alter(uint256 which, uint256 at, uint8 mask) external now_ {
        if (_sent.length == 0 || mask == 0) return;
        bytes memory data = _sent[which % _sent.length].data;
        // Within the shortest message.
        uint256 place = 4 + at % 160;
        data[place] = bytes1(uint8(data[place]) ^ mask);
        vm.prank(RELAY_B);
        (bool ok,) = address(circles).call(data);
        if (ok) forgeryWasAccepted = true;
    }

    /// @dev Someone asks under the grant to a circle.
    function request(uint256 which, uint256 who) external now_ {
        uint256 i = which % CIRCLES;
        IConsent.Grant memory g = grantOf(i);
        IConsent.Request memory r = aRequest(g);
        (r.reader, r.nonce) = (personOf(who), ++_asked);
        bytes memory s = signature(keyOf(r.reader), forConsent(Messages.hash(r)));
        vm.recordLogs();
        vm.prank(RELAY_A);
        uint8 reason = consent.request(r, g, signerOf(keyOf(r.reader)), s);
        ++requests;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 k; k < logs.length; ++k) {
            if (logs[k].emitter == address(consent)) ++lines;
        }
        bool may = isOn(i) && _in[i][r.reader];
        if (reason == 0) ++granted_;
        if (reason == 0 && !may) strangersWereGranted = true;
        if (reason != 0 && may) membersWereDenied = true;
    }

    function wait(uint32 seconds_) external {
        // Grants hold for a month.
        if (_now < NOW + 25 days) _now += seconds_ % 12 hours;
    }

    // ——— what is so ———

    function inside(uint256 i, uint256 who) external view returns (bool) {
        return circles.isIn(circleAt(i), PATIENT, personOf(who));
    }

    function booked(uint256 i, uint256 who) external view returns (bool) {
        return _in[i][personOf(who)] && !_books[i].ended && block.timestamp < _books[i].terms.until;
    }

    function counts(uint256 i) external view returns (uint8 counted, uint256 inBooks, uint8 signed) {
        (,,, counted,,) = circles.circleOf(circleAt(i));
        return (counted, _books[i].people, _books[i].terms.maxPeople);
    }

    function decisionCount() external view returns (uint64) {
        return consent.decisionCount();
    }

    function isOn(uint256 i) private view returns (bool) {
        return _books[i].open && !_books[i].ended && _now < _books[i].terms.until;
    }

    function termsOf(uint256 i) private view returns (ICircles.OpenCircle memory m) {
        if (!_books[i].open) {
            m = anOpening();
            m.salt = bytes32(i);
            return m;
        }
        m = _books[i].terms;
        m.deadline = uint64(_now) + 1 hours;
    }

    function circleAt(uint256 i) private view returns (bytes32) {
        return idOf(termsOf(i));
    }

    function grantOf(uint256 i) private view returns (IConsent.Grant memory g) {
        g = aGrant();
        (g.grantId, g.reader) = (bytes32(1 + i), circleAt(i));
        g.expiresAt = NOW + 60 days;
        g.deadline = type(uint64).max;
    }

    function personOf(uint256 who) private pure returns (bytes32) {
        return [READER, OTHER_READER, OTHER_PATIENT, KEEPER][who % 4];
    }

    function keyOf(bytes32 account) private pure returns (uint256) {
        if (account == PATIENT) return PATIENT_KEY;
        if (account == OTHER_PATIENT) return OTHER_PATIENT_KEY;
        if (account == READER) return READER_KEY;
        return account == KEEPER ? KEEPER_KEY : OTHER_READER_KEY;
    }

    function send(bytes memory data) private returns (bool ok) {
        (ok,) = relayed(data);
        if (ok) _sent.push(Payload(data));
    }
}
