// Limits by their effect: real programs of a real agent that want more than they may have.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives, withArgument } from '../../alone.ts';
import { Host } from '../../host.ts';

const agent = new Alone();
const test = suite('limits');
const MiB = 1024 ** 2;
let enforced: string[] = [];
test.before(async () => {
  await agent.start();
  const { isolation } = (await agent.get('/v1/nodes')).items[0];
  enforced = isolation.enforced;
  console.log(
    `# cgroup ${isolation.cgroup}, enforced: ${enforced.join(' ')}` +
      `${isolation.not.map((each: any) => `; not ${each.limit}: ${each.why}`).join('')}`,
  );
});
test.after(async () => {
  const node = (await agent.get('/v1/nodes')).items[0].id;
  await agent.finish();
  const left = ['memory', 'cpu', 'pids', 'freezer', 'unified']
    .map((name) => `/sys/fs/cgroup/${name}/stathub/${node}`)
    .filter((path) => existsSync(path));
  assert.equal(left, []);
});
/** The body of a test where this node enforces a limit; else one line. */
const where = (limit: string, body: () => Promise<void>) => async () => {
  if (enforced.includes(limit)) return body();
  console.log(`# skipped: this node does not enforce ${limit}`);
};
const sh = (line: string, args: string[] = []) => ({ toProcess: 'sh', args: ['-c', line, ...args] });
// tail keeps a line that does not end: 200 MB of it.
const hog = 'head -c 209715200 /dev/zero | tail >/dev/null';
const greedy = `const all = []; setInterval(() => { for (let n = 0; n < 10; n++) all.push(Buffer.alloc(${MiB}, 1)); }, 10)`;
const ticks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
};

test(
  'a program that takes more memory than it may ends as oom, with peak and limit',
  where('memory', async () => {
    await agent.deploy({
      name: 'greedy',
      toProcess: process.execPath,
      args: ['-e', greedy],
      resAlloc: { mem: '96MB' },
      restart: { policy: 'never' },
    });
    const { exit } = await agent.see('greedy', 'out of memory', (i) => i.exit);
    assert.equal([exit.reason, exit.signal, exit.quota.what, exit.quota.limit], ['oom', 9, 'memory', 96 * MiB]);
    assert.ok(exit.peakMem > 90 * MiB && exit.peakMem <= 96 * MiB, String(exit.peakMem));
    await agent.see('greedy', 'why', (i) => /ran out of memory/.test(i.reason?.text));
  }),
);

test(
  'a child is the victim: the whole tree is ended at once, and it is oom',
  where('memory', async () => {
    const mark = `beside-${process.pid}`;
    await agent.deploy({
      name: 'parent',
      ...sh(`sleep 100000 & sh -c 'while :; do sleep 1; done' ${mark} & ${hog}; while :; do sleep 1; done`),
      resAlloc: { mem: '32MB' },
      restart: { policy: 'never' },
      killTimeoutSeconds: 60,
    });
    const { exit } = await agent.see('parent', 'out of memory', (i) => i.exit);
    assert.equal([exit.reason, exit.quota.limit], ['oom', 32 * MiB]);
    await until('nobody of it is left', () => withArgument(mark).length === 0);
  }),
);

test(
  'the same while no agent is there',
  where('memory', async () => {
    const go = join(scratch('limits'), 'go');
    const waits = `while ! [ -e '${go}' ]; do sleep 0.1; done; `;
    await agent.deploy({
      name: 'away',
      ...sh(`${waits}exec ${process.execPath} -e '${greedy}'`),
      resAlloc: { mem: '64MB' },
      restart: { policy: 'never' },
    });
    await agent.deploy({
      name: 'child-away',
      ...sh(`${waits}${hog}; touch '${go}.done'; while :; do sleep 1; done`),
      resAlloc: { mem: '32MB' },
      restart: { policy: 'never' },
    });
    const { pid } = await agent.running('away');
    const parent = await agent.running('child-away');
    await agent.restart(async () => {
      writeFileSync(go, '');
      await until('the one has ended', () => !lives(pid));
      await until('a child of the other has ended', () => existsSync(`${go}.done`));
      assert.ok(lives(parent.pid));
    });
    for (const name of ['away', 'child-away']) {
      const { exit } = await agent.see(name, 'out of memory', (i) => i.exit);
      assert.equal([exit.reason, exit.quota?.what], ['oom', 'memory'], name);
    }
    assert.not.ok(lives(parent.pid));
  }),
);

test(
  'it starts again under the same limit',
  where('memory', async () => {
    await agent.deploy({ name: 'again', ...sh(`sleep 1.2; ${hog}; exit 3`), resAlloc: { mem: '32MB' } });
    const i = await agent.see('again', 'its second end', (each) => each.restarts >= 1 && each.exit?.launch >= 2);
    // Its own end and the agent's end of what is left of it may come in either order: what is promised is the reason.
    assert.equal([i.exit.reason, i.exit.quota?.limit], ['oom', 32 * MiB]);
    assert.ok(i.exit.code === 3 || i.exit.signal === 9, JSON.stringify(i.exit));
    await agent.ok('DELETE', '/v1/apps/again');
    await until('gone', async () => (await agent.instances('again')).length === 0);
  }),
);

test(
  'limits.processes holds a program that forks and forks; the agent answers meanwhile',
  where('processes', async () => {
    await agent.deploy({
      name: 'forks',
      ...sh('(i=0; while [ $i -lt 150 ]; do sleep 20 & i=$((i+1)); done); echo over >&2; sleep 100000'),
      limits: { processes: 20 },
    });
    const i = await agent.running('forks');
    const said = join(agent.directoryOf(i.id), 'stderr.log');
    await until('its forks are over', () => /over/.test(readFileSync(said, 'utf8')));
    assert.match(readFileSync(said, 'utf8'), /fork/i);
    const group = readFileSync(`/proc/${i.pid}/cgroup`, 'latin1')
      .split('\n')
      .find((line) => /:pids:|^0::/.test(line))!
      .split(':')[2]!;
    const path = [`/sys/fs/cgroup/pids${group}`, `/sys/fs/cgroup${group}`].find((one) =>
      existsSync(join(one, 'pids.current')),
    )!;
    assert.is(Number(readFileSync(join(path, 'pids.max'), 'utf8')), 20);
    assert.ok(Number(readFileSync(join(path, 'pids.current'), 'utf8')) <= 20);
    const told = await until('it is told', async () => (await agent.events('kind:instance.processesFull'))[0]);
    assert.match(told.message, /forks\.0 could not make a process.*allows 20/);
    await agent.ok('POST', '/v1/apps/forks/stop');
    await until('the tree is gone', async () => (await agent.instances('forks')).every((each) => each.pid === null));
  }),
);

test(
  'limits.cpus is the most, resAlloc.cpus the share where all want more',
  where('cpus', async () => {
    const spin = 'while :; do :; done';
    const pinned = existsSync('/usr/bin/taskset');
    const onOne = (name: string, more: object) =>
      agent.deploy({
        name,
        ...(pinned ? { toProcess: 'taskset', args: ['-c', '0', 'sh', '-c', spin] } : sh(spin)),
        ...more,
      });
    await onOne('capped', { limits: { cpus: 0.1 } });
    const capped = await agent.running('capped');
    const before = ticks(capped.pid);
    const began = performance.now();
    await until('half a second of its own', () => performance.now() - began > 2000);
    const cores = (ticks(capped.pid) - before) / 100 / ((performance.now() - began) / 1000);
    assert.ok(cores < 0.14, `${cores} cores`);
    await agent.ok('POST', '/v1/apps/capped/stop');
    if (!pinned) return console.log('# skipped: no taskset to have two programs compete');
    await onOne('much', { resAlloc: { cpus: 0.8 } });
    await onOne('little', { resAlloc: { cpus: 0.1 } });
    const [much, little] = [(await agent.running('much')).pid, (await agent.running('little')).pid];
    const at = [ticks(much), ticks(little)];
    await until('both ran', () => ticks(much) - at[0]! > 80);
    const ratio = (ticks(much) - at[0]!) / Math.max(1, ticks(little) - at[1]!);
    assert.ok(ratio > 3, `8 to 1 were reserved, it is ${ratio.toFixed(1)}`);
    for (const name of ['much', 'little']) await agent.ok('POST', `/v1/apps/${name}/stop`);
  }),
);

test("files, descriptors, umask and niceness; the agent's own place in the queue of the OOM killer is not inherited", async () => {
  const out = join(scratch('plain'), 'big');
  await agent.deploy({
    name: 'plain',
    ...sh(`umask; ulimit -n; cat /proc/self/oom_score_adj; head -c 3000000 /dev/zero >'${out}'; sleep 100000`),
    limits: { fds: 99, fileSize: '1MB', umask: '027', nice: 3 },
  });
  const i = await agent.running('plain');
  const said = await until('its words', () => {
    const text = readFileSync(join(agent.directoryOf(i.id), 'stdout.log'), 'utf8').split('\n');
    return text.length > 3 && text;
  });
  assert.match(said[0]!, /^0?027$/);
  assert.equal(said.slice(1, 3), ['99', '0']);
  assert.is(
    readFileSync(`/proc/${i.pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')[16],
    '3',
  );
  await until(
    'the file ends at its limit',
    () => execFileSync('stat', ['-c', '%s', out], { encoding: 'utf8' }).trim() === String(MiB),
  );
  const mayProtect =
    (BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`) >> 24n) & 1n; // CAP_SYS_RESOURCE
  if (mayProtect) assert.ok(Number(readFileSync(`/proc/${agent.pid}/oom_score_adj`, 'utf8')) < 0);
  else
    console.log(
      '# skipped: without CAP_SYS_RESOURCE the agent cannot put itself behind in the queue of the OOM killer',
    );
});

test('an agent that stands early in that queue starts programs at 0', async () => {
  const own = '/proc/self/oom_score_adj';
  const before = readFileSync(own, 'utf8');
  writeFileSync(own, String(Number(before) + 200));
  const host = Host.open();
  try {
    const started = host.start('cat', [own]);
    assert.is((await started.exit).code, 0);
    assert.is(started.stdout().trim(), process.getuid?.() === 0 ? '0' : String(Number(before) + 200));
  } finally {
    writeFileSync(own, before);
    await host.close();
  }
});

test(
  'a limit below what a shell needs ends as oom',
  where('memory', async () => {
    await agent.deploy({
      name: 'tiny',
      ...sh('echo ran; sleep 100000'),
      resAlloc: { mem: '1MB' },
      restart: { policy: 'never' },
    });
    const i = await agent.see('tiny', 'its end', (each) => each.exit ?? each.status === 'running');
    // 1 MB holds a small shell or does not: either way the kernel decided, and it is told as what it was.
    if (i.exit) assert.is(i.exit.reason, 'oom');
    assert.ok(readdirSync(agent.directoryOf(i.id)).length > 0);
  }),
);

test.run();
