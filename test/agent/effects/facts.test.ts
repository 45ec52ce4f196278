// What a node says of itself, against what the system says.
import { statfsSync } from 'node:fs';
import { cpus, hostname, networkInterfaces, tmpdir, totalmem } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFacts, readLoad } from '../../../src/agent/effects/facts.ts';
import { capacityOf } from '../../../src/agent/node/resources.ts';

const test = suite('facts of a node');
const options = {
  agentAddress: 'http://127.0.0.1:1',
  tags: ['ssd'],
  ports: [20_000, 20_009] as [number, number],
  version: '1.2.3',
  missing: (why: string) => {
    throw new Error(why);
  },
  capabilities: { membership: 'session', limits: 'rlimits', rotation: 'collapse' } as const,
  allocatable: { cpus: 1, mem: 2, disk: 3 },
  isolation: { cgroup: 'none' as const, enforced: [], not: [] },
};

test("are those of this machine, in STAT hub's shape", async () => {
  const facts = await readFacts(options);
  assert.is(facts.hostname, hostname());
  assert.is(facts.os.name, 'Linux');
  assert.match(facts.os.distribution, /\w/);
  assert.ok(facts.hardware.cpu.length > 0, 'the processor has a name');
  assert.is(facts.os.cpus, cpus().length);
  assert.is(facts.memory.total, totalmem());
  assert.is(facts.memory.ram % (8 * 1024 ** 2), 0);
  assert.equal(
    capacityOf({ reserveMemory: 1024 ** 3, overcommit: 2 }, statfsSync(tmpdir()).blocks * statfsSync(tmpdir()).bsize),
    {
      cpus: cpus().length * 2,
      mem: totalmem() * 2 - 1024 ** 3,
      disk: statfsSync(tmpdir()).blocks * statfsSync(tmpdir()).bsize,
    },
  );
  assert.equal(facts.tags, ['ssd']);
  assert.is(facts.version, '1.2.3');
});

test('name every interface that has an address, with what /sys knows of it', async () => {
  const { networks } = await readFacts(options);
  assert.equal(networks.map(({ name }) => name).sort(), Object.keys(networkInterfaces()).sort());
  const loopback = networks.find(({ address }) => address === '127.0.0.1')!;
  assert.is(loopback.type, 'Local Loopback');
  assert.is(loopback.broadcast, '127.255.255.255');
  assert.is(loopback.netmask, '255.0.0.0');
  assert.is(loopback.hwaddr, '00:00:00:00:00:00');
  assert.ok(loopback.mtu >= 1500);
  assert.is(loopback.flags & 9, 9, 'IFF_UP and IFF_LOOPBACK');
});

test('name the file systems that hold files, not those that are memory', async () => {
  const { disks } = await readFacts(options);
  const root = disks.find(({ dirName }) => dirName === '/')!;
  assert.ok(root.total > 0 && Math.abs(root.total - statfsSync('/').blocks * statfsSync('/').bsize) < 1024 ** 2);
  assert.match(root.option, /\b(rw|ro)\b/);
  assert.is(
    disks.some(({ sysTypeName }) => sysTypeName === 'tmpfs' || sysTypeName === 'proc'),
    false,
  );
  assert.is(new Set(disks.map(({ devName }) => devName)).size, disks.length, 'each device once');
});

test('change over time as figures do', async () => {
  const first = await readLoad(tmpdir(), null);
  const second = await readLoad(tmpdir(), first.baseline);
  for (const { cpu, memUsed, diskUsed, netIn, netOut } of [first.load, second.load]) {
    assert.ok(cpu >= 0 && cpu <= 1, `cpu is a share: ${cpu}`);
    assert.ok(memUsed > 0 && memUsed < totalmem());
    assert.ok(diskUsed > 0);
    assert.ok(netIn >= 0 && netOut >= 0);
  }
});

test.run();
