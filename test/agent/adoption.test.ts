// kill -9 of an agent at odd moments: every program runs on and is adopted as it is; what ended meanwhile is told exactly.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keptTo } from '../support/busyness.ts';
import { mainFile } from '../support/hub.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';
import { Alone, lives, withArgument } from './alone.ts';

const agent = new Alone();
const test = suite('adoption');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
const restarted = (meanwhile?: () => unknown): Promise<void> => agent.restart(meanwhile);

test('running ones: same pids, no restart, not a second of readiness lost', async () => {
  await agent.deploy({ name: 'web', placement: { scale: 5 } });
  const before = await until('five run', async () => {
    const all = await agent.instances('web');
    return all.length === 5 && all.every((i) => i.status === 'running') && all;
  });
  await restarted();
  const after = await agent.instances('web');
  const facts = (all: any[]) =>
    all
      .map(({ id, pid, status, restarts, startedAt, readyAt, launch }) => ({
        id,
        pid,
        status,
        restarts,
        startedAt,
        readyAt,
        launch,
      }))
      .sort((a, b) => a.id.localeCompare(b.id));
  assert.equal(facts(after), facts(before));
});

test('what exits while the agent is away is told with its exact code and started again', async () => {
  const go = join(scratch('exits'), 'go');
  await agent.deploy({ name: 'exits', ...sh(`while [ ! -e ${go} ]; do sleep 0.05; done; echo last words; exit 42`) });
  const before = await agent.settled('exits');
  await restarted(async () => {
    writeFileSync(go, '');
    await until('it has exited', () => !lives(before.pid));
  });
  const after = await agent.see('exits', 'told', (i) => i.exit !== null);
  assert.is(after.exit.code, 42);
  assert.ok(after.exit.tail.includes('last words'));
  assert.is(after.id, before.id);
});

test('what is killed by a signal while the agent is away is told as that signal', async () => {
  const before = (await agent.settled('web').catch(() => null)) ?? (await agent.instances('web'))[0];
  await restarted(async () => {
    process.kill(before.pid, 'SIGSEGV');
    await until('it has ended', () => !lives(before.pid));
  });
  const after = await until('started again', async () => {
    const i = (await agent.instances('web')).find((each) => each.id === before.id);
    return i?.pid && i.pid !== before.pid && i;
  });
  assert.is(after.exit.signal, 11);
  assert.is(after.restarts, before.restarts + 1);
});

test('launcher and program both killed: the end is unknown, and it starts again', async () => {
  const before = (await agent.instances('web'))[0];
  const parent = Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${before.pid}/stat`, 'latin1'))![1]);
  await restarted(async () => {
    process.kill(parent, 'SIGKILL');
    process.kill(before.pid, 'SIGKILL');
    await until('both ended', () => !lives(before.pid));
  });
  const after = await until('started again', async () => {
    const i = (await agent.instances('web')).find((each) => each.id === before.id);
    return i?.pid && i.pid !== before.pid && i;
  });
  assert.is(after.exit.reason, 'unknown');
});

test('launcher killed only: the program is watched on, its end noticed', async () => {
  const before = (await agent.instances('web')).find((i) => i.pid);
  const parent = Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${before.pid}/stat`, 'latin1'))![1]);
  await restarted(() => process.kill(parent, 'SIGKILL'));
  const same = (await agent.instances('web')).find((i) => i.id === before.id);
  assert.is(same.pid, before.pid);
  process.kill(before.pid, 'SIGKILL');
  await until('noticed and started again', async () => {
    const i = (await agent.instances('web')).find((each) => each.id === before.id);
    return i?.pid && i.pid !== before.pid;
  });
});

test('a command that was run beside a program ends with the next agent, the program does not', async () => {
  const mark = `beside-${process.pid}`,
    [web] = (await agent.instances('web')).filter((i) => i.status === 'running');
  const client = spawn(
    process.execPath,
    [
      mainFile,
      'exec',
      '--hub',
      agent.address,
      '-T',
      web.id,
      '--',
      'sh',
      '-c',
      'trap "" HUP TERM PIPE; while :; do sleep 1; done',
      mark,
    ],
    { stdio: 'ignore' },
  );
  const over = new Promise((resolve) => client.once('exit', resolve));
  const [command] = await until('the command', () => {
    const all = withArgument(mark).filter((pid) => pid !== client.pid);
    return all.length > 0 && all;
  });
  await until('it is noted', () =>
    readdirSync(agent.directoryOf(web.id)).some((name) => /^exec\..*\.session$/.test(name)),
  );
  await restarted();
  await until('it has ended', () => !lives(command!));
  assert.ok(lives(web.pid));
  assert.not.ok(readdirSync(agent.directoryOf(web.id)).some((name) => name.startsWith('exec.')));
  client.kill('SIGKILL');
  await over;
});

test('in the middle of a start: its deadline goes on, its checks are asked', async () => {
  const up = join(scratch('starts'), 'up');
  await agent.deploy({
    name: 'starts',
    startTimeoutSeconds: 30,
    healthChecks: [{ protocol: 'FILE', path: up, intervalSeconds: 0.2, timeoutSeconds: 1 }],
  });
  const before = await agent.see('starts', 'starting', (i) => i.status === 'starting' && i.pid);
  await restarted();
  assert.equal([(await agent.one('starts')).status, (await agent.one('starts')).pid], ['starting', before.pid]);
  writeFileSync(up, '');
  const after = await agent.running('starts');
  assert.is(after.pid, before.pid);
});

test('in the middle of a stop: the reason leads where it did, the kill comes in time', async () => {
  await agent.deploy({ name: 'stops', ...sh(`trap '' TERM; while :; do sleep 0.1; done`), killTimeoutSeconds: 2 });
  const before = await agent.running('stops');
  await agent.ok('POST', '/v1/apps/stops/stop');
  const asked = performance.now();
  await until('it is being stopped', async () => (await agent.instances('stops')).some((i) => i.status === 'killing'));
  await restarted();
  await until('it is gone', () => !lives(before.pid));
  const took = performance.now() - asked;
  assert.ok(keptTo(8_000, took), `${took} ms, although the kill timeout is 2 s`);
  await until('stopped, not started again', async () =>
    (await agent.instances('stops')).every((i) => i.pid === null && i.status !== 'restarting'),
  );
});

test('in the middle of a back-off: it goes on, the history is not forgotten', async () => {
  await agent.deploy({
    name: 'backs',
    ...sh('exit 5'),
    restart: { delaySeconds: 0.1, jitter: 0, attempts: 2, periodSeconds: 600, maxDelaySeconds: 1 },
  });
  await agent.see('backs', 'a crash loop', (i) => i.reason?.code === 'crash-loop');
  await restarted();
  const after = await agent.see('backs', 'still a crash loop', (i) => i.reason?.code === 'crash-loop');
  assert.is(after.exit.code, 5);
});

test('a stopped app stays stopped, a scaled one stays scaled, also where the agent was killed before it had put the others away', async () => {
  await agent.ok('POST', '/v1/apps/backs/stop');
  const all = await agent.instances('web');
  await agent.ok('POST', '/v1/apps/web/scale', { scale: 2 });
  const left = await until('two', async () => {
    const now = await agent.instances('web');
    return now.length === 2 && now;
  });
  const surplus = all.map(({ id }) => id).filter((id) => !left.some((one) => one.id === id));
  const kept = (id: string): string => join(agent.directory, 'kept', id);
  await until('the others are put away', () =>
    surplus.every((id) => existsSync(kept(id)) && !existsSync(agent.directoryOf(id))),
  );
  await restarted(() => {
    for (const id of surplus) renameSync(kept(id), agent.directoryOf(id));
  });
  await until('they are put away again', () =>
    surplus.every((id) => existsSync(kept(id)) && !existsSync(agent.directoryOf(id))),
  );
  assert.is((await agent.get('/v1/apps/backs')).start, false);
  assert.is((await agent.instances('web')).length, 2);
  assert.not.ok((await agent.instances('backs')).some((i) => i.pid !== null));
});

test('a second agent on the same directory is refused with 4, and says who holds it', async () => {
  const child = spawn(process.execPath, [mainFile, 'agent', '--port', '0', '--store-directory', agent.directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  assert.is(code, 4);
  assert.match(said, String(agent.pid));
  assert.match(said, agent.address);
});

test('SIGTERM ends the agent in order: processes run on', async () => {
  const before = await agent.instances('web');
  assert.is(await agent.end('SIGTERM'), 0);
  for (const { pid } of before) assert.ok(lives(pid));
  await agent.start();
  assert.equal((await agent.instances('web')).map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
  assert.ok(existsSync(agent.directory));
});
test.run();
