// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches the ABI coder. It adds names to every argument, and refuses non-canonical bytes.
import { equal, fromHex, to0x } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { createContract, events } from 'micro-eth-signer/abi.js';
import type { Args, ConstructorArgs, ErrorOf, EventOf, FunctionOf, Item, Param, Result } from './AbiTypes.js';
import { MAX_ABI_BYTES } from './limits.js';
import type { Hex } from './Wire.js';

/** A contract's interface, as the compiler gives it: write it `as const` to have its arguments typed. */
export type Abi = readonly Item[];

/** What is decoded of a log; the rest of a `Log` does not matter here. */
export type LogData = { topics: readonly Hex[]; data: Hex };

type Encoded<P> = P extends readonly Param[] ? Args<P> : never;

/** The data of a call: selector and arguments. Functions without arguments take `{}`. */
export function encodeCall<const A extends Abi, N extends FunctionOf<A>['name']>(
  abi: A,
  name: N,
  args: Encoded<Extract<FunctionOf<A>, { name: N }>['inputs']>,
): Hex {
  const item = find(abi, 'function', name);
  return to0x(concat(selector(item), codec(item.inputs ?? []).encode(args)));
}

/** What a call answered: the value itself where there is one, an object (or array, where unnamed) of several. */
export function decodeResult<const A extends Abi, N extends FunctionOf<A>['name']>(
  abi: A,
  name: N,
  data: Hex,
): Result<Extract<FunctionOf<A>, { name: N }>['outputs']> {
  const outputs = find(abi, 'function', name).outputs ?? [];
  const args = codec(outputs).decode(fromHex(data)) as Record<string, unknown> | unknown[];
  return (outputs.length === 1 ? Object.values(args)[0] : args) as never;
}

/** The arguments of a call's data: the inverse of `encodeCall`. `undefined` where it is another function's. */
export function decodeCall<const A extends Abi, N extends FunctionOf<A>['name']>(
  abi: A,
  name: N,
  data: Hex,
): Encoded<Extract<FunctionOf<A>, { name: N }>['inputs']> | undefined {
  const item = find(abi, 'function', name);
  const all = fromHex(data);
  if (!equal(all.slice(0, 4), selector(item))) return undefined;
  return codec(item.inputs ?? []).decode(all.slice(4)) as never;
}

/** The code that deploys: bytecode and the constructor's arguments. */
export function encodeDeploy<const A extends Abi>(abi: A, bytecode: Hex, args: ConstructorArgs<A>): Hex {
  const inputs = abi.find((item) => item.type === 'constructor')?.inputs ?? [];
  return to0x(concat(fromHex(bytecode), codec(inputs).encode(args)));
}

/** The first topic of an event. */
export function topicOf<const A extends Abi>(abi: A, name: EventOf<A>['name']): Hex {
  for (const [topic, event] of eventsOf(abi)) if (event.name === name) return topic;
  throw new ChainAbiError(`The interface has no event ${name}.`);
}

/**
 * What a log says, by name; `undefined` where it is no event of this interface. Indexed strings, bytes,
 * arrays and tuples stand as the hash that the chain keeps of them. Throws `CHAIN_BAD_ABI`.
 */
export function decodeLog<const A extends Abi>(abi: A, log: LogData): DecodedLog<A> | undefined {
  const event = log.topics[0] === undefined ? undefined : eventsOf(abi).get(log.topics[0]);
  if (!event) return undefined;
  const topics = log.topics.slice(1);
  if (topics.length !== event.indexed.length)
    throw new ChainAbiError(`A log of ${event.name} has the wrong topics.`);
  const args = codec(event.plain).decode(fromHex(log.data)) as Record<string, unknown>;
  for (const [i, param] of event.indexed.entries()) {
    const topic = topics[i]!;
    args[param.name!] = hashed(param)
      ? topic
      : Object.values(codec(event.single[i]!).decode(fromHex(topic)) as object)[0];
  }
  return { name: event.name, args } as never;
}

/** An event of the interface, by name. */
export type DecodedLog<A extends Abi> = {
  [N in EventOf<A>['name']]: { name: N; args: Args<Extract<EventOf<A>, { name: N }>['inputs']> };
}[EventOf<A>['name']];

/** A custom error's name and arguments; `undefined` where the interface does not have it, or its data are malformed. */
export function decodeError<const A extends Abi>(
  abi: A,
  data: Hex,
): { name: ErrorOf<A>['name']; args: Record<string, unknown> } | undefined {
  const all = fromHex(data);
  for (const item of abi) {
    if (item.type !== 'error' || !equal(all.slice(0, 4), selector(item))) continue;
    try {
      return { name: item.name!, args: codec(item.inputs ?? []).decode(all.slice(4)) as never };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

type Codec = { encode(args: unknown): Uint8Array; decode(data: Uint8Array): unknown };

const codecs = new WeakMap<readonly Param[], Codec>();

/** Encodes an object (or array, where a parameter has no name) of arguments. */
function codec(params: readonly Param[]): Codec {
  const known = codecs.get(params);
  if (known) return known;
  const made = makeCodec(params);
  codecs.set(params, made);
  return made;
}

function makeCodec(params: readonly Param[]): Codec {
  if (params.length === 0) {
    const nothing = new Uint8Array(0);
    return {
      encode: () => nothing,
      decode: (data) => {
        if (data.length !== 0) throw new ChainAbiError('There are data where none are declared.');
        return {};
      },
    };
  }
  // The library unwraps a single argument; here an argument always goes by its name.
  const key = params.length === 1 ? params[0]!.name || 0 : undefined;
  const inputs = params.map(({ indexed: _, ...param }) => param);
  const f = createContract([{ type: 'function', name: 'f', inputs, outputs: inputs }] as never) as {
    f: { encodeInput(v: unknown): Uint8Array; decodeOutput(b: Uint8Array): unknown };
  };
  const encode = (args: unknown): Uint8Array => {
    const value = key === undefined ? args : (args as Record<string, unknown>)[key];
    try {
      return f.f.encodeInput(value).slice(4);
    } catch (cause) {
      throw new ChainAbiError('The arguments are not of the declared types.', { cause });
    }
  };
  return {
    encode,
    decode: (data) => {
      if (data.length > MAX_ABI_BYTES)
        throw new ChainAbiError(`There are more than ${MAX_ABI_BYTES} bytes to decode.`);
      let value: unknown;
      try {
        value = f.f.decodeOutput(data);
      } catch (cause) {
        throw new ChainAbiError('The bytes are not of the declared types.', { cause });
      }
      const args = key === undefined ? value : key === 0 ? [value] : { [key]: value };
      // One value, one encoding: anything else could be read in two ways.
      if (!equal(encode(args), data)) throw new ChainAbiError('The bytes are not the canonical encoding.');
      return args;
    },
  };
}

const selectors = new WeakMap<Item, Uint8Array>();

function selector(item: Item): Uint8Array {
  const known = selectors.get(item);
  if (known) return known;
  const made = fromHex(topicFor(item)).slice(0, 4);
  selectors.set(item, made);
  return made;
}

/** The Keccak-256 of an item's canonical signature. The library gives it for events: the name and types are all it is of. */
function topicFor(item: Item): Hex {
  const inputs = (item.inputs ?? []).map((p, i) => ({ ...p, name: `p${i}`, indexed: false }));
  const coders = events([{ type: 'event', name: item.name, inputs }] as never) as never as Record<
    string,
    { topics(values: object): string[] }
  >;
  return coders[item.name!]!.topics(Object.fromEntries(inputs.map((p) => [p.name, null])))[0] as Hex;
}

type Event = {
  name: string;
  plain: Param[];
  indexed: Param[] /** each indexed one alone */;
  single: Param[][];
};

const eventMaps = new WeakMap<Abi, Map<Hex, Event>>();

function eventsOf(abi: Abi): Map<Hex, Event> {
  const known = eventMaps.get(abi);
  if (known) return known;
  const made = new Map<Hex, Event>();
  for (const item of abi) {
    if (item.type !== 'event' || item.anonymous) continue;
    const inputs = (item.inputs ?? []).map((p, i) => ({ ...p, name: p.name || String(i) }));
    const indexed = inputs.filter((p) => p.indexed);
    const plain = inputs.filter((p) => !p.indexed);
    made.set(topicFor(item), { name: item.name!, plain, indexed, single: indexed.map((p) => [p]) });
  }
  eventMaps.set(abi, made);
  return made;
}

const hashed = (p: Param): boolean => /^(?:string|bytes|tuple)$|\]$/.test(p.type);

function find(abi: Abi, type: string, name: string): Item {
  const item = abi.find((i) => i.type === type && i.name === name);
  if (!item) throw new ChainAbiError(`The interface has no ${type} ${name}.`);
  return item;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Bytes that are not the one canonical encoding of the declared types, or arguments that do not fit them. */
export class ChainAbiError extends IsletError {
  override readonly name = 'ChainAbiError';
  constructor(message: string, options?: ErrorOptions) {
    super('CHAIN_BAD_ABI', `${message} Do the contract and this program have the same version?`, options);
  }
}
