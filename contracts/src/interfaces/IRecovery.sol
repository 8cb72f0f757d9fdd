// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title How a person who lost every signer gets their account back
/// @notice The account names guardians beforehand: other accounts, hidden behind salted hashes until they act. When
/// enough of them approve the same new signer, a delay begins in which any present signer can object. Nobody having
/// objected, any relay finishes: all former signers end and the new one is the only one.
///
/// This is for loss, not for theft: whoever holds a signer can object for ever, or take the guardians away. Against a
/// thief of one of several signers there is {IIdentity-removeSigner}. Recovery gives control, not data: keys that were
/// lost with the device are restored from guardians' shares or a recovery kit, off chain.
///
/// Attempts. Each attempt has a number, from 1, and one new signer. The first approval that names the next number opens
/// it. Several may be open at once, so that one guardian who opens a false one, or all false ones they may, holds up
/// nobody: a guardian opens at most three within 30 days, and each guardian's tries are their own. A guardian has one
/// voice: approving a later attempt takes it from the earlier one. So an attempt ends by success, by an objection, by
/// lapsing (30 days after it was opened, or after it was ready), and with all others when guardians are set anew or an attempt succeeds.
///
/// Replay. Approvals carry no nonce: a guardian can approve only attempts of higher number than any they approved
/// before, so an approval sent twice, or sent again after it was withdrawn, is refused. Objections and withdrawals can be sent
/// once, for what they end does not come back.
///
/// What can be known. An approval shows the guardian and their salt to all. Set guardians anew, with new salts, after
/// a recovery. Messages are bound as those of {IIdentity}.
interface IRecovery is IRelayed {
    /// @notice `guardians`: for each keccak256(abi.encode(guardian's account, salt)), salts being random. `delay` in seconds.
    struct SetGuardians {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32[] guardians;
        uint8 threshold;
        uint64 delay;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice Signed by a signer of the account `guardian`.
    struct Approve {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 guardian;
        bytes32 salt;
        bytes newSigner;
        uint32 attempt;
        uint64 deadline;
    }

    /// @notice Signed by a signer of the account `guardian`.
    struct WithdrawApproval {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 guardian;
        bytes32 salt;
        uint32 attempt;
        uint64 deadline;
    }

    /// @notice Signed by a present signer of `account`.
    struct Object {
        uint256 chain;
        address target;
        bytes32 account;
        uint32 attempt;
        uint64 deadline;
    }

    /// @notice From now on these, and no open attempt. `threshold` 0: no guardians.
    event GuardiansSet(bytes32 indexed account, bytes32[] guardians, uint8 threshold, uint64 delay);
    event RecoveryOpened(bytes32 indexed account, uint32 indexed attempt, bytes newSigner);
    /// @notice `approvals`: how many stand now.
    event RecoveryApproved(
        bytes32 indexed account, uint32 indexed attempt, bytes32 indexed guardian, uint8 approvals
    );
    /// @notice The guardian withdrew, or approved a later attempt. `approvals`: how many stand now.
    event ApprovalWithdrawn(
        bytes32 indexed account, uint32 indexed attempt, bytes32 indexed guardian, uint8 approvals
    );
    /// @notice Enough approve: the attempt can be finished from `readyAt` on (seconds), unless someone objects.
    event RecoveryReady(bytes32 indexed account, uint32 indexed attempt, bytes newSigner, uint64 readyAt);
    /// @notice Too few approve again. Another quorum begins another delay.
    event RecoveryHalted(bytes32 indexed account, uint32 indexed attempt);
    event RecoveryObjected(bytes32 indexed account, uint32 indexed attempt);
    /// @notice The signers were replaced. Every other attempt has ended.
    event Recovered(bytes32 indexed account, uint32 indexed attempt, bytes newSigner);

    /// @notice Signed for another chain. Stops a message from a test network, or from a fork, being replayed here.
    error RecoveryWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops a message for an older deployment from being replayed here.
    error RecoveryWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error RecoveryDeadlinePassed(uint64 deadline);
    /// @notice The account has used this nonce. Stops replay.
    error RecoveryNonceUsed(bytes32 account, uint256 nonce);
    /// @notice The stated signer is not (or no longer) one of the account's: of the guardian's for approvals.
    error RecoveryNotASigner(bytes32 account);
    /// @notice The signature is not the stated signer's over exactly these fields. Stops forgery and alteration.
    error RecoveryBadSignature();
    /// @notice Thrown at deployment: {IIdentity} does not name this contract, so that nothing could ever be finished.
    error RecoveryNotNamedByIdentity(address named);
    /// @notice Guardians are 1 to 16, none zero, none twice, with a threshold from 1 to their number and a delay from 24 hours to
    /// 30 days; or none, with threshold and delay 0. Stops a recovery too quick to object to, or so slow as to be none.
    error RecoveryBadGuardians();
    /// @notice No commitment of the account opens to this guardian and salt; or the guardian is the account itself,
    /// whose own word must not count among those of others.
    error RecoveryNotAGuardian(bytes32 account, bytes32 guardian);
    /// @notice Not an attempt that is open: never opened, objected to, lapsed, finished, or ended with others.
    error RecoveryNotOpen(bytes32 account, uint32 attempt);
    /// @notice The attempt is for another signer. Stops approvals of two signers from adding up.
    error RecoveryOtherSigner(bytes32 account, uint32 attempt);
    /// @notice The new signer could never sign: see {IIdentity-isPossibleSigner}. Said at once, not after the delay.
    error RecoveryBadSigner();
    /// @notice The guardian has approved this attempt, or a later one, before. Stops replay, and one guardian counting twice.
    error RecoveryAlreadyApproved(bytes32 account, uint32 attempt, bytes32 guardian);
    /// @notice The guardian's approval of this attempt does not stand.
    error RecoveryNotApproved(bytes32 account, uint32 attempt, bytes32 guardian);
    /// @notice The guardian has opened as many attempts as allowed; the next from `until` on (seconds). Stops a guardian from
    /// wearing out the person, who must object to each that gets a quorum.
    error RecoveryTooManyTries(bytes32 account, bytes32 guardian, uint64 until);
    /// @notice Too few guardians approve.
    error RecoveryNoQuorum(bytes32 account, uint32 attempt);
    /// @notice The delay is not over.
    error RecoveryTooEarly(uint64 readyAt);

    /// @notice Names the account's guardians, in place of those before, and ends every open attempt.
    function setGuardians(SetGuardians calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice A guardian approves `newSigner`: opens the attempt where its number is the next, joins it where it is
    /// open. At the threshold the delay begins. Further approvals do not change it.
    function approve(Approve calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice A guardian takes their approval back, for good as far as this attempt goes. Below the threshold the
    /// delay stops. Not counted in the budget.
    function withdrawApproval(WithdrawApproval calldata m, bytes calldata signer, bytes calldata signature)
        external;

    /// @notice A present signer ends an attempt, ready or not, until the moment it is finished. Not counted in the
    /// budget.
    function object(Object calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Carries out an attempt: from `readyAt` on and not later than 30 days after. Sent by any relay, signed by nobody: what is
    /// done was approved.
    function finish(bytes32 account, uint32 attempt, bytes calldata newSigner) external;

    /// @notice The account's guardians, how many must approve, and the delay in seconds; nothing and zeros without.
    function guardiansOf(bytes32 account)
        external
        view
        returns (bytes32[] memory guardians, uint8 threshold, uint64 delay);

    /// @notice How many attempts were opened; the next is this plus one.
    function attemptCount(bytes32 account) external view returns (uint32);

    /// @notice An attempt. `signerHash` is keccak256 of the new signer, zero for no such attempt; `readyAt` is 0 without a quorum; after `lapsesAt`
    /// it is not open. Seconds.
    function attemptOf(bytes32 account, uint32 attempt)
        external
        view
        returns (bytes32 signerHash, uint8 approvals, uint64 readyAt, uint64 lapsesAt, bool open);

    /// @notice Whether the guardian's approval of this attempt stands.
    function hasApproved(bytes32 account, uint32 attempt, bytes32 guardian) external view returns (bool);

    /// @notice Whether the account has used the nonce (of {SetGuardians}).
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool);

    /// @notice The {IIdentity} whose signers are replaced.
    function identity() external view returns (address);
}
