// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IDirectory} from "./interfaces/IDirectory.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";

/// @title Directory
/// @notice See {IDirectory}.
contract Directory is IDirectory {
    address private immutable _members;
    address private immutable _identity;
    address private immutable _anchors;
    address private immutable _circles;
    address private immutable _consent;
    address private immutable _reviews;
    address private immutable _recovery;
    address private immutable _erasure;
    address private immutable _p256Verifier;
    address private immutable _webAuthnVerifier;

    constructor(Contracts memory c) {
        _members = _requireContract(c.members);
        _identity = _requireContract(c.identity);
        _anchors = _requireContract(c.anchors);
        _circles = _requireContract(c.circles);
        _consent = _requireContract(c.consent);
        _reviews = _requireContract(c.reviews);
        _recovery = _requireContract(c.recovery);
        _erasure = _requireContract(c.erasure);
        _p256Verifier = _requireContract(c.p256Verifier);
        _webAuthnVerifier = _requireContract(c.webAuthnVerifier);
        require(IIdentity(c.identity).recovery() == c.recovery, DirectoryOtherRecovery(c.recovery));
    }

    /// @inheritdoc IDirectory
    function members() external view returns (address) {
        return _members;
    }

    /// @inheritdoc IDirectory
    function identity() external view returns (address) {
        return _identity;
    }

    /// @inheritdoc IDirectory
    function anchors() external view returns (address) {
        return _anchors;
    }

    /// @inheritdoc IDirectory
    function circles() external view returns (address) {
        return _circles;
    }

    /// @inheritdoc IDirectory
    function consent() external view returns (address) {
        return _consent;
    }

    /// @inheritdoc IDirectory
    function reviews() external view returns (address) {
        return _reviews;
    }

    /// @inheritdoc IDirectory
    function recovery() external view returns (address) {
        return _recovery;
    }

    /// @inheritdoc IDirectory
    function erasure() external view returns (address) {
        return _erasure;
    }

    /// @inheritdoc IDirectory
    function p256Verifier() external view returns (address) {
        return _p256Verifier;
    }

    /// @inheritdoc IDirectory
    function webAuthnVerifier() external view returns (address) {
        return _webAuthnVerifier;
    }

    function _requireContract(address given) private view returns (address) {
        require(given.code.length != 0, DirectoryNotAContract(given));
        return given;
    }
}
