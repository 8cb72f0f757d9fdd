// Copyright the Islet authors. AGPL-3.0-or-later.
// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;

import {IRelayed} from "./IRelayed.sol";

/// @title Who speaks for an account
/// @notice An account is a random id, of a patient or of a reader. Its signers are ERC-7913 bytes: 20 bytes are an
/// address (a key, or an ERC-1271 wallet), longer ones are a verifier contract's address followed by a key (P-256,
/// WebAuthn). Everything here is said by a signer in an EIP-712 message (domain "Islet", "1", this chain, this
/// contract) and merely carried by a relay.
///
/// Every message begins with the chain and the contract it is for. The domain binds both already; they are repeated so
/// that a wallet can show them, and so that a message for elsewhere is refused with an error of its own, not taken
/// for a forgery. Every field of a message is hashed: `bytes` as keccak256 of its content. No field is unbound.
///
/// Withheld messages: a relay may keep a message back and send it at a bad moment, though not after its deadline and
/// not twice. Deadlines are meant to be minutes. To kill a withheld message sooner, sign another with the same nonce
/// and send it through another member.
interface IIdentity is IRelayed {
    struct Register {
        uint256 chain;
        address target;
        bytes32 account;
        bytes signer;
        bytes32 encryptionKeyHash;
        uint64 deadline;
    }

    struct AuthoriseGateway {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 gatewayKey;
        uint256 nonce;
        uint64 deadline;
    }

    struct EndGateway {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 gatewayKey;
        uint256 nonce;
        uint64 deadline;
    }

    struct AddSigner {
        uint256 chain;
        address target;
        bytes32 account;
        bytes signer;
        uint256 nonce;
        uint64 deadline;
    }

    struct RemoveSigner {
        uint256 chain;
        address target;
        bytes32 account;
        bytes signer;
        uint256 nonce;
        uint64 deadline;
    }

    struct RecordKeys {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 keysRoot;
        uint256 nonce;
        uint64 deadline;
    }

    struct ReplaceEncryptionKey {
        uint256 chain;
        address target;
        bytes32 account;
        bytes32 encryptionKeyHash;
        uint256 nonce;
        uint64 deadline;
    }

    event Registered(bytes32 indexed account, bytes signer, bytes32 encryptionKeyHash);
    event SignerAdded(bytes32 indexed account, bytes signer);
    event SignerRemoved(bytes32 indexed account, bytes signer);
    /// @notice All signers until now have ended; `signer` is the only one.
    event SignersReplaced(bytes32 indexed account, bytes signer);
    event GatewayAuthorised(bytes32 indexed account, bytes32 indexed gatewayKey);
    event GatewayEnded(bytes32 indexed account, bytes32 indexed gatewayKey);
    event KeysRecorded(bytes32 indexed account, bytes32 keysRoot);
    event EncryptionKeyReplaced(bytes32 indexed account, bytes32 encryptionKeyHash);

    /// @notice Signed for another chain. Stops a message from a test network, or from a fork, being replayed here.
    error IdentityWrongChain(uint256 chain);
    /// @notice Signed for another contract. Stops a message for an older deployment from being replayed here.
    error IdentityWrongContract(address target);
    /// @notice Too late. Stops a relay from sending a withheld message when it suits it.
    error IdentityDeadlinePassed(uint64 deadline);
    /// @notice The account has used this nonce. Stops replay. Nonces are in no order, so that one withheld message
    /// does not hold up the next.
    error IdentityNonceUsed(bytes32 account, uint256 nonce);
    /// @notice The stated signer is not (or no longer) one of the account's. Stops everybody else's valid signature.
    error IdentityNotASigner(bytes32 account);
    /// @notice The signature is not the stated signer's over exactly these fields. Stops forgery and alteration.
    error IdentityBadSignature();
    /// @notice The account exists. Stops a second registration from putting its signer in place of the first.
    error IdentityAccountExists(bytes32 account);
    /// @notice An id, key, hash or root is zero, which reads as "none".
    error IdentityZero();
    /// @notice Not a possible signer: shorter than an address, longer than any key, or naming a verifier without code.
    /// The last stops precompiles: called as an ERC-7913 verifier, the one at address 4 echoes its input and so would
    /// approve every signature.
    error IdentityBadSigner();
    /// @notice Not sent by {IRecovery}. Stops everybody, relays and members included, from replacing signers without
    /// the guardians' quorum and the delay.
    error IdentityNotRecovery(address sender);
    error IdentityUnknownAccount(bytes32 account);
    error IdentitySignerExists(bytes32 account);
    /// @notice The signer to remove is not one of the account's.
    error IdentityUnknownSigner(bytes32 account);
    /// @notice An account without a signer would be lost for ever.
    error IdentityLastSigner(bytes32 account);
    error IdentityGatewayAlreadyAuthorised(bytes32 account, bytes32 gatewayKey);
    error IdentityGatewayNotAuthorised(bytes32 account, bytes32 gatewayKey);
    /// @notice The gateway key was ended, which is final: a gateway that comes back does so with a new key. Stops an
    /// older, withheld authorisation from undoing the end, and gives every key one unbroken time of validity.
    error IdentityGatewayWasEnded(bytes32 account, bytes32 gatewayKey);

    /// @notice Begins an account, signed by its first signer. Ids are random, so who finds its id taken (by a relay
    /// that saw it first) draws another and has lost nothing.
    function register(Register calldata m, bytes calldata signature) external;

    /// @notice Lets a gateway (its Ed25519 key) write for the account.
    function authoriseGateway(AuthoriseGateway calldata m, bytes calldata signer, bytes calldata signature)
        external;

    /// @notice From this block on the gateway does not write for the account. Final. Not counted in the budget.
    function endGateway(EndGateway calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Adds a signer, signed by a present one.
    function addSigner(AddSigner calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Removes a signer, signed by any present one, itself included. Not counted in the budget.
    function removeSigner(RemoveSigner calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Records the blinded root of the account's published sealing keys. Of two such messages the later sent
    /// wins, not the later signed: see above on withheld messages.
    function recordKeys(RecordKeys calldata m, bytes calldata signer, bytes calldata signature) external;

    /// @notice Replaces the hash of the key that others seal to for this account.
    function replaceEncryptionKey(
        ReplaceEncryptionKey calldata m,
        bytes calldata signer,
        bytes calldata signature
    ) external;

    /// @notice Ends every signer of the account and begins one new. Only {IRecovery} calls it, once guardians have
    /// approved and the delay is over. What former signers had said stays said: gateways, keys and grants stand until
    /// the new signer changes them. The new signer replaces the encryption key as ever, by a message.
    function replaceSigners(bytes32 account, bytes calldata newSigner) external;

    /// @notice Whether the bytes could be a signer: see {IdentityBadSigner}.
    function isPossibleSigner(bytes calldata signer) external view returns (bool);

    /// @notice The {IRecovery} that may replace signers. For ever the same.
    function recovery() external view returns (address);

    /// @notice Whether `signer` is one of the account's signers now.
    function speaksFor(bytes32 account, bytes calldata signer) external view returns (bool);

    /// @notice Whether the gateway key may write for the account now.
    function isGateway(bytes32 account, bytes32 gatewayKey) external view returns (bool);

    /// @notice The hash of the account's encryption key; zero when there is no such account.
    function encryptionKeyHash(bytes32 account) external view returns (bytes32);

    /// @notice The last recorded keys root; zero when there is none.
    function keysRoot(bytes32 account) external view returns (bytes32);

    /// @notice How many signers the account has; zero when there is no such account.
    function signerCount(bytes32 account) external view returns (uint32);

    /// @notice Whether the account has used the nonce.
    function isNonceUsed(bytes32 account, uint256 nonce) external view returns (bool);
}
