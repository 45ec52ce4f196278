// What people are told: the funnel of an app's nodes, and a plan before it is applied.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preview } from '../../src/placement/preview.ts';
import { whyPlacement } from '../../src/placement/why.ts';
import { Simulation } from './simulation.ts';

const GiB = 1024 ** 3;

test('the funnel narrows clause by clause and resource by resource, naming whom it loses', () => {
  const s = new Simulation();
  s.node('n1', { hostname: 'db-1', tags: ['ssd'], mem: 1 * GiB });
  s.node('n2', { hostname: 'db-2', tags: ['ssd'], status: 'cordoned' });
  s.node('n3', { hostname: 'db-3', tags: ['ssd'], mem: 1.8 * GiB });
  s.node('n4', { hostname: 'web-1', cpus: 2 });
  s.deploy({
    name: 'db',
    placement: { query: 'tags:ssd AND os.cpus:>4', maxPerNode: 1 },
    resAlloc: { mem: '2GB', cpus: 1 },
  });
  const why = whyPlacement(s.snapshot(), 'db');
  assert.equal(why.funnel, [
    { step: 'all nodes', left: 4, lost: [] },
    { step: 'tags:ssd', left: 3, lost: ['web-1'] },
    { step: 'os.cpus:>4', left: 3, lost: [] },
    { step: 'takes work', left: 2, lost: ['db-2 (cordoned)'] },
    { step: 'at most 1 a node', left: 2, lost: [] },
    { step: 'cpus', left: 2, lost: [] },
    { step: 'mem', left: 0, lost: ['db-1', 'db-3'] },
  ]);
  assert.equal(why.nearest, ['db-3 lacks 205 MiB of memory', 'db-1 lacks 1 GiB of memory']);
  assert.is(
    why.sentence,
    '3 of 4 nodes match `tags:ssd AND os.cpus:>4`, none has 2 GiB of memory left; nearest: db-3 lacks 205 MiB of memory',
  );
});

test('where a node fits there is nothing to complain about; an app that is not there has no funnel', () => {
  const s = new Simulation();
  s.node('n1');
  s.deploy({ name: 'web' });
  assert.is(whyPlacement(s.snapshot(), 'web').sentence, null);
  assert.equal(whyPlacement(s.snapshot(), 'nope'), { funnel: [], nearest: [], sentence: null });
});

test('a preview has a step for every slot, later batches and waiting ones included', () => {
  const s = new Simulation();
  for (const id of ['n1', 'n2', 'n3']) s.node(id);
  s.deploy({ name: 'web', placement: { scale: 3, maxPerNode: 2 } });
  assert.is(preview(s.snapshot(), 'web').summary, '3 to place');
  s.settle();
  assert.is(preview(s.snapshot(), 'web').summary, '3 unchanged');
  s.deploy({ name: 'web', args: ['2'], resAlloc: { cpus: 4 }, placement: { scale: 7, maxPerNode: 2 } });
  const { steps, summary, waiting } = preview(s.snapshot(), 'web');
  assert.equal(
    steps.map(({ slot, what }) => `${slot} ${what}`),
    ['0 replace', '1 replace', '2 replace', '3 place', '4 place', '5 place', '6 wait'],
  );
  assert.is(summary, '3 to place, 3 to replace, 1 waiting');
  assert.match(waiting[0]!.reason, /^none of 3 nodes has /);
  assert.ok(steps.filter(({ what }) => what === 'place').every(({ node }) => node !== null));
  s.change('web', { scale: 1 });
  assert.equal(preview(s.snapshot(), 'web').steps.filter(({ what }) => what === 'stop').length, 2);
  assert.is(s.held('web').length, 3, 'and nothing was done');
});

test.run();
