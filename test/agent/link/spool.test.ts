// Events that wait for the master, over restarts, torn lines and boots.
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventSpool } from '../../../src/agent/link/spool.ts';
import { until } from '../../support/until.ts';
import type { NewEvent } from '../../../src/model/event.ts';

const fresh = () => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'spool-'));
const event = (n: number): NewEvent => ({
  at: n,
  kind: 'test.happened',
  subject: {},
  message: `number ${n}`,
  loudness: 'quiet',
  detail: {},
});
const never = (message: string) => {
  throw new Error(message);
};
const numbers = (spool: EventSpool, after = 0) => spool.after(after, 1e6).map(({ n, event: { at } }) => [n, at]);

test('what is not acknowledged is there after a restart, under the same numbers', async () => {
  const directory = fresh();
  const spool = await EventSpool.open(directory, 'g1', never);
  for (let n = 1; n <= 5; n++) spool.append(event(n));
  await spool.flush();
  spool.acknowledge('g1', 2);
  const again = await EventSpool.open(directory, 'g1', never);
  assert.equal(numbers(again, 2), [
    [3, 3],
    [4, 4],
    [5, 5],
  ]);
  again.append(event(6));
  const [[n, at]] = numbers(again, 5) as [[number, number]];
  assert.ok(n > 5 && at === 6);
  assert.equal(numbers(again, n), []);
  await again.flush();
});

test('a number that was told is never given again, though its event did not come to the disk', async () => {
  const directory = fresh();
  const spool = await EventSpool.open(directory, 'g1', never);
  spool.append(event(1));
  await spool.flush();
  for (let at = 2; at <= 50; at++) spool.append(event(at)); // told and acknowledged, and the agent is killed before it writes
  const told = spool.after(0, 100).at(-1)!.n;
  spool.acknowledge('g1', told);
  const again = await EventSpool.open(directory, 'g1', never);
  again.append(event(51));
  assert.is(again.generation, 'g1');
  assert.equal(
    numbers(again, told).map(([, at]) => at),
    [51],
  );
  await Promise.all([spool.flush(), again.flush()]);
});

test('whole segments that are acknowledged leave the disk, and numbers go on', async () => {
  const directory = fresh();
  const spool = await EventSpool.open(directory, 'g1', never);
  for (let n = 1; n <= 3500; n++) {
    spool.append(event(n));
    if (n % 500 === 0) await spool.flush();
  }
  assert.ok(readdirSync(directory).length >= 3);
  spool.acknowledge('g1', 3500);
  spool.append(event(3501));
  await spool.flush();
  assert.ok(readdirSync(directory).length <= 1 + 1);
  const again = await EventSpool.open(directory, 'g1', never);
  assert.equal(numbers(again, 3500), [[3501, 3501]]);
});

test('another boot begins a new generation and keeps what was not told', async () => {
  const directory = fresh();
  const spool = await EventSpool.open(directory, 'g1', never);
  for (let n = 1; n <= 3; n++) spool.append(event(n));
  await spool.flush();
  const next = await EventSpool.open(directory, 'g2', never);
  assert.equal(numbers(next), [
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  next.acknowledge('g1', 3);
  assert.is(next.after(0, 10).length, 3, 'an acknowledgement of another generation means nothing');
  assert.ok(readdirSync(directory).every((name) => name.startsWith('g2.')));
});

test('a torn line is left out and told, the others stay', async () => {
  const directory = fresh();
  const spool = await EventSpool.open(directory, 'g1', never);
  spool.append(event(1));
  await spool.flush();
  appendFileSync(join(directory, readdirSync(directory)[0]!), '{"n":2,"eve');
  const told: string[] = [];
  const again = await EventSpool.open(directory, 'g1', (message) => told.push(message));
  assert.equal([numbers(again), told.length], [[[1, 1]], 1]);
  assert.is.not(again.generation, 'g1', 'the torn one may have been told already: its number is not used again');
  again.append(event(3));
  await again.flush();
  assert.equal(numbers(await EventSpool.open(directory, 'g1', never)), [
    [1, 1],
    [2, 3],
  ]);
});

test('what could not be written is written when it can be, whole and once', async () => {
  const directory = fresh();
  const told: string[] = [];
  const spool = await EventSpool.open(directory, 'g1', (message) => told.push(message));
  rmSync(directory, { recursive: true }); // nothing can be written any more
  for (let n = 1; n <= 3; n++) {
    spool.append(event(n));
    await spool.flush();
  }
  assert.equal(told.length, 1, 'told once, not with each event');
  assert.equal(numbers(spool).length, 3, 'and they are told to the master all the same');
  spool.acknowledge('g1', 1);
  mkdirSync(directory);
  await until('all are on disk', async () => numbers(await EventSpool.open(directory, 'g1', never)).length === 2);
  spool.append(event(4));
  await spool.close();
  assert.equal(numbers(await EventSpool.open(directory, 'g1', never)), [
    [2, 2],
    [3, 3],
    [4, 4],
  ]);
});

test.run();
