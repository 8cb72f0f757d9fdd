// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import type { Socket } from 'socket.io';
import { LIVE_MS } from '../limits.js';
import * as Collection from './Collection.js';
import { look, type Nightscout } from './Context.js';
import * as Documents from './Documents.js';
import * as EntryWrites from './EntryWrites.js';
import { type Fields, isFields, type Json, numberOf, textOf } from './Json.js';
import * as Live from './Live.js';
import * as Reads from './Reads.js';
import { message, type Room, type Seat } from './Seat.js';
import { statusOf } from './Status.js';
import * as Uploads from './Uploads.js';

const hourMs = 3_600_000;
const mostHours = 48;

/** The default namespace: what Nightscout's own pages, LoopFollow and old uploaders use. */
export function pages(context: Nightscout): Room {
  const { keys, stateOf, events } = context;

  async function authorize(socket: Socket, seat: Seat, args: unknown[]): Promise<void> {
    const { data, ack } = message(args);
    // Some apps put their token where the secret belongs.
    const isIn = await seat.login([textOf(data.secret), textOf(data.token), textOf(data.accessToken)]);
    if (!isIn) return ack({ read: false, write: false, write_treatment: false });
    const { device } = seat.who!;
    const write = Devices.mayWrite(device);
    ack({ read: Devices.mayRead(device), write, write_treatment: write });
    socket.emit('connected');
    if (!Devices.mayRead(device)) return;
    const hours = Math.min(mostHours, Math.max(1, numberOf(data.history) ?? mostHours));
    const from = context.now() - hours * hourMs;
    seat.since = newestOf(seat);
    const all = Live.of(context, seat.who!, from);
    seat.news = () => newsOf(socket, seat);
    await look(context, seat.who!, all.sgvs.length);
    if (!seat.isOpen()) return;
    socket.emit('dataUpdate', {
      ...all,
      ...(data.status === true ? { status: statusOf(context, seat.who, null) } : {}),
    });
    socket.emit('clients', 1);
  }

  const newestOf = (seat: Seat): number => {
    const { documents } = stateOf(seat.who!.account);
    return Math.max(documents.last, documents.entriesAt);
  };

  function newsOf(socket: Socket, seat: Seat) {
    const changed = (collection: Collection.Collection): Reads.Shown[] =>
      Reads.since(keys.local, seat.who!, stateOf(seat.who!.account), collection, seat.since);
    const { entries, ...rest } = {
      entries: changed('entries'),
      treatments: changed('treatments'),
      devicestatus: changed('devicestatus'),
      profiles: changed('profile'),
      activity: changed('activity'),
    };
    seat.since = newestOf(seat);
    const count = entries.length + Object.values(rest).reduce((sum, some) => sum + some.length, 0);
    if (count === 0) return undefined;
    const valid = entries.filter(({ fields }) => fields.isValid !== false).map(({ fields }) => fields);
    const told = Object.entries(rest)
      .filter(([, some]) => some.length > 0)
      .map(([name, some]): [string, Fields[]] => [name, some.map(changeOf)]);
    const some = Object.entries(Live.entriesOf(valid)).filter(([, list]) => list.length > 0);
    const update = { delta: true, lastUpdated: context.now(), ...Object.fromEntries([...some, ...told]) };
    return { count, tell: () => void socket.emit('dataUpdate', update) };
  }

  async function retro(socket: Socket, seat: Seat): Promise<void> {
    if (!seat.isOpen() || !Devices.mayRead(seat.who!.device)) return;
    const devicestatus = Live.find(context, seat.who!, 'devicestatus', context.now() - LIVE_MS).map(
      Live.timed,
    );
    await look(context, seat.who!, devicestatus.length);
    if (seat.isOpen()) socket.emit('retroUpdate', { devicestatus });
  }

  /** A change asked for over the socket. */
  async function change(seat: Seat, args: unknown[], what: Change): Promise<void> {
    const { data, ack } = message(args);
    if (!seat.isOpen()) return ack({ result: 'Not authorized' });
    if (!Devices.mayWrite(seat.who!.device)) return ack({ result: 'Not permitted' });
    const collection = textOf(data.collection) ?? '';
    if (!Collection.isCollection(collection) || collection === 'settings')
      return ack({ result: 'Wrong collection' });
    if (what !== 'add' && !textOf(data._id)) return ack({ result: 'Missing _id' });
    ack(await changed(context, seat, collection, data, what));
  }

  return {
    path: '/',
    joined(socket, seat) {
      // A failure is no answer: the client asks again, as after a lost connection.
      const safely = (work: Promise<void>) => void work.catch((error) => events.failed('a socket', error));
      socket.on('authorize', (...args) => safely(authorize(socket, seat, args)));
      socket.on('loadRetro', () => safely(retro(socket, seat)));
      socket.on('dbAdd', (...args) => safely(change(seat, args, 'add')));
      socket.on('dbUpdate', (...args) => safely(change(seat, args, 'set')));
      socket.on('dbUpdateUnset', (...args) => safely(change(seat, args, 'unset')));
      socket.on('dbRemove', (...args) => safely(change(seat, args, 'remove')));
    },
  };
}

type Change = 'add' | 'set' | 'unset' | 'remove';

async function changed(
  context: Nightscout,
  seat: Seat,
  collection: Exclude<Collection.Collection, 'settings'>,
  data: Fields,
  what: Change,
): Promise<Json | object> {
  const who = seat.who!;
  if (what === 'add') {
    const record: Json = isFields(data.data) ? data.data : {};
    return collection === 'entries'
      ? EntryWrites.write(context, who, [record])
      : Uploads.write(context, who, collection, [record]);
  }
  const { _id: id } = data;
  const { documents } = context.stateOf(who.account);
  const doc = typeof id === 'string' ? Documents.ofIdentifier(documents, collection, id) : undefined;
  if (!doc) return { result: 'success' };
  if (what === 'remove') await context.records.remove(who, [doc]);
  else if (collection !== 'entries') {
    const change = isFields(data.data) ? data.data : {};
    const fields: Fields = { ...Documents.shown(doc), ...(what === 'set' ? change : {}) };
    if (what === 'unset') for (const name of Object.keys(change)) delete fields[name];
    await Uploads.write(context, who, collection, [{ ...fields, _id: doc.id }]);
  }
  return { result: 'success' };
}

/** A record with what happened to it. */
function changeOf({ fields, srvModified, doc }: Reads.Shown): Fields {
  if (fields.isValid === false) return { _id: fields._id!, action: 'remove' };
  return { ...Live.timed(fields), ...(doc().srvCreated === srvModified ? {} : { action: 'update' }) };
}
