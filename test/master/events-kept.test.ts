// What was done is told as done with its event in the store; where the store takes no writes, the answer says so.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventLog } from '../../src/master/events.ts';
import { sample } from '../support/api.ts';

const alive = setInterval(() => undefined, 60_000); // the pause before another try keeps no process alive
test.after(() => clearInterval(alive));

type Parts = ConstructorParameters<typeof EventLog>;

function log(append: () => Promise<unknown>): EventLog {
  const store = { append } as unknown as Parts[0];
  const changes = { markEvents: () => undefined } as unknown as Parts[1];
  return new EventLog(
    store,
    changes,
    () => 1,
    () => undefined,
  );
}

test('it waits until what was noted is written', async () => {
  let written = 0;
  const events = log(async () => (written += 1));
  assert.is(await events.kept(1000), null, 'nothing was noted');
  events.note('test.happened', {}, 'x');
  assert.is(await events.kept(10_000), null);
  assert.is(written, 1);
  await events.close();
});

test('what cannot be written is named, at once while that lasts, and no more when it is written', async () => {
  let full = true;
  const events = log(async () => {
    if (full) throw new Error('the disk is full');
  });
  events.note('test.happened', {}, 'x');
  assert.is(await events.kept(10_000), 'the disk is full');
  events.note('test.happened', {}, 'y');
  assert.is(await events.kept(10_000), 'the disk is full', 'nobody waits for the next try');
  full = false;
  await events.close();
  assert.is(await events.kept(10_000), null);
});

test('a store that does not answer is not waited for', async () => {
  let answer: (value: null) => void = () => undefined;
  const events = log(() => new Promise((resolve) => (answer = resolve)));
  events.note('test.happened', {}, 'x');
  assert.match(String(await events.kept(50)), /not answered/);
  answer(null);
  await events.close();
});

test('an answer to what was done warns of what is not kept; one to a question does not', async () => {
  const { ask, cluster } = sample();
  Object.assign(cluster, { eventsKept: async () => 'the disk of /x is full – free some' });
  const body = JSON.stringify({ name: 'web', toProcess: 'sleep' });
  const headers = { 'content-type': 'application/json' };
  const { status, headers: answered } = await ask('/v1/apps', { method: 'POST', body, headers });
  assert.is(status, 201);
  assert.is(
    answered.get('warning'),
    '199 stathub "it is done, and its event is not kept yet: the disk of /x is full ? free some"',
  );
  assert.is((await ask('/v1/apps')).headers.get('warning'), null);
});

test.run();
