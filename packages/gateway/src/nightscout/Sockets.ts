// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { Paired } from '../DeviceKeys.js';
import { DEVICE_SOCKETS, SOCKET_BYTES, SOCKET_LOGIN_MS, SOCKETS } from '../limits.js';
import { alarms } from './Alarms.js';
import type { Changes } from './Changes.js';
import { look, type Nightscout } from './Context.js';
import type { Seat } from './Seat.js';
import { pages } from './SocketPages.js';
import { storage } from './SocketStorage.js';

export type Sockets = {
  /** Ends the sockets of devices that may no longer do what they did. */
  recheck(account: string): void;
  close(): Promise<void>;
};

/** Nightscout's sockets: its pages' data, the storage of API v3, and alarms. Nobody is told anything before saying who they are. */
export function sockets(server: HttpServer, context: Nightscout, changes: Changes): Sockets {
  const seats = new Map<Socket, Seat>();
  const io = new Server(server, {
    path: '/socket.io',
    allowEIO3: true,
    serveClient: false,
    maxHttpBufferSize: SOCKET_BYTES,
    cors: { origin: '*' },
    allowRequest: (_request, done) => done(null, seats.size < SOCKETS),
  });

  /** A guess; an address that guesses much is put out. */
  function refuse(socket: Socket): false {
    try {
      context.auth.failed(socket.handshake.address);
    } catch {
      socket.disconnect(true);
    }
    return false;
  }

  function seatOf(socket: Socket): Seat {
    const seat: Seat = {
      who: undefined,
      since: 0,
      news: undefined,
      isOpen: () => seats.has(socket) && seat.who !== undefined && isStill(seat.who),
      async login(secrets) {
        const who = await context.auth.ofSecrets(secrets);
        if (!who || !seats.has(socket)) {
          return refuse(socket);
        }
        const mine = [...seats.values()].filter(
          (one) => one.who?.device.id === who.device.id && one.who.account === who.account,
        );
        if (mine.length >= DEVICE_SOCKETS && !mine.includes(seat)) return false;
        seat.who = who;
        return true;
      },
    };
    return seat;
  }

  const isStill = (who: Paired): boolean => {
    try {
      context.auth.still(who);
      return true;
    } catch {
      return false;
    }
  };

  for (const room of [pages(context), storage(context), alarms(context)])
    io.of(room.path).on('connection', (socket) => {
      const seat = seatOf(socket);
      seats.set(socket, seat);
      const timer = setTimeout(() => {
        if (!seat.who) socket.disconnect(true);
      }, SOCKET_LOGIN_MS);
      socket.on('disconnect', () => {
        clearTimeout(timer);
        seats.delete(socket);
      });
      room.joined(socket, seat);
    });

  changes.listen((account) => {
    for (const seat of seats.values()) {
      if (seat.who?.account.hex !== account || !seat.news) continue;
      tell(seat).catch((error) => {
        context.events.failed('telling a socket', error);
        // It comes back and has all again; going on would leave a gap.
        for (const [socket, one] of seats) if (one === seat) socket.disconnect(true);
      });
    }
  });

  /** What a socket is told is a look like any other, written down before. */
  async function tell(seat: Seat): Promise<void> {
    if (!seat.isOpen()) return;
    const news = seat.news?.();
    if (!news) return;
    await look(context, seat.who!, news.count);
    if (seat.isOpen()) news.tell();
  }

  return {
    recheck(account) {
      for (const [socket, seat] of seats)
        if (seat.who?.account.hex === account && !isStill(seat.who)) socket.disconnect(true);
    },
    async close() {
      changes.close();
      io.disconnectSockets(true);
      io.engine.close();
      await new Promise<void>((done) => setImmediate(done));
    },
  };
}
