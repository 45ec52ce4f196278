// How long placement takes, every node scored: 10,000 instances with a constraint and spread on 1,000 nodes, 100,000 on 10,000,
// and what a settled cluster, one lost node and one more instance cost after that.
//   node dist/test/bench/place.js [--large]
import { pathToFileURL } from 'node:url';
import { place } from '../../src/placement/place.ts';
import { isSettled } from '../../src/placement/snapshot.ts';
import { Simulation } from '../placement/simulation.ts';

interface PlaceRow {
  what: string;
  ms: number;
  placed: number;
  target: number | null;
}

const GiB = 1024 ** 3;

/** `apps` apps of `each` instances; every second node has the tag that they ask for, nodes lie in ten racks. */
function cluster(nodes: number, apps: number, each: number): Simulation {
  const simulation = new Simulation();
  for (let n = 0; n < nodes; n += 1)
    simulation.node(`node-${String(n).padStart(5, '0')}`, {
      tags: [`rack=r${n % 10}`, n % 2 === 0 ? 'ssd' : 'hdd'],
      cpus: 64,
      mem: 256 * GiB,
    });
  for (let a = 0; a < apps; a += 1) {
    simulation.deploy({
      name: `app-${a}`,
      resAlloc: { cpus: 0.5, mem: '512MB' },
      placement: {
        scale: each,
        query: `tags:ssd AND os.cpus:>=8 AND memory.total:>${8 * GiB}`,
        spread: ['rack', 'id'],
        prefer: [`tags:r${a % 10}^0.5`],
      },
    });
  }
  return simulation;
}

function timed(what: string, simulation: Simulation, target: number | null): PlaceRow {
  const snapshot = simulation.snapshot();
  const began = performance.now();
  const plan = place(snapshot);
  const ms = performance.now() - began;
  if (plan.waiting.length > 0) throw new Error(`${what}: ${plan.waiting.length} wait: ${plan.waiting[0]!.reason}`);
  simulation.commit(plan);
  return { what, ms, placed: plan.changes.length, target };
}

/** The rows of the table. */
export function benchPlace(large: boolean): PlaceRow[] {
  const rows: PlaceRow[] = [];
  const sizes = [
    { nodes: 1_000, apps: 100, each: 100, target: 1_000 },
    { nodes: 1_000, apps: 1, each: 10_000, target: 1_000 },
    ...(large
      ? [
          { nodes: 10_000, apps: 1_000, each: 100, target: 15_000 },
          { nodes: 10_000, apps: 1, each: 100_000, target: 15_000 },
        ]
      : []),
  ];
  for (const { nodes, apps, each, target } of sizes) {
    const simulation = cluster(nodes, apps, each);
    const name =
      `${(apps * each).toLocaleString('en')} instances of ${apps} ${apps === 1 ? 'app' : 'apps'} on ` +
      `${nodes.toLocaleString('en')} nodes`;
    rows.push(timed(name, simulation, target));
    simulation.becomeHealthy();
    simulation.now += 60_000;
    rows.push(timed('  again, settled', simulation, null));
    if (!isSettled(simulation.plan())) throw new Error('placing again is not settled');
    simulation.setStatus('node-00000', 'lost');
    rows.push(timed('  a node is lost', simulation, null));
    simulation.change('app-0', { scale: each + 1 });
    rows.push(timed('  one more instance', simulation, null));
  }
  return rows;
}

/** The table as text. */
const showPlaceRows = (rows: readonly PlaceRow[]): string =>
  rows
    .map(
      ({ what, ms, placed, target }) =>
        `${what.padEnd(56)} ${ms.toFixed(1).padStart(9)} ms ${String(placed).padStart(7)} placed` +
        `${target === null ? '' : `   target ${target} ms`}`,
    )
    .join('\n');

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  console.log(showPlaceRows(benchPlace(process.argv.includes('--large'))));
