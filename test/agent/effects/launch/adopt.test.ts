// What became of a launch while nobody looked, with real processes and agents that are killed.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fateOf, type LaunchFate, type LaunchIdentity } from '../../../../src/agent/effects/launch/adopt.ts';
import { bootId, isAlive, parseStat, readStat } from '../../../../src/agent/effects/processes/boot.ts';
import {
  findMembershipRoot,
  removeMembership,
  removeMembershipRoot,
  type Membership,
} from '../../../../src/agent/effects/cgroups/cgroup.ts';
import { readPid } from '../../../../src/agent/effects/launch/launch-facts.ts';
import { LaunchWatch } from '../../../../src/agent/effects/launch/launch-watch.ts';
import { scanMarked } from '../../../../src/agent/effects/processes/strays.ts';
import { killTree } from '../../../../src/agent/effects/processes/kill-tree.ts';
import { statEpoch } from '../../../../src/model/instance/epoch.ts';
import { keptTo } from '../../../support/busyness.ts';
import { letPass, until } from '../../../support/until.ts';
import { fixture, Host, instance } from '../../host.ts';

const node = `test-adopt-${process.pid}`;
const identityOf = (directory: string, launch: number): LaunchIdentity => ({
  directory,
  boot: bootId(),
  node,
  instance,
  epoch: statEpoch(1, launch),
});

/** Runs a small agent that starts programs, and kills it (-9) with all its process group, as soon as they run. */
async function launchAndDie(
  directory: string,
  kind: Membership['kind'],
  programs: string[][],
): Promise<{ directory: string; membership: Membership }[]> {
  const agent = spawn(
    process.execPath,
    [fixture('launches-and-waits.js'), JSON.stringify({ directory, node, kind, programs })],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  let said = '';
  agent.stdout.on('data', (chunk) => (said += chunk));
  await until('the programs', () => said.endsWith('\n'));
  process.kill(-agent.pid!, 'SIGKILL');
  await new Promise((resolve) => agent.once('exit', resolve));
  return JSON.parse(said) as { directory: string; membership: Membership }[];
}

const temporary = () => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'adopt-'));

const test = suite('adoption');

for (const kind of ['v2', 'v1', 'session'] as const) {
  test(`kill -9 of the agent: every program runs on, and its end is told exactly (${kind})`, async () => {
    const root = findMembershipRoot(node, [kind, 'session']);
    if (root.kind !== kind) return console.log(`# skipped: no ${kind} membership on this host`);
    const directory = temporary();
    const wait = join(directory, 'go');
    const line = (end: string) => ['sh', '-c', `while [ ! -e ${wait} ]; do sleep 0.02; done; ${end}`];
    const launches = await launchAndDie(directory, kind, [
      line('exit 0'),
      line('exit 7'),
      line('kill -SEGV $$'),
      line('exit 143'),
      line('kill -TERM $$'),
      ['sleep', '1000'],
    ]);
    const watch = new LaunchWatch(join(directory, 'notices'));
    const alive = setInterval(() => {}, 1000);
    try {
      const ends: Promise<[number | null, number | null]>[] = [];
      for (const [index, launch] of launches.entries()) {
        const fate = await fateOf(identityOf(launch.directory, index + 1));
        assert.is(fate.is, 'running', `program ${index}`);
        const { identity } = fate as Extract<LaunchFate, { is: 'running' }>;
        assert.ok(isAlive(identity.pid, identity.startTime));
        ends.push(
          new Promise((resolve) =>
            watch.add(launch.directory, identity, {
              started: () => assert.unreachable('told twice'),
              ended: ({ code, signal }) => resolve([code, signal]),
            }),
          ),
        );
      }
      const begun = performance.now();
      writeFileSync(wait, '');
      assert.equal(await Promise.all(ends.slice(0, 5)), [
        [0, null],
        [7, null],
        [null, 11],
        [143, null],
        [null, 15],
      ]);
      assert.ok(keptTo(900, performance.now() - begun), 'adopted ends are noticed at once, not by a sweep');
      for (const [index, code] of [0, 7].entries()) {
        const fate = await fateOf(identityOf(launches[index]!.directory, index + 1)); // as a second restart finds it
        assert.is(fate.is === 'exited' && fate.exit.code, code);
      }
      const last = launches[5]!;
      process.kill(readPid(last.directory)!.pid, 'SIGKILL');
      assert.equal(await ends[5], [null, 9]);
    } finally {
      clearInterval(alive);
      watch.close();
      for (const [index, launch] of launches.entries()) {
        await killTree({
          membership: launch.membership,
          program: readPid(launch.directory),
          node,
          instance,
          epoch: statEpoch(1, index + 1),
        });
        removeMembership(launch.membership);
      }
      removeMembershipRoot(root);
      rmSync(directory, { recursive: true });
    }
  });
}

test('kill -9 of the agent in the middle of its starts: each launch runs once or never', async () => {
  for (const delay of [0, 4, 15, 40]) {
    const directory = temporary();
    const programs = Array.from({ length: 30 }, () => ['sleep', '1000']);
    const agent = spawn(
      process.execPath,
      [fixture('launches-and-waits.js'), JSON.stringify({ directory, node, kind: 'session', programs })],
      { stdio: 'ignore', detached: true },
    );
    await until('the first launch', () => existsSync(join(directory, 'launches/1/run')));
    await letPass(delay);
    process.kill(-agent.pid!, 'SIGKILL');
    await new Promise((resolve) => agent.once('exit', resolve));
    const launches = readdirSync(join(directory, 'launches')).map(Number);
    const fates = await Promise.all(launches.map((n) => fateOf(identityOf(join(directory, 'launches', String(n)), n))));
    assert.ok(
      fates.every(({ is }) => is === 'running' || is === 'never-ran'),
      JSON.stringify(fates.map(({ is }) => is)),
    );
    const running = fates.flatMap((fate) => (fate.is === 'running' ? [fate.identity.pid] : [])).sort();
    await until('every program has its name', () =>
      running.every((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'),
    );
    assert.equal((await scanMarked(node)).map(({ pid }) => pid).sort(), running, 'and nobody else, ever');
    for (const pid of running) process.kill(pid, 'SIGKILL');
    await until('all ends', () =>
      launches.every(
        (n, i) => fates[i]!.is === 'never-ran' || existsSync(join(directory, 'launches', String(n), 'exit')),
      ),
    );
    rmSync(directory, { recursive: true });
  }
});

test('what ended while nobody was there is told when somebody comes', async () => {
  const host = Host.open({ node });
  try {
    const started = host.start('sh', ['-c', 'exit 7']);
    const exit = await started.exit;
    const fate = await fateOf(identityOf(started.directory, 1));
    assert.equal(fate, { is: 'exited', exit, identity: await started.identity });
  } finally {
    await host.close();
  }
});

test('another process with that pid is not taken for the program, nor touched', async () => {
  const host = Host.open({ node });
  try {
    const foreign = spawn('sleep', ['1000']);
    const directory = join(host.directory, 'launches/77');
    mkdirSync(directory);
    const stat = readStat(foreign.pid!)!;
    writeFileSync(join(directory, 'claim'), '4194305\n');
    writeFileSync(
      join(directory, 'pid'),
      `${foreign.pid} (old) S 4194305 ${foreign.pid} ${foreign.pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${stat.startTime - 1000} 0 0\n`,
    );
    const fate = await fateOf(identityOf(directory, 77));
    assert.equal(fate, {
      is: 'gone',
      rebooted: false,
      identity: { pid: foreign.pid, startTime: stat.startTime - 1000, launcher: 4194305 },
    });
    await killTree({
      membership: { kind: 'session' },
      program: readPid(directory),
      node,
      instance,
      epoch: statEpoch(1, 77),
    });
    assert.ok(isAlive(foreign.pid!, stat.startTime));
    foreign.kill('SIGKILL');
    await new Promise((resolve) => foreign.once('exit', resolve));
  } finally {
    await host.close();
  }
});

test('a launch of another boot is gone, even when pid and start time happen to match', async () => {
  const host = Host.open({ node });
  try {
    const started = host.start('sleep', ['1000']);
    const identity = await started.identity;
    assert.equal(await fateOf({ ...identityOf(started.directory, 1), boot: 'another-boot' }), {
      is: 'gone',
      identity,
      rebooted: true,
    });
  } finally {
    await host.close();
  }
});

test('a launch that nobody has claimed never runs, not even by a late launcher', async () => {
  const host = Host.open({ node });
  try {
    const directory = join(host.directory, 'launches/9');
    mkdirSync(directory);
    assert.equal(await fateOf(identityOf(directory, 9)), { is: 'never-ran' });
    assert.equal(
      await fateOf({ ...identityOf(directory, 9), boot: null }),
      { is: 'gone', identity: null, rebooted: false },
      'claimed, and no one is there',
    );
  } finally {
    await host.close();
  }
});

test('a program that could not write its pid is found by its marker', async () => {
  const host = Host.open({ node });
  try {
    const directory = join(host.directory, 'launches/5');
    mkdirSync(directory);
    writeFileSync(join(directory, 'claim'), '4194305\n');
    const lost = spawn('sleep', ['1000'], {
      env: { PATH: process.env['PATH']!, STAT_NODE: node, STAT_INSTANCE: instance, STAT_EPOCH: statEpoch(1, 5) },
      detached: true,
      stdio: 'ignore',
    });
    const fate = await fateOf(identityOf(directory, 5));
    assert.is(fate.is === 'running' && fate.identity.pid, lost.pid);
    lost.kill('SIGKILL');
    await new Promise((resolve) => lost.once('exit', resolve));
  } finally {
    await host.close();
  }
});

test('the launcher killed: the program runs on, its end is noticed within seconds and is unknown', async () => {
  const host = Host.open({ node });
  try {
    const started = host.start('sleep', ['1000']);
    const { pid, launcher, startTime } = await started.identity;
    process.kill(launcher, 'SIGKILL');
    const fate = await fateOf(identityOf(started.directory, 1));
    assert.is(fate.is, 'running');
    await letPass(1000);
    assert.ok(isAlive(pid, startTime));
    const killed = performance.now();
    process.kill(pid, 'SIGKILL');
    const { code, signal } = await started.exit;
    assert.equal([code, signal], [null, null]);
    assert.ok(keptTo(6500, performance.now() - killed), 'a quarter of all is looked at each second');
    assert.equal(await fateOf(identityOf(started.directory, 1)), {
      is: 'gone',
      identity: { pid, launcher, startTime },
      rebooted: false,
    });
  } finally {
    await host.close();
  }
});

test('the notices file removed or emptied: ends are noticed all the same, and at once again afterwards', async () => {
  const host = Host.open({ node });
  try {
    for (const harm of [() => rmSync(host.launcher.watch.path), () => truncateSync(host.launcher.watch.path, 0)]) {
      const started = host.start('sleep', ['1000']);
      const { pid } = await started.identity;
      harm();
      process.kill(pid, 'SIGKILL');
      assert.is((await started.exit).signal, 9);
      await letPass(1100); // one look at the file
      await until('ends are noticed at once again', async () => {
        const begun = performance.now();
        assert.is((await host.start('sh', ['-c', 'exit 5']).exit).code, 5);
        return keptTo(800, performance.now() - begun);
      });
    }
  } finally {
    await host.close();
  }
});

test('the marker scan finds what runs, shares its work, and tells launchers apart', async () => {
  const host = Host.open({ node });
  try {
    const identities = await Promise.all(Array.from({ length: 5 }, () => host.start('sleep', ['1000']).identity));
    await until('five programs', async () => (await scanMarked(node)).length === 5);
    const asked = [scanMarked(node), scanMarked(node), scanMarked(node)];
    assert.is(new Set(asked).size, 1);
    const found = await asked[0]!;
    assert.equal(found.map((one) => one.pid).sort(), identities.map((one) => one.pid).sort());
    assert.equal(
      found.map((one) => one.epoch).sort(),
      [1, 2, 3, 4, 5].map((launch) => statEpoch(1, launch)),
    );
    assert.ok(found.every((one) => one.instance === instance));
    assert.equal(await scanMarked('another-node'), []);
  } finally {
    await host.close();
  }
});

test('a name with parentheses and blanks does not break the stat line', () => {
  assert.equal(parseStat('7 (a) R (b) 1) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 0 0'), {
    pid: 7,
    comm: 'a) R (b) 1',
    state: 'S',
    parent: 1,
    group: 7,
    session: 7,
    startTime: 4242,
  });
  const zombie = (threads: number) =>
    parseStat(`7 (a) Z 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 ${threads} 0 4242 0 0`)?.state;
  assert.equal([zombie(1), zombie(2)], ['Z', 'S']); // where others of its threads run, it has not ended
  for (const broken of ['', '7', '7 (a', '7 (a) S', '\0\0\0', '7 (a) S x 7 7 0']) assert.is(parseStat(broken), null);
  assert.is(readStat(process.pid)?.pid, process.pid);
  assert.is(readStat(4_194_305), null);
});

test.run();
