// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Reasons} from "../src/Reasons.sol";
import {IConsent} from "../src/interfaces/IConsent.sol";
import {ConsentFixture} from "./support/ConsentFixture.sol";
import {Messages} from "./support/Messages.sol";
import {Vm} from "./support/Vm.sol";

/// @dev When and in what case a grant holds: rolling days, hours, roles, emergencies. NOW is Friday 2027-01-15, 08:00
/// UTC, stream day 46400.
contract ConsentTermsTest is ConsentFixture {
    int32 private constant TODAY = 46_400;
    uint64 private constant MIDNIGHT = NOW - 8 hours;

    function setUp() public {
        deploy(1000);
        registerEverybody();
    }

    // ——— hours nobody can have meant ———

    function testFuzz_onlyHoursThatComeCanBeGranted(uint8 weekdays, uint16 from, uint16 to, int16 offset)
        public
    {
        // Half of the runs near the limits, where they are decided.
        if (weekdays % 2 == 0) (from, to, offset) = (from % 1500, to % 1500, int16(int256(offset) % 1500));
        IConsent.Grant memory g = aGrant();
        (g.weekdays, g.fromMinute, g.toMinute, g.offsetMinutes) = (weekdays, from, to, offset);
        bool never = weekdays == 0 || from >= to;
        bool impossible = weekdays >= 128 || to > 1440 || offset > 1440 || offset < -1440;
        if (never || impossible) grantReverts(g, PATIENT_KEY, error(IConsent.ConsentBadHours.selector));
        else sendGrant(g, PATIENT_KEY);
    }

    function test_eachBadHourIsRefusedAloneAndEachLimitTaken() public {
        bytes memory refusal = error(IConsent.ConsentBadHours.selector);
        IConsent.Grant memory g = aGrant();
        g.weekdays = 0;
        grantReverts(g, PATIENT_KEY, refusal);
        g.weekdays = 128;
        grantReverts(g, PATIENT_KEY, refusal);
        g.weekdays = 64;
        g.fromMinute = 1440;
        grantReverts(g, PATIENT_KEY, refusal);
        g.fromMinute = 1439;
        g.toMinute = 1441;
        grantReverts(g, PATIENT_KEY, refusal);
        g.toMinute = 1440;
        g.offsetMinutes = 1441;
        grantReverts(g, PATIENT_KEY, refusal);
        g.offsetMinutes = -1441;
        grantReverts(g, PATIENT_KEY, refusal);
        g.offsetMinutes = 1440;
        sendGrant(g, PATIENT_KEY);
        g.grantId = "second";
        g.offsetMinutes = -1440;
        sendGrant(g, PATIENT_KEY);
    }

    // ——— hours ———

    function test_reason13_aGrantHoldsFromItsFirstMinuteUntilItsLast() public {
        IConsent.Grant memory g = aGrant();
        (g.fromMinute, g.toMinute) = (540, 1020);
        granted(g);
        decidesAt(g, MIDNIGHT + 9 hours - 1, Reasons.OUTSIDE_HOURS);
        decidesAt(g, MIDNIGHT + 9 hours, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 17 hours - 1, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 17 hours, Reasons.OUTSIDE_HOURS);
    }

    function test_reason13_aGrantHoldsOnItsWeekdays() public {
        IConsent.Grant memory g = aGrant();
        // Friday alone.
        g.weekdays = 16;
        granted(g);
        decidesAt(g, NOW, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 1 days - 1, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 1 days, Reasons.OUTSIDE_HOURS);
        decidesAt(g, MIDNIGHT + 7 days - 1, Reasons.OUTSIDE_HOURS);
        decidesAt(g, MIDNIGHT + 7 days, Reasons.GRANTED);
    }

    function test_reason13_theHoursAreLocal() public {
        IConsent.Grant memory g = aGrant();
        // Saturday before one in the morning, eleven hours east.
        (g.weekdays, g.fromMinute, g.toMinute, g.offsetMinutes) = (32, 0, 60, 660);
        granted(g);
        decidesAt(g, MIDNIGHT + 13 hours - 1, Reasons.OUTSIDE_HOURS);
        decidesAt(g, MIDNIGHT + 13 hours, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 14 hours - 1, Reasons.GRANTED);
        decidesAt(g, MIDNIGHT + 14 hours, Reasons.OUTSIDE_HOURS);
    }

    /// @dev The wall clock of whoever is `offset` minutes ahead of UTC, counted up minute by minute from one known
    /// moment: at NOW it is Friday, minute 480, in UTC.
    function testFuzz_reason13_agreesWithAWallClock(
        uint8 weekdays,
        uint16 from,
        uint16 to,
        int16 offset,
        uint32 later
    ) public {
        IConsent.Grant memory g = aGrant();
        g.weekdays = 1 + weekdays % 127;
        g.fromMinute = from % 1440;
        g.toMinute = g.fromMinute + 1 + to % (1440 - g.fromMinute);
        g.offsetMinutes = int16(int256(offset) % 1441);
        granted(g);
        later %= 20 days;
        (uint256 weekday, uint256 minute) = wallClock(int256(g.offsetMinutes) + int256(uint256(later / 60)));
        bool open = minute >= g.fromMinute && minute < g.toMinute && g.weekdays & (1 << weekday) != 0;
        decidesAt(g, NOW + later, open ? Reasons.GRANTED : Reasons.OUTSIDE_HOURS);
    }

    // ——— rolling days ———

    function test_reason8_onlyTheNewestDaysOfARollingGrantMayBeAskedFor() public {
        IConsent.Grant memory g = rolling(14);
        asks(g, TODAY - 13, TODAY, Reasons.GRANTED);
        asks(g, TODAY - 14, TODAY, Reasons.OUTSIDE_WINDOW);
        asks(g, TODAY - 14, TODAY - 14, Reasons.OUTSIDE_WINDOW);
        // Days to come are as the grant's own window has them.
        asks(g, TODAY + 1, g.lastDay, Reasons.GRANTED);
        asks(g, TODAY + 1, g.lastDay + 1, Reasons.OUTSIDE_WINDOW);
    }

    function test_reason8_theWindowRollsAtTheSecondOfLocalMidnight() public {
        IConsent.Grant memory g = rolling(1);
        vm.warp(MIDNIGHT + 1 days - 1);
        asks(g, TODAY, TODAY, Reasons.GRANTED);
        vm.warp(MIDNIGHT + 1 days);
        asks(g, TODAY, TODAY, Reasons.OUTSIDE_WINDOW);
        asks(g, TODAY + 1, TODAY + 1, Reasons.GRANTED);
    }

    function test_reason8_theRollingDayIsLocal() public {
        IConsent.Grant memory g = rollingGrant(1);
        g.offsetMinutes = -600;
        granted(g);
        // Eight in the morning in Greenwich is ten the evening before.
        asks(g, TODAY - 1, TODAY - 1, Reasons.GRANTED);
        asks(g, TODAY - 2, TODAY - 1, Reasons.OUTSIDE_WINDOW);
        vm.warp(MIDNIGHT + 10 hours);
        asks(g, TODAY - 1, TODAY - 1, Reasons.OUTSIDE_WINDOW);
        asks(g, TODAY, TODAY, Reasons.GRANTED);
    }

    function test_reason8_aRollingWindowWidensNoGrant() public {
        IConsent.Grant memory g = rollingGrant(type(uint16).max);
        g.firstDay = TODAY - 3;
        granted(g);
        asks(g, TODAY - 3, TODAY, Reasons.GRANTED);
        asks(g, TODAY - 4, TODAY, Reasons.OUTSIDE_WINDOW);
    }

    function test_aGrantThatDoesNotRollKeepsItsOldestDay() public {
        IConsent.Grant memory g = rolling(0);
        asks(g, type(int32).min, TODAY, Reasons.GRANTED);
    }

    function testFuzz_reason8_agreesWithCountingDaysBack(uint16 n, int16 offset, uint32 later, int32 back)
        public
    {
        IConsent.Grant memory g = rollingGrant(1 + n % 400);
        g.offsetMinutes = int16(int256(offset) % 1441);
        granted(g);
        later %= 20 days;
        vm.warp(NOW + later);
        int32 today = TODAY;
        int256 minutes_ = 480 + int256(g.offsetMinutes) + int256(uint256(later / 60));
        for (; minutes_ < 0; minutes_ += 1440) {
            --today;
        }
        for (; minutes_ >= 1440; minutes_ -= 1440) {
            ++today;
        }
        back = back % 410;
        int32 firstDay = today - back;
        // Today is the first of the newest days.
        bool isIn = back + 1 <= int256(uint256(g.rollingDays));
        asks(g, firstDay, g.lastDay, isIn ? Reasons.GRANTED : Reasons.OUTSIDE_WINDOW);
    }

    // ——— roles ———

    function test_reason14_whoHoldsTheRoleIsGrantedInTheirOwnName() public {
        IConsent.Grant memory g = grantedToRole(aRole());
        decides(by(READER, g), g, READER_KEY, Reasons.GRANTED);
        decides(by(OTHER_READER, g), g, OTHER_READER_KEY, Reasons.NOT_IN_ROLE);
        appoint(g.reader, OTHER_READER);
        IConsent.Request memory r = by(OTHER_READER, g);
        r.nonce = 2;
        decides(r, g, OTHER_READER_KEY, Reasons.GRANTED);
    }

    function test_reason14_aDismissedReaderIsDenied() public {
        IConsent.Grant memory g = grantedToRole(aRole());
        vm.prank(ADMIN_C);
        members.dismiss(g.reader, READER);
        decides(by(READER, g), g, READER_KEY, Reasons.NOT_IN_ROLE);
    }

    function test_reason14_aReaderWhoLeftIsDenied() public {
        IConsent.Grant memory g = grantedToRole(aRole());
        vm.prank(ADMIN_C);
        members.endVouch(READER);
        decides(by(READER, g), g, READER_KEY, Reasons.NOT_IN_ROLE);
    }

    function test_reason14_aRoleOfASuspendedOrganisationIsHeldByNobodyUntilItIsResumed() public {
        IConsent.Grant memory g = grantedToRole(aRole());
        vote(abi.encodeCall(members.suspendOrganisation, (ORG_C, "reason")));
        decides(by(READER, g), g, READER_KEY, Reasons.NOT_IN_ROLE);
        vote(abi.encodeCall(members.resumeOrganisation, (ORG_C)));
        IConsent.Request memory r = by(READER, g);
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.GRANTED);
    }

    function test_aPersonInTwoRolesLosesOnlyTheOneTheyAreDismissedFrom() public {
        bytes32 night = aRole();
        vm.prank(ADMIN_C);
        bytes32 day = members.createRole("day shift", "key of the day shift");
        appoint(day, READER);
        IConsent.Grant memory toNight = grantedToRole(night);
        IConsent.Grant memory toDay = aGrant();
        (toDay.grantId, toDay.reader) = ("to the day shift", day);
        granted(toDay);
        vm.prank(ADMIN_C);
        members.dismiss(night, READER);
        decides(by(READER, toNight), toNight, READER_KEY, Reasons.NOT_IN_ROLE);
        IConsent.Request memory r = by(READER, toDay);
        r.nonce = 2;
        decides(r, toDay, READER_KEY, Reasons.GRANTED);
    }

    function test_aRoleDoesNotWidenAGrantToAPerson() public {
        bytes32 role = aRole();
        appoint(role, OTHER_READER);
        IConsent.Grant memory g = granted(aGrant());
        decides(by(OTHER_READER, g), g, OTHER_READER_KEY, Reasons.WRONG_READER);
    }

    /// @dev Anybody may register an account under any free id, a role's included.
    function test_reason14_anAccountWithTheRolesIdIsNotTheRole() public {
        IConsent.Grant memory g = grantedToRole(aRole());
        register(g.reader, NOBODYS_KEY);
        decides(by(g.reader, g), g, NOBODYS_KEY, Reasons.NOT_IN_ROLE);
    }

    // ——— emergencies ———

    function test_anEmergencyIsOpenedCountedAndKept() public {
        vm.prank(ADMIN_B);
        members.vouch(READER);
        IConsent.Grant memory g = grantedForEmergencies();
        IConsent.Request memory r = stated(g);
        bytes32 id = forConsent(Messages.hash(r));
        vm.expectEmit(address(consent));
        emit IConsent.EmergencyOpened(id, PATIENT, READER, g.grantId, "statement");
        decides(r, g, READER_KEY, Reasons.GRANTED);
        vm.assertEq(consent.emergencyCount(READER), 1, "counted");
        (bytes32 patient, bytes32 reader, bytes32 org, uint64 at) = consent.emergencyOf(id);
        vm.assertEq(patient, PATIENT, "whose data");
        vm.assertEq(reader, READER, "by whom");
        vm.assertEq(org, ORG_B, "for whom");
        vm.assertEq(at, NOW, "when");
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.GRANTED);
        vm.assertEq(consent.emergencyCount(READER), 2, "each is counted");
    }

    function test_reason15_anEmergencyMustBeStated() public {
        IConsent.Grant memory g = grantedForEmergencies();
        IConsent.Request memory r = by(READER, g);
        decides(r, g, READER_KEY, Reasons.EMERGENCY_NOT_STATED);
        noEmergency(r);
    }

    function testFuzz_aStatementWithoutAnEmergencyIsRefused(bytes32 statement) public {
        vm.assume(statement != bytes32(0));
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = by(READER, g);
        r.statement = statement;
        bytes memory refusal = error(IConsent.ConsentBadStatement.selector);
        requestReverts(r, g, READER_KEY, refusal);
        // Whatever has become of the grant.
        sendRevoke(aRevoke(g), PATIENT_KEY);
        requestReverts(r, g, READER_KEY, refusal);
        // Nor for one's own data.
        (r.grantId, r.reader) = (0, PATIENT);
        requestReverts(r, g, PATIENT_KEY, refusal);
        // Only of a grant that is not there can it not be said.
        r = by(READER, g);
        (r.grantId, r.statement) = ("no such grant", statement);
        decides(r, g, READER_KEY, Reasons.UNKNOWN_GRANT);
        noEmergency(r);
    }

    function test_aDeniedEmergencyOpensNothing() public {
        IConsent.Grant memory g = grantedForEmergencies();
        IConsent.Request memory r = stated(g);
        r.purpose = "other";
        vm.recordLogs();
        vm.assertEq(sendRequest(r, g, READER_KEY), Reasons.WRONG_PURPOSE, "denied");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "the decision alone");
        noEmergency(r);
    }

    function test_anOrdinaryAccessIsNoEmergency() public {
        IConsent.Grant memory g = granted(aGrant());
        IConsent.Request memory r = by(READER, g);
        decides(r, g, READER_KEY, Reasons.GRANTED);
        noEmergency(r);
        (r.grantId, r.reader) = (0, PATIENT);
        // What is handed along as a grant, with a request that names none, is nothing.
        g.emergency = true;
        decides(r, g, PATIENT_KEY, Reasons.GRANTED);
        noEmergency(r);
    }

    function test_anEmergencySpendsAUse() public {
        IConsent.Grant memory g = aGrant();
        (g.emergency, g.maxUses) = (true, 1);
        granted(g);
        decides(stated(g), g, READER_KEY, Reasons.GRANTED);
        IConsent.Request memory r = stated(g);
        r.nonce = 2;
        decides(r, g, READER_KEY, Reasons.NO_USES_LEFT);
        vm.assertEq(consent.emergencyCount(READER), 1, "one");
    }

    /// @dev A request that is wrong in all respects, righted one by one, gives the reasons in the documented order.
    function test_theReasonsAreTriedInTheDocumentedOrder() public {
        IConsent.Grant memory g = rollingGrant(2);
        (g.reader, g.emergency, g.maxUses) = (aRole(), true, 1);
        (g.notBefore, g.weekdays) = (NOW + 1, 32);
        granted(g);
        uses(g);
        IConsent.Request memory r = by(OTHER_READER, g);
        (r.patient, r.streams[0], r.firstDay, r.purpose) = (OTHER_PATIENT, "other", TODAY - 5, "other");
        uint256 key = OTHER_READER_KEY;
        vm.warp(NOW);
        next(r, g, key, Reasons.NOT_YET_VALID);
        vm.warp(NOW + 1);
        next(r, g, key, Reasons.NOT_IN_ROLE);
        (r.reader, key) = (READER, READER_KEY);
        next(r, g, key, Reasons.WRONG_PATIENT);
        r.patient = PATIENT;
        next(r, g, key, Reasons.WRONG_STREAM);
        r.streams[0] = g.streams[0];
        next(r, g, key, Reasons.OUTSIDE_WINDOW);
        r.firstDay = TODAY;
        next(r, g, key, Reasons.WRONG_PURPOSE);
        r.purpose = g.purpose;
        next(r, g, key, Reasons.OUTSIDE_HOURS);
        vm.warp(MIDNIGHT + 1 days);
        next(r, g, key, Reasons.EMERGENCY_NOT_STATED);
        r.statement = "statement";
        next(r, g, key, Reasons.NO_USES_LEFT);
        vm.warp(g.expiresAt);
        next(r, g, key, Reasons.EXPIRED);
        sendRevoke(aRevoke(g), PATIENT_KEY);
        next(r, g, key, Reasons.REVOKED);
    }

    // ——— helpers ———

    function decidesAt(IConsent.Grant memory g, uint64 at, uint8 reason) private {
        vm.warp(at);
        IConsent.Request memory r = aRequest(g);
        r.nonce = at;
        vm.assertEq(sendRequest(r, g, READER_KEY), reason, "the reason");
    }

    function asks(IConsent.Grant memory g, int32 firstDay, int32 lastDay, uint8 reason) private {
        IConsent.Request memory r = aRequest(g);
        (r.firstDay, r.lastDay, r.nonce) = (firstDay, lastDay, consent.decisionCount());
        vm.assertEq(sendRequest(r, g, READER_KEY), reason, "the reason");
    }

    function next(IConsent.Request memory r, IConsent.Grant memory g, uint256 key, uint8 reason) private {
        (r.nonce, r.deadline) = (consent.decisionCount(), uint64(block.timestamp));
        vm.assertEq(sendRequest(r, g, key), reason, "the reason");
    }

    /// @dev Spends the only use, at a time when the grant holds.
    function uses(IConsent.Grant memory g) private {
        vm.warp(MIDNIGHT + 1 days);
        IConsent.Request memory r = by(READER, g);
        (r.statement, r.firstDay) = ("statement", TODAY + 1);
        decides(r, g, READER_KEY, Reasons.GRANTED);
    }

    function rollingGrant(uint16 n) private view returns (IConsent.Grant memory g) {
        g = aGrant();
        (g.rollingDays, g.firstDay, g.lastDay) = (n, type(int32).min, TODAY + 1000);
    }

    function rolling(uint16 n) private returns (IConsent.Grant memory) {
        return granted(rollingGrant(n));
    }

    function grantedToRole(bytes32 role) private returns (IConsent.Grant memory g) {
        g = aGrant();
        g.reader = role;
        granted(g);
    }

    function grantedForEmergencies() private returns (IConsent.Grant memory g) {
        g = aGrant();
        g.emergency = true;
        granted(g);
    }

    function by(bytes32 reader, IConsent.Grant memory g) private view returns (IConsent.Request memory r) {
        r = aRequest(g);
        r.reader = reader;
    }

    function stated(IConsent.Grant memory g) private view returns (IConsent.Request memory r) {
        r = by(READER, g);
        r.statement = "statement";
    }

    function appoint(bytes32 role, bytes32 reader) private {
        vm.prank(ADMIN_C);
        members.appoint(role, reader);
    }

    function noEmergency(IConsent.Request memory r) private view {
        vm.assertEq(consent.emergencyCount(r.reader), 0, "none counted");
        (,,, uint64 at) = consent.emergencyOf(forConsent(Messages.hash(r)));
        vm.assertEq(at, 0, "none kept");
    }

    function wallClock(int256 minutesSinceNow) private pure returns (uint256 weekday, uint256 minute) {
        weekday = 4;
        int256 m = 480 + minutesSinceNow;
        for (; m < 0; m += 1440) {
            weekday = weekday == 0 ? 6 : weekday - 1;
        }
        for (; m >= 1440; m -= 1440) {
            weekday = weekday == 6 ? 0 : weekday + 1;
        }
        minute = uint256(m);
    }
}
