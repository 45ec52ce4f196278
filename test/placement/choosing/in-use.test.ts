// What a plan counts as given away on a node is, at every moment, what that node's agent has given away: to the byte.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Admission, type Capacity } from '../../../src/agent/node/admission.ts';
import type { InstanceStatus } from '../../../src/model/instance/instance.ts';
import { demandOf } from '../../../src/placement/choosing/demand.ts';
import { ledgerOf } from '../../../src/placement/choosing/in-use.ts';
import { NodeTable } from '../../../src/placement/choosing/node-table.ts';
import { runs } from '../../support/runs.ts';
import { Simulation } from '../simulation.ts';

fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20261122) });

const MiB = 1024 ** 2;
const nodes = ['n0', 'n1'];
/** Every status that an agent reports. */
const statuses: readonly InstanceStatus[] = [
  'fetching',
  'starting',
  'running',
  'unhealthy',
  'killing',
  'restarting',
  'stopped',
  'failed',
];

/** The agents' side: the room of an instance goes back when it is over (`dispose`) or given up (`giveUp`), and at no other moment. */
class Agents {
  readonly rooms = new Map<string, Admission>();

  follow(simulation: Simulation): void {
    for (const [id, { assignment, status }] of simulation.running) {
      const { allocatable } = simulation.nodes.get(assignment.node)!;
      let room = this.rooms.get(assignment.node);
      if (!room) this.rooms.set(assignment.node, (room = new Admission(allocatable)));
      const { revisions } = simulation.apps.get(assignment.app)!;
      if (status === 'stopped' || status === 'failed') room.release(id);
      else if (!room.has(id)) room.restore(id, demandOf(revisions.get(assignment.revision)!));
    }
  }
}

const step = fc.record({
  what: fc.constantFrom('scale', 'update', 'restart', 'status', 'status', 'status', 'stops', 'time'),
  app: fc.nat(1),
  amount: fc.nat(4),
  instance: fc.nat(20),
  status: fc.constantFrom(...statuses),
});

test('the ledger of a plan and the admission of each agent agree, whatever an instance is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const simulation = new Simulation();
      const agents = new Agents();
      for (const node of nodes) simulation.node(node, { mem: 100 * MiB, disk: 100 * MiB, cpus: 4 });
      let args = 0;
      const deploy = (app: number, scale: number): void =>
        simulation.deploy({
          name: `app${app}`,
          args: [args++],
          resAlloc: { mem: 7 * MiB + 4 * app + 1, cpus: 0.1 + 0.2 * app, disk: 3 * MiB + 5 },
          placement: { scale },
        });
      for (const app of [0, 1]) deploy(app, 2);
      for (const { what, app, amount, instance, status } of steps) {
        const ids = [...simulation.running.keys()].sort();
        if (what === 'scale') simulation.change(`app${app}`, { scale: amount });
        else if (what === 'update') deploy(app, amount);
        else if (what === 'restart') simulation.change(`app${app}`, { restartedAt: simulation.now });
        else if (what === 'time') simulation.now += 11_000;
        else if (what === 'stops') {
          for (const [id, { assignment }] of simulation.running)
            if (assignment.goal === 'stop') agents.rooms.get(assignment.node)?.release(id);
          simulation.finishStops();
        } else if (ids.length > 0) simulation.set(ids[instance % ids.length]!, { status });
        simulation.step();
        agents.follow(simulation);
        const table = new NodeTable([...simulation.nodes.values()], simulation.now);
        const ledger = ledgerOf(simulation.snapshot(), table);
        for (const node of nodes) {
          const { allocatable } = simulation.nodes.get(node)!;
          const given: Capacity = agents.rooms.get(node)?.reserved ?? { cpus: 0, mem: 0, disk: 0 };
          const number = table.numbers.get(node)!;
          assert.is(ledger.freeMem[number], allocatable.mem - given.mem);
          assert.is(ledger.freeDisk[number], allocatable.disk - given.disk);
          assert.ok(Math.abs(ledger.freeCpus[number]! - (allocatable.cpus - given.cpus)) < 1e-6);
        }
      }
    }),
    { numRuns: runs(60) },
  );
});

test.run();
