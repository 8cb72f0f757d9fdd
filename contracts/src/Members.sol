// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IMembers} from "./interfaces/IMembers.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Members
/// @notice See {IMembers}.
contract Members is IMembers {
    /// @dev `bit` is the organisation's place in the vote masks.
    struct Organisation {
        address admin;
        uint8 bit;
        bool active;
    }

    struct Proposal {
        bytes call;
        uint256 approvals;
        uint64 quorumAt;
        uint64 organisationsVersion;
        uint64 lapsesAt;
        bool executed;
    }

    /// @dev `number` counts the vouches for one reader, so that an appointment can say under which it was made.
    struct Vouch {
        bytes32 org;
        uint64 number;
        bool active;
    }

    struct Role {
        bytes32 org;
        bytes32 keyHash;
        mapping(bytes32 reader => uint64 vouchNumber) appointments;
    }

    uint256 private constant MAX_ORGANISATIONS = 256;
    uint64 private constant MAX_DELAY = 90 days;
    /// @dev How long after being made, over and above the delay, a proposal can still be carried out.
    uint64 private constant PROPOSAL_LIFE = 30 days;
    /// @dev The longest of the seven calls: a selector and four words.
    uint256 private constant MAX_CALL = 4 + 4 * 32;

    uint64 private immutable _delay;

    mapping(bytes32 org => Organisation) private _organisations;
    mapping(address admin => bytes32) private _organisationOf;
    /// @dev Bit i is set when the organisation with bit i is active.
    uint256 private _active;
    uint256 private _organisationCount;
    /// @dev Grows when an organisation is added, suspended or resumed: a quorum counted before no longer holds.
    uint64 private _organisationsVersion;

    mapping(address relay => bytes32) private _relays;

    mapping(uint8 index => Custodian) private _custodians;
    uint8 private _custodianCount;
    uint8 private _threshold;
    uint64 private _custodianSetVersion;

    mapping(bytes32 reader => Vouch) private _vouches;
    mapping(bytes32 role => Role) private _roles;

    mapping(uint256 id => Proposal) private _proposals;
    uint256 private _proposalCount;

    constructor(
        Founder[] memory founders,
        Relay[] memory relays,
        Custodian[] memory custodians,
        uint8 threshold_,
        uint64 delay_
    ) {
        require(founders.length != 0, MembersNoFounders());
        require(delay_ <= MAX_DELAY, MembersBadDelay());
        _delay = delay_;
        for (uint256 i; i < founders.length; ++i) {
            _addOrganisation(founders[i].org, founders[i].admin);
        }
        for (uint256 i; i < relays.length; ++i) {
            _setRelay(relays[i].relay, relays[i].org);
        }
        _custodianSetVersion = 1;
        require(custodians.length <= type(uint8).max, MembersBadCustodianIndex(type(uint8).max));
        for (uint256 i; i < custodians.length; ++i) {
            // The length was checked, so the index fits.
            // forge-lint: disable-next-line(unsafe-typecast)
            _setCustodian(uint8(i + 1), custodians[i]);
        }
        _setThreshold(threshold_);
    }

    modifier byVote() {
        require(msg.sender == address(this), MembersNotByVote());
        _;
    }

    // ——— voting ———

    /// @inheritdoc IMembers
    function propose(bytes calldata call) external returns (uint256 id) {
        bytes32 org = _requireAdmin();
        require(call.length >= 4 && call.length <= MAX_CALL && _isVotable(bytes4(call)), MembersBadCall());
        id = ++_proposalCount;
        Proposal storage p = _proposals[id];
        p.call = call;
        p.lapsesAt = uint64(block.timestamp) + _delay + PROPOSAL_LIFE;
        emit Proposed(id, org, call);
        _approve(id, p, org);
    }

    /// @inheritdoc IMembers
    function approve(uint256 id) external {
        bytes32 org = _requireAdmin();
        _approve(id, _requireOpen(id), org);
    }

    /// @inheritdoc IMembers
    function recount(uint256 id) external {
        _requireAdmin();
        _recount(id, _requireOpen(id));
    }

    /// @inheritdoc IMembers
    function execute(uint256 id) external {
        _requireAdmin();
        Proposal storage p = _requireOpen(id);
        require(p.quorumAt != 0, MembersNoQuorum(id));
        // Votes are only ever added, so while the organisations are the same a counted majority stands.
        require(p.organisationsVersion == _organisationsVersion, MembersQuorumStale(id));
        uint64 readyAt = p.quorumAt + _delay;
        require(block.timestamp >= readyAt, MembersTooEarly(readyAt));
        p.executed = true;
        emit Executed(id);
        Address.functionCall(address(this), p.call);
    }

    // ——— changes, by vote only ———

    /// @inheritdoc IMembers
    function addOrganisation(bytes32 org, address admin) external byVote {
        _addOrganisation(org, admin);
    }

    /// @inheritdoc IMembers
    function suspendOrganisation(bytes32 org, bytes32 reason) external byVote {
        require(reason != bytes32(0), MembersZero());
        Organisation storage o = _requireOrganisation(org);
        require(o.active, MembersAlreadySuspended(org));
        uint256 left = _active & ~(1 << o.bit);
        require(left != 0, MembersLastOrganisation());
        o.active = false;
        _setActive(left);
        emit OrganisationSuspended(org, reason);
    }

    /// @inheritdoc IMembers
    function resumeOrganisation(bytes32 org) external byVote {
        Organisation storage o = _requireOrganisation(org);
        require(!o.active, MembersNotSuspended(org));
        o.active = true;
        _setActive(_active | (1 << o.bit));
        emit OrganisationResumed(org);
    }

    /// @inheritdoc IMembers
    function setRelay(address relay, bytes32 org) external byVote {
        _setRelay(relay, org);
    }

    /// @inheritdoc IMembers
    function removeRelay(address relay) external byVote {
        bytes32 org = _relays[relay];
        require(org != bytes32(0), MembersUnknownRelay(relay));
        delete _relays[relay];
        emit RelayRemoved(relay, org);
    }

    /// @inheritdoc IMembers
    function setCustodian(uint8 index, bytes32 org, bytes32 signingKey, address account) external byVote {
        ++_custodianSetVersion;
        _setCustodian(index, Custodian({org: org, signingKey: signingKey, account: account}));
    }

    /// @inheritdoc IMembers
    function setThreshold(uint8 threshold_) external byVote {
        ++_custodianSetVersion;
        _setThreshold(threshold_);
    }

    // ——— readers and roles, by their own organisation ———

    /// @inheritdoc IMembers
    function vouch(bytes32 reader) external {
        bytes32 org = _requireAdmin();
        require(reader != bytes32(0), MembersZero());
        (bytes32 present, uint8 standing) = readerStanding(reader);
        require(standing != 1 || present == org, MembersVouchedElsewhere(reader));
        // Vouching once more goes on with the vouch there is, and so with the appointments made under it.
        if (standing != 1) {
            _vouches[reader] = Vouch({org: org, number: _vouches[reader].number + 1, active: true});
        }
        emit ReaderVouched(reader, org);
    }

    /// @inheritdoc IMembers
    function endVouch(bytes32 reader) external {
        bytes32 org = _requireAdmin();
        Vouch storage v = _vouches[reader];
        require(v.org == org && v.active, MembersNotYourReader(reader));
        v.active = false;
        emit ReaderVouchEnded(reader, org);
    }

    /// @inheritdoc IMembers
    function createRole(bytes32 salt, bytes32 keyHash) external returns (bytes32 role) {
        bytes32 org = _requireAdmin();
        require(keyHash != bytes32(0), MembersZero());
        role = roleIdOf(org, salt);
        Role storage r = _roles[role];
        require(r.org == bytes32(0), MembersRoleExists(role));
        r.org = org;
        r.keyHash = keyHash;
        emit RoleCreated(role, org, keyHash);
    }

    /// @inheritdoc IMembers
    function replaceRoleKey(bytes32 role, bytes32 keyHash) external {
        (Role storage r,) = _requireOwnRole(role);
        require(keyHash != bytes32(0), MembersZero());
        r.keyHash = keyHash;
        emit RoleKeyReplaced(role, keyHash);
    }

    /// @inheritdoc IMembers
    function appoint(bytes32 role, bytes32 reader) external {
        (Role storage r, bytes32 org) = _requireOwnRole(role);
        (bytes32 present, uint8 standing) = readerStanding(reader);
        require(present == org && standing == 1, MembersNotYourReader(reader));
        require(!holdsRole(role, reader), MembersAlreadyAppointed(role, reader));
        r.appointments[reader] = _vouches[reader].number;
        emit Appointed(role, reader);
    }

    /// @inheritdoc IMembers
    function dismiss(bytes32 role, bytes32 reader) external {
        (Role storage r,) = _requireOwnRole(role);
        require(r.appointments[reader] != 0, MembersNotAppointed(role, reader));
        delete r.appointments[reader];
        emit Dismissed(role, reader);
    }

    // ——— views ———

    /// @inheritdoc IMembers
    function isRelay(address relay) external view returns (bool) {
        return _organisations[_relays[relay]].active;
    }

    /// @inheritdoc IMembers
    function relayOrganisation(address relay) external view returns (bytes32) {
        return _relays[relay];
    }

    /// @inheritdoc IMembers
    function readerStanding(bytes32 reader) public view returns (bytes32 org, uint8 standing) {
        Vouch storage v = _vouches[reader];
        org = v.org;
        if (org != bytes32(0)) standing = v.active && _organisations[org].active ? 1 : 2;
    }

    /// @inheritdoc IMembers
    function holdsRole(bytes32 role, bytes32 reader) public view returns (bool) {
        Role storage r = _roles[role];
        Vouch storage v = _vouches[reader];
        uint64 number = r.appointments[reader];
        // The same vouch is the same organisation's: only a new vouch changes it.
        return number != 0 && number == v.number && v.active && _organisations[r.org].active;
    }

    /// @inheritdoc IMembers
    function roleOf(bytes32 role) external view returns (bytes32 org, bytes32 keyHash) {
        Role storage r = _roles[role];
        return (r.org, r.keyHash);
    }

    /// @inheritdoc IMembers
    function roleIdOf(bytes32 org, bytes32 salt) public pure returns (bytes32 role) {
        return keccak256(abi.encode(org, salt));
    }

    /// @inheritdoc IMembers
    function organisation(bytes32 org) external view returns (address admin, bool active) {
        Organisation storage o = _organisations[org];
        return (o.admin, o.active);
    }

    /// @inheritdoc IMembers
    function organisationOf(address admin) external view returns (bytes32) {
        return _organisationOf[admin];
    }

    /// @inheritdoc IMembers
    function organisationCount() external view returns (uint256) {
        return _organisationCount;
    }

    /// @inheritdoc IMembers
    function activeOrganisationCount() external view returns (uint256) {
        return _countBits(_active);
    }

    /// @inheritdoc IMembers
    function custodian(uint8 index) external view returns (bytes32 org, bytes32 signingKey, address account) {
        Custodian storage c = _custodians[index];
        return (c.org, c.signingKey, c.account);
    }

    /// @inheritdoc IMembers
    function custodianCount() external view returns (uint8) {
        return _custodianCount;
    }

    /// @inheritdoc IMembers
    function threshold() external view returns (uint8) {
        return _threshold;
    }

    /// @inheritdoc IMembers
    function custodianSetVersion() external view returns (uint64) {
        return _custodianSetVersion;
    }

    /// @inheritdoc IMembers
    function delay() external view returns (uint64) {
        return _delay;
    }

    /// @inheritdoc IMembers
    function proposalCount() external view returns (uint256) {
        return _proposalCount;
    }

    /// @inheritdoc IMembers
    function proposal(uint256 id)
        external
        view
        returns (bytes memory call, uint256 approvals, uint64 quorumAt, uint64 lapsesAt, bool executed)
    {
        Proposal storage p = _proposals[id];
        return (p.call, _countBits(p.approvals & _active), p.quorumAt, p.lapsesAt, p.executed);
    }

    /// @inheritdoc IMembers
    function hasApproved(uint256 id, bytes32 org) external view returns (bool) {
        Organisation storage o = _organisations[org];
        return o.admin != address(0) && _proposals[id].approvals & (1 << o.bit) != 0;
    }

    // ——— inside ———

    function _requireAdmin() private view returns (bytes32 org) {
        org = _organisationOf[msg.sender];
        require(_organisations[org].active, MembersNotAnAdmin(msg.sender));
    }

    function _requireOwnRole(bytes32 role) private view returns (Role storage r, bytes32 org) {
        org = _requireAdmin();
        r = _roles[role];
        require(r.org == org, MembersNotYourRole(role));
    }

    function _requireOpen(uint256 id) private view returns (Proposal storage p) {
        p = _proposals[id];
        require(p.lapsesAt != 0, MembersUnknownProposal(id));
        require(!p.executed, MembersAlreadyExecuted(id));
        require(block.timestamp <= p.lapsesAt, MembersProposalLapsed(id));
    }

    function _requireOrganisation(bytes32 org) private view returns (Organisation storage o) {
        o = _organisations[org];
        require(o.admin != address(0), MembersUnknownOrganisation(org));
    }

    function _approve(uint256 id, Proposal storage p, bytes32 org) private {
        uint256 vote = 1 << _organisations[org].bit;
        require(p.approvals & vote == 0, MembersAlreadyApproved(id));
        p.approvals |= vote;
        emit Approved(id, org);
        _recount(id, p);
    }

    function _recount(uint256 id, Proposal storage p) private {
        if (2 * _countBits(p.approvals & _active) > _countBits(_active)) {
            if (p.quorumAt != 0 && p.organisationsVersion == _organisationsVersion) return;
            p.quorumAt = uint64(block.timestamp);
            p.organisationsVersion = _organisationsVersion;
            emit QuorumReached(id, p.quorumAt);
        } else if (p.quorumAt != 0) {
            p.quorumAt = 0;
            emit QuorumLost(id);
        }
    }

    function _addOrganisation(bytes32 org, address admin) private {
        require(org != bytes32(0) && admin != address(0), MembersZero());
        require(_organisations[org].admin == address(0), MembersOrganisationExists(org));
        require(_organisationOf[admin] == bytes32(0), MembersAdminTaken(admin));
        uint256 bit = _organisationCount;
        require(bit < MAX_ORGANISATIONS, MembersTooManyOrganisations());
        _organisationCount = bit + 1;
        // forge-lint: disable-next-line(unsafe-typecast)
        _organisations[org] = Organisation({admin: admin, bit: uint8(bit), active: true});
        _organisationOf[admin] = org;
        _setActive(_active | (1 << bit));
        emit OrganisationAdded(org, admin);
    }

    function _setActive(uint256 active) private {
        _active = active;
        ++_organisationsVersion;
    }

    function _setRelay(address relay, bytes32 org) private {
        require(relay != address(0), MembersZero());
        _requireOrganisation(org);
        _relays[relay] = org;
        emit RelaySet(relay, org);
    }

    function _setCustodian(uint8 index, Custodian memory c) private {
        uint8 n = _custodianCount;
        require(index != 0 && uint256(index) <= uint256(n) + 1, MembersBadCustodianIndex(index));
        require(c.signingKey != bytes32(0) && c.account != address(0), MembersZero());
        _requireOrganisation(c.org);
        for (uint256 i = 1; i <= n; ++i) {
            if (i == index) continue;
            // forge-lint: disable-next-line(unsafe-typecast)
            Custodian storage other = _custodians[uint8(i)];
            require(other.signingKey != c.signingKey, MembersCustodianKeyTaken(c.signingKey));
            require(other.account != c.account, MembersCustodianAccountTaken(c.account));
        }
        if (index > n) _custodianCount = index;
        _custodians[index] = c;
        emit CustodianSet(index, c.org, c.signingKey, c.account, _custodianSetVersion);
    }

    function _setThreshold(uint8 threshold_) private {
        require(threshold_ != 0 && threshold_ <= _custodianCount, MembersBadThreshold(threshold_));
        _threshold = threshold_;
        emit ThresholdSet(threshold_, _custodianSetVersion);
    }

    function _isVotable(bytes4 selector) private pure returns (bool) {
        return selector == IMembers.addOrganisation.selector
            || selector == IMembers.suspendOrganisation.selector
            || selector == IMembers.resumeOrganisation.selector || selector == IMembers.setRelay.selector
            || selector == IMembers.removeRelay.selector || selector == IMembers.setCustodian.selector
            || selector == IMembers.setThreshold.selector;
    }

    /// @dev Clears the lowest set bit until none is left.
    function _countBits(uint256 mask) private pure returns (uint256 bits) {
        for (; mask != 0; mask &= mask - 1) {
            ++bits;
        }
    }
}
