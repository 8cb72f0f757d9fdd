// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import type { Socket } from 'socket.io';
import type { Collection } from './Collection.js';
import type { Nightscout } from './Context.js';
import { type Json, textOf } from './Json.js';
import * as Reads from './Reads.js';
import { message, type Room, type Seat } from './Seat.js';
import { shapeOf } from './V3.js';

const collections = ['devicestatus', 'entries', 'food', 'profile', 'settings', 'treatments'] as const;

/** The namespace of API v3: each change of the collections that a client subscribed to. */
export function storage({ keys, stateOf, events }: Nightscout): Room {
  async function subscribe(socket: Socket, seat: Seat, args: unknown[]): Promise<void> {
    const { data, ack } = message(args);
    const refused = { success: false, message: 'Missing or bad access token or JWT' };
    if (!(await seat.login([textOf(data.accessToken), textOf(data.token)]))) return ack(refused);
    const { account, device } = seat.who!;
    if (!Devices.mayRead(device)) return ack({ success: false, message: 'Missing permission' });
    const asked: Json[] = Array.isArray(data.collections) ? data.collections : [...collections];
    const mine = collections.filter((one) => asked.includes(one));
    const { documents } = stateOf(account);
    seat.since = Math.max(documents.last, documents.entriesAt);
    seat.news = () => newsOf(socket, seat, mine);
    ack({ success: true, collections: mine });
  }

  function newsOf(socket: Socket, seat: Seat, mine: readonly Collection[]) {
    const state = stateOf(seat.who!.account);
    const found = mine.flatMap((colName) =>
      Reads.since(keys.local, seat.who!, state, colName, seat.since).map((shown) => ({ colName, shown })),
    );
    seat.since = Math.max(state.documents.last, state.documents.entriesAt);
    if (found.length === 0) return undefined;
    return {
      count: found.length,
      tell: () => {
        for (const { colName, shown } of found) {
          const doc = shapeOf(shown);
          if (doc.isValid === false) socket.emit('delete', { colName, identifier: doc.identifier });
          else socket.emit(doc.srvCreated === doc.srvModified ? 'create' : 'update', { colName, doc });
        }
      },
    };
  }

  return {
    path: '/storage',
    joined(socket, seat) {
      socket.on(
        'subscribe',
        (...args) => void subscribe(socket, seat, args).catch((error) => events.failed('a socket', error)),
      );
    },
  };
}
