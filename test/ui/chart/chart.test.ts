// Drawings of the real machines: laid out by ELK as in the browser; nothing overlaps, no transition is left out, labels stand in gaps.
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import { chartOf, type Chart } from '../../../machines/chart/chart.ts';
import { agentMachine } from '../../../machines/agent.ts';
import { appSupervisorMachine } from '../../../machines/app-supervisor.ts';
import { instanceMachine } from '../../../machines/instance.ts';
import { linkMachine } from '../../../machines/link.ts';
import { masterMachine } from '../../../machines/master.ts';
import { nodeMachine } from '../../../machines/node.ts';
import { placementMachine } from '../../../machines/placement.ts';
import { probeMachine } from '../../../machines/probe.ts';
import { jump, outside, rounded, toDrawing, type Drawing, type Rect } from '../../../ui/chart/drawing.ts';
import { toGraph, type ElkGraph } from '../../../ui/chart/graph.ts';
import { afterMs, edgeLabel, eventName } from '../../../ui/chart/labels.ts';
import { simplify, stays } from '../../../ui/chart/simplify.ts';

interface Elk {
  layout(graph: ElkGraph): Promise<ElkGraph>;
}
const Layouter = createRequire(import.meta.url)('elkjs/lib/elk.bundled.js') as new () => Elk;
const elk = new Layouter();
const machines: [string, AnyStateMachine][] = [
  ['agent', agentMachine],
  ['app-supervisor', appSupervisorMachine],
  ['instance', instanceMachine],
  ['link', linkMachine],
  ['master', masterMachine],
  ['node', nodeMachine],
  ['placement', placementMachine],
  ['probe', probeMachine],
];

const inside = (a: Rect, b: Rect): boolean =>
  a.x >= b.x - 0.5 &&
  a.y >= b.y - 0.5 &&
  a.x + a.width <= b.x + b.width + 0.5 &&
  a.y + a.height <= b.y + b.height + 0.5;
const apart = (a: Rect, b: Rect): boolean =>
  a.x + a.width <= b.x + 0.5 ||
  b.x + b.width <= a.x + 0.5 ||
  a.y + a.height <= b.y + 0.5 ||
  b.y + b.height <= a.y + 0.5;

function check(name: string, chart: Chart, drawing: Drawing): void {
  const whole = { x: 0, y: 0, width: drawing.width, height: drawing.height };
  for (const box of drawing.boxes) assert.ok(inside(box, whole), `${name}: ${box.path} lies outside`);
  for (const [i, a] of drawing.boxes.entries())
    for (const b of drawing.boxes.slice(i + 1)) {
      const nested = b.path.startsWith(`${a.path}.`)
        ? inside(b, a)
        : a.path.startsWith(`${b.path}.`)
          ? inside(a, b)
          : null;
      assert.ok(nested ?? apart(a, b), `${name}: ${a.path} and ${b.path}`);
    }
  const labels = drawing.lines.flatMap((l) => (l.label ? [{ ...l.label, of: l }] : []));
  for (const [i, a] of labels.entries()) {
    for (const b of labels.slice(i + 1))
      assert.ok(apart(a, b), `${name}: labels ${a.of.lines[0]?.text} and ${b.of.lines[0]?.text} overlap`);
    for (const box of drawing.boxes)
      if (!box.group) assert.ok(apart(a, box), `${name}: label ${a.of.lines[0]?.text} on ${box.path}`);
    assert.ok(a.of.paths.length > 1, `${name}: label ${a.of.lines[0]?.text} stands beside its line`);
  }
  for (const line of drawing.lines)
    for (const [i, p] of line.points.entries()) {
      const q = line.points[i + 1];
      if (q)
        assert.ok(
          Math.abs(p.x - q.x) < 0.6 || Math.abs(p.y - q.y) < 0.6,
          `${name}: ${line.from} → ${line.to} is not orthogonal`,
        );
    }
  assert.ok(chart.states.length === 1 || drawing.initial, `${name}: no beginning`);
}

for (const [name, machine] of machines) {
  const chart = chartOf(machine);
  test(`${name}: every transition is drawn, written in its target, or stays`, () => {
    const { edges, entries, hidden } = simplify(chart);
    const shown = new Set([...edges.flatMap((e) => e.edges), ...[...entries.values()].flat().flatMap((e) => e.edges)]);
    const missing = chart.edges.filter((e) => !stays(e) && !shown.has(e.id) && !hidden.has(e.from));
    assert.equal(
      missing.map((e) => e.id),
      [],
    );
    for (const line of edges)
      assert.ok(line.lines.length <= 4, `${line.from} → ${line.to} has ${line.lines.length} rows`);
  });
  test(`${name}: drawn in full and small, both ways`, async () => {
    for (const direction of ['RIGHT', 'DOWN'] as const) {
      check(`${name} ${direction}`, chart, toDrawing(chart, await elk.layout(toGraph(chart, direction, false)), false));
      const mini = toDrawing(chart, await elk.layout(toGraph(chart, direction, true)), true);
      assert.ok(
        mini.lines.every((l) => l.label === null) && mini.boxes.every((b) => !b.path.includes('.')),
        'the small one has no labels and no children',
      );
    }
  });
}

test('the layout of a machine is the same each time', async () => {
  const chart = chartOf(instanceMachine);
  const [a, b] = [await elk.layout(toGraph(chart, 'DOWN', false)), await elk.layout(toGraph(chart, 'DOWN', false))];
  assert.equal(toDrawing(chart, a, false), toDrawing(chart, b, false));
});

test('a transition that has no line of its own jumps at the side', async () => {
  const chart = chartOf(instanceMachine);
  const drawing = toDrawing(chart, await elk.layout(toGraph(chart, 'DOWN', true)), true);
  const way = jump(drawing, 'running', 'restarting.clearing')!;
  assert.match(way.d, /^M[-\d. ]+C/);
  assert.is(jump(drawing, 'running', 'running'), null);
  assert.is(jump(drawing, 'nowhere', 'running'), null);
});

test('labels read as people write them', () => {
  assert.is(eventName('xstate.after.10000.instance.killing', 'after'), 'after 10 s');
  assert.is(eventName('after backOff', 'after'), 'after backOff');
  assert.is(eventName('xstate.done.actor.0.fetch', 'done'), 'fetch done');
  assert.is(eventName('xstate.error.actor.fetch', 'error'), 'fetch failed');
  assert.is(edgeLabel({ event: '', guard: 'isNew', kind: 'always' }), '[isNew]');
  assert.is(edgeLabel({ event: 'program.exited', guard: 'empty', kind: 'event' }), 'program.exited [empty]');
  assert.is(afterMs({ event: 'after 10000', guard: null, kind: 'after' }), 10_000);
  assert.is(afterMs({ event: 'after backOff', guard: null, kind: 'after' }), null);
});

test('a line is cut where its label stands, and its corners are rounded', () => {
  assert.equal(
    outside(
      [
        { x: 0, y: 0 },
        { x: 100, y: 0 },
      ],
      { x: 40, y: -5, width: 20, height: 10 },
    ),
    [
      [
        { x: 0, y: 0 },
        { x: 40, y: 0 },
      ],
      [
        { x: 60, y: 0 },
        { x: 100, y: 0 },
      ],
    ],
  );
  assert.equal(
    outside(
      [
        { x: 0, y: 0 },
        { x: 0, y: 50 },
      ],
      { x: 40, y: 0, width: 20, height: 10 },
    ),
    [
      [
        { x: 0, y: 0 },
        { x: 0, y: 50 },
      ],
    ],
  );
  assert.is(
    rounded([
      { x: 0, y: 0 },
      { x: 0, y: 20 },
      { x: 30, y: 20 },
    ]),
    'M0 0L0 12Q0 20 8 20L30 20',
  );
});
test.run();
