// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Relayed} from "./Relayed.sol";
import {IErasure} from "./interfaces/IErasure.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Erasure
/// @notice See {IErasure}.
contract Erasure is IErasure, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    struct Record {
        bytes32 account;
        uint64 setVersion;
        uint8 needed;
        uint8 confirmations;
        /// Bit i: custodian i has confirmed. Indices are from 1 to 255.
        uint256 confirmed;
    }

    /// @dev A custodian set as it was: kept once for each version that anybody erased under, for {IMembers} keeps only
    /// the present one.
    struct Set {
        uint8 count;
        uint8 threshold;
        mapping(uint8 index => address) accounts;
    }

    uint256 private constant MAX_STREAMS = 32;
    /// @dev The leaves of a key tree of depth 17.
    int32 private constant LAST_DAY = 131_071;

    bytes32 private constant ERASE = keccak256(
        "Erase(uint256 chain,address target,bytes32 erasureId,bytes32 account,bytes32[] streams,int32 firstDay,int32 lastDay,bytes32 scopeHash,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant CONFIRM = keccak256(
        "Confirm(uint256 chain,address target,bytes32 erasureId,uint8 custodian,bytes32 receiptHash,uint64 deadline)"
    );

    IIdentity private immutable _identity;

    mapping(bytes32 erasureId => Record) private _records;
    mapping(uint64 setVersion => Set) private _sets;
    mapping(bytes32 account => BitMaps.BitMap) private _nonces;

    constructor(IMembers members_, IIdentity identity_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        _identity = identity_;
    }

    /// @inheritdoc IErasure
    function erase(Erase calldata m, bytes calldata signer, bytes calldata signature) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.erasureId != bytes32(0) && m.scopeHash != bytes32(0), ErasureZero());
        _requireScope(m.streams.length, m.firstDay, m.lastDay);
        require(_identity.speaksFor(m.account, signer), ErasureNotASigner(m.account));
        bool valid = SignatureChecker.isValidSignatureNow(signer, _hashTypedDataV4(_hashErase(m)), signature);
        require(valid, ErasureBadSignature());
        require(!_nonces[m.account].get(m.nonce), ErasureNonceUsed(m.account, m.nonce));
        _nonces[m.account].set(m.nonce);
        Record storage r = _records[m.erasureId];
        require(r.account == bytes32(0), ErasureExists(m.erasureId));
        (r.account, r.setVersion, r.needed) = (m.account, _members.custodianSetVersion(), _keepSet());
        emit ErasureRequested(
            m.erasureId, m.account, m.streams, m.firstDay, m.lastDay, m.scopeHash, r.setVersion, r.needed
        );
    }

    /// @inheritdoc IErasure
    function confirm(Confirm calldata m, bytes calldata signature) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.receiptHash != bytes32(0), ErasureZero());
        Record storage r = _records[m.erasureId];
        require(r.account != bytes32(0), ErasureUnknown(m.erasureId));
        address account = _sets[r.setVersion].accounts[m.custodian];
        require(account != address(0), ErasureNotACustodian(m.erasureId, m.custodian));
        bytes32 structHash = keccak256(
            abi.encode(CONFIRM, m.chain, m.target, m.erasureId, m.custodian, m.receiptHash, m.deadline)
        );
        bool valid = SignatureChecker.isValidSignatureNow(account, _hashTypedDataV4(structHash), signature);
        require(valid, ErasureBadSignature());
        uint256 bit = 1 << m.custodian;
        require(r.confirmed & bit == 0, ErasureAlreadyConfirmed(m.erasureId, m.custodian));
        r.confirmed |= bit;
        ++r.confirmations;
        emit ErasureConfirmed(m.erasureId, m.custodian, m.receiptHash);
        if (r.confirmations == r.needed) emit Erased(m.erasureId, r.account);
    }

    /// @inheritdoc IErasure
    function erasureOf(bytes32 erasureId)
        external
        view
        returns (bytes32 account, uint64 setVersion, uint8 needed, uint8 confirmations, bool erased)
    {
        Record storage r = _records[erasureId];
        erased = r.account != bytes32(0) && r.confirmations >= r.needed;
        return (r.account, r.setVersion, r.needed, r.confirmations, erased);
    }

    /// @inheritdoc IErasure
    function hasConfirmed(bytes32 erasureId, uint8 custodian) external view returns (bool) {
        return _records[erasureId].confirmed & (1 << custodian) != 0;
    }

    /// @inheritdoc IErasure
    function custodianAccount(bytes32 erasureId, uint8 custodian) external view returns (address) {
        // Sets are numbered from 1, so an unknown erasure names none.
        return _sets[_records[erasureId].setVersion].accounts[custodian];
    }

    /// @inheritdoc IErasure
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool) {
        return _nonces[account].get(nonce);
    }

    /// @inheritdoc IErasure
    function identity() external view returns (address) {
        return address(_identity);
    }

    /// @dev Keeps the present custodian set if it is new here; gives n - t + 1. The threshold is from 1 to n, by
    /// {IMembers}.
    function _keepSet() private returns (uint8 needed) {
        Set storage s = _sets[_members.custodianSetVersion()];
        if (s.count == 0) {
            uint8 count = _members.custodianCount();
            (s.count, s.threshold) = (count, _members.threshold());
            for (uint256 i = 1; i <= count; ++i) {
                // The count fits, so the index does.
                // forge-lint: disable-next-line(unsafe-typecast)
                (,, s.accounts[uint8(i)]) = _members.custodian(uint8(i));
            }
        }
        return s.count - s.threshold + 1;
    }

    function _requireCurrent(uint256 chain, address target, uint64 deadline) private view {
        require(chain == block.chainid, ErasureWrongChain(chain));
        require(target == address(this), ErasureWrongContract(target));
        require(block.timestamp <= deadline, ErasureDeadlinePassed(deadline));
    }

    function _requireScope(uint256 streams, int32 firstDay, int32 lastDay) private pure {
        require(streams <= MAX_STREAMS, ErasureTooManyStreams(streams));
        bool all = firstDay == 0 && lastDay == LAST_DAY;
        bool window = streams != 0 && 0 <= firstDay && firstDay <= lastDay && lastDay <= LAST_DAY;
        require(all || window, ErasureBadDays(firstDay, lastDay));
    }

    /// @dev Two halves, for the EVM's stack; all words are static, so the halves join to the same bytes.
    function _hashErase(Erase calldata m) private pure returns (bytes32) {
        bytes memory who = abi.encode(
            ERASE, m.chain, m.target, m.erasureId, m.account, keccak256(abi.encodePacked(m.streams))
        );
        bytes memory what = abi.encode(m.firstDay, m.lastDay, m.scopeHash, m.nonce, m.deadline);
        return keccak256(bytes.concat(who, what));
    }
}
