// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IDirectory} from "./interfaces/IDirectory.sol";

/// @title Directory
/// @notice See {IDirectory}.
contract Directory is IDirectory {
    address private immutable _members;
    address private immutable _identity;
    address private immutable _anchors;
    address private immutable _consent;

    constructor(address members_, address identity_, address anchors_, address consent_) {
        _members = _requireContract(members_);
        _identity = _requireContract(identity_);
        _anchors = _requireContract(anchors_);
        _consent = _requireContract(consent_);
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
    function consent() external view returns (address) {
        return _consent;
    }

    function _requireContract(address given) private view returns (address) {
        require(given.code.length != 0, DirectoryNotAContract(given));
        return given;
    }
}
