// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title Why a request was granted or denied
/// @notice Stable numbers: they are written into the log for ever, so one may be added and none may change.
/// A request without a grant can only be NOT_YOURS or OUTSIDE_WINDOW, tried in this order. For one under a grant they
/// are tried in this: 1 2 3 4, then 5 or 14 (by whether the grant is to a role), 6 7 8 9 13 15 10 11. The first that
/// applies is the one recorded.
library Reasons {
    /// Allowed; custodians may release.
    uint8 internal constant GRANTED = 0;
    /// No such grant has been recorded.
    uint8 internal constant UNKNOWN_GRANT = 1;
    /// The patient has revoked the grant.
    uint8 internal constant REVOKED = 2;
    /// The grant's validity is over.
    uint8 internal constant EXPIRED = 3;
    /// The grant's validity has not begun.
    uint8 internal constant NOT_YET_VALID = 4;
    /// The grant is for another reader.
    uint8 internal constant WRONG_READER = 5;
    /// The grant is another patient's.
    uint8 internal constant WRONG_PATIENT = 6;
    /// At least one requested stream is not in the grant.
    uint8 internal constant WRONG_STREAM = 7;
    /// The requested days are not inside the grant's, or begin before its rolling window, or end before they begin.
    uint8 internal constant OUTSIDE_WINDOW = 8;
    /// The stated purpose is not the grant's.
    uint8 internal constant WRONG_PURPOSE = 9;
    /// The grant's uses are spent.
    uint8 internal constant NO_USES_LEFT = 10;
    /// The reader's organisation no longer vouches, or is itself suspended.
    uint8 internal constant READER_SUSPENDED = 11;
    /// A request without a grant is only for one's own data.
    uint8 internal constant NOT_YOURS = 12;
    /// The grant does not hold on this day of the week or at this time of day.
    uint8 internal constant OUTSIDE_HOURS = 13;
    /// The grant is to a role that the reader does not hold.
    uint8 internal constant NOT_IN_ROLE = 14;
    /// The grant is for emergencies, and the request states none.
    uint8 internal constant EMERGENCY_NOT_STATED = 15;
    /// The grant is to a circle that the reader is not in: never let in, out again, or the circle is another's or over.
    uint8 internal constant NOT_IN_CIRCLE = 16;
}
