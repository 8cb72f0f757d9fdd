// Copyright the Islet authors. AGPL-3.0-or-later.
// How an interface written `as const` becomes TypeScript types. Integers are bigint, bytes are Uint8Array.
import type { Hex } from './Wire.js';

export type Param = {
  readonly name?: string;
  readonly type: string;
  readonly indexed?: boolean;
  readonly components?: readonly Param[];
  readonly internalType?: string;
};

export type Item = {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Param[];
  readonly outputs?: readonly Param[];
  readonly anonymous?: boolean;
  readonly stateMutability?: string;
};

/** The TypeScript type of one parameter. */
export type Value<P extends Param> = P extends { readonly components: infer C extends readonly Param[] }
  ? Arrayed<P['type'], Args<C>>
  : Scalar<P['type']>;

type Arrayed<T extends string, Base> = T extends `${infer Inner}[]`
  ? Arrayed<Inner, Base>[]
  : T extends `${infer Inner}[${number}]`
    ? Arrayed<Inner, Base>[]
    : Base;

type Scalar<T extends string> = T extends `${infer Inner}[]`
  ? Scalar<Inner>[]
  : T extends `${infer Inner}[${number}]`
    ? Scalar<Inner>[]
    : T extends 'address'
      ? Hex
      : T extends 'bool'
        ? boolean
        : T extends 'string'
          ? string
          : T extends `uint${string}` | `int${string}`
            ? bigint
            : T extends `bytes${string}`
              ? Uint8Array
              : unknown;

/** Parameters as an object by name, or in order where one of them has no name. */
export type Args<P> = P extends readonly []
  ? Record<never, never>
  : P extends readonly Param[]
    ? AllNamed<P> extends true
      ? { [K in P[number] as K['name'] & string]: Value<K> }
      : { [K in keyof P]: P[K] extends Param ? Value<P[K]> : never }
    : Record<never, never>;

type AllNamed<P extends readonly Param[]> = P[number] extends { readonly name: infer N }
  ? '' extends N
    ? false
    : true
  : false;

/** What a function gives back: nothing, the one value, or all of them. */
export type Result<P> = P extends readonly []
  ? undefined
  : P extends readonly [infer One extends Param]
    ? Value<One>
    : Args<P>;

/** What a constructor takes. */
export type ConstructorArgs<A extends readonly Item[]> =
  Extract<A[number], { readonly type: 'constructor' }> extends { readonly inputs: infer P }
    ? Args<P>
    : Record<never, never>;

type Named<A extends readonly Item[], T extends string> = Extract<A[number], { readonly type: T }> & {
  readonly name: string;
};

export type FunctionOf<A extends readonly Item[]> = Named<A, 'function'>;
export type EventOf<A extends readonly Item[]> = Named<A, 'event'>;
export type ErrorOf<A extends readonly Item[]> = Named<A, 'error'>;
