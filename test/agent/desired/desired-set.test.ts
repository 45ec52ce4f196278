// What this node is to run, as its file has it: over restarts, torn lines and terms.
import { appendFileSync, readdirSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DesiredFile } from '../../../src/agent/desired/desired-file.ts';
import { DesiredSet, type DesiredChange } from '../../../src/agent/desired/desired-set.ts';
import { onlyAdjusts } from '../../../src/agent/desired/only-adjusts.ts';
import type { Assignment } from '../../../src/model/assignment.ts';
import type { DesiredFrame } from '../../../src/protocol/link.ts';

const fresh = () => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'desired-'));
const assignment = (id: string, rest: Partial<Assignment> = {}): Assignment => ({
  id,
  app: 'web',
  slot: 0,
  place: 'a',
  epoch: 1,
  revision: 1,
  hash: 'h',
  owner: 'hub',
  node: 'n',
  goal: 'run',
  onFull: null,
  because: '',
  at: 0,
  nudge: 0,
  ...rest,
});
const revision = (number: number, contents = {}) => ({
  app: 'web',
  revision: number,
  hash: 'h',
  spec: { name: 'web' } as never,
  contents,
});
const frame = (rest: Partial<DesiredFrame>): DesiredFrame => ({
  type: 'desired',
  n: 1,
  term: 1,
  seq: 1,
  from: 0,
  part: 1,
  parts: 1,
  revisions: [],
  assignments: [],
  gone: [],
  envs: {},
  tags: null,
  ...rest,
});
const ids = (list: Assignment[]) => list.map(({ id }) => id);
const silent = () => undefined;

test('a change that only adjusts counts while it is being written, and is on disk when it is held', async () => {
  const directory = fresh();
  const set = DesiredSet.open(directory, silent);
  const here = (id: string, rest: Partial<Assignment> = {}) =>
    new Map([[id, { record: { assignment: assignment(id, rest) } as never, unnamed: false }]]);
  await set.take(frame({ assignments: [assignment('a')], revisions: [revision(1)] }));
  const change = frame({ seq: 2, from: 1, assignments: [assignment('a', { revision: 2 })], revisions: [revision(2)] });
  assert.ok(onlyAdjusts(change, here('a')));
  const kept = (): Assignment | undefined => DesiredSet.open(directory, silent).assignments.get('a');
  let heard: DesiredChange | null = null;
  let before: number | undefined;
  const taken = (await set.take(change, (early) => {
    heard = early;
    before = kept()?.revision;
    assert.is(set.revision('web', 2)?.revision, 2, 'its revision can be looked up');
  })) as DesiredChange;
  assert.is(heard, taken);
  assert.equal([before, kept()?.revision], [1, 2]);
  // Whoever finds a file that cannot be gone on with begins another, with the change in it from the start.
  const again = DesiredSet.open(directory, silent);
  await again.take(
    { ...change, seq: 3, from: 2, assignments: [assignment('a', { revision: 2, at: 9 })] },
    () => undefined,
  );
  assert.equal(DesiredSet.open(directory, silent).assignments.get('a'), again.assignments.get('a'));
  assert.is(again.assignments.get('a')?.at, 9);

  assert.not(onlyAdjusts(change, here('b')), 'it begins');
  assert.not(onlyAdjusts({ ...change, gone: ['b'] }, here('a')), 'one is forgotten');
  assert.not(onlyAdjusts({ ...change, from: 0 }, here('a')), 'a whole set');
  for (const rest of [{ goal: 'stop' }, { hash: 'other' }, { epoch: 2 }, { nudge: 1 }, { owner: 'other' }] as const) {
    assert.not(onlyAdjusts({ ...change, assignments: [assignment('a', rest)] }, here('a')), JSON.stringify(rest));
    assert.not(onlyAdjusts(change, here('a', rest)), `it was ${JSON.stringify(rest)}`);
  }
});

test('a whole set, then a delta; both are there after a restart', async () => {
  const directory = fresh();
  const set = DesiredSet.open(directory, silent);
  const first = (await set.take(
    frame({ assignments: [assignment('a'), assignment('b')], revisions: [revision(1)], envs: { A: '1' } }),
  )) as DesiredChange;
  assert.equal([ids(first.changed), first.envsChanged], [['a', 'b'], true]);
  const second = (await set.take(
    frame({
      seq: 2,
      from: 1,
      assignments: [assignment('b', { goal: 'stop' }), assignment('c')],
      gone: ['a'],
      envs: { A: '1' },
    }),
  )) as DesiredChange;
  assert.equal([ids(second.changed), ids(second.gone), second.envsChanged], [['b', 'c'], ['a'], false]);
  await set.close();
  const again = DesiredSet.open(directory, silent);
  assert.equal([...again.assignments.keys()], ['b', 'c']);
  assert.is(again.assignments.get('b')?.goal, 'stop');
  assert.equal([again.term, again.seq, again.revision('web', 1)?.hash, again.envs], [1, 2, 'h', { A: '1' }]);
});

test('a torn last line is as if it had never been told', async () => {
  const directory = fresh();
  const set = DesiredSet.open(directory, silent);
  await set.take(frame({ assignments: [assignment('a')] }));
  await set.take(frame({ seq: 2, from: 1, assignments: [assignment('b')] }));
  await set.close();
  const path = join(directory, readdirSync(directory)[0]!);
  truncateSync(path, statSync(path).size - 5);
  const again = DesiredSet.open(directory, silent);
  assert.equal([[...again.assignments.keys()], again.seq], [['a'], 1]);
  assert.is(await again.take(frame({ seq: 3, from: 2 })), 'resync');
  const delta = (await again.take(frame({ seq: 2, from: 1, assignments: [assignment('b')] }))) as DesiredChange;
  assert.equal(ids(delta.changed), ['b']);
  await again.close();
  assert.equal([...DesiredSet.open(directory, silent).assignments.keys()], ['a', 'b']);
});

test('a file of zeros or of somebody else is left out and told; the one before it counts', async () => {
  const directory = fresh();
  const set = DesiredSet.open(directory, silent);
  await set.take(frame({ assignments: [assignment('a')] }));
  await set.close();
  writeFileSync(join(directory, '7.jsonl'), Buffer.alloc(100));
  appendFileSync(join(directory, '6.jsonl'), '{"foreign":true}\n');
  const told: string[] = [];
  const again = DesiredSet.open(directory, ({ reason }) => told.push(reason));
  assert.equal([...again.assignments.keys()], ['a']);
  assert.is(told.length, 2);
  await again.take(frame({ assignments: [assignment('z')] }));
  await again.close();
  assert.equal([...DesiredSet.open(directory, silent).assignments.keys()], ['z']);
});

test('where the file is behind what was told, nothing is begun by it until the hub has told it whole', async () => {
  const directory = fresh();
  const file = new DesiredFile(directory);
  file.read(silent);
  await file.keepAll(() => ({ ...frame({ assignments: [assignment('a')] }), whole: true }));
  await file.fallBehind();
  await file.close();
  const set = DesiredSet.open(directory, silent);
  assert.equal([set.damaged, [...set.assignments.keys()]], [true, ['a']]);
  const change = (await set.take(frame({ seq: 5, assignments: [assignment('b')] }))) as DesiredChange;
  assert.equal([ids(change.changed), set.damaged], [['b'], false]);
  await set.close();
  const again = DesiredSet.open(directory, silent);
  assert.equal([again.damaged, [...again.assignments.keys()]], [false, ['b']]);
});

test('parts count when all are there, in order', async () => {
  const set = DesiredSet.open(fresh(), silent);
  assert.is(await set.take(frame({ part: 1, parts: 2, assignments: [assignment('a')] })), 'part');
  assert.is(set.assignments.size, 0);
  const change = (await set.take(
    frame({ part: 2, parts: 2, assignments: [assignment('b')], revisions: [revision(1)] }),
  )) as DesiredChange;
  assert.equal(ids(change.changed), ['a', 'b']);
  assert.is(await set.take(frame({ seq: 2, part: 2, parts: 2 })), 'resync');
  await set.close();
});

test('an earlier term is overtaken; a whole set of the same term is not', async () => {
  const set = DesiredSet.open(fresh(), silent);
  await set.take(frame({ term: 5, seq: 9, assignments: [assignment('a')] }));
  assert.is(await set.take(frame({ term: 4, seq: 99 })), 'old');
  const change = (await set.take(frame({ term: 5, seq: 1, assignments: [] }))) as DesiredChange;
  assert.equal(ids(change.gone), ['a']);
  await set.close();
});

test('later contents of a revision concern its assignments', async () => {
  const set = DesiredSet.open(fresh(), silent);
  await set.take(frame({ assignments: [assignment('a')], revisions: [revision(1)] }));
  const change = (await set.take(
    frame({ seq: 2, from: 1, revisions: [revision(1, { 'http://x': { sha256: 's', size: 1 } })] }),
  )) as DesiredChange;
  assert.equal(ids(change.changed), ['a']);
  await set.close();
});

test.run();
