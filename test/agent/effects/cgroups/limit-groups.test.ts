// The control files of an instance: in the real trees of this machine, and, as no machine here has controllers in the unified
// tree, on a stand-in of it for what is written where and in which order.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findMembershipRoot, removeMembershipRoot } from '../../../../src/agent/effects/cgroups/cgroup.ts';
import { basesIn, cgroupMounts, placeOf } from '../../../../src/agent/effects/cgroups/cgroup-places.ts';
import { enableBelow, findControllers, isolationOf } from '../../../../src/agent/effects/cgroups/controllers.ts';
import { makeRoom } from '../../../../src/agent/effects/cgroups/delegation.ts';
import {
  LimitError,
  LimitGroups,
  memoryEvidence,
  processHits,
} from '../../../../src/agent/effects/cgroups/limit-groups.ts';
import { scratch } from '../../../support/scratch.ts';

const test = suite('limit groups');
const MiB = 1024 ** 2;
const instance = 'web.0.abcdefgh';
const read = (...path: string[]) => readFileSync(join(...path), 'utf8').trim();
const none = { memory: null, cpus: null, cpuQuota: null, processes: null };

test('finds the trees of a machine and the place of a process in them', () => {
  const mounts = cgroupMounts(
    [
      '30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate',
      '31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '32 20 0:28 / /mnt/with\\040blank rw - cgroup cgroup rw,memory',
      '33 20 0:29 / /proc rw - proc proc rw',
      '',
    ].join('\n'),
  );
  assert.equal(
    mounts.map(({ kind, path }) => [kind, path]),
    [
      ['v2', '/sys/fs/cgroup'],
      ['v1', '/sys/fs/cgroup/cpu,cpuacct'],
      ['v1', '/mnt/with blank'],
    ],
  );
  const cgroups = '3:memory:/a/b\n2:cpu,cpuacct:/\n0::/system.slice/x.service\n';
  assert.equal(
    mounts.map((mount) => placeOf(mount, cgroups)),
    ['/sys/fs/cgroup/system.slice/x.service', '/sys/fs/cgroup/cpu,cpuacct', '/mnt/with blank/a/b'],
  );
});

test('prefers the service that systemd handed over, then a place with a limit of its own, then the top', () => {
  const top = scratch('tree');
  const service = join(top, 'system.slice', 'stathub.service');
  const leaf = join(service, 'agent');
  mkdirSync(leaf, { recursive: true });
  const v2 = { kind: 'v2' as const, path: top, controllers: [] };
  const v1 = { kind: 'v1' as const, path: top, controllers: ['memory'] };
  assert.equal(basesIn(v2, '0::/system.slice/stathub.service/agent\n'), [service, top, leaf]);
  assert.equal(
    basesIn(v2, '0::/system.slice/stathub.service\n'),
    [top, service],
    'a service without a leaf could not be started again',
  );
  writeFileSync(join(service, 'memory.limit_in_bytes'), '9223372036854771712\n');
  assert.equal(basesIn(v1, '4:memory:/system.slice/stathub.service\n'), [top, service]);
  writeFileSync(join(service, 'memory.limit_in_bytes'), '1073741824\n');
  assert.equal(basesIn(v1, '4:memory:/system.slice/stathub.service\n'), [service, top]);
});

test('v1: sets, changes in both directions, keeps over launches, counts peaks anew, removes', () => {
  const node = `limits-${process.pid}`;
  const membership = findMembershipRoot(node, ['session']);
  const controllers = findControllers(node, membership, ['v1']);
  const limits = new LimitGroups(controllers);
  const roots = controllers.roots as Record<string, { path: string }>;
  try {
    if (!roots['memory'] || !roots['cpu'] || !roots['pids'])
      return console.log('# skipped: no v1 controllers here, or not allowed to use them');
    const apply = (wanted: object) => limits.apply(instance, membership, { ...none, ...wanted });
    const group = (name: string) => join(roots[name]!.path, instance);
    assert.equal(apply({}).join, [join(roots['cpu'].path, 'shared', 'tasks')], 'who reserves nothing shares one group');
    const first = apply({ memory: 64 * MiB, cpus: 0.5, cpuQuota: 1.5, processes: 77 });
    assert.equal(
      first.join,
      ['memory', 'cpu', 'pids'].map((name) => join(group(name), 'tasks')),
    );
    assert.equal([first.processes, first.memory?.limit], [true, 64 * MiB]);
    assert.equal(
      [read(group('cpu'), 'cpu.shares'), read(group('cpu'), 'cpu.cfs_quota_us'), read(group('pids'), 'pids.max')],
      ['512', '150000', '77'],
    );
    for (const mem of [64, 256, 32]) {
      apply({ memory: mem * MiB });
      assert.is(Number(read(group('memory'), 'memory.limit_in_bytes')), mem * MiB);
      if (controllers.countsSwap) assert.is(Number(read(group('memory'), 'memory.memsw.limit_in_bytes')), mem * MiB);
    }
    assert.is(memoryEvidence(apply({ memory: 32 * MiB }))?.oomKills, 0);
    for (const name of ['memory', 'cpu'] as const) rmdirSync(group(name));
    apply({ memory: 32 * MiB });
    assert.ok(existsSync(group('memory')), 'what somebody tidied away is made again');
    const isolation = isolationOf(controllers, 'no reason');
    assert.is(isolation.cgroup, 'v1');
    assert.ok(['memory', 'cpus', 'processes', 'disk'].every((name) => isolation.enforced.includes(name)));
    assert.equal(isolation.not, [
      ...(controllers.countsSwap || isolation.enforced.includes('swap') ? [] : [isolation.not[0]]),
      { limit: 'user', why: 'no reason' },
    ]);
    limits.sweep(new Set([instance]));
    assert.ok(existsSync(group('memory')));
    limits.remove(instance);
    assert.not.ok(['memory', 'cpu', 'pids'].some((name) => existsSync(group(name))));
  } finally {
    limits.close();
  }
  for (const { path } of Object.values(roots)) assert.not.ok(existsSync(path));
});

test('the unified tree of this machine gives what it has', () => {
  const node = `unified-${process.pid}`;
  const membership = findMembershipRoot(node, ['v2']);
  if (membership.kind !== 'v2') return console.log('# skipped: no unified tree that this process may use');
  const offered = read(membership.path, '../../cgroup.controllers')
    .split(' ')
    .filter((name) => ['memory', 'cpu', 'pids'].includes(name));
  const { roots } = findControllers(node, membership, ['v2']);
  assert.equal(Object.keys(roots).sort(), offered.sort());
  if (offered.length === 0)
    console.log('# not run on real control files: the unified tree of this machine has no controllers');
  else {
    const path = join(membership.path, 'one.1');
    mkdirSync(path);
    new LimitGroups({ roots, countsSwap: true }).apply(
      'one',
      { kind: 'v2', path },
      { memory: 64 * MiB, cpus: 0.5, cpuQuota: 1.5, processes: 77 },
    );
    assert.equal(
      [read(path, 'memory.max'), read(path, 'cpu.weight'), read(path, 'cpu.max'), read(path, 'pids.max')],
      [String(64 * MiB), '50', '150000 100000', '77'],
    );
  }
  removeMembershipRoot(membership);
});

test('v2 on a stand-in: controllers are handed down from the top, and each launch carries its own limits', () => {
  const top = scratch('unified');
  const root = join(top, 'stathub', 'node');
  const launch = join(root, 'web.0.abcdefgh.1');
  mkdirSync(launch, { recursive: true });
  writeFileSync(join(top, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  for (const path of [top, join(top, 'stathub'), root])
    writeFileSync(join(path, 'cgroup.subtree_control'), path === top ? 'memory pids cpu' : '');
  assert.equal(enableBelow(root), ['memory', 'cpu', 'pids']);
  assert.is(read(root, 'cgroup.subtree_control'), '+pids', 'one word a write, the last one stands in a plain file');
  assert.is(read(top, 'cgroup.subtree_control'), 'memory pids cpu', 'what is on is not written again');
  const roots = {
    memory: { kind: 'v2' as const, path: root },
    cpu: { kind: 'v2' as const, path: root },
    pids: { kind: 'v2' as const, path: root },
  };
  const limits = new LimitGroups({ roots, countsSwap: true });
  const membership = { kind: 'v2' as const, path: launch };
  writeFileSync(join(launch, 'memory.events'), 'low 0\nhigh 0\nmax 2\noom 3\noom_kill 3\noom_group_kill 1\n');
  const applied = limits.apply(instance, membership, { memory: 64 * MiB, cpus: 2, cpuQuota: 0.005, processes: 9 });
  const written = ['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.weight', 'cpu.max', 'pids.max'].map(
    (name) => read(launch, name),
  );
  assert.equal(written, [String(64 * MiB), '0', '1', '200', '1000 100000', '9']);
  assert.equal(applied, {
    join: [],
    memory: { kind: 'v2', path: launch, limit: 64 * MiB, oomKills: 3 },
    processes: true,
    pids: { path: launch, limit: 9, hits: 0 },
  });
  writeFileSync(join(launch, 'pids.events'), 'max 7\n');
  assert.equal(processHits(applied), { hits: 7, limit: 9 });
  writeFileSync(join(launch, 'memory.events'), 'oom 4\noom_kill 5\n');
  writeFileSync(join(launch, 'memory.peak'), '67000000\n');
  assert.equal(memoryEvidence(applied), { oomKills: 2, peak: 67000000, limit: 64 * MiB });
  const bare = join(root, 'other.0.abcdefgh.1');
  mkdirSync(bare);
  limits.apply('other.0.abcdefgh', { kind: 'v2', path: bare }, none);
  assert.equal(readdirSync(bare), [], 'nothing is written where nothing is asked for');
  assert.throws(
    () => limits.apply(instance, { kind: 'session' }, { ...none, memory: MiB }),
    (error: unknown) => error instanceof LimitError && /no cgroup/.test(error.message),
  );
});

test('moves processes out of the way only where the whole tree is its own', () => {
  const top = scratch('room');
  writeFileSync(join(top, 'cgroup.procs'), '');
  assert.not.ok(makeRoom(top, '4:memory:/x\n0::/user.slice\n'));
  assert.not.ok(makeRoom(top, '0::/\n'), "the machine's own root has no type");
  writeFileSync(join(top, 'cgroup.type'), 'domain\n');
  assert.ok(makeRoom(top, '0::/\n'));
  assert.ok(existsSync(join(top, 'agent')));
});

test('without any controller: says what is not held to, and why', () => {
  const isolation = isolationOf({ roots: {}, countsSwap: false }, 'the agent is not root');
  assert.is(isolation.cgroup, 'none');
  assert.equal(
    isolation.not.map(({ limit }) => limit),
    ['memory', 'cpus', 'processes', 'user'],
  );
  assert.ok(isolation.not.every(({ why }) => why.length > 10));
  assert.equal(
    new LimitGroups({ roots: {}, countsSwap: false }).apply(
      instance,
      { kind: 'session' },
      { memory: MiB, cpus: 1, cpuQuota: 1, processes: 1 },
    ),
    { join: [], memory: null, processes: false, pids: null },
  );
});

test.run();
