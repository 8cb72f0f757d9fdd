// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Socket } from 'socket.io';
import type { Paired } from '../DeviceKeys.js';
import { isFields, type Json } from './Json.js';

/** What a namespace does with one socket. */
export type Room = {
  path: string;
  /** A socket came; it is nobody's yet. */
  joined(socket: Socket, seat: Seat): void;
};

/** A socket's place: whose it is, once it said so, and what it is told when something of theirs changed. */
export type Seat = {
  who: Paired | undefined;
  /** What it knows already, by `srvModified`. */
  since: number;
  /** Gathers what is new, or undefined where there is nothing: how many records, and how they are told. */
  news: (() => { count: number; tell: () => void } | undefined) | undefined;
  /** Finds whose key this is. False also where that device has too many sockets. */
  login(secrets: (string | undefined)[]): Promise<boolean>;
  isOpen(): boolean;
};

export type Ack = (answer: unknown) => void;

/** A client's message with its answer, whatever it sent. */
export function message(args: unknown[]): { data: { [key: string]: Json }; ack: Ack } {
  const last = args.at(-1);
  const ack: Ack = typeof last === 'function' ? (last as Ack) : () => {};
  const [first] = args;
  return { data: isFields(first) ? first : {}, ack };
}
