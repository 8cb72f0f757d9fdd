// Copyright the Islet authors. AGPL-3.0-or-later.
// EIP-712 digests of flat structs: the atoms Islet's messages use and arrays of bytes32, nothing else.
import { concat, fromHex, uint256, utf8 } from './bytes.js';
import { keccak256 } from './hash.js';

type Atom =
  | 'uint256'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'int32'
  | 'int16'
  | 'bool'
  | 'address'
  | 'bytes32'
  | 'bytes'
  | 'bytes32[]';

/** A struct's name and its fields in order, as `[type, name]`. */
export type Struct = { name: string; fields: readonly (readonly [Atom, string])[] };

export type Value = bigint | number | boolean | Uint8Array | Uint8Array[];

/** The contract a message is meant for. */
export type Domain = { chainId: bigint /** 20 bytes */; contract: Uint8Array };

const domainType = keccak256(
  utf8('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
);
const nameHash = keccak256(utf8('Islet'));
const versionHash = keccak256(utf8('1'));

export const typeString = (struct: Struct): string =>
  `${struct.name}(${struct.fields.map(([type, name]) => `${type} ${name}`).join(',')})`;

/** hashStruct of EIP-712. */
export function structHash(struct: Struct, message: Readonly<Record<string, Value>>): Uint8Array {
  const words = struct.fields.map(([type, name]) => word(type, message[name], name));
  return keccak256(concat(keccak256(utf8(typeString(struct))), ...words));
}

/** The 32 bytes that are signed. */
export function digest(struct: Struct, message: Readonly<Record<string, Value>>, domain: Domain): Uint8Array {
  const separator = keccak256(
    concat(domainType, nameHash, versionHash, uint256(domain.chainId), address(domain.contract)),
  );
  return keccak256(concat(fromHex('1901'), separator, structHash(struct, message)));
}

function word(type: Atom, value: Value | undefined, name: string): Uint8Array {
  switch (type) {
    case 'uint256':
    case 'uint64':
    case 'uint32':
    case 'uint16':
    case 'uint8':
      return uint256(integer(value, name, 0n, (1n << BigInt(type.slice(4))) - 1n));
    case 'int32':
    case 'int16': {
      const end = 1n << BigInt(Number(type.slice(3)) - 1);
      return uint256(BigInt.asUintN(256, integer(value, name, -end, end - 1n)));
    }
    case 'bool':
      if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
      return uint256(value ? 1n : 0n);
    case 'address':
      return address(bytes(value, name));
    case 'bytes32':
      return fixed(bytes(value, name), name);
    case 'bytes':
      return keccak256(bytes(value, name));
    case 'bytes32[]':
      if (!Array.isArray(value)) throw new TypeError(`${name} must be an array`);
      return keccak256(concat(...value.map((v) => fixed(v, name))));
  }
}

function integer(value: Value | undefined, name: string, min: bigint, max: bigint): bigint {
  if (typeof value !== 'bigint' && typeof value !== 'number')
    throw new TypeError(`${name} must be an integer`);
  const n = BigInt(value);
  if (n < min || n > max) throw new RangeError(`${name} is out of range`);
  return n;
}

function bytes(value: Value | undefined, name: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be bytes`);
  return value;
}

function fixed(value: Uint8Array, name: string): Uint8Array {
  if (value.length !== 32) throw new RangeError(`${name} must be 32 bytes`);
  return value;
}

function address(value: Uint8Array): Uint8Array {
  if (value.length !== 20) throw new RangeError('an address is 20 bytes');
  return concat(new Uint8Array(12), value);
}
