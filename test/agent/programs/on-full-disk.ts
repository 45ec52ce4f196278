// Runs inside a mount namespace whose argument is a small disk: an agent on it meets a full disk and goes on when there is room.
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FullDisk } from './full-disk.ts';
import { until } from '../../support/until.ts';
import { DesiredSet } from '../../../src/agent/desired/desired-set.ts';
import { Alone, lives } from '../alone.ts';

const disk = process.argv[2]!;
const elsewhere = process.argv[3]!;
const room = new FullDisk(disk);
process.env['TEST_DIRECTORY'] = disk;

const agent = new Alone();
try {
  await agent.start();
  // One more death than this and they are given up: what a full disk costs must not count.
  const restart = { attempts: 1, giveUp: true, delaySeconds: 0.2 };
  await agent.deploy({ name: 'web', restart });
  const sickness = join(elsewhere, 'healthy');
  writeFileSync(sickness, 'yes');
  await agent.deploy({
    name: 'sick',
    restart,
    killTimeoutSeconds: 1,
    healthChecks: [
      { protocol: 'FILE', path: sickness, intervalSeconds: 1, maxConsecutiveFailures: 1, initialDelaySeconds: 0 },
    ],
  });
  const web = await agent.settled('web');
  const sick = await agent.settled('sick');

  await agent.deploy({ name: 'other', restart });
  const other = await agent.settled('other');
  room.fill();
  const refused = await agent.call('POST', `/v1/instances/${sick.id}/restart`, {});
  assert.is(refused.status, 507, 'a restart asks for room before it ends what runs');
  assert.match(
    refused.body.detail,
    /runs on, as it could not be started again: the disk of .* is full \(.* are free\)/,
  );
  assert.is(refused.body.code, 'disk-full');
  assert.ok(lives(sick.pid));
  process.kill(web.pid, 'SIGKILL');
  await agent.ok('POST', `/v1/instances/${other.id}/kill`);
  await until('an operator can end a program all the same', () => !lives(other.pid));
  const waits = await agent.see(
    'web',
    'told why it does not start',
    (i) => i.status === 'restarting' && i.reason?.code === 'disk-full',
  );
  assert.match(
    waits.reason.text,
    /could not be started: the disk of .* is full \(.* of 64 MiB are free\): free some space there/,
  );
  assert.match(waits.reason.next.what, 'it starts when there is room');
  assert.is(waits.exit.reason, 'disk-full');
  await agent.see('web', 'tried again more than once', (i) => i.exit.at > waits.exit.at + 1000);
  assert.is((await agent.one('web')).status, 'restarting');

  rmSync(sickness);
  await until('a stop needs no room either', () => !lives(sick.pid));

  const before = agent.pid;
  await agent.restart();
  assert.is.not(agent.pid, before);
  await agent.see('web', 'waits under a new agent, too', (i) => i.reason?.code === 'disk-full');

  room.empty();
  writeFileSync(sickness, 'yes');
  const again = await agent.see('web', 'runs by itself', (i) => i.status === 'running');
  assert.ok(again.pid !== web.pid);
  await agent.see('sick', 'runs by itself, too', (i) => i.status === 'running');
  assert.not.match(agent.log(), /uncaught|unhandled/i);
  console.log('it went on by itself');
} finally {
  room.empty();
  await agent.finish();
}

// The same disk holds nothing but the instances: the hub takes in what it is told, and no record of an instance can be written.
process.env['TEST_DIRECTORY'] = elsewhere;
const second = new Alone();
mkdirSync(join(disk, 'instances'), { mode: 0o711 });
mkdirSync(second.directory, { recursive: true, mode: 0o711 });
symlinkSync(join(disk, 'instances'), join(second.directory, 'instances'));
try {
  const restart = { attempts: 1, giveUp: true, delaySeconds: 0.2 };
  await second.start();
  room.fill();
  await second.deploy({ name: 'late', restart });
  await second.deploy({ name: 'never', restart });
  const pending = await second.see(
    'late',
    'says why it does not start',
    (i) => i.status === 'pending' && i.reason?.code === 'disk-full',
  );
  assert.match(
    pending.reason.text,
    /could not be taken up: the disk of .*instances is full \(.* of 64 MiB are free\): free some space there/,
  );
  assert.match(pending.reason.next.what, 'it starts when there is room');
  assert.match((await second.get('/v1/apps/late')).reason.text, 'free some space there');
  await second.ok('DELETE', '/v1/apps/never');
  await until('one that is wanted no more is not shown', async () => (await second.instances('never')).length === 0);
  room.empty();
  await second.see('late', 'runs by itself', (i) => i.status === 'running');
  const told = await until('its story', async () => {
    const all = await second.events('subject.app:late');
    return all.some(({ kind }) => kind === 'assignment.taken') && all;
  });
  assert.is(told.filter(({ kind }) => kind === 'assignment.refused').length, 1, 'told once');
  assert.match(
    told.find(({ kind }) => kind === 'assignment.refused').message,
    /late\.0 is not taken up here because .*free some space there.*tried again/,
  );
  assert.equal(await second.events('subject.app:never AND kind:instance.started'), []);
  console.log('what came while there was no room started by itself');
} finally {
  room.empty();
  await second.finish();
}

// An app is stopped while not even that can be written down.
process.env['TEST_DIRECTORY'] = disk;
const third = new Alone();
try {
  await third.start();
  await third.deploy({ name: 'ends' });
  const ends = await third.settled('ends');
  room.fill();
  const stopped = await third.ok('POST', '/v1/apps/ends/stop');
  await until('an app can be stopped all the same', () => !lives(ends.pid), 20_000);
  assert.is(stopped.start, false);
  const isWritten = stopped.reason?.code !== 'not-written';
  if (!isWritten) {
    const reason = await until('its node shows it', async () => (await third.get('/v1/nodes')).items[0].reason, 20_000);
    assert.match(reason.text, /cannot be written because .*full/);
    assert.ok((await third.events('kind:node.cannotWrite')).length > 0, 'it is told');
    assert.match(stopped.reason.text, 'it is noted beside it');
    await third.end('SIGKILL');
    await third.start([], { asked: '/healthz' });
  }
  room.empty();
  await until('its hub is there', async () => (await third.call('GET', '/readyz')).status === 200, 20_000);
  await until(
    'the stop is written, and nothing is amiss any more',
    async () => {
      const [node] = (await third.get('/v1/nodes')).items;
      return (await third.get('/v1/apps/ends')).start === false && node.reason === null;
    },
    40_000,
  );
  assert.is((await third.get('/v1/apps/ends')).status, 'stopped');
  assert.is((await third.events('subject.app:ends AND kind:instance.started')).length, 1, 'it has not started again');
  assert.equal(readdirSync(join(third.directory, 'unwritten-stops')), []);
  console.log(isWritten ? 'a stop found room' : 'a stop was done at once and written later');
} finally {
  room.empty();
  await third.finish();
}

// What a joined agent was told while it could not be written: its next run knows that the file is behind.
const told = {
  ...{ type: 'desired', n: 1, term: 1, seq: 1, from: 0, part: 1, parts: 1 },
  ...{ revisions: [], assignments: [], gone: [], envs: {}, tags: null },
} as const;
try {
  const set = DesiredSet.open(join(disk, 'desired'), () => undefined);
  await set.take(structuredClone(told) as never);
  room.fill();
  await set.take({ ...told, seq: 2, from: 1, envs: { FILLS: 'x'.repeat(100_000) } } as never);
  assert.is(set.seq, 2, 'it counts');
  const next = DesiredSet.open(join(disk, 'desired'), () => undefined);
  assert.equal([next.seq, next.damaged], [1, true]);
  await set.close();
} finally {
  room.empty();
}
