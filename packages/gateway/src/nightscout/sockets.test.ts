// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { putDevices, question } from '../gateway.testkit.js';
import type { Fields } from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';

let s: Stage;
beforeAll(async () => {
  s = await stage('sockets');
});
afterAll(() => s?.close());
const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect();
});

const now = Date.now() - 60_000;
const iso = (at: number) => new Date(at).toISOString();

function connect(room = ''): Socket {
  const socket = io(`${s.gateway().url}${room}`, { forceNew: true, reconnection: false });
  open.push(socket);
  return socket;
}
const heard = (socket: Socket, event: string): Promise<Fields> =>
  new Promise((done) => socket.once(event, (told) => done(told as Fields)));
const ask = (socket: Socket, event: string, data: object): Promise<never> =>
  socket.emitWithAck(event, data) as Promise<never>;
const looks = async (who: Who): Promise<{ device: string }[]> => {
  const headers = { 'x-islet-statement': question(s.scene, who.person) };
  const { looks } = (await (await fetch(`${s.gateway().url}/v1/looks`, { headers })).json()) as {
    looks: { device: string }[];
  };
  return looks;
};

describe('the default namespace', () => {
  test('tells a follower all of the last days, then each change, with a look for each', async () => {
    const who = await s.someone();
    await s.sent(who, 'POST', 'entries', [{ type: 'sgv', sgv: 101, date: now - 300_000, device: 'x' }]);
    const [note] = await s.sent(who, 'POST', 'treatments', [
      { eventType: 'Note', notes: 'a', created_at: iso(now) },
    ]);
    const socket = connect();
    const full = heard(socket, 'dataUpdate');
    // LoopFollow puts its token where the secret belongs.
    expect(
      await ask(socket, 'authorize', { client: 'web', secret: who.read, history: 48, status: true }),
    ).toEqual({
      read: true,
      write: false,
      write_treatment: false,
    });
    const first = await full;
    expect(first).not.toHaveProperty('delta');
    expect(first).toMatchObject({
      sgvs: [{ mgdl: 101 }],
      treatments: [{ notes: 'a' }],
      status: { status: 'ok' },
    });
    let next = heard(socket, 'dataUpdate');
    await s.sent(who, 'POST', 'entries', [{ type: 'sgv', sgv: 111, date: now, device: 'x' }]);
    expect(await next).toMatchObject({
      delta: true,
      sgvs: [{ mgdl: 111, mills: now, direction: 'FortyFiveUp' }],
    });
    next = heard(socket, 'dataUpdate');
    await s.sent(who, 'PUT', 'treatments', {
      eventType: 'Note',
      notes: 'b',
      created_at: iso(now),
      _id: note!._id,
    });
    expect(await next).toMatchObject({ delta: true, treatments: [{ notes: 'b', action: 'update' }] });
    next = heard(socket, 'dataUpdate');
    await s.asked(who, 'DELETE', `treatments/${note!._id}`);
    expect(await next).toMatchObject({ delta: true, treatments: [{ _id: note!._id, action: 'remove' }] });
    expect((await looks(who)).filter(({ device }) => device === 'watch')).toHaveLength(4);
  });

  test('keeps what an uploader adds, changes and removes, and answers in the old words', async () => {
    const who = await s.someone();
    const socket = connect();
    const row = { eventType: 'Note', notes: 'a', created_at: iso(now), NSCLIENT_ID: 1234 };
    expect(await ask(socket, 'dbAdd', { collection: 'treatments', data: row })).toEqual({
      result: 'Not authorized',
    });
    expect(await ask(socket, 'authorize', { client: 'x', token: who.write })).toEqual({
      read: false,
      write: true,
      write_treatment: true,
    });
    const [doc] = (await ask(socket, 'dbAdd', { collection: 'treatments', data: row })) as Fields[];
    const [again] = (await ask(socket, 'dbAdd', { collection: 'treatments', data: row })) as Fields[];
    expect(again!._id).toBe(doc!._id);
    const _id = doc!._id as string;
    const change = { collection: 'treatments', _id, data: { notes: 'b' } };
    expect(await ask(socket, 'dbUpdate', change)).toEqual({ result: 'success' });
    expect(await s.read(who, 'treatments')).toMatchObject([{ notes: 'b', _id }]);
    expect(await ask(socket, 'dbUpdateUnset', { ...change, data: { notes: 1 } })).toEqual({
      result: 'success',
    });
    expect((await s.read(who, 'treatments'))[0]).not.toHaveProperty('notes');
    expect(await ask(socket, 'dbRemove', { collection: 'treatments' })).toEqual({ result: 'Missing _id' });
    expect(await ask(socket, 'dbRemove', { collection: 'users', _id })).toEqual({
      result: 'Wrong collection',
    });
    expect(await ask(socket, 'dbRemove', { collection: 'treatments', _id })).toEqual({ result: 'success' });
    expect(await s.read(who, 'treatments')).toEqual([]);
    const reader = connect();
    await ask(reader, 'authorize', { token: who.read });
    expect(await ask(reader, 'dbAdd', { collection: 'treatments', data: row })).toEqual({
      result: 'Not permitted',
    });
  });

  test('tells nothing to whoever has no key, or another person’s', async () => {
    const [who, other] = [await s.someone(), await s.someone()];
    const [stranger, neighbour] = [connect(), connect()];
    let told = 0;
    for (const socket of [stranger, neighbour]) socket.on('dataUpdate', () => told++);
    expect(await ask(stranger, 'authorize', { secret: 'nobody' })).toEqual({
      read: false,
      write: false,
      write_treatment: false,
    });
    const own = heard(neighbour, 'dataUpdate');
    await ask(neighbour, 'authorize', { token: other.read });
    expect((await own).sgvs).toEqual([]);
    const follower = connect();
    await ask(follower, 'authorize', { token: who.read });
    const news = new Promise((done) =>
      follower.on('dataUpdate', (update: Fields) => update.delta && done(update)),
    );
    await s.sent(who, 'POST', 'entries', [{ type: 'sgv', sgv: 101, date: now, device: 'x' }]);
    await news;
    expect(told).toBe(1);
  });
});

describe('/storage', () => {
  test('tells AAPS each change of the collections it subscribed to', async () => {
    const who = await s.someone();
    const socket = connect('/storage');
    expect(await ask(socket, 'subscribe', { accessToken: 'wrong', collections: ['treatments'] })).toEqual({
      success: false,
      message: 'Missing or bad access token or JWT',
    });
    // It also asks for `foods`, which is no collection.
    const asked = { accessToken: who.both, collections: ['treatments', 'entries', 'foods'] };
    expect(await ask(socket, 'subscribe', asked)).toEqual({
      success: true,
      collections: ['entries', 'treatments'],
    });
    const call = async (method: string, path: string, body?: unknown) =>
      (await (
        await s.fetch(who, method, `/api/v3/${path}`, body, { 'api-secret': who.both })
      ).json()) as Fields;
    let told = heard(socket, 'create');
    const made = await call('POST', 'treatments', { date: now, app: 'AAPS', eventType: 'Note', notes: 'a' });
    expect(await told).toMatchObject({
      colName: 'treatments',
      doc: { notes: 'a', identifier: made.identifier, srvModified: made.lastModified },
    });
    told = heard(socket, 'update');
    await call('PATCH', `treatments/${made.identifier}`, { notes: 'b' });
    expect(await told).toMatchObject({ colName: 'treatments', doc: { notes: 'b' } });
    told = heard(socket, 'delete');
    await call('DELETE', `treatments/${made.identifier}`);
    expect(await told).toEqual({ colName: 'treatments', identifier: made.identifier });
    told = heard(socket, 'create');
    await s.sent(who, 'POST', 'entries', [{ type: 'sgv', sgv: 120, date: now, device: 'x' }]);
    expect(await told).toMatchObject({ colName: 'entries', doc: { sgv: 120, type: 'sgv' } });
  });
});

describe('/alarm', () => {
  test('tells announcements to subscribers of that person only', async () => {
    const [who, other] = [await s.someone(), await s.someone()];
    const [mine, theirs] = [connect('/alarm'), connect('/alarm')];
    let wrong = 0;
    theirs.on('announcement', () => wrong++);
    expect(await ask(theirs, 'subscribe', { accessToken: other.read })).toMatchObject({ success: true });
    expect(await ask(mine, 'subscribe', { secret: who.read })).toMatchObject({ success: true });
    expect(await ask(connect('/alarm'), 'subscribe', { accessToken: who.write })).toMatchObject({
      success: false,
    });
    const told = heard(mine, 'announcement');
    await s.sent(who, 'POST', 'treatments', [
      { eventType: 'Announcement', notes: 'dinner', created_at: iso(now) },
    ]);
    expect(await told).toMatchObject({ level: 0, message: 'dinner', eventName: 'announcement' });
    mine.emit('ack', 1, 'x', 1000);
    expect(wrong).toBe(0);
  });
});

test('a device taken off the list loses its sockets, its token and its requests at once; others keep theirs', async () => {
  const who = await s.someone();
  const [gone, kept] = [connect(), connect()];
  await ask(gone, 'authorize', { token: who.read });
  await ask(kept, 'authorize', { token: who.both });
  const token = async () =>
    (await fetch(`${s.gateway().url}/api/v2/authorization/request/${who.read}`)).json() as Promise<Fields>;
  const bearer = { authorization: `Bearer ${(await token()).token}`, 'api-secret': '' };
  const told = () => s.fetch(who, 'GET', '/api/v3/entries', undefined, bearer);
  expect((await told()).status).toBe(200);
  const closed = new Promise((done) => gone.once('disconnect', done));
  await putDevices(s.scene, s.gateway(), who.person, [
    await Devices.of({ id: 'loop', name: 'Loop', may: 'both' }, who.both),
  ]);
  await closed;
  expect((await told()).status).toBe(401);
  expect(await token()).toMatchObject({ status: 401 });
  expect(kept.connected).toBe(true);
});
