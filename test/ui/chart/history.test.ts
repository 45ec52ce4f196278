// What the inspector folds out of frames: what is lit, visited, taken, changed; stepping back; sequences and timers.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChartView, InspectFrame } from '../../../src/protocol/live.ts';
import {
  stepsKept,
  activePaths,
  changedKeys,
  emptyHistory,
  foldFrame,
  heardIn,
  lastMove,
  ledTo,
  taken,
  visits,
  type History,
} from '../../../ui/chart/history.ts';
import { toSequence } from '../../../ui/chart/sequence.ts';

const state = (path: string, parent: string | null = null): ChartView['states'][number] => ({
  path,
  parent,
  type: 'atomic',
  initial: false,
  description: null,
});
const edge = (id: string, from: string, to: string | null, event: string): ChartView['edges'][number] => ({
  id,
  from,
  to,
  event,
  guard: null,
  kind: 'event',
});
const chart: ChartView = {
  id: 'm',
  states: [state('a'), state('b'), state('c'), state('c.d', 'c')],
  edges: [
    edge('ab', 'a', 'b', 'go'),
    edge('bb', 'b', 'b', 'again'),
    edge('bc', 'b', 'c.d', 'deeper'),
    edge('any', '', 'a', 'reset'),
    edge('noop', 'a', null, 'stay'),
  ],
};
const frame = (
  seq: number,
  at: number,
  event: string,
  edges: string[],
  active: string[],
  extra: Partial<InspectFrame> = {},
): InspectFrame => ({
  actor: 'x',
  machine: 'm',
  seq,
  at,
  event,
  edges,
  state: active,
  context: { n: seq },
  source: null,
  status: 'active',
  ...extra,
});
const fold = (...frames: InspectFrame[]): History => frames.reduce(foldFrame, emptyHistory('x'));
const story = (): History =>
  fold(
    frame(0, 0, '', [], ['a'], { chart }),
    frame(1, 10, 'go', ['ab'], ['b'], { source: 'p' }),
    frame(2, 30, 'again', ['bb'], ['b'], { source: 'q' }),
    frame(3, 60, 'deeper', ['bc'], ['c', 'c.d']),
  );

test('steps are kept in order, with the chart of the first', () => {
  const history = story();
  assert.is(history.chart, chart);
  assert.equal(
    history.steps.map((s) => s.seq),
    [0, 1, 2, 3],
  );
});
test('a frame that comes again changes nothing but what was not known', () => {
  const history = foldFrame(story(), frame(3, 60, '', [], ['c', 'c.d'], { chart }));
  assert.equal(
    history.steps.map((s) => [s.seq, s.event, s.edges]),
    [
      [0, '', []],
      [1, 'go', ['ab']],
      [2, 'again', ['bb']],
      [3, 'deeper', ['bc']],
    ],
  );
});
test('numbers that begin anew begin the history anew', () => {
  assert.equal(
    foldFrame(story(), frame(0, 100, '', [], ['a'], { chart })).steps.map((s) => s.seq),
    [0],
  );
});
test('at most 500 steps are kept', () => {
  let history = emptyHistory('x');
  for (let i = 0; i < stepsKept + 20; i++) history = foldFrame(history, frame(i, i, 'e', [], ['a']));
  assert.is(history.steps.length, stepsKept);
  assert.is(history.steps[0]!.seq, 20);
});
test('visits: times entered, the last stay, re-entry counts', () => {
  const seen = visits(story(), 3);
  assert.equal(seen.get('a'), { times: 1, lastStayMs: 10, since: null });
  assert.equal(seen.get('b'), { times: 2, lastStayMs: 30, since: null });
  assert.equal(seen.get('c.d'), { times: 1, lastStayMs: null, since: 60 });
  assert.equal(seen.get('c'), { times: 1, lastStayMs: null, since: 60 });
});
test('stepping back shows what was known then', () => {
  assert.is(visits(story(), 1).has('c'), false);
  assert.equal([...taken(story(), 1)], ['ab']);
  assert.is(lastMove(story(), 2)!.event, 'again');
  assert.is(lastMove(fold(frame(0, 0, '', [], ['a'])), 0), null);
});
test('where a step led', () => {
  const { steps } = story();
  assert.equal(ledTo(steps, 1), ['b']);
  assert.equal(ledTo(steps, 3), ['c', 'c.d']);
  assert.equal(ledTo(foldFrame(story(), frame(4, 70, 'noise', [], ['c', 'c.d'])).steps, 4), []);
});
test('parents are active with their children', () => assert.equal([...activePaths(['c.d'])], ['c', 'c.d']));
test('changed keys carry the value before', () => {
  assert.equal(
    [...changedKeys({ a: 1, b: { x: 1 }, gone: 0 }, { a: 1, b: { x: 2 }, fresh: null })],
    [
      ['b', { x: 1 }],
      ['gone', 0],
      ['fresh', undefined],
    ],
  );
  assert.is(changedKeys(null, 3).size, 0);
});
test("events that a state hears, the machine's own included", () => {
  assert.equal(heardIn(chart, ['b']), ['again', 'deeper', 'reset']);
  assert.equal(heardIn(null, ['b']), []);
});
test('a sequence has a lifeline for each caller, the newest message last, and a bar for each stay', () => {
  const seq = toSequence(story(), 3);
  assert.equal(
    seq.lives.map((l) => l.id),
    ['p', 'x', 'q'],
  );
  assert.equal(
    seq.messages.map((m) => m.index),
    [1, 2, 3],
  );
  assert.ok(seq.messages[2]!.self && !seq.messages[0]!.self);
  assert.equal(
    seq.bars.map((b) => b.state),
    ['b', 'c'],
  );
  assert.ok(seq.bars.every((b, i) => b.height > 0 && (i === 0 || b.y >= seq.bars[i - 1]!.y)));
  assert.equal(toSequence(emptyHistory('x'), 3).messages, []);
});
test.run();
