// The chooser's heaps give what scoring every node anew for every instance gives.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Simulation } from '../simulation.ts';
import { runs } from '../../support/runs.ts';

interface Wish {
  nodes: { rack: number; zone: number; tag: boolean; mem: number; host: number; there: number }[];
  scale: number;
  mem: number;
  spread: string[];
  prefer: number;
  maxPerNode: number | null;
  binpack: boolean;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  nodes: fc.array(
    fc.record({
      rack: fc.nat(3),
      zone: fc.nat(1),
      tag: fc.boolean(),
      mem: fc.integer({ min: 1, max: 12 }),
      host: fc.nat(5),
      there: fc.nat(3),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  scale: fc.nat(25),
  mem: fc.nat(3),
  spread: fc.subarray(['id', 'hostname', 'rack', 'zone']),
  prefer: fc.constantFrom(0, 0.5, 1, 2.5),
  maxPerNode: fc.constantFrom(null, 1, 3),
  binpack: fc.boolean(),
});

/** The rules of scoring.ts, the plain way. */
function byHand({ nodes, scale, mem, spread, prefer, maxPerNode, binpack }: Wish): string[] {
  const count = nodes.map(() => 0);
  const valuesOf = (key: string): string[] =>
    nodes.map((node, i) =>
      key === 'id' ? `n${i}` : key === 'hostname' ? `h${node.host}` : key === 'rack' ? `${node.rack}` : `${node.zone}`,
    );
  let own = spread.length === 0 || spread.includes('id');
  const shared: string[][] = [];
  for (const key of spread) {
    const values = valuesOf(key);
    const kinds = new Set(values).size;
    if (kinds === nodes.length && nodes.length > 1) own = true;
    else if (kinds > 1) shared.push(values);
  }
  const placed: string[] = [];
  const exact = (value: number): number => Math.round(value * 2 ** 30) / 2 ** 30;
  const weight = binpack ? exact(1 / Math.max(1, scale)) : 1;
  for (let i = 0; i < scale; i += 1) {
    let best = -1;
    let bestScore = -Infinity;
    for (const [n, node] of nodes.entries()) {
      const free = node.mem - count[n]! * mem;
      if ((mem > 0 && mem > free) || (maxPerNode !== null && count[n]! >= maxPerNode)) continue;
      const total = node.there + count[n]!;
      const crowd = total / (total + 32);
      const fullness = Math.max(0, Math.min(1, 1 - (free - mem) / node.mem));
      let score =
        (node.tag ? prefer : 0) -
        (own ? weight * count[n]! : 0) +
        exact(binpack ? 2 * fullness + 0.5 * crowd : -0.5 * fullness - 0.4 * crowd);
      for (const values of shared)
        score -= weight * values.reduce((sum, value, other) => sum + (value === values[n] ? count[other]! : 0), 0);
      if (score > bestScore) {
        best = n;
        bestScore = score;
      }
    }
    if (best < 0) break;
    count[best]! += 1;
    placed.push(`n${best}`);
  }
  return placed;
}

test('every instance goes where scoring all nodes anew would put it', () => {
  fc.assert(
    fc.property(wish, (w) => {
      const simulation = new Simulation();
      simulation.settings = { ...simulation.settings, algorithm: w.binpack ? 'binpack' : 'spread' };
      w.nodes.forEach((node, i) =>
        simulation.node(`n${i}`, {
          tags: [`rack=${node.rack}`, `zone:${node.zone}`, ...(node.tag ? ['good'] : [])],
          mem: node.mem * 1024 ** 3,
          hostname: `h${node.host}`,
        }),
      );
      w.nodes.forEach((node, i) => {
        if (node.there > 0)
          simulation.deploy({ name: `there-${i}`, placement: { scale: node.there, query: `id:n${i}` } });
      });
      simulation.step();
      simulation.deploy({
        name: 'web',
        resAlloc: w.mem ? { mem: `${w.mem}GB` } : null,
        placement: {
          scale: w.scale,
          spread: w.spread,
          maxPerNode: w.maxPerNode,
          prefer: w.prefer ? [`tags:good^${w.prefer}`] : [],
        },
      });
      const plan = simulation.plan();
      assert.equal(
        plan.decisions.filter(({ app }) => app === 'web').map(({ node }) => node),
        byHand(w),
      );
      for (const { scores } of plan.decisions)
        for (const { score, parts } of scores)
          assert.ok(Math.abs(score - Object.values(parts).reduce((x, y) => x + y, 0)) < 0.01, 'the parts add up');
      assert.is(plan.waiting.length, w.scale - plan.changes.filter(({ app }) => app === 'web').length);
    }),
    { numRuns: runs(160) },
  );
});

test.run();
