// The scenarios of the table at the head of orchestrators.test.ts that are about programs: what they use up, leave behind, want to
// listen on, and how they answer. One agent, on which their stories run side by side.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ownPort } from '../support/ports.ts';
import { scratch } from '../support/scratch.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { until } from '../support/until.ts';
import { Alone, lives, withArgument } from './alone.ts';

const agent = new Alone();
const narrow = new Alone(2);
const test = suite('orchestrators: programs');
const story = sideBySide(test);
test.before(async () => {
  await Promise.all([agent.start(), narrow.start()]);
});
test.after(async () => {
  await Promise.all([agent.finish(), narrow.finish()]);
});
const sh = (line: string, args: string[] = []) => ({ toProcess: 'sh', args: ['-c', line, ...args] });
const statOf = (pid: number | string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return ['gone'];
  }
};

story('O4: a tree of cpu hogs is held to limits.cpus as a whole', async () => {
  const { isolation } = (await agent.get('/v1/nodes')).items[0];
  if (!isolation.enforced.includes('cpus')) return console.log('# skipped: this node does not enforce cpus');
  const spin = 'while :; do :; done';
  await agent.deploy({ name: 'hogs', ...sh(`(${spin}) & (${spin}) & ${spin}`), limits: { cpus: 0.3 } });
  const { pid } = await agent.running('hogs');
  const [, controllers, path] =
    readFileSync(`/proc/${pid}/cgroup`, 'latin1')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, names]) => /(^|,)cpuacct(,|$)/.test(names!)) ?? [];
  const used = controllers && path !== '/' ? cpuacct(path!) : () => ticksOfGroup(pid);
  const before = used();
  const began = performance.now();
  await until('two seconds', () => performance.now() - began > 2000);
  const cores = (used() - before) / ((performance.now() - began) / 1000);
  assert.ok(cores < 0.39, `${cores.toFixed(2)} cores, 0.3 are allowed`);
  assert.ok(cores > 0.02, `${cores.toFixed(2)} cores: it is held, not starved`);
  await agent.ok('POST', '/v1/apps/hogs/stop');
});
const cpuacct = (path: string) => (): number =>
  Number(readFileSync(`/sys/fs/cgroup/cpuacct${path}/cpuacct.usage`, 'utf8')) / 1e9;
/** Processor seconds of a process group. */
const ticksOfGroup = (group: number): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => Number(fields[2]) === group)
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) / 100, 0);

story(
  'Z1: daemons by double fork and setsid, children of nobody, zombies that are never waited for: all gone with the stop, no zombie is left',
  async () => {
    const mark = `daemon-${process.pid}`;
    const zombies = join(scratch('zombies'), 'pids');
    // The first leaves two daemons and ends (its parent lives on); the second is a parent that waits for none of its dead children.
    await agent.deploy({
      name: 'daemons',
      killTimeoutSeconds: 1,
      ...sh(`sh -c 'setsid sh -c "setsid sh -c \\"trap : TERM HUP; while :; do sleep 0.2; done\\" ${mark} & setsid sleep 100000 &" &'; exec python3 -c '
import os, time
pids = []
for _ in range(20):
    pid = os.fork()
    if pid == 0: os._exit(0)
    pids.append(pid)
open("${zombies}", "w").write(" ".join(map(str, pids)) + "\\n")
time.sleep(100000)'`),
    });
    const i = await agent.running('daemons');
    const dead = (
      await until(
        'its zombies',
        () => existsSync(zombies) && readFileSync(zombies, 'utf8').endsWith('\n') && readFileSync(zombies, 'utf8'),
      )
    )
      .trim()
      .split(' ');
    const [daemon] = await until('its daemon', () => {
      const found = withArgument(mark);
      return found.length > 0 && found;
    });
    await until('they are zombies', () => dead.every((pid) => statOf(pid)[0] === 'Z'));
    assert.is.not(Number(statOf(daemon!)[3]), i.pid, 'a session of its own');
    await agent.ok('POST', '/v1/apps/daemons/stop');
    await until('stopped', async () => (await agent.instances('daemons')).every((each) => each.status === 'stopped'));
    assert.equal(withArgument(mark), [], 'called stopped only when the daemon had gone');
    assert.not.ok(lives(i.pid));
    // A zombie that has lost its parent is for init to take away; none may hang on a process of the agent's.
    await until(
      "no zombie is the agent's or a launcher's",
      () => zombiesOf(agent.pid).length === 0 && dead.every((pid) => statOf(pid)[0] !== 'Z' || statOf(pid)[1] === '1'),
    );
  },
);
/** Zombies whose parent is the process or a child of it. */
function zombiesOf(root: number): string[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, fields: statOf(pid) }));
  const family = new Set([
    String(root),
    ...all.filter(({ fields }) => fields[1] === String(root)).map(({ pid }) => pid),
  ]);
  return all.filter(({ fields }) => fields[0] === 'Z' && family.has(fields[1]!)).map(({ pid }) => pid);
}

story(
  'Z2: one that cannot be killed is shown as being ended and as stuck, never as stopped; it is ended as soon as that is possible',
  async () => {
    await agent.deploy({ name: 'frozen', killTimeoutSeconds: 0 });
    const { pid } = await agent.running('frozen');
    // Frozen in a group that is not the agent's, the kernel gives it no signal, SIGKILL neither, as with a process that waits for a device.
    const group = `/sys/fs/cgroup/freezer/frozen-${process.pid}`;
    const state = join(group, 'freezer.state');
    try {
      mkdirSync(group);
      writeFileSync(join(group, 'cgroup.procs'), String(pid));
      writeFileSync(state, 'FROZEN');
    } catch {
      return console.log('# skipped: no v1 freezer to hold a process with');
    }
    try {
      await agent.ok('POST', '/v1/apps/frozen/stop');
      const shown = await until('it is shown as stuck', async () =>
        (await agent.instances('frozen')).find((i) => i.reason?.code === 'stuck'),
      );
      assert.equal([shown.status, shown.pid], ['killing', pid]);
      assert.ok(lives(pid));
    } finally {
      writeFileSync(state, 'THAWED');
    }
    await until('it has ended', () => !lives(pid));
    await until('its group is empty', () => {
      rmdirSync(group);
      return true;
    });
    await until('stopped', async () => (await agent.instances('frozen')).every((i) => i.status === 'stopped'));
  },
);

story(
  'Q1: a fixed port: held by a stranger, who is named; held by its own slow predecessor, for which it waits; no crash loop either way',
  async () => {
    const server = createServer().unref();
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    const taken = (server.address() as AddressInfo).port;
    const free = await ownPort();
    const serves = (version: string) => ({
      toProcess: 'python3',
      args: [
        '-c',
        'import os,signal,socket,sys,time\nsignal.signal(signal.SIGTERM,lambda *a:(time.sleep(1.5),os._exit(0)))\ns=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind(("0.0.0.0",int(os.environ["PORT"])));s.listen()\nwhile True: time.sleep(0.1)',
        version,
      ],
    });
    await Promise.all([
      agent.deploy({
        name: 'stranger',
        ...serves('1'),
        ports: [taken],
        restart: { delaySeconds: 0.1, maxDelaySeconds: 0.3, attempts: 1, giveUp: true },
      }),
      agent.deploy({ name: 'slow', ...serves('1'), ports: [free], restart: { attempts: 1, giveUp: true } }),
    ]);
    const old = await agent.settled('slow');
    await agent.deploy({
      name: 'slow',
      ...serves('2'),
      ports: [free],
      restart: { attempts: 1, giveUp: true },
      update: { minHealthySeconds: 0 },
    });
    const first = await agent.see('stranger', 'told', (i) => i.exit?.reason === 'port-taken');
    const waits = await agent.see(
      'stranger',
      'tried again and again',
      (i) => i.exit?.reason === 'port-taken' && i.exit.at - first.exit.at > 800,
    );
    assert.match(waits.exit.tail.join('\n'), `pid ${process.pid}`);
    assert.is(waits.status, 'restarting');
    const next = await agent.see('slow', 'the next one runs', (i) => i.status === 'running' && i.pid !== old.pid);
    assert.not.ok(lives(old.pid));
    assert.equal(
      (await agent.events('kind:instance.escalated OR kind:instance.failed')).filter((event) =>
        /slow|stranger/.test(event.message),
      ),
      [],
    );
    assert.equal([next.ports, next.restarts], [[free], 0]);
    await new Promise((resolve) => server.close(resolve));
    await agent.running('stranger');
  },
);

story(
  'Q2: no port of the range is left: said with the range, no death counted, started when one comes free',
  async () => {
    await narrow.deploy({ name: 'many', ports: [0, 0] });
    await narrow.running('many');
    await narrow.deploy({
      name: 'late',
      ports: [0],
      restart: { delaySeconds: 300, maxDelaySeconds: 300, attempts: 1, giveUp: true },
    });
    const waits = await narrow.see('late', 'told', (i) => i.exit?.reason === 'no-room');
    assert.match(waits.exit.tail.join('\n'), /every port from \d+ to \d+ is in use: widen --ports/);
    assert.is(waits.status, 'restarting', JSON.stringify(waits.reason));
    assert.match(waits.reason.next.what, /^starts when there is room; looked at again after/);
    await narrow.ok('POST', '/v1/apps/many/stop'); // not after its delay of 5 min
    await narrow.running('late');
  },
);

story(
  'H1: an endpoint that hangs, a slow warm-up, flapping: no kill in the grace, failures count in a row only',
  async () => {
    const folder = scratch('health');
    const flag = join(folder, 'flag');
    const http = (answer: string) => ({
      toProcess: process.execPath,
      args: [
        '-e',
        `let n=0;const born=Date.now();require("http").createServer((q,a)=>{n++;${answer}}).listen(process.env.PORT)`,
      ],
      ports: [0],
    });
    const check = {
      protocol: 'HTTP',
      path: '/',
      portIndex: 0,
      intervalSeconds: 0.1,
      timeoutSeconds: 0.5,
      maxConsecutiveFailures: 3,
    };
    await Promise.all([
      agent.deploy({
        name: 'warms',
        ...http('if(Date.now()-born>3000){a.statusCode=302;a.end()}'),
        healthChecks: [{ ...check, timeoutSeconds: 2, initialDelaySeconds: 60 }],
      }), // hangs, then a 3xx
      agent.deploy({
        name: 'flaps',
        ...http('if(n%3==0)a.end();else{a.statusCode=500;a.end()}'),
        healthChecks: [{ ...check, timeoutSeconds: 5, initialDelaySeconds: 0 }],
      }), // never three in a row
      agent.deploy({
        name: 'hangs',
        ...http(`if(!require("fs").existsSync("${flag}"))a.end()`),
        healthChecks: [{ ...check, initialDelaySeconds: 0 }],
      }),
    ]);
    const [first, flapping] = await Promise.all([
      agent.see('hangs', 'running', (i) => i.status === 'running'),
      agent.see('flaps', 'running', (i) => i.status === 'running'),
    ]);
    writeFileSync(flag, '');
    const ended = await agent.see('hangs', 'ended', (i) => i.exit);
    assert.is(ended.exit.reason, 'unhealthy');
    assert.match(ended.exit.text, /failed 3 times in a row/);
    rmSync(flag);
    const warm = await agent.see('warms', 'warm', (i) => i.status === 'running' && i.health[0].status === 'passing');
    assert.equal([warm.restarts, warm.exit, warm.health[0].status], [0, null, 'passing']);
    assert.ok(warm.readyAt - warm.startedAt >= 2900);
    const still = await agent.one('flaps');
    assert.equal([still.pid, still.restarts], [flapping.pid, 0]);
    await agent.see('hangs', 'running again', (i) => i.status === 'running' && i.pid !== first.pid);
  },
);

story(
  'H2: what all depend on is down: they are restarted in turns, never all of them ended by us at once',
  async () => {
    const up = join(scratch('shared'), 'up');
    writeFileSync(up, '');
    await agent.deploy({
      name: 'shared',
      placement: { scale: 4 },
      restart: { delaySeconds: 0.1, attempts: 1000 },
      healthChecks: [
        {
          protocol: 'FILE',
          path: up,
          initialDelaySeconds: 0,
          intervalSeconds: 0.1,
          timeoutSeconds: 1,
          maxConsecutiveFailures: 2,
        },
      ],
    });
    const before = await until('four run', async () => {
      const all = await agent.instances('shared');
      return all.length === 4 && all.every((i) => i.status === 'running') && all;
    });
    rmSync(up);
    await until(
      'the first is ended',
      async () => (await agent.events('kind:instance.exited AND subject.app:shared')).length > 0,
    );
    let fewest = 4;
    const seen = performance.now();
    await until('a while', () => {
      fewest = Math.min(fewest, before.filter(({ pid }) => lives(pid)).length);
      return performance.now() - seen > 1500;
    });
    assert.ok(fewest >= 2, `half of four stay, whatever is restarted; ${fewest} stayed`);
    writeFileSync(up, '');
    await until('all run again', async () => (await agent.instances('shared')).every((i) => i.status === 'running'));
  },
);
test.run();
