// The charts: what is drawn is what runs, and what is written down is up to date.
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, createMachine, and, not, type AnyTransitionDefinition, type InspectionEvent } from 'xstate';
import { chartOf, edgesOf } from '../../../machines/chart/chart.ts';
import { toMermaid } from '../../../machines/chart/mermaid.ts';
import { chartsDocument, machines } from '../../../src/build-charts.ts';

const sample = () =>
  createMachine(
    {
      id: 'sample',
      context: { n: 0 },
      initial: 'off',
      on: { reset: '.off' },
      states: {
        off: {
          description: 'Rests.',
          on: {
            go: [
              { guard: 'ready', target: 'on' },
              { guard: and(['willing', not('tired')]), target: 'on.left.a' },
            ],
            same: { actions: [] },
          },
        },
        on: {
          type: 'parallel',
          onDone: 'over',
          states: {
            left: { initial: 'a', states: { a: { after: { 1000: 'b', soon: 'b' } }, b: { type: 'final' } } },
            right: {
              initial: 'x',
              states: {
                x: { always: { guard: ({ context }) => context.n > 3, target: 'y' } },
                y: { invoke: { src: 'fetch', onDone: 'z', onError: 'x' } },
                z: { type: 'final' },
              },
            },
          },
        },
        over: { type: 'final' },
      },
    },
    { guards: { ready: () => true, willing: () => true, tired: () => false }, delays: { soon: 5 } },
  );

test('states stand in document order, with parents, types and initial ones', () => {
  const { states } = chartOf(sample());
  assert.equal(
    states.map((s) => s.path),
    ['off', 'on', 'on.left', 'on.left.a', 'on.left.b', 'on.right', 'on.right.x', 'on.right.y', 'on.right.z', 'over'],
  );
  assert.equal(
    states.filter((s) => s.initial).map((s) => s.path),
    ['off', 'on.left', 'on.left.a', 'on.right', 'on.right.x'],
  );
  const on = states.find((s) => s.path === 'on.right')!;
  assert.is(on.parent, 'on');
  assert.is(on.type, 'compound');
  assert.is(states[0]!.description, 'Rests.');
});

test('edges hold always, after, the ends of effects and of states, and the names of guards', () => {
  const { edges } = chartOf(sample());
  const lines = edges.map(
    (e) => `${e.from || '*'} ${e.kind} "${e.event}"${e.guard ? ` [${e.guard}]` : ''} ${e.to ?? '-'}`,
  );
  for (const line of [
    '* event "reset" off',
    'off event "go" [ready] on',
    'off event "go" [willing and not tired] on.left.a',
    'off event "same" -',
    'on done "on done" over',
    'on.left.a after "after 1000" on.left.b',
    'on.left.a after "after soon" on.left.b',
    'on.right.y done "fetch done" on.right.z',
    'on.right.y error "fetch failed" on.right.x',
  ])
    assert.ok(lines.includes(line), `${line} is missing in\n${lines.join('\n')}`);
  assert.ok(
    lines.some((line) => line.startsWith('on.right.x always "" [')),
    'the always edge',
  );
  assert.is(new Set(edges.map((e) => e.id)).size, edges.length, 'ids are unique');
});

test('the chart is the same for a provided machine, and each microstep finds its edge', () => {
  const provided = sample().provide({ guards: { ready: () => false } });
  assert.equal(chartOf(provided), chartOf(sample()));
  const find = edgesOf(provided);
  const taken: string[] = [];
  const actor = createActor(provided, {
    inspect: (event: InspectionEvent) => {
      if (event.type === '@xstate.microstep')
        for (const transition of event._transitions as AnyTransitionDefinition[]) taken.push(...find(transition));
    },
  }).start();
  actor.send({ type: 'go' });
  assert.equal(actor.getSnapshot().value, { on: { left: 'a', right: 'x' } });
  actor.send({ type: 'reset' });
  actor.stop();
  assert.equal(taken, ['off:go#1', ':reset#0']);
});

test('Mermaid text has every state, nests them and merges the labels between two', () => {
  const text = toMermaid(chartOf(sample()));
  assert.ok(text.startsWith('stateDiagram-v2\n  [*] --> off\n'));
  assert.match(text, /state "on" as on \{\n {4}state "left" as on_left \{/);
  assert.match(text, / {4}--\n/);
  assert.match(text, /on_left_a --> on_left_b: after 1000<br\/>after soon/);
  assert.match(text, /any_state_of_it --> off: reset/);
  assert.match(text, /over --> \[\*\]/);
});

test('every machine of the hub is drawn, each state in words', async () => {
  const all = await machines();
  assert.ok(all.length >= 3, `only ${all.length} machines were found`);
  for (const { machine, comment } of all) {
    const { states } = chartOf(machine);
    assert.ok(comment.length > 40, `${machine.id} says nothing at the top of its file`);
    assert.ok(
      states.filter((s) => s.type === 'atomic' || s.type === 'final').length <= 12,
      `${machine.id} has more than 12 leaf states`,
    );
    const silent = states.filter((s) => s.parent === null && s.description === null).map((s) => s.path);
    assert.equal(silent, [], `states of ${machine.id} without a description`);
  }
});

test('machines/README.md is what the machines are now', async () => {
  const written = readFileSync(new URL('../../../../machines/README.md', import.meta.url), 'utf8');
  assert.is(written, await chartsDocument(), 'stale: run `node dist/src/build-charts.js`');
});

test.run();
