// Where orchestrators were seen to fail (research of their issue trackers and tests), and what asserts here that this one does not.
// Those without a test of their own elsewhere are below and in orchestrators-programs.test.ts, which "programs" names.
// test/readme.test.ts holds that what is named is there.
//   R1 kill -9 of the agent, start        adoption/adoption ("same pids, no restart"), launch/adopt (v2, v1, session); whole output: below
//   R2 ends while it is away              run/exits ("told as exactly": code, words, time), launch/adopt (0, 7, SIGSEGV, SIGTERM)
//   R3 a recorded pid is a stranger's now launch/adopt, processes/tree ("a foreign process that leads the group"); a whole agent: below
//   R4 kill -9 of a launcher              adoption/adoption (while the agent is away); under a running agent, with a child: below
//   R5 the machine was rebooted           launch/adopt ("a launch of another boot"); a whole agent, to the next launch: below
//   R6 stopped while the agent is away    below
//   R7 damaged and read-only files        agent/damage (cut off, zeroed, foreign, lost), launch-records; bit flips, read-only: below
//   D1 full disk                          agent/full-disk, embedded/full
//   D2 floods, one endless line, binary   output/output, output/rotation-kills
//   D3 archives that bite; no inodes left content/fetch (entries, size, ratio, traversal, links); inodes: below
//   O1 out of memory: program, child      cgroups/limits ("oom, with peak and limit", "a child is the victim", "no agent is there")
//   O2 oom_score_adj is not inherited     cgroups/limits
//   O3 forks without end                  cgroups/limits ("limits.processes")
//   O4 processor hogs                     cgroups/limits (one, and shares); a tree: programs
//   Z1 daemons and zombies                processes/tree (setsid, double fork), processes/without-cgroups; stop, zombies: programs
//   Z2 SIGTERM ignored; cannot be killed  run/endings ("exactly the kill timeout"); stuck: programs
//   Q1 a fixed port is taken              run/endings ("names its holder and counts no death"); slow predecessor: programs
//   Q2 no port left                       programs
//   H1 hangs, redirects, flaps, is slow   effects/probes (the answers), instance/health (what counts); by real programs: programs
//   H2 all are unhealthy at once          machines/app-supervisor (turns); by real programs: programs
//   S1 crash loops                        cluster/crash-loop, run/restarts (delays); memory of the agent: below
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seal } from '../../src/agent/effects/disk/sealed-json.ts';
import { Hub } from '../support/hub.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';
import { Alone, lives, withArgument } from './alone.ts';

const agent = new Alone();
const hub = new Hub();
const test = suite('orchestrators');
const foreign = [0, 1].map(() => spawn('sleep', ['100000'], { detached: true, stdio: 'ignore' }));
test.before(async () => {
  await Promise.all([agent.start(), hub.start(1)]);
});
test.after(async () => {
  for (const one of foreign) one.kill('SIGKILL');
  await Promise.all([agent.finish(), hub.end()]);
});
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
const parentOf = (pid: number): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  );
const launchFile = (i: any, name: string): string => join(agent.directoryOf(i.id), 'launches', String(i.launch), name);
const newestIn = (directory: string, name: RegExp): string =>
  join(
    directory,
    readdirSync(directory).find((one) => name.test(one))!,
  );
/** Ends a program and its witness, so that nothing tells how. */
const vanish = (i: any): void => {
  process.kill(parentOf(i.pid), 'SIGKILL');
  process.kill(i.pid, 'SIGKILL');
};
/** A process to its end. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<{ status: number | null; said: string }> {
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, said };
}
const mark = `orchestrated-${process.pid}`;
let before: Record<string, any> = {};

test('R1, R3, R5, R7: killed with kill -9, and what it finds is not what it left: it starts, and touches nobody else', async () => {
  const names = ['reused', 'rebooted', 'flipped', 'fixed'];
  await Promise.all([
    agent.deploy({
      name: 'counts',
      ...sh('n=0; while :; do n=$((n+1)); echo $n; sleep 0.02; done'),
      placement: { scale: 4 },
    }),
    ...names.map((name) => agent.deploy({ name })),
  ]);
  for (const name of names) before[name] = await agent.settled(name);
  const counting = await until('they count', async () => {
    const all = await agent.instances('counts');
    const far = (i: any): boolean => readFileSync(join(agent.directoryOf(i.id), 'stdout.log'), 'utf8').length > 100;
    return all.length === 4 && all.every((i) => i.status === 'running' && far(i)) && all;
  });
  await agent.end('SIGKILL');

  const [first, second] = foreign.map(({ pid }) => readFileSync(`/proc/${pid}/stat`, 'latin1')) as [string, string];
  for (const name of ['reused', 'rebooted']) {
    vanish(before[name]);
    await until('gone', () => !lives(before[name].pid));
  }
  // The same number, started at another time; and the very same number and time, of another boot.
  writeFileSync(launchFile(before['reused'], 'pid'), first.replace(/^(\d+ \(\w+\) (?:\S+ ){19})\d+/, '$11'));
  writeFileSync(launchFile(before['rebooted'], 'pid'), second);
  const launch = launchFile(before['rebooted'], 'launch.json');
  const { seal: _, ...facts } = JSON.parse(readFileSync(launch, 'utf8')) as Record<string, unknown>;
  writeFileSync(launch, seal({ ...facts, boot: 'another-boot' }));
  const flip = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[0]! ^= 4;
    writeFileSync(path, bytes);
  };
  flip(newestIn(agent.directoryOf(before['flipped'].id), /^record\./));
  const fixed = [
    newestIn(agent.directoryOf(before['fixed'].id), /^record\./),
    newestIn(join(agent.directory, 'desired/local'), /^\d+\.jsonl$/),
  ];
  const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
  if (!mayMount) console.log('# skipped: read-only files need root and mount namespaces');
  const readOnly = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `for f in ${fixed.join(' ')}; do mount --bind $f $f && mount -o remount,bind,ro $f || exit 9; done; exec "$@"`,
    'sh',
  ];
  await agent.start([], mayMount ? { before: readOnly } : {});

  const after = await agent.instances('counts');
  assert.equal(after.map((i) => [i.id, i.pid, i.restarts]).sort(), counting.map((i) => [i.id, i.pid, 0]).sort());
  for (const { id } of counting) {
    const numbers = readFileSync(join(agent.directoryOf(id), 'stdout.log'), 'utf8')
      .split('\n')
      .slice(0, -1);
    assert.ok(numbers.length > 20);
    assert.equal(
      numbers,
      numbers.map((_, index) => String(index + 1)),
      'every line, in order, nothing in between',
    );
  }
  for (const name of ['flipped', 'fixed'])
    assert.equal([(await agent.one(name)).pid, (await agent.instances(name)).length], [before[name].pid, 1], name);
  for (const name of ['reused', 'rebooted']) {
    const again = await agent.see(
      name,
      'started again, once',
      (i) => i.status === 'running' && i.pid !== before[name].pid,
    );
    assert.equal([again.id, again.restarts, again.exit.reason], [before[name].id, 1, 'unknown'], name);
  }
  await until('the flip is told', async () =>
    (await agent.events('kind:file.quarantined')).some((e) => e.message.includes('record.')),
  );
});

test('R3, R5, R7: nobody else is touched by a stop either; a read-only file is no hindrance to a change', async () => {
  for (const name of ['reused', 'rebooted']) await agent.ok('POST', `/v1/apps/${name}/stop`);
  await agent.deploy({ name: 'fixed', args: ['200000'], update: { minHealthySeconds: 0 } });
  await agent.see('fixed', 'changed', (i) => i.status === 'running' && i.pid !== before['fixed'].pid);
  await until('stopped', async () =>
    (await Promise.all(['reused', 'rebooted'].map((name) => agent.instances(name))))
      .flat()
      .every((i) => i.status === 'stopped'),
  );
  for (const { pid } of foreign) assert.ok(lives(pid!));
});

test('R4: a launcher killed under a running agent: the program runs on; its end ends its child, too, and is one restart', async () => {
  await agent.deploy({
    name: 'witness',
    ...sh(`sh -c 'while :; do sleep 0.2; done' ${mark} & sleep 100000`),
    killTimeoutSeconds: 1,
  });
  const i = await agent.settled('witness');
  const child = await until('its child', () => withArgument(mark)[0]);
  process.kill(parentOf(i.pid), 'SIGKILL');
  await until(
    'nobody is its witness',
    () =>
      parentOf(i.pid) === 1 ||
      parentOf(i.pid) === agent.pid ||
      !lives(parentOf(i.pid)) ||
      !readFileSync(`/proc/${parentOf(i.pid)}/cmdline`, 'latin1').includes('stathub'),
  );
  const same = await agent.one('witness');
  assert.equal([same.pid, same.status, same.restarts], [i.pid, 'running', 0]);
  process.kill(i.pid, 'SIGKILL');
  const again = await agent.see('witness', 'started again', (each) => each.status === 'running' && each.pid !== i.pid);
  assert.equal([again.id, again.restarts, again.exit.reason], [i.id, 1, 'unknown']);
  assert.not.ok(lives(child));
  await until('one child, of the new one', () => withArgument(mark).length === 1);
});

test('R6: stopped, and deleted, while its agent is away: both end when it is back, the third runs on', async () => {
  const [away] = hub.agents;
  for (const name of ['stops', 'goes', 'stays'])
    await hub.master.ok('POST', '/v1/apps', {
      name,
      toProcess: 'sleep',
      args: ['100000'],
      placement: { onPartition: 'wait' },
    });
  const pids: Record<string, number> = {};
  for (const name of ['stops', 'goes', 'stays']) pids[name] = (await hub.running(name, 1))[0].pid;
  await away!.restart(async () => {
    await hub.master.ok('POST', '/v1/apps/stops/stop');
    await hub.master.ok('DELETE', '/v1/apps/goes');
    assert.ok(Object.values(pids).every(lives), 'nobody is there to end them');
  });
  await until('both have ended', () => !lives(pids['stops']!) && !lives(pids['goes']!));
  await until('and are shown so', async () =>
    (await hub.instances('app:stops OR app:goes')).every((i) => i.pid === null),
  );
  assert.is((await hub.running('stays', 1))[0].pid, pids['stays']);
});

test('D3: no inode is left: told as that, and no death; on it goes when files are removed', async () => {
  const disk = scratch('inodes');
  const program = fileURLToPath(new URL('./programs/without-inodes.js', import.meta.url));
  const line = 'mount -t tmpfs -o size=64m,nr_inodes=2000 none "$1" || exit 77; exec "$2" "$3" "$1"';
  // Not spawnSync: while this process stood still, the agents would end its idle connections, and it would not know.
  const { status, said } = await ended(
    spawn('unshare', ['--mount', 'sh', '-c', line, 'sh', disk, process.execPath, program]),
  );
  if (status === 77 || process.getuid?.() !== 0)
    return console.log('# skipped: no disk without inodes (needs root and mount namespaces)');
  assert.is(status, 0, said);
});

test('S1: hundreds of restarts of crash loops leave the memory of the agent as it was', async () => {
  await Promise.all(
    [1, 2, 3, 4].map((n) =>
      agent.deploy({
        name: `loop-${n}`,
        ...sh('exit 1'),
        restart: { delaySeconds: 0, maxDelaySeconds: 0, attempts: 1000, jitter: 0 },
      }),
    ),
  );
  const restarts = async (): Promise<number> =>
    (await Promise.all([1, 2, 3, 4].map((n) => agent.one(`loop-${n}`)))).reduce((sum, i) => sum + i.restarts, 0);
  const resident = (): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'latin1'))![1]) / 1024;
  await until('warm', async () => (await restarts()) >= 100);
  let grown = Infinity;
  // What leaks does so every time; what the collector has not taken yet is there once.
  for (let round = 0; round < 3 && grown >= 24; round++) {
    const [begin, first] = [resident(), await restarts()];
    await until('hundreds', async () => (await restarts()) >= first + 300);
    grown = resident() - begin;
  }
  assert.ok(grown < 24, `${grown.toFixed(1)} MiB more after each 300 restarts`);
  for (const n of [1, 2, 3, 4]) await agent.ok('POST', `/v1/apps/loop-${n}/stop`);
});
test.run();
