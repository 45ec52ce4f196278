// kill -9 of an agent at odd moments: every program runs on and is adopted as it is; what ended meanwhile is told exactly.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crowding, keptTo } from '../../../support/busyness.ts';
import { mainFile } from '../../../support/hub.ts';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives, withArgument } from '../../alone.ts';

const agent = new Alone();
const test = suite('adoption');
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
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
const launcherOf = (pid: number): number => Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))![1]);
const startedAgain = (app: string, before: any): Promise<any> =>
  agent.see(app, 'started again', (i) => i.id === before.id && i.pid && i.pid !== before.pid);

/** One program's story. All of them are led up to one kill -9 of the agent, side by side, and each is told on from there. */
interface Story<T> {
  before: () => Promise<T>;
  /** The last thing that the agent hears. */
  justBefore?: (what: T) => Promise<unknown>;
  /** While no agent is there. */
  meanwhile?: (what: T) => unknown;
  after: (what: T) => Promise<void>;
}
const stories: { story: Story<any>; what: Promise<any> }[] = [];
/** A test whose story goes through the one kill; what fails on the way there fails in it. */
const throughTheKill = <T>(name: string, story: Story<T>): void => {
  const told = { story, what: Promise.reject(new Error('the kill was never reached')) as Promise<T> };
  told.what.catch(() => undefined);
  stories.push(told);
  test(name, async () => story.after(await told.what));
};
/** The next part of every story; one that has failed already stays where it is. */
const tellOn = async (part: (story: Story<any>, what: any) => unknown): Promise<void> => {
  for (const told of stories) {
    told.what = told.what.then(async (what) => (await part(told.story, what)) ?? what);
    told.what.catch(() => undefined); // thrown in its own test
  }
  await Promise.allSettled(stories.map(({ what }) => what));
};
test.before(async () => {
  await agent.start();
  for (const told of stories) told.what = Promise.resolve(null);
  await tellOn((story) => story.before());
  await tellOn(async (story, what) => void (await story.justBefore?.(what)));
  await agent.restart(() => tellOn(async (story, what) => void (await story.meanwhile?.(what))));
});
test.after(() => agent.finish());

throughTheKill('running ones: same pids, no restart, not a second of readiness lost', {
  before: async () => {
    await agent.deploy({ name: 'web', placement: { scale: 5 } });
    return until('five run', async () => {
      const all = await agent.instances('web');
      return all.length === 5 && all.every((i) => i.status === 'running') && all;
    });
  },
  after: async (before) => assert.equal(facts(await agent.instances('web')), facts(before)),
});

const go = join(scratch('exits'), 'go');
throughTheKill('what exits while the agent is away is told with its exact code and started again', {
  before: async () => {
    await agent.deploy({ name: 'exits', ...sh(`while [ ! -e ${go} ]; do sleep 0.05; done; echo last words; exit 42`) });
    return agent.settled('exits');
  },
  meanwhile: async (before) => {
    writeFileSync(go, '');
    await until('it has exited', () => !lives(before.pid));
  },
  after: async (before) => {
    const after = await agent.see('exits', 'told', (i) => i.exit !== null);
    assert.is(after.exit.code, 42);
    assert.ok(after.exit.tail.includes('last words'));
    assert.is(after.id, before.id);
  },
});

throughTheKill('what is killed by a signal while the agent is away is told as that signal', {
  before: async () => {
    await agent.deploy({ name: 'signalled' });
    return agent.settled('signalled');
  },
  meanwhile: async (before) => {
    process.kill(before.pid, 'SIGSEGV');
    await until('it has ended', () => !lives(before.pid));
  },
  after: async (before) => {
    const after = await startedAgain('signalled', before);
    assert.is(after.exit.signal, 11);
    assert.is(after.restarts, before.restarts + 1);
  },
});

throughTheKill('launcher and program both killed: the end is unknown, and it starts again', {
  before: async () => {
    await agent.deploy({ name: 'untold' });
    return agent.settled('untold');
  },
  meanwhile: async (before) => {
    process.kill(launcherOf(before.pid), 'SIGKILL');
    process.kill(before.pid, 'SIGKILL');
    await until('both ended', () => !lives(before.pid));
  },
  after: async (before) => assert.is((await startedAgain('untold', before)).exit.reason, 'unknown'),
});

throughTheKill('launcher killed only: the program is watched on, its end noticed', {
  before: async () => {
    await agent.deploy({ name: 'unguarded' });
    return agent.settled('unguarded');
  },
  meanwhile: (before) => process.kill(launcherOf(before.pid), 'SIGKILL'),
  after: async (before) => {
    assert.is((await agent.one('unguarded')).pid, before.pid);
    process.kill(before.pid, 'SIGKILL');
    await startedAgain('unguarded', before);
  },
});

const mark = `beside-${process.pid}`;
throughTheKill('a command that was run beside a program ends with the next agent, the program does not', {
  before: async () => {
    await agent.deploy({ name: 'host' });
    const host = await agent.running('host');
    const line = 'trap "" HUP TERM PIPE; while :; do sleep 1; done';
    const words = ['exec', '--hub', agent.address, '-T', host.id, '--', 'sh', '-c', line, mark];
    const client = spawn(process.execPath, [mainFile, ...words], { stdio: 'ignore' });
    const over = new Promise((resolve) => client.once('exit', resolve));
    const [command] = await until('the command', () => {
      const all = withArgument(mark).filter((pid) => pid !== client.pid);
      return all.length > 0 && all;
    });
    await until('it is noted', () =>
      readdirSync(agent.directoryOf(host.id)).some((name) => /^exec\..*\.session$/.test(name)),
    );
    return { host, client, over, command: command! };
  },
  after: async ({ host, client, over, command }) => {
    await until('it has ended', () => !lives(command));
    assert.ok(lives(host.pid));
    assert.not.ok(readdirSync(agent.directoryOf(host.id)).some((name) => name.startsWith('exec.')));
    client.kill('SIGKILL');
    await over;
  },
});

const up = join(scratch('starts'), 'up');
throughTheKill('in the middle of a start: its deadline goes on, its checks are asked', {
  before: async () => {
    await agent.deploy({
      name: 'starts',
      startTimeoutSeconds: 60,
      healthChecks: [{ protocol: 'FILE', path: up, intervalSeconds: 0.2, timeoutSeconds: 1 }],
    });
    return agent.see('starts', 'starting', (i) => i.status === 'starting' && i.pid);
  },
  after: async (before) => {
    const { status, pid } = await agent.one('starts');
    assert.equal([status, pid], ['starting', before.pid]);
    writeFileSync(up, '');
    assert.is((await agent.running('starts')).pid, before.pid);
  },
});

/** For long enough that all stories come to the kill meanwhile. */
const killTimeoutSeconds = Math.ceil(4 * crowding());
throughTheKill('in the middle of a stop: the reason leads where it did, the kill comes in time', {
  before: async () => {
    await agent.deploy({ name: 'stops', ...sh(`trap '' TERM; while :; do sleep 0.1; done`), killTimeoutSeconds });
    return { pid: (await agent.running('stops')).pid, asked: 0 };
  },
  justBefore: async (stop) => {
    stop.asked = performance.now();
    await agent.ok('POST', '/v1/apps/stops/stop');
    await until('it is being stopped', async () =>
      (await agent.instances('stops')).some((i) => i.status === 'killing'),
    );
  },
  meanwhile: ({ pid }) => assert.ok(lives(pid), 'the kill timeout is not over'),
  after: async ({ pid, asked }) => {
    await until('it is gone', () => !lives(pid));
    const took = performance.now() - asked;
    assert.ok(
      keptTo(2500 * killTimeoutSeconds, took),
      `${took} ms, although the kill timeout is ${killTimeoutSeconds} s`,
    );
    await until('stopped, not started again', async () =>
      (await agent.instances('stops')).every((i) => i.pid === null && i.status !== 'restarting'),
    );
  },
});

throughTheKill('in the middle of a back-off: it goes on, the history is not forgotten', {
  before: async () => {
    await agent.deploy({
      name: 'backs',
      ...sh('exit 5'),
      restart: { delaySeconds: 0.1, jitter: 0, attempts: 2, periodSeconds: 600, maxDelaySeconds: 1 },
    });
    return agent.see('backs', 'a crash loop', (i) => i.reason?.code === 'crash-loop');
  },
  after: async () => {
    const after = await agent.see('backs', 'still a crash loop', (i) => i.reason?.code === 'crash-loop');
    assert.is(after.exit.code, 5);
  },
});

test('a stopped app stays stopped, a scaled one scaled, also where the agent was killed before it had put the others away', async () => {
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
  await agent.restart(() => {
    for (const id of surplus) renameSync(kept(id), agent.directoryOf(id));
  });
  await until('they are put away again', () =>
    surplus.every((id) => existsSync(kept(id)) && !existsSync(agent.directoryOf(id))),
  );
  assert.is((await agent.get('/v1/apps/backs')).start, false);
  await until('two are shown', async () => (await agent.instances('web')).length === 2);
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
  const code = await new Promise((resolve) => child.once('close', resolve));
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
