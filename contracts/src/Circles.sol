// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Relayed} from "./Relayed.sol";
import {ICircles} from "./interfaces/ICircles.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Circles
/// @notice See {ICircles}.
contract Circles is ICircles, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    /// @dev `maxPeople` is zero where there is no circle.
    struct Circle {
        bytes32 patient;
        bytes32 keeper;
        uint64 until;
        uint8 maxPeople;
        uint8 people;
        bool ended;
    }

    uint8 private constant MAX_PEOPLE = 32;
    uint8 private constant STANDING_ENDED = 2;

    // Where a person stands with a circle; 0 is out.
    uint8 private constant IN = 1;
    uint8 private constant BARRED = 2;

    bytes32 private constant CIRCLE =
        keccak256("Circle(bytes32 patient,bytes32 keeper,uint8 maxPeople,uint64 until,bytes32 salt)");
    bytes32 private constant OPEN_CIRCLE = keccak256(
        "OpenCircle(uint256 chain,address target,bytes32 patient,bytes32 keeper,uint8 maxPeople,uint64 until,bytes32 salt,bytes32 keyHash,uint64 deadline)"
    );
    bytes32 private constant ADMIT = keccak256(
        "Admit(uint256 chain,address target,bytes32 circle,bytes32 keeper,bytes32 reader,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant DISMISS = keccak256(
        "Dismiss(uint256 chain,address target,bytes32 circle,bytes32 by,bytes32 reader,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant REPLACE_CIRCLE_KEY = keccak256(
        "ReplaceCircleKey(uint256 chain,address target,bytes32 circle,bytes32 by,bytes32 keyHash,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant END_CIRCLE =
        keccak256("EndCircle(uint256 chain,address target,bytes32 circle,bytes32 patient,uint64 deadline)");

    IIdentity private immutable _identity;

    mapping(bytes32 circle => Circle) private _circles;
    mapping(bytes32 circle => mapping(bytes32 reader => uint8)) private _people;
    mapping(bytes32 account => BitMaps.BitMap) private _nonces;

    constructor(IMembers members_, IIdentity identity_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        _identity = identity_;
    }

    /// @inheritdoc ICircles
    function openCircle(OpenCircle calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 structHash = keccak256(
            abi.encode(
                OPEN_CIRCLE,
                m.chain,
                m.target,
                m.patient,
                m.keeper,
                m.maxPeople,
                m.until,
                m.salt,
                m.keyHash,
                m.deadline
            )
        );
        _requireSigned(m.patient, structHash, signer, signature);
        bool possible = m.keeper != bytes32(0) && m.keeper != m.patient && m.maxPeople != 0
            && m.maxPeople <= MAX_PEOPLE && block.timestamp < m.until && m.keyHash != bytes32(0);
        require(possible, CirclesBadTerms());
        bytes32 circle = circleIdOf(m.patient, m.keeper, m.maxPeople, m.until, m.salt);
        require(!isCircle(circle), CirclesExists(circle));
        _circles[circle] = Circle({
            patient: m.patient,
            keeper: m.keeper,
            until: m.until,
            maxPeople: m.maxPeople,
            people: 0,
            ended: false
        });
        emit CircleOpened(circle, m.patient, m.keeper, m.maxPeople, m.until, m.salt, m.keyHash);
    }

    /// @inheritdoc ICircles
    function admit(Admit calldata m, bytes calldata signer, bytes calldata signature) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireSigned(m.keeper, _hashWords(ADMIT, abi.encode(m)), signer, signature);
        _useNonce(m.keeper, m.nonce);
        Circle storage c = _requireOpen(m.circle);
        require(m.keeper == c.keeper, CirclesNotTheKeeper(m.circle));
        (, uint8 standing) = _members.readerStanding(m.keeper);
        require(standing != STANDING_ENDED, CirclesKeeperSuspended(m.keeper));
        uint8 place = _people[m.circle][m.reader];
        require(place != BARRED, CirclesBarred(m.circle, m.reader));
        require(place != IN, CirclesAlreadyAdmitted(m.circle, m.reader));
        require(c.people < c.maxPeople, CirclesFull(m.circle));
        ++c.people;
        _people[m.circle][m.reader] = IN;
        emit Admitted(m.circle, c.patient, m.reader);
    }

    /// @inheritdoc ICircles
    function dismiss(Dismiss calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireSigned(m.by, _hashWords(DISMISS, abi.encode(m)), signer, signature);
        _useNonce(m.by, m.nonce);
        Circle storage c = _requireOwn(m.circle, m.by);
        require(_people[m.circle][m.reader] == IN, CirclesNotAdmitted(m.circle, m.reader));
        --c.people;
        _people[m.circle][m.reader] = m.by == c.patient ? BARRED : 0;
        emit Dismissed(m.circle, c.patient, m.reader, m.by);
    }

    /// @inheritdoc ICircles
    function replaceCircleKey(ReplaceCircleKey calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requireSigned(m.by, _hashWords(REPLACE_CIRCLE_KEY, abi.encode(m)), signer, signature);
        _useNonce(m.by, m.nonce);
        _requireOwn(m.circle, m.by);
        require(m.keyHash != bytes32(0), CirclesBadTerms());
        emit CircleKeyReplaced(m.circle, m.keyHash);
    }

    /// @inheritdoc ICircles
    function endCircle(EndCircle calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 structHash =
            keccak256(abi.encode(END_CIRCLE, m.chain, m.target, m.circle, m.patient, m.deadline));
        _requireSigned(m.patient, structHash, signer, signature);
        Circle storage c = _requireKnown(m.circle);
        require(m.patient == c.patient, CirclesNotThePatient(m.circle));
        require(!c.ended, CirclesOver(m.circle));
        c.ended = true;
        emit CircleEnded(m.circle, m.patient);
    }

    /// @inheritdoc ICircles
    function isIn(bytes32 circle, bytes32 patient, bytes32 reader) external view returns (bool) {
        Circle storage c = _circles[circle];
        return _people[circle][reader] == IN && c.patient == patient && !c.ended && block.timestamp < c.until;
    }

    /// @inheritdoc ICircles
    function circleOf(bytes32 circle)
        external
        view
        returns (bytes32 patient, bytes32 keeper, uint8 maxPeople, uint8 people, uint64 until, bool ended)
    {
        Circle storage c = _circles[circle];
        return (c.patient, c.keeper, c.maxPeople, c.people, c.until, c.ended);
    }

    /// @inheritdoc ICircles
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool) {
        return _nonces[account].get(nonce);
    }

    /// @inheritdoc ICircles
    function identity() external view returns (address) {
        return address(_identity);
    }

    /// @inheritdoc ICircles
    function isCircle(bytes32 circle) public view returns (bool) {
        return _circles[circle].maxPeople != 0;
    }

    /// @inheritdoc ICircles
    function circleIdOf(bytes32 patient, bytes32 keeper, uint8 maxPeople, uint64 until, bytes32 salt)
        public
        pure
        returns (bytes32 circle)
    {
        return keccak256(abi.encode(CIRCLE, patient, keeper, maxPeople, until, salt));
    }

    function _useNonce(bytes32 account, uint256 nonce) private {
        require(!_nonces[account].get(nonce), CirclesNonceUsed(account, nonce));
        _nonces[account].set(nonce);
    }

    function _requireKnown(bytes32 circle) private view returns (Circle storage c) {
        require(isCircle(circle), CirclesUnknown(circle));
        return _circles[circle];
    }

    function _requireOpen(bytes32 circle) private view returns (Circle storage c) {
        c = _requireKnown(circle);
        require(!c.ended && block.timestamp < c.until, CirclesOver(circle));
    }

    function _requireOwn(bytes32 circle, bytes32 account) private view returns (Circle storage c) {
        c = _requireOpen(circle);
        require(account == c.keeper || account == c.patient, CirclesNotYours(circle));
    }

    function _requireCurrent(uint256 chain, address target, uint64 deadline) private view {
        require(chain == block.chainid, CirclesWrongChain(chain));
        require(target == address(this), CirclesWrongContract(target));
        require(block.timestamp <= deadline, CirclesDeadlinePassed(deadline));
    }

    /// @dev One of the account's signers signed exactly this.
    function _requireSigned(
        bytes32 account,
        bytes32 structHash,
        bytes calldata signer,
        bytes calldata signature
    ) private view {
        require(_identity.speaksFor(account, signer), CirclesNotASigner(account));
        bytes32 digest = _hashTypedDataV4(structHash);
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), CirclesBadSignature());
    }

    /// @dev The hash of a message whose fields are all of one word each, in the order of its struct.
    function _hashWords(bytes32 kind, bytes memory words) private pure returns (bytes32) {
        return keccak256(bytes.concat(kind, words));
    }
}
