// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title Grants, revocations, and the log of decisions
/// @notice A patient's signer grants and revokes; a reader's signer requests; this contract decides each request from
/// its present state and writes the decision down in the same transaction. A genuine request that is not allowed is
/// denied and recorded, never reverted: refusals are history too. A forged, malformed, stale or replayed message
/// reverts, each kind with its own error, so that nobody can be accused by a forgery.
///
/// Messages are EIP-712 (domain "Islet", "1", this chain, this contract). Each repeats its chain and contract, so that
/// one for elsewhere has its own error. Every field is hashed, `bytes32[]` as keccak256 of its elements: none can be
/// altered on the way. Nothing is keyed by a signature, so a second valid signature of the same message is of no use.
/// Signatures are checked with STATICCALL only: a hostile wallet contract can re-enter nothing.
///
/// What a relay can do is withhold. A request or a grant then goes through another member before its deadline; a
/// revocation also binds a custodian to whom it is handed directly. A withheld grant dies with its deadline, or sooner
/// when its id is used by another grant (one to reader zero, say).
///
/// Kept: two slots per grant (commitment; patient tag, uses, revoked), one bit per request, one slot per kind of
/// denial, and of each emergency whose data was opened by whom and when. Everything else is events.
interface IConsent is IRelayed {
    /// @notice A permission.
    /// @param grantId Random, not zero (zero in a request means "my own data").
    /// @param patient The account that grants; one of its signers signs.
    /// @param reader The only account that may use it; or a role of {IMembers}: then who holds the role at the time; or
    /// a circle of {ICircles} that this patient opened: then who is in it at the time.
    /// @param streams 1 to 32 salted stream codes.
    /// @param firstDay First stream day of the data, inclusive.
    /// @param lastDay Last stream day of the data, inclusive.
    /// @param rollingDays N: of these days only the newest N may be asked for, today's included, so that a request on
    /// stream day d begins on d - N + 1 at the earliest. 1 is today alone; 0 is no such limit. Which day it is follows
    /// `offsetMinutes`: it begins at the very second of local midnight.
    /// @param notBefore When the grant begins to hold (seconds, inclusive).
    /// @param expiresAt When it ceases to (seconds, exclusive).
    /// @param weekdays The local days of the week on which it holds: bit 0 is Monday, bit 6 Sunday; 127 is every day.
    /// @param fromMinute The local minute of the day from which it holds, inclusive; 0 is midnight.
    /// @param toMinute The local minute of the day at which it ceases to, exclusive; 1440 is midnight. A time of day
    /// that runs over midnight is two grants.
    /// @param offsetMinutes Local time less UTC, from -1440 to 1440; fixed, so summer time is another grant.
    /// @param purpose The salted code of the one purpose allowed.
    /// @param maxUses How many requests may be granted; 0 is no limit.
    /// @param emergency Break-glass: each request must state its reason, and shows as an emergency until reviewed.
    /// @param nodesHash Commits to the sealed key nodes that travel off chain.
    /// @param deadline The last second at which this message may be recorded.
    struct Grant {
        uint256 chain;
        address target;
        bytes32 grantId;
        bytes32 patient;
        bytes32 reader;
        bytes32[] streams;
        int32 firstDay;
        int32 lastDay;
        uint16 rollingDays;
        uint64 notBefore;
        uint64 expiresAt;
        uint8 weekdays;
        uint16 fromMinute;
        uint16 toMinute;
        int16 offsetMinutes;
        bytes32 purpose;
        uint32 maxUses;
        bool emergency;
        bytes32 nodesHash;
        uint64 deadline;
    }

    /// @notice The end of a grant.
    struct Revoke {
        uint256 chain;
        address target;
        bytes32 grantId;
        bytes32 patient;
        uint64 deadline;
    }

    /// @notice A reader's wish to open something. `reader` is always a person's account, under a grant to a role or circle too.
    /// `oneTimeKeyHash` commits to the key that custodians seal their shares to: a relay that could alter it could have
    /// the shares sealed to itself. `statement` is the salted hash of the stated reason under an emergency grant, and
    /// zero otherwise.
    struct Request {
        uint256 chain;
        address target;
        bytes32 grantId;
        bytes32 patient;
        bytes32 reader;
        bytes32[] streams;
        int32 firstDay;
        int32 lastDay;
        bytes32 purpose;
        bytes32 oneTimeKeyHash;
        bytes32 statement;
        uint256 nonce;
        uint64 deadline;
    }

    event Granted(
        bytes32 indexed grantId,
        bytes32 indexed patient,
        bytes32 indexed reader,
        bytes32 grantHash,
        uint64 expiresAt
    );

    event Revoked(bytes32 indexed grantId, bytes32 indexed patient);

    /// @notice One line of the log. `requestId` is the request's EIP-712 digest, `reason` one of {Reasons},
    /// `number` counts all decisions from 1: a missing line shows.
    event AccessDecided(
        bytes32 indexed requestId,
        bytes32 indexed patient,
        bytes32 indexed reader,
        bytes32 grantId,
        uint8 reason,
        bytes32[] streams,
        int32 firstDay,
        int32 lastDay,
        bytes32 purpose,
        bytes32 oneTimeKeyHash,
        uint64 number
    );

    /// @notice The same reader was denied the same grant of the same patient for the same reason, for the `count`-th
    /// time. Keeps a reader that asks over and over from burying the log.
    event AccessDenialRepeated(
        bytes32 indexed requestId,
        bytes32 indexed patient,
        bytes32 indexed reader,
        bytes32 grantId,
        uint8 reason,
        uint32 count,
        uint64 number
    );

    /// @notice A request under an emergency grant was granted: it awaits review by {IReviews}.
    event EmergencyOpened(
        bytes32 indexed requestId,
        bytes32 indexed patient,
        bytes32 indexed reader,
        bytes32 grantId,
        bytes32 statement
    );

    /// @notice Signed for another chain. Stops replay from a test network or a fork.
    error ConsentWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops replay from an older deployment.
    error ConsentWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error ConsentDeadlinePassed(uint64 deadline);
    /// @notice The stated signer is not (or no longer) one of the account's. Stops everybody else's valid signature.
    error ConsentNotASigner(bytes32 account);
    /// @notice The signature is not the stated signer's over exactly these fields. Stops forgery and alteration.
    error ConsentBadSignature();
    /// @notice The reader has used this nonce. Stops a granted request from being replayed, which would spend uses and
    /// write accesses that never happened.
    error ConsentNonceUsed(bytes32 reader, uint256 nonce);
    /// @notice Fewer than 1 or more than 32 streams. Stops a message whose checking would fill a block.
    error ConsentBadStreams(uint256 length);
    /// @notice Grant id zero. Stops a grant from standing where "my own data" is meant.
    error ConsentBadGrantId();
    /// @notice The id is taken. Stops replay of a grant (after its revocation above all) and its quiet replacement.
    error ConsentGrantExists(bytes32 grantId);
    /// @notice Days in the wrong order, or a validity that is empty or already over: a grant nobody can have meant.
    error ConsentBadWindow();
    /// @notice No weekday or one of eight, a time of day that is empty or beyond midnight, or an offset of more than a
    /// day: hours that never come, or that nobody can have meant.
    error ConsentBadHours();
    /// @notice A stated reason where the grant is not for emergencies. Stops what looks like an emergency in the
    /// reader's records from being an ordinary access in everybody else's.
    error ConsentBadStatement();
    error ConsentUnknownGrant(bytes32 grantId);
    /// @notice The signed patient is not the grant's. Stops one patient from revoking another's grant.
    error ConsentNotThePatient(bytes32 grantId);
    error ConsentAlreadyRevoked(bytes32 grantId);
    /// @notice The grant handed along is not the one recorded under this id. Stops a relay or reader from being judged
    /// by a wider grant than was signed, and a relay from getting an honest reader denied by handing along another.
    error ConsentGrantMismatch(bytes32 grantId);

    /// @notice Records a grant, signed by one of the patient's signers.
    function grant(Grant calldata g, bytes calldata signer, bytes calldata signature) external;

    /// @notice Ends a grant at once, signed by one of its patient's signers. Not counted in the relay's budget.
    function revoke(Revoke calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Decides a request, signed by one of the reader's signers, and records the decision.
    /// @param r The request. Without a grant id it is for the reader's own data, and needs nobody's leave: neither a
    /// grant nor an organisation's standing.
    /// @param g The grant as signed, because only its commitment is kept. Ignored when the id is zero or unknown.
    /// @return reason 0 when granted, else why not: see {Reasons}.
    function request(Request calldata r, Grant calldata g, bytes calldata signer, bytes calldata signature)
        external
        returns (uint8 reason);

    /// @notice How many decisions there have been: the number of the last.
    function decisionCount() external view returns (uint64);

    /// @notice What is kept of a grant. `grantHash` (its EIP-712 struct hash) is zero when the id is unknown; `uses`
    /// are counted only for grants that limit them.
    function statusOf(bytes32 grantId) external view returns (bytes32 grantHash, bool revoked, uint32 uses);

    /// @notice How often this exact denial has been recorded.
    function denialCount(bytes32 reader, bytes32 grantId, uint8 reason, bytes32 patient)
        external
        view
        returns (uint32);

    /// @notice How many emergencies the reader has opened.
    function emergencyCount(bytes32 reader) external view returns (uint32);

    /// @notice The emergency that this request opened: whose data, by whom, for whom the reader worked (see
    /// {IMembers.readerStanding}; zero: for nobody), and when (seconds). Zeros when it opened none.
    function emergencyOf(bytes32 requestId)
        external
        view
        returns (bytes32 patient, bytes32 reader, bytes32 org, uint64 at);

    /// @notice Whether the reader has used the nonce.
    function isNonceUsed(bytes32 reader, uint256 nonce) external view returns (bool);

    /// @notice The EIP-712 struct hash of a grant, as {statusOf} and {Granted} show it.
    function grantHashOf(Grant calldata g) external pure returns (bytes32);

    /// @notice The EIP-712 digest of a request, which is its id in the log.
    function requestIdOf(Request calldata r) external view returns (bytes32);

    /// @notice The {IIdentity} that says who speaks for an account.
    function identity() external view returns (address);

    /// @notice The {ICircles} that says who is in a circle.
    function circles() external view returns (address);
}
