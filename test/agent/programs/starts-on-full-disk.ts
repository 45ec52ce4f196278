// Runs inside a mount namespace whose argument is a small disk: an agent of its own hub and a master are killed and start again while
// the disk has no room for what a hub writes first.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { UnwrittenStops } from '../../../src/run/standalone/unwritten-stops.ts';
import { FullDisk } from './full-disk.ts';
import { Daemon, freshDirectory } from '../../support/hub.ts';
import { until } from '../../support/until.ts';
import { Alone, lives } from '../alone.ts';

const disk = process.argv[2]!;
const elsewhere = process.argv[3]!;
const room = new FullDisk(disk);
process.env['TEST_DIRECTORY'] = disk;

/** A hub begins by writing all of them anew, in one go: more than the free pages of its file take. */
async function manyApps(hub: Daemon): Promise<void> {
  for (let n = 0; n < 40; n++)
    await hub.ok('PUT', `/v1/apps/large${n}`, {
      name: `large${n}`,
      toProcess: 'true',
      start: false,
      envs: { TEXT: 'x'.repeat(12_000) },
    });
}

async function refusedForRoom(hub: Daemon): Promise<void> {
  const { status, body } = await hub.call('GET', '/readyz');
  assert.is(status, 503);
  assert.match(body.detail ?? body, /cannot begin: The disk of the store is full|cannot begin: The store failed/);
}

/** What runs at an agent can be seen all the same, and not be changed. */
async function readsServed(hub: Daemon, web: { id: string; pid: number }): Promise<void> {
  assert.is((await hub.get(`/v1/instances/${web.id}`)).pid, web.pid);
  assert.ok((await hub.get('/v1/apps')).items.some(({ name }: { name: string }) => name === 'web'));
  const [node] = (await hub.get('/v1/nodes')).items;
  assert.equal([node.status, node.reason.code], ['ready', 'store-unavailable']);
  assert.match((await hub.get('/v1/status')).notices[0].text, /cannot begin/);
  assert.is((await hub.call('GET', `/v1/instances/${web.id}/logs`)).status, 200);
  const { status, body } = await hub.call('POST', '/v1/apps/web/stop');
  assert.equal([status, body.code], [503, 'store-unavailable']);
}

/** What its store holds can be seen, with a warning, and not be changed; agents are told to wait. */
async function storedIsShown(hub: Daemon): Promise<void> {
  const answer = await fetch(`${hub.address}/v1/apps?size=100`);
  assert.is(answer.status, 200);
  assert.match(answer.headers.get('warning') ?? '', /^199 stathub "as it was last written down: This hub cannot begin/);
  assert.is(((await answer.json()) as { items: unknown[] }).items.length, 40);
  assert.match((await hub.get('/v1/status')).notices[0].text, /cannot begin/);
  assert.is((await hub.get('/v1/apps/large0')).spec.toProcess, 'true');
  for (const [method, path] of [
    ['POST', '/v1/apps/large0/start'],
    ['GET', '/v1/link'],
  ] as const) {
    const { status, body } = await hub.call(method, path);
    assert.equal([status, body.code], [503, 'store-unavailable'], path);
  }
}

const agent = new Alone();
try {
  await agent.start();
  const sickness = join(elsewhere, 'well');
  writeFileSync(sickness, 'yes');
  await agent.deploy({ name: 'web' });
  await agent.deploy({
    name: 'sick',
    killTimeoutSeconds: 1,
    healthChecks: [
      { protocol: 'FILE', path: sickness, intervalSeconds: 1, maxConsecutiveFailures: 1, initialDelaySeconds: 0 },
    ],
  });
  await agent.deploy({ name: 'ends' });
  await agent.deploy({ name: 'noted' });
  const web = await agent.settled('web');
  const sick = await agent.settled('sick');
  const ends = await agent.settled('ends');
  const noted = await agent.settled('noted');
  await manyApps(agent);
  room.fill();
  const stopped = await agent.ok('POST', '/v1/apps/ends/stop');
  assert.is(stopped.start, false);
  await until('an app is stopped on the full disk', () => !lives(ends.pid));
  await agent.end('SIGKILL');
  // As an agent does whose store does not take even the stop.
  process.kill(noted.pid, 'SIGKILL');
  assert.ok(new UnwrittenStops(agent.directory).keep('noted'), 'an empty file finds room');
  await agent.start([], { asked: '/healthz' });
  await refusedForRoom(agent);
  await readsServed(agent, web);
  assert.ok(lives(web.pid) && lives(sick.pid));
  rmSync(sickness);
  await until('what is sick is ended although the hub waits', () => !lives(sick.pid), 20_000);
  writeFileSync(sickness, 'yes');
  await refusedForRoom(agent);
  room.empty();
  await until('the hub begins by itself', async () => (await agent.call('GET', '/readyz')).status === 200, 20_000);
  assert.is((await agent.running('web')).pid, web.pid, 'it ran on');
  await agent.running('sick');
  for (const name of ['ends', 'noted']) {
    assert.is((await agent.get(`/v1/apps/${name}`)).start, false);
    await until(`${name} is stopped`, async () => (await agent.get(`/v1/apps/${name}`)).status === 'stopped');
    const begun = await agent.events(`subject.app:${name} AND kind:instance.started`);
    assert.is(begun.length, 1, `${name} has not started again`);
  }
  assert.equal(readdirSync(join(agent.directory, 'unwritten-stops')), []);
  await until(
    'its node has nothing to say',
    async () => (await agent.get('/v1/nodes')).items[0].reason === null,
    20_000,
  );
  console.log('an agent guards what runs while its hub waits for room');
} finally {
  room.empty();
  await agent.finish();
}

const master = new Daemon('master', join(freshDirectory('full'), 'master'), []);
try {
  await master.start();
  await manyApps(master);
  room.fill();
  await master.end('SIGKILL');
  await master.start([], { asked: '/healthz' });
  await refusedForRoom(master);
  assert.match(master.log(), 'this master cannot lead yet');
  await storedIsShown(master);
  room.empty();
  await until('the master leads by itself', async () => (await master.call('GET', '/readyz')).status === 200, 20_000);
  assert.is((await master.get('/v1/apps?size=100')).items.length, 40);
  room.fill();
  await master.end('SIGKILL');
  await master.start([], { asked: '/healthz' });
  assert.is(await master.end('SIGTERM'), 0, 'it ends in order while it waits');
  console.log('a master waits for room');
} finally {
  room.empty();
  await master.end('SIGTERM');
}
