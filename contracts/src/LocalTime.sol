// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title What a clock that is a fixed offset from UTC shows
/// @notice Days are stream days: whole days since 1900-01-01, which was a Monday. No leap seconds and no summer time.
library LocalTime {
    /// @dev A clock may be up to a day off, as the days of streams may.
    int16 internal constant MAX_OFFSET_MINUTES = 1440;
    uint256 internal constant DAYS_TO_1970 = 25_567;
    uint256 private constant MINUTES_PER_DAY = 1440;

    /// @dev The stream day it is, the day of the week (0 is Monday) and the minute of the day (0 to 1439) when a clock
    /// that is `offsetMinutes` east of UTC is read at `timestamp` (seconds since 1970). The offset must be within
    /// {MAX_OFFSET_MINUTES}: then counting from 1900 leaves nothing negative to divide, and division rounds down.
    function at(uint256 timestamp, int16 offsetMinutes)
        internal
        pure
        returns (uint256 day, uint256 weekday, uint256 minute)
    {
        uint256 since1900 = timestamp / 60 + DAYS_TO_1970 * MINUTES_PER_DAY;
        // Not negative, as said.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 minutes_ = uint256(int256(since1900) + offsetMinutes);
        day = minutes_ / MINUTES_PER_DAY;
        weekday = day % 7;
        minute = minutes_ % MINUTES_PER_DAY;
    }
}
