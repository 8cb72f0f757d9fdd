// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import type { Socket } from 'socket.io';
import type { Nightscout } from './Context.js';
import { textOf } from './Json.js';
import * as Reads from './Reads.js';
import { message, type Room, type Seat } from './Seat.js';

/**
 * The namespace of alarms, for subscribers only. Of Nightscout's events there are announcements, which a person writes;
 * a gateway judges no values, so nobody must rely on it to be woken.
 */
export function alarms({ keys, stateOf, events }: Nightscout): Room {
  async function subscribe(socket: Socket, seat: Seat, args: unknown[]): Promise<void> {
    const { data, ack } = message(args);
    const secrets = [textOf(data.accessToken), textOf(data.secret), textOf(data.jwtToken)];
    if (!(await seat.login(secrets)) || !Devices.mayRead(seat.who!.device))
      return ack({ success: false, message: 'Missing or bad access token or JWT' });
    seat.since = stateOf(seat.who!.account).documents.last;
    seat.news = () => newsOf(socket, seat);
    ack({ success: true, message: 'Subscribed for alarms' });
  }

  function newsOf(socket: Socket, seat: Seat) {
    const state = stateOf(seat.who!.account);
    const found = Reads.since(keys.local, seat.who!, state, 'treatments', seat.since).filter(
      ({ fields }) => fields.isAnnouncement === true && fields.isValid !== false,
    );
    seat.since = state.documents.last;
    if (found.length === 0) return undefined;
    const tell = () => {
      for (const { fields } of found)
        socket.emit('announcement', {
          level: 0,
          title: 'Announcement',
          message: textOf(fields.notes) ?? '',
          eventName: 'announcement',
          plugin: {},
          group: 'Announcement',
          key: fields._id,
        });
    };
    return { count: found.length, tell };
  }

  return {
    path: '/alarm',
    joined(socket, seat) {
      socket.on(
        'subscribe',
        (...args) => void subscribe(socket, seat, args).catch((error) => events.failed('a socket', error)),
      );
      // Whoever silences an alarm is taken at their word: there is none.
      socket.on('ack', () => {});
    },
  };
}
