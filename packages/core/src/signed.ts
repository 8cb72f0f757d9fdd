// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item } from './codec.js';
import type { Struct, Value } from './crypto/typedData.js';
import type { Of, Signed } from './Message.js';

// Signed EIP-712 messages as bytes, for the way between parts. One codec for every struct, driven by its fields.

const name = 'islet/signed';

export function encodeSigned<S extends Struct>(struct: S, signed: Signed<Of<S>>): Uint8Array {
  const message = signed.message as unknown as Record<string, Value>;
  const fields = struct.fields.map(([type, field]): Item => toItem(type, message[field]!));
  return encode(name, 1, [struct.name, ...fields, signed.signer, signed.signature]);
}

export function parseSigned<S extends Struct>(struct: S, bytes: Uint8Array): Signed<Of<S>> {
  const f = decode(name, 1, bytes);
  const message: Record<string, Value> = {};
  f.literal(struct.name);
  for (const [type, field] of struct.fields) message[field] = fromFields(type, f);
  const signer = f.bytes();
  const signature = f.bytes();
  f.end();
  return { message: message as unknown as Of<S>, signer, signature };
}

type Atom = Struct['fields'][number][0];

function toItem(type: Atom, value: Value): Item {
  if (type === 'uint256') return (value as bigint).toString(16);
  return value as Item;
}

function fromFields(type: Atom, f: Fields): Value {
  switch (type) {
    case 'uint256':
      return f.hex();
    case 'uint64':
      return f.int();
    case 'uint32':
      return f.int(0, 2 ** 32 - 1);
    case 'uint16':
      return f.int(0, 2 ** 16 - 1);
    case 'uint8':
      return f.int(0, 2 ** 8 - 1);
    case 'int32':
      return f.int(-(2 ** 31), 2 ** 31 - 1);
    case 'int16':
      return f.int(-(2 ** 15), 2 ** 15 - 1);
    case 'bool':
      return f.bool();
    case 'address':
      return f.bytes(20);
    case 'bytes32':
      return f.bytes(32);
    case 'bytes':
      return f.bytes();
    case 'bytes32[]':
      return f.list((g) => g.bytes(32), 32);
  }
}
