// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {LocalTime} from "../src/LocalTime.sol";
import {Vm} from "./support/Vm.sol";

contract LocalTimeTest {
    Vm private constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function testFuzz_agreesWithWalkingACalendarFrom1900(uint64 timestamp, int16 offset) public pure {
        // To the year 2242.
        timestamp %= 1 << 33;
        offset = int16(int256(offset) % 1441);
        (uint256 day, uint256 weekday, uint256 minute) = LocalTime.at(timestamp, offset);
        (uint256 day_, uint256 weekday_, uint256 minute_) = walk(timestamp, offset);
        vm.assertEq(day, day_, "day");
        vm.assertEq(weekday, weekday_, "weekday");
        vm.assertEq(minute, minute_, "minute");
    }

    function testFuzz_aLaterSecondIsNeverAnEarlierMinute(uint64 timestamp, int16 offset) public pure {
        offset = int16(int256(offset) % 1441);
        (uint256 day, uint256 weekday, uint256 minute) = LocalTime.at(timestamp, offset);
        (uint256 day2, uint256 weekday2, uint256 minute2) = LocalTime.at(uint256(timestamp) + 60, offset);
        if (minute == 1439) {
            vm.assertEq(day2, day + 1, "the next day");
            vm.assertEq(weekday2, (weekday + 1) % 7, "the next weekday");
            vm.assertEq(minute2, 0, "begins at midnight");
        } else {
            vm.assertEq(day2, day, "the same day");
            vm.assertEq(weekday2, weekday, "the same weekday");
            vm.assertEq(minute2, minute + 1, "a minute later");
        }
    }

    function test_knownDates() public pure {
        // 1970-01-01, a Thursday.
        shows(0, 0, 25_567, 3, 0);
        shows(59, 0, 25_567, 3, 0);
        shows(60, 0, 25_567, 3, 1);
        // The leap day of 2000, a Tuesday.
        shows(951_782_400, 0, 25_567 + 11_016, 1, 0);
        // 2027-01-15 08:00 UTC, a Friday: 13:30 in Delhi, still Thursday 20:00 twelve hours west.
        shows(1_800_000_000, 0, 46_400, 4, 480);
        shows(1_800_000_000, 330, 46_400, 4, 810);
        shows(1_800_000_000, -720, 46_399, 3, 1200);
    }

    function test_theEveOf1970() public pure {
        shows(0, -1, 25_566, 2, 1439);
        shows(0, -1440, 25_566, 2, 0);
        shows(59, -1, 25_566, 2, 1439);
        shows(0, 1440, 25_568, 4, 0);
    }

    function test_theSecondsAroundMidnight() public pure {
        uint256 midnight = 1_800_000_000 - 8 hours;
        shows(midnight - 1, 0, 46_399, 3, 1439);
        shows(midnight, 0, 46_400, 4, 0);
        shows(midnight - 2 hours - 1, 120, 46_399, 3, 1439);
        shows(midnight - 2 hours, 120, 46_400, 4, 0);
    }

    function shows(uint256 timestamp, int16 offset, uint256 day, uint256 weekday, uint256 minute)
        private
        pure
    {
        (uint256 day_, uint256 weekday_, uint256 minute_) = LocalTime.at(timestamp, offset);
        vm.assertEq(day_, day, "day");
        vm.assertEq(weekday_, weekday, "weekday");
        vm.assertEq(minute_, minute, "minute");
    }

    /// @dev Year by year and then day by day through the Gregorian calendar, in seconds, from Monday 1900-01-01.
    function walk(uint64 timestamp, int16 offset)
        private
        pure
        returns (uint256 day, uint256 weekday, uint256 minute)
    {
        int256 left = int256(uint256(timestamp)) + int256(offset) * 60;
        for (uint256 y = 1900; y < 1970; ++y) {
            left += int256(daysIn(y) * 86_400);
        }
        uint256 year = 1900;
        while (left >= int256(daysIn(year) * 86_400)) {
            left -= int256(daysIn(year) * 86_400);
            day += daysIn(year);
            // A year of 52 weeks and a day, or two.
            weekday += daysIn(year) == 366 ? 2 : 1;
            if (weekday > 6) weekday -= 7;
            ++year;
        }
        while (left >= 86_400) {
            left -= 86_400;
            ++day;
            weekday = weekday == 6 ? 0 : weekday + 1;
        }
        while (left >= 60) {
            left -= 60;
            ++minute;
        }
    }

    function daysIn(uint256 year) private pure returns (uint256) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
    }
}
