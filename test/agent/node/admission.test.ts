// What a node gives away: exactly what there is, exactly once.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { Admission } from '../../../src/agent/node/admission.ts';
import { until } from '../../support/until.ts';
import { Alone } from '../alone.ts';

fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20261122) });
const test = suite('admission');
const agent = new Alone();
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

test('what fits exactly is taken, one byte more is refused with the numbers', () => {
  const room = new Admission({ cpus: 2, mem: 1000, disk: 500 });
  assert.is(room.reserve('a', { cpus: 1.5, mem: 999, disk: 500 }), null);
  assert.is(room.reserve('b', { cpus: 0.5, mem: 1, disk: 0 }), null);
  assert.is(
    room.reserve('c', { cpus: 0, mem: 1, disk: 0 }),
    'memory does not suffice on this node: it needs 1 B (1 bytes), free are 0 B (0 bytes) of 1000 B (1000 bytes)',
  );
  assert.match(
    room.reserve('c', { cpus: 0.001, mem: 0, disk: 0 })!,
    /^cpus does not suffice.*needs 0\.001, free are 0 of 2$/,
  );
  assert.match(room.reserve('c', { cpus: 0, mem: 0, disk: 1 })!, /^disk/);
  assert.is(room.reserve('c', { cpus: 0, mem: 0, disk: 0 }), null, 'what asks for nothing always fits');
  assert.is(room.reserve('a', { cpus: 9, mem: 9999, disk: 9999 }), null, 'it has what it has');
  room.release('b');
  assert.is(room.reserve('d', { cpus: 0.5, mem: 1, disk: 0 }), null);
});

test('whatever comes and goes: never more than there is, and all of it comes back', () => {
  const amounts = fc.record({
    id: fc.nat(8),
    cpus: fc.constantFrom(0, 0.1, 0.2, 0.3, 0.7, 1 / 3, 1),
    mem: fc.nat(60),
    disk: fc.nat(60),
    what: fc.constantFrom('reserve', 'reserve', 'release', 'restore'),
  });
  fc.assert(
    fc.property(fc.array(amounts, { maxLength: 60 }), (steps) => {
      const capacity = { cpus: 2, mem: 100, disk: 100 };
      const room = new Admission(capacity);
      const held = new Map<string, { cpus: number; mem: number; disk: number }>();
      let over = false;
      for (const { id, what, cpus, mem, disk } of steps) {
        const name = String(id);
        const demand = { cpus, mem, disk };
        if (what === 'release') {
          room.release(name);
          held.delete(name);
        } else if (what === 'restore') {
          room.restore(name, demand);
          held.set(name, demand);
          over = true;
        } else if (room.reserve(name, demand) === null && !held.has(name)) held.set(name, demand);
        const sum = (key: 'cpus' | 'mem' | 'disk') => [...held.values()].reduce((total, one) => total + one[key], 0);
        assert.is(room.reserved.mem, sum('mem'));
        assert.is(room.reserved.disk, sum('disk'));
        assert.ok(Math.abs(room.reserved.cpus - sum('cpus')) < 1e-6);
        // What an earlier agent gave away stays given, whatever this one would say.
        if (!over)
          for (const key of ['cpus', 'mem', 'disk'] as const) assert.ok(room.reserved[key] <= capacity[key] + 1e-9);
      }
      for (const name of held.keys()) room.release(name);
      assert.equal(room.reserved, { cpus: 0, mem: 0, disk: 0 });
    }),
    { numRuns: 300 },
  );
});

test("an instance has its share from its begin to its end, over restarts and the agent's own", async () => {
  const { allocatable } = (await agent.get('/v1/nodes')).items[0];
  const half = Math.floor(allocatable.mem / 2);
  const rest = allocatable.mem - half;
  assert.is(allocatable.mem, totalmem());
  const allocated = async () => (await agent.get('/v1/nodes')).items[0].allocated.mem;
  await agent.deploy({ name: 'half', resAlloc: { mem: half } });
  const first = await agent.settled('half');
  await agent.deploy({ name: 'more', resAlloc: { mem: rest + 1 } });
  await until('it waits, and says for what', async () =>
    /memory|MiB|GiB/.test(
      (await agent.get('/v1/apps/more/why')).reason?.text ??
        JSON.stringify((await agent.get('/v1/apps/more/why')).waiting),
    ),
  );
  assert.is(await agent.one('more'), null);
  await agent.deploy({ name: 'rest', resAlloc: { mem: rest } });
  await agent.running('rest');
  await until('all is given away', async () => (await allocated()) === allocatable.mem);
  process.kill(first.pid, 'SIGKILL');
  await agent.see('half', 'again', (i) => i.status === 'running' && i.pid !== first.pid);
  await agent.restart();
  await agent.running('rest');
  await until('all is given away again', async () => (await allocated()) === allocatable.mem);
  await agent.ok('DELETE', '/v1/apps/rest');
  await until('gone', async () => (await agent.instances('rest')).length === 0);
  await agent.ok('DELETE', '/v1/apps/half');
  await agent.running('more');
  await until('as much as it asks for', async () => (await allocated()) === rest + 1);
});

test('what was given up gives its room back at once, and has to find it anew; the agent and placement count the same', async () => {
  const { allocatable } = (await agent.get('/v1/nodes')).items[0];
  const allocated = async () => (await agent.get('/v1/nodes')).items[0].allocated.mem;
  const all = allocatable.mem;
  await agent.ok('DELETE', '/v1/apps/more');
  await until('gone', async () => (await agent.instances('more')).length === 0);
  const wish = { resAlloc: { mem: all }, restart: { policy: 'never' } };
  const program = { toProcess: '/bin/sh', args: ['-c', 'test -e "$GO" && exec sleep 600; exit 3'] };
  const go = `${agent.directory}/go`;
  await agent.deploy({ name: 'given-up', ...program, envs: { GO: go }, ...wish });
  await agent.see('given-up', 'given up', (i) => i.status === 'failed');
  await until('nothing is given away', async () => (await allocated()) === 0);
  await agent.deploy({ name: 'next', resAlloc: { mem: all } });
  await agent.running('next');
  await agent.restart();
  await agent.running('next');
  await until('all is given away', async () => (await allocated()) === all);
  await agent.see('given-up', 'still given up', (i) => i.status === 'failed');
  for (const kind of ['instance.exited', 'instance.failed'])
    assert.is((await agent.told(`subject.app:given-up AND kind:${kind}`)).length, 1, `${kind} is told once`);
  writeFileSync(go, '');
  await agent.ok('POST', '/v1/apps/given-up/restart');
  await agent.see('given-up', 'it finds no room', (i) => i.exit?.reason === 'no-room');
  assert.is((await agent.one('next'))?.status, 'running');
  await agent.ok('DELETE', '/v1/apps/next');
  await until('gone', async () => (await agent.instances('next')).length === 0);
  await agent.ok('POST', '/v1/apps/given-up/restart');
  await agent.running('given-up');
  await until('all is given away', async () => (await allocated()) === all);
});

test.run();
