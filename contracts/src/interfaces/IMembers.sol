// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

/// @title The organisations of a consortium, and who works for them
/// @notice There is no owner. Organisations, relays, custodians and the threshold change only by {propose}, {approve}
/// and {execute}: more than half of the active organisations, then `delay` seconds in which everybody can see what is
/// coming. Readers are each organisation's own affair: {vouch} and {endVouch}. So are its roles, to which patients can
/// grant as they can to one reader: {createRole}, {appoint} and {dismiss}.
interface IMembers {
    /// @notice A founding organisation. `admin` sends its votes and vouches.
    struct Founder {
        bytes32 org;
        address admin;
    }

    /// @notice A founding relay: the address a hub of `org` sends from.
    struct Relay {
        address relay;
        bytes32 org;
    }

    /// @notice A holder of key shares. `signingKey` is its Ed25519 key; `account` the secp256k1 address that signs what
    /// it says to contracts, since these cannot check Ed25519.
    struct Custodian {
        bytes32 org;
        bytes32 signingKey;
        address account;
    }

    event OrganisationAdded(bytes32 indexed org, address admin);
    /// @notice `reason` is the hash of the recorded reasons, which are kept off chain.
    event OrganisationSuspended(bytes32 indexed org, bytes32 reason);
    event OrganisationResumed(bytes32 indexed org);
    event RelaySet(address indexed relay, bytes32 indexed org);
    event RelayRemoved(address indexed relay, bytes32 indexed org);
    /// @notice `setVersion` is the custodian set that begins with this change.
    event CustodianSet(
        uint8 indexed index, bytes32 indexed org, bytes32 signingKey, address account, uint64 setVersion
    );
    event ThresholdSet(uint8 threshold, uint64 setVersion);
    event ReaderVouched(bytes32 indexed reader, bytes32 indexed org);
    /// @notice Ends all the reader's appointments as well, without an event for each.
    event ReaderVouchEnded(bytes32 indexed reader, bytes32 indexed org);
    event RoleCreated(bytes32 indexed role, bytes32 indexed org, bytes32 keyHash);
    event RoleKeyReplaced(bytes32 indexed role, bytes32 keyHash);
    event Appointed(bytes32 indexed role, bytes32 indexed reader);
    event Dismissed(bytes32 indexed role, bytes32 indexed reader);
    event Proposed(uint256 indexed id, bytes32 indexed org, bytes call);
    event Approved(uint256 indexed id, bytes32 indexed org);
    /// @notice The delay of proposal `id` runs from `at` (seconds).
    event QuorumReached(uint256 indexed id, uint64 at);
    event QuorumLost(uint256 indexed id);
    event Executed(uint256 indexed id);

    /// @notice Not the admin of an active organisation. Stops strangers, and organisations that the others suspended.
    error MembersNotAnAdmin(address sender);
    /// @notice Called from outside. Stops any change, an admin's included, that did not go through a vote.
    error MembersNotByVote();
    /// @notice The proposed call is not one of the seven changes a vote can make. Stops a vote on something whose
    /// effect the voters cannot read off it.
    error MembersBadCall();
    error MembersUnknownProposal(uint256 id);
    /// @notice The organisation has voted already. Stops one organisation from being a majority.
    error MembersAlreadyApproved(uint256 id);
    /// @notice The proposal has been carried out. Stops one vote from changing things twice.
    error MembersAlreadyExecuted(uint256 id);
    /// @notice The proposal is too old. Stops a forgotten approval from being used at a moment of someone's choosing.
    error MembersProposalLapsed(uint256 id);
    /// @notice Half or fewer of the active organisations approve.
    error MembersNoQuorum(uint256 id);
    /// @notice The organisations changed after the quorum was counted: {recount} first. Stops a vote of a suspended
    /// organisation from counting, and a new majority from inheriting the old one's delay.
    error MembersQuorumStale(uint256 id);
    /// @notice The delay is not over. Stops a surprise: members and patients get that long to object or leave.
    error MembersTooEarly(uint64 readyAt);
    error MembersBadDelay();
    error MembersNoFounders();
    /// @notice Ids, keys, hashes and addresses must not be zero, which reads as "none".
    error MembersZero();
    error MembersOrganisationExists(bytes32 org);
    error MembersUnknownOrganisation(bytes32 org);
    /// @notice One address cannot vote for two organisations.
    error MembersAdminTaken(address admin);
    error MembersTooManyOrganisations();
    error MembersAlreadySuspended(bytes32 org);
    error MembersNotSuspended(bytes32 org);
    /// @notice The last active organisation cannot be suspended: nobody could ever vote again.
    error MembersLastOrganisation();
    error MembersUnknownRelay(address relay);
    /// @notice Custodian indices run from 1 without a gap: share i belongs to custodian i.
    error MembersBadCustodianIndex(uint8 index);
    /// @notice One key at two indices would hold two shares, which weakens the threshold without anyone seeing it.
    error MembersCustodianKeyTaken(bytes32 signingKey);
    /// @notice One address at two indices would confirm for two custodians.
    error MembersCustodianAccountTaken(address account);
    /// @notice The threshold must be from 1 to the number of custodians.
    error MembersBadThreshold(uint8 threshold);
    /// @notice Another active organisation vouches for this reader. Stops one organisation from taking over, and
    /// then suspending, another's reader.
    error MembersVouchedElsewhere(bytes32 reader);
    /// @notice The sender's organisation does not vouch for this reader. Stops one organisation from ending another's
    /// vouch, and from bringing strangers, or another's readers, into its roles.
    error MembersNotYourReader(bytes32 reader);
    error MembersRoleExists(bytes32 role);
    /// @notice The role is not there, or another organisation's. Stops one organisation from choosing who reads under
    /// another's role.
    error MembersNotYourRole(bytes32 role);
    error MembersAlreadyAppointed(bytes32 role, bytes32 reader);
    error MembersNotAppointed(bytes32 role, bytes32 reader);

    /// @notice Proposes a change and casts the proposer's own vote for it.
    /// @param call The ABI-encoded call of one of the seven functions below that say "by vote only".
    /// @return id The proposal's number, from 1.
    function propose(bytes calldata call) external returns (uint256 id);

    /// @notice Casts the sender's organisation's vote for a proposal; each organisation has one. The vote of an
    /// organisation that is suspended does not count until it is resumed.
    function approve(uint256 id) external;

    /// @notice Counts the votes of a proposal again, after organisations have changed. If there is still a majority
    /// the delay begins anew: what was announced was another majority's decision.
    function recount(uint256 id) external;

    /// @notice Carries a proposal out: a majority that has stood for `delay` seconds, and no change of organisations
    /// since. The whole call reverts, with the change's own error, if the change is not possible.
    function execute(uint256 id) external;

    /// @notice Adds an organisation. By vote only.
    function addOrganisation(bytes32 org, address admin) external;

    /// @notice Takes an organisation's vote, relays and readers' standing away until it is resumed. By vote only.
    /// @param reason The hash of the recorded reasons, not zero: nobody is suspended for reasons nobody wrote down.
    function suspendOrganisation(bytes32 org, bytes32 reason) external;

    /// @notice Ends a suspension. By vote only.
    function resumeOrganisation(bytes32 org) external;

    /// @notice Lets `relay` send for `org`, instead of for whom it sent before. By vote only.
    function setRelay(address relay, bytes32 org) external;

    /// @notice Stops `relay` from sending. By vote only.
    function removeRelay(address relay) external;

    /// @notice Replaces custodian `index`, or appends one. Begins a new custodian set. By vote only.
    function setCustodian(uint8 index, bytes32 org, bytes32 signingKey, address account) external;

    /// @notice Changes how many custodians must release. Begins a new custodian set. By vote only.
    function setThreshold(uint8 threshold_) external;

    /// @notice The sender's organisation states that it answers for this reader. Allowed when nobody in good standing
    /// does, so that a reader can change employer but not be taken from one. An organisation can vouch for a reader who
    /// never asked for it, and end that again, which suspends the reader until another organisation vouches: the event
    /// shows who did it, and the members can suspend who does.
    function vouch(bytes32 reader) external;

    /// @notice The sender's organisation no longer answers for this reader: from this block on the reader's
    /// requests are denied, whatever grants there are. Nothing to vote on, because employment ends at once. The
    /// reader's roles end too, for good: who comes back is appointed anew.
    function endVouch(bytes32 reader) external;

    /// @notice Creates a role of the sender's organisation: "the night shift's diabetologists", say. A patient grants to
    /// the role's id as to a reader's, and who holds the role may use the grant, each in their own name. The id is
    /// {roleIdOf} the organisation and the salt, so that it cannot be chosen: a role under the id of somebody's account
    /// would turn every grant to that person into one to the role.
    /// @param salt Random; one role each.
    /// @param keyHash The hash of the role's X-Wing public key, which patients seal to, as an account's is in
    /// {IIdentity}. Its private key is the organisation's to hand to who holds the role, and to replace when one leaves.
    function createRole(bytes32 salt, bytes32 keyHash) external returns (bytes32 role);

    /// @notice Replaces the hash of the key that patients seal to for a role of the sender's organisation. What was
    /// sealed to the former key remains so.
    function replaceRoleKey(bytes32 role, bytes32 keyHash) external;

    /// @notice Puts a reader, for whom the sender's organisation vouches, into one of its roles.
    function appoint(bytes32 role, bytes32 reader) external;

    /// @notice Takes a reader out of a role, from this block on. Works on appointments that ended with their vouch too.
    function dismiss(bytes32 role, bytes32 reader) external;

    /// @notice Whether `relay` sends for an active organisation.
    function isRelay(address relay) external view returns (bool);

    /// @notice The organisation `relay` sends for, active or not; zero when it is no relay.
    function relayOrganisation(address relay) external view returns (bytes32);

    /// @notice Who answers for a reader. `standing` is 0: nobody ever vouched (a relative, say), 1: good,
    /// 2: ended, or the organisation is suspended.
    function readerStanding(bytes32 reader) external view returns (bytes32 org, uint8 standing);

    /// @notice Whether the reader holds the role now: was appointed, and the role's organisation is active and has
    /// vouched for the reader ever since.
    function holdsRole(bytes32 role, bytes32 reader) external view returns (bool);

    /// @notice The organisation of a role, active or not, and the hash of the role's key; zeros when there is no such
    /// role.
    function roleOf(bytes32 role) external view returns (bytes32 org, bytes32 keyHash);

    /// @notice The id of the role that the organisation creates with this salt: keccak256 of the two words.
    function roleIdOf(bytes32 org, bytes32 salt) external pure returns (bytes32 role);

    /// @notice An organisation's admin (zero when unknown) and whether it is active.
    function organisation(bytes32 org) external view returns (address admin, bool active);

    /// @notice The organisation whose admin this is, active or not; zero when none.
    function organisationOf(address admin) external view returns (bytes32);

    /// @notice How many organisations there are, suspended ones included.
    function organisationCount() external view returns (uint256);

    /// @notice How many organisations have a vote.
    function activeOrganisationCount() external view returns (uint256);

    /// @notice Custodian `index`, from 1; zeros when there is none.
    function custodian(uint8 index) external view returns (bytes32 org, bytes32 signingKey, address account);

    /// @notice n: how many custodians there are.
    function custodianCount() external view returns (uint8);

    /// @notice t: how many custodians must release for anything to open.
    function threshold() external view returns (uint8);

    /// @notice Grows by one with every change of a custodian or of the threshold; 1 for the founding set.
    function custodianSetVersion() external view returns (uint64);

    /// @notice Seconds between a majority and its effect.
    function delay() external view returns (uint64);

    /// @notice How many proposals there have been.
    function proposalCount() external view returns (uint256);

    /// @notice A proposal: the call, how many active organisations approve now, when its delay began (0: no majority
    /// was counted), when it lapses, whether it was carried out.
    function proposal(uint256 id)
        external
        view
        returns (bytes memory call, uint256 approvals, uint64 quorumAt, uint64 lapsesAt, bool executed);

    /// @notice Whether the organisation has voted for the proposal.
    function hasApproved(uint256 id, bytes32 org) external view returns (bool);
}
