// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {Relayed} from "./Relayed.sol";
import {IIdentity} from "./interfaces/IIdentity.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Identity
/// @notice See {IIdentity}.
/// @dev Signatures are checked by calling out only with STATICCALL, so a hostile wallet or verifier contract can waste
/// its relay's gas but change nothing and re-enter nothing. No state is keyed by a signature, so its malleability
/// gains nobody anything (high-s ECDSA is refused besides).
contract Identity is IIdentity, EIP712, Relayed {
    using BitMaps for BitMaps.BitMap;

    /// @dev Signers are of a generation: replacing all of them is to begin the next one, whatever their number.
    struct Account {
        uint32 signerCount;
        uint32 generation;
        bytes32 encryptionKeyHash;
        bytes32 keysRoot;
        mapping(uint32 generation => mapping(bytes32 signerHash => bool)) signers;
        mapping(bytes32 gatewayKey => uint8) gateways;
        BitMaps.BitMap nonces;
    }

    uint8 private constant GATEWAY_AUTHORISED = 1;
    uint8 private constant GATEWAY_ENDED = 2;

    uint256 private constant MIN_SIGNER = 20;
    /// @dev Room for a verifier and an RSA-4096 key.
    uint256 private constant MAX_SIGNER = 1024;

    bytes32 private constant REGISTER = keccak256(
        "Register(uint256 chain,address target,bytes32 account,bytes signer,bytes32 encryptionKeyHash,uint64 deadline)"
    );
    bytes32 private constant AUTHORISE_GATEWAY = keccak256(
        "AuthoriseGateway(uint256 chain,address target,bytes32 account,bytes32 gatewayKey,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant END_GATEWAY = keccak256(
        "EndGateway(uint256 chain,address target,bytes32 account,bytes32 gatewayKey,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant ADD_SIGNER = keccak256(
        "AddSigner(uint256 chain,address target,bytes32 account,bytes signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant REMOVE_SIGNER = keccak256(
        "RemoveSigner(uint256 chain,address target,bytes32 account,bytes signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant RECORD_KEYS = keccak256(
        "RecordKeys(uint256 chain,address target,bytes32 account,bytes32 keysRoot,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant REPLACE_ENCRYPTION_KEY = keccak256(
        "ReplaceEncryptionKey(uint256 chain,address target,bytes32 account,bytes32 encryptionKeyHash,uint256 nonce,uint64 deadline)"
    );

    address private immutable _recovery;
    mapping(bytes32 account => Account) private _accounts;

    /// @dev This contract and {Recovery} need each other's address, and neither is to have a setter that someone could
    /// call first. So this one is told an address that does not exist yet: the one which the deployer's next
    /// transaction will give to {Recovery}. Nobody else can deploy to it, for it is a hash of the deployer's
    /// address and nonce; and if something came between, {Recovery}'s constructor sees that it is not the one meant
    /// here and refuses, so that a pair that does not fit is never put into the directory.
    constructor(IMembers members_, address recovery_, uint32 budget_)
        EIP712("Islet", "1")
        Relayed(members_, budget_)
    {
        require(recovery_ != address(0), IdentityZero());
        _recovery = recovery_;
    }

    /// @inheritdoc IIdentity
    function register(Register calldata m, bytes calldata signature) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.account != bytes32(0) && m.encryptionKeyHash != bytes32(0), IdentityZero());
        Account storage a = _accounts[m.account];
        require(a.signerCount == 0, IdentityAccountExists(m.account));
        _requirePossible(m.signer);
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTER, m.chain, m.target, m.account, keccak256(m.signer), m.encryptionKeyHash, m.deadline
            )
        );
        _requireSignature(structHash, m.signer, signature);
        a.signerCount = 1;
        a.signers[0][keccak256(m.signer)] = true;
        a.encryptionKeyHash = m.encryptionKeyHash;
        emit Registered(m.account, m.signer, m.encryptionKeyHash);
    }

    /// @inheritdoc IIdentity
    function authoriseGateway(AuthoriseGateway calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.gatewayKey != bytes32(0), IdentityZero());
        bytes32 structHash = keccak256(
            abi.encode(AUTHORISE_GATEWAY, m.chain, m.target, m.account, m.gatewayKey, m.nonce, m.deadline)
        );
        Account storage a = _accept(m.account, m.nonce, structHash, signer, signature);
        uint8 state = a.gateways[m.gatewayKey];
        require(state != GATEWAY_AUTHORISED, IdentityGatewayAlreadyAuthorised(m.account, m.gatewayKey));
        require(state != GATEWAY_ENDED, IdentityGatewayWasEnded(m.account, m.gatewayKey));
        a.gateways[m.gatewayKey] = GATEWAY_AUTHORISED;
        emit GatewayAuthorised(m.account, m.gatewayKey);
    }

    /// @inheritdoc IIdentity
    function endGateway(EndGateway calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 structHash = keccak256(
            abi.encode(END_GATEWAY, m.chain, m.target, m.account, m.gatewayKey, m.nonce, m.deadline)
        );
        Account storage a = _accept(m.account, m.nonce, structHash, signer, signature);
        require(
            a.gateways[m.gatewayKey] == GATEWAY_AUTHORISED,
            IdentityGatewayNotAuthorised(m.account, m.gatewayKey)
        );
        a.gateways[m.gatewayKey] = GATEWAY_ENDED;
        emit GatewayEnded(m.account, m.gatewayKey);
    }

    /// @inheritdoc IIdentity
    function addSigner(AddSigner calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        _requirePossible(m.signer);
        bytes32 added = keccak256(m.signer);
        bytes32 structHash =
            keccak256(abi.encode(ADD_SIGNER, m.chain, m.target, m.account, added, m.nonce, m.deadline));
        Account storage a = _accept(m.account, m.nonce, structHash, signer, signature);
        mapping(bytes32 => bool) storage signers = a.signers[a.generation];
        require(!signers[added], IdentitySignerExists(m.account));
        signers[added] = true;
        ++a.signerCount;
        emit SignerAdded(m.account, m.signer);
    }

    /// @inheritdoc IIdentity
    function removeSigner(RemoveSigner calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelayUncounted
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        bytes32 removed = keccak256(m.signer);
        bytes32 structHash =
            keccak256(abi.encode(REMOVE_SIGNER, m.chain, m.target, m.account, removed, m.nonce, m.deadline));
        Account storage a = _accept(m.account, m.nonce, structHash, signer, signature);
        mapping(bytes32 => bool) storage signers = a.signers[a.generation];
        require(signers[removed], IdentityUnknownSigner(m.account));
        require(a.signerCount > 1, IdentityLastSigner(m.account));
        signers[removed] = false;
        --a.signerCount;
        emit SignerRemoved(m.account, m.signer);
    }

    /// @inheritdoc IIdentity
    function recordKeys(RecordKeys calldata m, bytes calldata signer, bytes calldata signature)
        external
        onlyRelay
    {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.keysRoot != bytes32(0), IdentityZero());
        bytes32 structHash =
            keccak256(abi.encode(RECORD_KEYS, m.chain, m.target, m.account, m.keysRoot, m.nonce, m.deadline));
        _accept(m.account, m.nonce, structHash, signer, signature).keysRoot = m.keysRoot;
        emit KeysRecorded(m.account, m.keysRoot);
    }

    /// @inheritdoc IIdentity
    function replaceEncryptionKey(
        ReplaceEncryptionKey calldata m,
        bytes calldata signer,
        bytes calldata signature
    ) external onlyRelay {
        _requireCurrent(m.chain, m.target, m.deadline);
        require(m.encryptionKeyHash != bytes32(0), IdentityZero());
        bytes32 structHash = keccak256(
            abi.encode(
                REPLACE_ENCRYPTION_KEY, m.chain, m.target, m.account, m.encryptionKeyHash, m.nonce, m.deadline
            )
        );
        _accept(m.account, m.nonce, structHash, signer, signature).encryptionKeyHash = m.encryptionKeyHash;
        emit EncryptionKeyReplaced(m.account, m.encryptionKeyHash);
    }

    /// @inheritdoc IIdentity
    function replaceSigners(bytes32 account, bytes calldata newSigner) external {
        require(msg.sender == _recovery, IdentityNotRecovery(msg.sender));
        Account storage a = _accounts[account];
        require(a.signerCount != 0, IdentityUnknownAccount(account));
        _requirePossible(newSigner);
        a.signers[++a.generation][keccak256(newSigner)] = true;
        a.signerCount = 1;
        emit SignersReplaced(account, newSigner);
    }

    /// @inheritdoc IIdentity
    function speaksFor(bytes32 account, bytes calldata signer) external view returns (bool) {
        return _speaksFor(_accounts[account], signer);
    }

    /// @inheritdoc IIdentity
    function isPossibleSigner(bytes calldata signer) public view returns (bool) {
        if (signer.length < MIN_SIGNER || signer.length > MAX_SIGNER) return false;
        return signer.length == MIN_SIGNER || address(bytes20(signer)).code.length != 0;
    }

    /// @inheritdoc IIdentity
    function isGateway(bytes32 account, bytes32 gatewayKey) external view returns (bool) {
        return _accounts[account].gateways[gatewayKey] == GATEWAY_AUTHORISED;
    }

    /// @inheritdoc IIdentity
    function encryptionKeyHash(bytes32 account) external view returns (bytes32) {
        return _accounts[account].encryptionKeyHash;
    }

    /// @inheritdoc IIdentity
    function keysRoot(bytes32 account) external view returns (bytes32) {
        return _accounts[account].keysRoot;
    }

    /// @inheritdoc IIdentity
    function signerCount(bytes32 account) external view returns (uint32) {
        return _accounts[account].signerCount;
    }

    /// @inheritdoc IIdentity
    function recovery() external view returns (address) {
        return _recovery;
    }

    /// @inheritdoc IIdentity
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool) {
        return _accounts[account].nonces.get(nonce);
    }

    function _requireCurrent(uint256 chain, address target, uint64 deadline) private view {
        require(chain == block.chainid, IdentityWrongChain(chain));
        require(target == address(this), IdentityWrongContract(target));
        require(block.timestamp <= deadline, IdentityDeadlinePassed(deadline));
    }

    function _requirePossible(bytes calldata signer) private view {
        require(isPossibleSigner(signer), IdentityBadSigner());
    }

    function _speaksFor(Account storage a, bytes calldata signer) private view returns (bool) {
        return a.signers[a.generation][keccak256(signer)];
    }

    function _requireSignature(bytes32 structHash, bytes calldata signer, bytes calldata signature)
        private
        view
    {
        bool valid = SignatureChecker.isValidSignatureNow(signer, _hashTypedDataV4(structHash), signature);
        require(valid, IdentityBadSignature());
    }

    /// @dev One of the account's signers signed exactly this, and the nonce is fresh; burns the nonce.
    function _accept(
        bytes32 account,
        uint256 nonce,
        bytes32 structHash,
        bytes calldata signer,
        bytes calldata signature
    ) private returns (Account storage a) {
        a = _accounts[account];
        require(_speaksFor(a, signer), IdentityNotASigner(account));
        _requireSignature(structHash, signer, signature);
        require(!a.nonces.get(nonce), IdentityNonceUsed(account, nonce));
        a.nonces.set(nonce);
    }
}
