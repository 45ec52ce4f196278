// How programs are ended, and what cannot be started, by real programs of an agent that runs alone.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keptTo } from '../../../support/busyness.ts';
import { scratch } from '../../../support/scratch.ts';
import { sideBySide } from '../../../support/side-by-side.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives, withArgument } from '../../alone.ts';

const agent = new Alone();
const test = suite('endings');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
const story = sideBySide(test);

story('SIGTERM ignored: SIGKILL after exactly the kill timeout, and the whole tree is gone', async () => {
  const mark = `mark-${process.pid}-${Date.now()}`;
  await agent.deploy({
    name: 'deaf',
    ...sh(
      `trap '' TERM; (setsid sh -c 'trap "" TERM; while :; do sleep 1; done' ${mark} &); while :; do sleep 0.1; done`,
    ),
    killTimeoutSeconds: 1,
  });
  const i = await agent.running('deaf');
  await until('its grandchild', () => withArgument(mark).length > 0);
  const began = Date.now();
  await agent.ok('POST', '/v1/apps/deaf/stop');
  await until('it is gone', () => !lives(i.pid));
  const took = Date.now() - began;
  assert.ok(took >= 950 && keptTo(5000, took), `${took} ms`);
  await until('the tree is gone', () => withArgument(mark).length === 0);
  await until('stopped', async () => !(await agent.instances('deaf')).some((each) => each.pid !== null));
});

story('what a crashed program leaves behind is ended before it starts again', async () => {
  const mark = `left-${process.pid}-${Date.now()}`;
  await agent.deploy({
    name: 'leaves',
    ...sh(`sh -c 'while :; do sleep 1; done' ${mark} & sleep 100000`),
    killTimeoutSeconds: 1,
  });
  const before = await agent.settled('leaves');
  const [child] = await until('its child', () => {
    const found = withArgument(mark);
    return found.length > 0 && found;
  });
  process.kill(before.pid, 'SIGKILL');
  await agent.see('leaves', 'started again', (i) => i.pid !== null && i.pid !== before.pid);
  assert.not.ok(lives(child!));
  await until('its own child, and no other', () => withArgument(mark).length === 1);
});

story('a failing check: unhealthy, ended, started again; passing before that is running', async () => {
  const file = join(scratch('health'), 'up');
  writeFileSync(file, 'fine');
  await agent.deploy({
    name: 'sick',
    healthChecks: [
      {
        protocol: 'FILE',
        path: file,
        initialDelaySeconds: 0,
        intervalSeconds: 0.1,
        timeoutSeconds: 1,
        maxConsecutiveFailures: 3,
      },
    ],
  });
  const before = await agent.running('sick');
  assert.equal(
    before.health.map((h: any) => h.status),
    ['passing'],
  );
  rmSync(file);
  await agent.see('sick', 'ended for its health', (i) => i.exit?.reason === 'unhealthy');
  // One that was ready for a second starts again at once; the next time it waits, and that is told.
  await until('it waits', async () => (await agent.events('subject.app:sick AND kind:instance.restarting')).length > 0);
  writeFileSync(file, 'fine');
  const after = await agent.see('sick', 'running again', (i) => i.status === 'running' && i.pid !== before.pid);
  assert.ok(after.restarts >= 1);
  const kinds = (await agent.events('subject.app:sick')).map((e) => e.kind);
  for (const kind of [
    'instance.unhealthy',
    'instance.stopping',
    'instance.exited',
    'instance.restarting',
    'instance.ready',
  ])
    assert.ok(kinds.includes(kind), kind);
});

story('a start that never passes its check ends after startTimeoutSeconds, as failed start', async () => {
  await agent.deploy({
    name: 'late',
    startTimeoutSeconds: 1,
    healthChecks: [{ protocol: 'FILE', path: '/nowhere/at/all', intervalSeconds: 0.2, timeoutSeconds: 1 }],
  });
  const i = await agent.see('late', 'start-timeout', (each) => each.exit?.reason === 'start-timeout');
  assert.is(i.readyAt, null);
  await agent.ok('POST', '/v1/apps/late/stop');
});

story('what cannot be started says why: no such program, no such directory', async () => {
  await agent.deploy({ name: 'missing', toProcess: '/no/such/program', args: [], restart: { delaySeconds: 60 } });
  const missing = await agent.see('missing', 'ended', (i) => i.exit !== null);
  assert.is(missing.exit.code, 127);
  assert.match(missing.exit.tail.join('\n'), /no such|not found/i);
  await agent.deploy({ name: 'homeless', workingDirectory: '/proc/version/x', restart: { delaySeconds: 60 } });
  const homeless = await agent.see('homeless', 'refused', (i) => i.exit !== null);
  assert.match(homeless.exit.tail.join('\n'), '/proc/version');
});

story('a fixed port that is taken names its holder and counts no death; freed, the program starts', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  await agent.deploy({ name: 'fixed', ports: [port], restart: { delaySeconds: 0.1, maxDelaySeconds: 0.2 } });
  const waiting = await agent.see('fixed', 'port-taken', (i) => i.exit?.reason === 'port-taken');
  assert.match(waiting.exit.tail.join('\n'), `pid ${process.pid}`);
  await new Promise((resolve) => server.close(resolve));
  const i = await agent.running('fixed');
  assert.equal(i.ports, [port]);
});

story('a picked port that another takes is changed, and that is no death', async () => {
  const taken = createServer();
  // Fails like a server whose port is in use, as long as the port that it was first given is.
  await agent.deploy({
    name: 'picked',
    ports: [0],
    toProcess: 'python3',
    args: [
      '-c',
      'import os,socket,time\ns=socket.socket(); s.bind(("0.0.0.0",int(os.environ["PORT"]))); s.listen(); time.sleep(100000)',
    ],
    restart: { delaySeconds: 30 },
  });
  const before = await agent.settled('picked');
  await agent.ok('POST', `/v1/instances/${before.id}/kill`);
  // In the gap between two launches somebody else takes it, sooner or later.
  await until(
    'taken by another',
    () =>
      new Promise<boolean>((resolve) => {
        taken.once('error', () => resolve(false));
        taken.listen(before.ports[0], '0.0.0.0', () => resolve(true));
      }),
    3000,
  ).catch(() => null);
  const after = await agent.see(
    'picked',
    'running on some port',
    // One that still tries the port that another has taken is shown as running, too, until it has failed.
    (i) => i.status === 'running' && i.pid !== before.pid && !(taken.listening && i.ports[0] === before.ports[0]),
  );
  assert.is(after.ports.length, 1);
  taken.close();
});

story("environment: clean, with ports and tokens, nothing of the agent's own", async () => {
  const out = join(scratch('env'), 'env');
  await agent.deploy({
    name: 'env',
    ports: [0, { name: 'admin', port: 0 }],
    envs: { MODE: 'prod', 'spring.datasource.url': 'x' },
    toProcess: 'sh',
    args: ['-c', `env > ${out}; echo "arg $1" >> ${out}; exec sleep 100000`, 'x', '--port=${PORT}'],
  });
  const i = await agent.running('env');
  const lines = (
    await until('its environment', () => {
      const text = readFileSync(out, 'utf8');
      return /^arg .*\n$/m.test(text) && text;
    })
  )
    .trim()
    .split('\n');
  const env = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  assert.equal(
    [env['PORT'], env['PORT0'], env['PORT_1'], env['PORT_2'], env['PORT_ADMIN']],
    [i.ports[0], i.ports[0], i.ports[0], i.ports[1], i.ports[1]].map(String),
  );
  assert.is(env['STAT_INSTANCE'], i.id);
  assert.is(env['MODE'], 'prod');
  assert.ok(lines.includes(`arg --port=${i.ports[0]}`));
  assert.is(env['TEST_DIRECTORY'], undefined);
  assert.is(env['NODE_OPTIONS'], undefined);
});

test('scaled down and deleted: no process and no record is left, its output is kept', async () => {
  const i = await agent.running('env');
  await agent.ok('DELETE', '/v1/apps/env');
  await until('the app is gone', async () => (await agent.call('GET', '/v1/apps/env')).status === 404);
  assert.not.ok(lives(i.pid));
  await until(
    'put away',
    () => !existsSync(agent.directoryOf(i.id)) && existsSync(join(agent.directory, 'kept', i.id)),
  );
});
test.run();
