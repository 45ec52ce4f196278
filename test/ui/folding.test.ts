// Live frames into maps, lists into windows, records into what the pages say of them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AppView } from '../../src/model/app/app.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { NodeView } from '../../src/model/node.ts';
import type { ActorView } from '../../src/protocol/live.ts';
import { treeRows } from '../../ui/lists/actor-tree.ts';
import { appStatus, notRunning, usageOf } from '../../ui/look/app-look.ts';
import { eventStatus, perMinute, splitSubject, topSubjects } from '../../ui/look/event-look.ts';
import { applyChanges, foldAnswer, foldEvents, foldPart, partOf, replaceAll, foldUsage } from '../../ui/hub/fold.ts';
import { stays, stayWidths } from '../../ui/look/life.ts';
import { mapKind, tileWidth, worstStatus } from '../../ui/look/map-layout.ts';
import { countStatuses, findNeeds, missingSlots } from '../../ui/hub/needs.ts';
import { findRoute, railOf } from '../../ui/routes.ts';
import { samples, table, withSample } from '../../ui/look/series.ts';
import { slice } from '../../ui/lists/window.ts';

const app = (name: string, extra: object = {}): AppView =>
  ({
    name,
    revision: 1,
    scale: 2,
    start: true,
    deleting: false,
    status: 'running',
    reason: null,
    updatedAt: 5,
    instances: { wanted: 2, running: 2, healthy: 2, total: 2 },
    spec: { type: 'service' },
    ...extra,
  }) as AppView;
const instance = (id: string, status: string, extra: object = {}): InstanceView =>
  ({
    id,
    app: id.split('.')[0],
    slot: Number(id.split('.')[1]),
    node: 'n1',
    status,
    goal: 'run',
    at: 10,
    health: [],
    reason: null,
    exit: null,
    escalated: null,
    usage: null,
    startedAt: 1,
    readyAt: 2,
    ...extra,
  }) as unknown as InstanceView;
const node = (id: string, status: string): NodeView =>
  ({ id, hostname: id, status, reason: null, beatAt: 3 }) as NodeView;
const event = (
  seq: number,
  kind: string,
  subject: ClusterEvent['subject'],
  extra: Partial<ClusterEvent> = {},
): ClusterEvent => ({ seq, at: seq * 1000, kind, subject, message: '', loudness: 'quiet', detail: {}, ...extra });

test('a snapshot replaces, but equal records stay the same objects', () => {
  const map = new Map([
    ['a', { id: 'a', n: 1 }],
    ['b', { id: 'b', n: 1 }],
  ]);
  const kept = map.get('a');
  assert.is(
    replaceAll(
      map,
      [
        { id: 'a', n: 1 },
        { id: 'c', n: 1 },
      ],
      (x) => x.id,
    ),
    true,
  );
  assert.is(map.get('a'), kept);
  assert.equal([...map.keys()], ['a', 'c']);
  assert.is(
    replaceAll(
      map,
      [
        { id: 'a', n: 1 },
        { id: 'c', n: 1 },
      ],
      (x) => x.id,
    ),
    false,
  );
});
test('changes by id, null removes; removing what is not there changes nothing', () => {
  const map = new Map([['a', { id: 'a' }]]);
  assert.is(applyChanges(map, { b: { id: 'b' }, a: null }), true);
  assert.equal([...map.keys()], ['b']);
  assert.is(applyChanges<{ id: string }>(map, { x: null }), false);
});
test('the snapshot of one instance adds to the cluster instead of replacing it', () => {
  const map = new Map([['web.0.a', instance('web.0.a', 'running')]]);
  foldPart(
    partOf({ type: 'snapshot', topic: 'instance:web.1.b', at: 1, instances: [instance('web.1.b', 'starting')] }),
    'instances',
    map,
    (i: InstanceView) => i.id,
  );
  assert.equal([...map.keys()], ['web.0.a', 'web.1.b']);
});
test('an answer that is slower than the frame of its change overwrites nothing', async () => {
  const map = new Map([['a', { id: 'a', n: 1 }]]);
  const late = async (during: () => void, answer?: { id: string; n: number }): Promise<unknown> => {
    const folded = foldAnswer(
      map,
      Promise.resolve().then(() => (during(), answer)),
      (x) => x.id,
    );
    return [await folded, map.get('a')?.n, map.size];
  };
  assert.equal(await late(() => undefined, { id: 'a', n: 2 }), [true, 2, 1]);
  assert.equal(await late(() => applyChanges(map, { a: { id: 'a', n: 4 } }), { id: 'a', n: 3 }), [false, 4, 1]);
  assert.equal(
    await late(() => applyChanges(map, { a: null }), { id: 'a', n: 5 }),
    [false, undefined, 0],
    'it is gone',
  );
  assert.equal(await late(() => undefined, { id: 'a', n: 6 }), [true, 6, 1], 'a new one');
  assert.equal(await late(() => undefined), [false, 6, 1]);
});
test('events are newest first, without doubles, and bounded', () => {
  const list = foldEvents([{ seq: 3 }, { seq: 2 }], [{ seq: 2 }, { seq: 5 }, { seq: 1 }], 3);
  assert.equal(
    list.map((e) => e.seq),
    [5, 3, 2],
  );
});

test('a window draws the rows in view and a few around them', () => {
  assert.equal(slice(10_000, 32, 32 * 5000, 800, 10), {
    first: 4990,
    end: 5035,
    before: 4990 * 32,
    after: (10_000 - 5035) * 32,
  });
  assert.equal(slice(3, 32, 0, 800), { first: 0, end: 3, before: 0, after: 0 });
  assert.equal(slice(0, 32, 500, 800), { first: 0, end: 0, before: 0, after: 0 });
});

test('what needs a look: worst first, quiet ones are left out', () => {
  const needs = findNeeds(
    [
      app('web', { status: 'waiting' }),
      app('fine'),
      app('job', { status: 'failed', instances: { wanted: 1, running: 0, healthy: 0, total: 0 } }),
    ],
    [node('n1', 'ready'), node('n2', 'lost')],
    [
      instance('web.0.a', 'unhealthy'),
      instance('web.1.b', 'failed'),
      instance('web.2.c', 'restarting'),
      instance('web.3.d', 'restarting', { reason: { code: 'crash-loop', text: 'x', next: null } }),
      instance('web.4.e', 'failed', { goal: 'stop' }),
      instance('job.0.f', 'failed'),
    ],
    (id) => id.toUpperCase(),
  );
  assert.equal(
    needs.map((n) => [n.key, n.what, n.node]),
    [
      ['i:job.0.f', 'failed', 'N1'],
      ['i:web.1.b', 'failed', 'N1'],
      ['n:n2', 'lost', null],
      ['i:web.3.d', 'crash-loop', 'N1'],
      ['i:web.0.a', 'unhealthy', 'N1'],
      ['a:web', 'waiting', null],
    ],
  );
});
test('slots without an instance are pending', () => {
  const web = app('web', { scale: 4 });
  const own = [
    instance('web.0.a', 'running'),
    instance('web.2.c', 'running'),
    instance('web.3.d', 'running', { goal: 'stop' }),
  ];
  assert.equal(missingSlots(web, own), [1, 3]);
  assert.equal(missingSlots(app('web', { scale: 4, start: false }), []), []);
  assert.equal(countStatuses([web], new Map([['web', own]])), { running: 3, pending: 2 });
});
test('the line of an app', () => {
  assert.is(appStatus(app('web'), []), 'running');
  assert.is(appStatus(app('web', { start: false }), []), 'stopped');
  assert.is(
    appStatus(app('web', { status: 'degraded' }), [instance('web.0.a', 'running'), instance('web.1.b', 'failed')]),
    'failed',
  );
  assert.equal(
    notRunning(app('web', { scale: 3 }), [instance('web.0.a', 'running'), instance('web.1.b', 'restarting')]),
    [
      ['restarting', 1],
      ['pending', 1],
    ],
  );
  assert.equal(
    usageOf([
      instance('a.0.x', 'running', { usage: { cpu: 0.5, mem: null } }),
      instance('a.1.x', 'running', { usage: { cpu: 0.25, mem: 7 } }),
    ]),
    { cpu: 0.75, mem: 7 },
  );
});
test('how the map is cut and how wide a tile is', () => {
  assert.equal(
    [mapKind(12, 40), mapKind(13, 2), mapKind(2, 41), mapKind(1, 1001)],
    ['apps', 'packed', 'packed', 'cells'],
  );
  assert.equal(
    [tileWidth(null), tileWidth(256 * 1024 ** 2), tileWidth(1024 ** 3), tileWidth(1024 ** 4)],
    [28, 28, 40, 60],
  );
  assert.is(worstStatus(['running', 'killing', 'starting']), 'killing');
  assert.is(worstStatus([]), 'running');
});

test('events: their glyph, their subject, their minute', () => {
  assert.equal(
    ['instance.exited', 'instance.ready', 'instance.started', 'node.drainBegan', 'app.scaled', 'file.quarantined'].map(
      (kind) => eventStatus(event(1, kind, {})),
    ),
    ['restarting', 'running', 'starting', 'draining', 'passing', 'failed'],
  );
  assert.is(eventStatus(event(1, 'x.y', {}, { loudness: 'attention' })), 'unhealthy');
  assert.equal(splitSubject(event(1, 'x.y', { app: 'web', slot: 2 }, { message: 'web.2 is running' })), [
    'web.2',
    ' is running',
  ]);
  assert.equal(splitSubject(event(1, 'x.y', {}, { message: 'the store' })), ['', 'the store']);
  assert.equal(perMinute([{ at: 60_000 }, { at: 119_000 }, { at: 1 }], 119_999, 2), [1, 2]);
  assert.equal(
    topSubjects([event(1, 'x', { app: 'web' }), event(2, 'x', { app: 'web' }), event(3, 'x', { node: 'n' })], 0, 2).map(
      (s) => [s.name, s.n],
    ),
    [
      ['web', 2],
      ['n', 1],
    ],
  );
});

test('a life is its stays, the last one as the instance says itself', () => {
  const i = instance('web.0.a', 'running', { readyAt: 9000 });
  const of = { instance: 'web.0.a' };
  const list = stays(i, [
    event(9, 'instance.ready', of),
    event(1, 'instance.fetching', of),
    event(2, 'instance.started', of),
    event(3, 'instance.ready', { instance: 'other' }),
  ]);
  assert.equal(
    list.map((s) => [s.status, s.from, s.to]),
    [
      ['fetching', 1000, 2000],
      ['starting', 2000, 9000],
      ['running', 9000, null],
    ],
  );
  const visited = stays(i, [
    event(2, 'instance.started', of),
    event(9, 'instance.ready', of),
    event(10, 'instance.execBegan', of),
    event(11, 'instance.execEnded', of),
    event(12, 'instance.diskHigh', of, { loudness: 'attention' }),
  ]);
  assert.equal(
    visited.map((s) => [s.status, s.from, s.to]),
    [
      ['starting', 2000, 9000],
      ['running', 9000, null],
    ],
    'a command beside it and a warning are no stays',
  );
  assert.equal(
    stays(instance('web.0.a', 'lost', { at: 50 }), []).map((s) => s.status),
    ['lost'],
  );
  const widths = stayWidths(list, 20_000, 600);
  assert.ok(Math.abs(widths.reduce((a, b) => a + b, 0) + 4 - 600) < 0.01 && widths.every((w) => w >= 18));
});

test('the tree of actors: parents before children, a search shows the way to what it finds, circles end', () => {
  const actor = (id: string, parent: string | null, machine = 'instance', state = 'running'): ActorView => ({
    id,
    parent,
    machine,
    label: id,
    where: 'x',
    state,
    status: 'active',
    at: 0,
  });
  const list = [
    actor('i10', 's'),
    actor('i9', 's', 'instance', 'restarting.waiting'),
    actor('s', 'agent', 'app-supervisor', 'guarding'),
    actor('agent', null, 'agent', 'serving'),
    actor('orphan', 'gone'),
    actor('x', 'y'),
    actor('y', 'x'),
  ];
  assert.equal(
    treeRows(list, () => true, '').map((r) => [r.actor.id, r.depth]),
    [
      ['agent', 0],
      ['s', 1],
      ['i9', 2],
      ['i10', 2],
      ['orphan', 0],
    ],
  );
  assert.equal(treeRows(list, () => false, '')[0]!.below, { status: 'restarting', n: 1 });
  assert.equal(
    treeRows(list, () => false, 'i10').map((r) => r.actor.id),
    ['agent', 's', 'i10'],
  );
});

test('addresses and their pages', () => {
  const pages = [
    '/',
    '/apps',
    '/apps/web',
    '/apps/+new',
    '/apps/web/edit',
    '/nodes/n%2F1',
    '/inspector/node%3Aa%2Fagent',
    '/data/apps?query=x',
    '/nothing',
    '/apps/a/b/c',
    '/%E0%A4%A',
  ].map((path) => {
    const r = findRoute(path);
    return `${r.page} ${r.page === 'missing' ? '' : r.id}`.trim();
  });
  assert.equal(pages, [
    'overview',
    'apps',
    'app web',
    'deploy',
    'deploy web',
    'node n/1',
    'inspector node:a/agent',
    'data apps',
    'missing',
    'missing',
    'missing',
  ]);
  assert.is(findRoute('/data/apps?query=a%20b').query.get('query'), 'a b');
  assert.equal([railOf('instance'), railOf('node'), railOf('events')], ['apps', 'nodes', 'events']);
});

test('minutes become a line with gaps, long ranges are averaged', () => {
  const short = table([{ minute: 101, values: { cpu: [0, 0.5, 1] } }], 100, 102);
  assert.equal(short.x, [6000, 6060, 6120]);
  assert.equal(short.of('cpu'), [null, 0.5, null]);
  const long = table(
    [
      { minute: 0, values: { cpu: [0, 1, 1] } },
      { minute: 1, values: { cpu: [0, 3, 3] } },
    ],
    0,
    799,
  );
  assert.is(long.of('cpu')[0], 2);
  assert.ok(long.x.length <= 401);
});
test('samples go into the instances that they are of; others, and what is none, change nothing', () => {
  const before = instance('a.0.x', 'running', { usage: null });
  const map = new Map([
    ['a.0.x', before],
    ['b.0.y', instance('b.0.y', 'running')],
  ]);
  const other = map.get('b.0.y');
  const change = {
    type: 'change' as const,
    topic: 'cluster',
    at: 1,
    usage: {
      'a.0.x': [7, 0.5, 1024, 3, 1, 2, null, 0, 0, 0.5, null],
      'gone.0.z': [7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      'b.0.y': [1],
    },
  };
  assert.is(foldUsage(change, map), true);
  assert.equal(map.get('a.0.x')!.usage, {
    at: 7,
    cpu: 0.5,
    mem: 1024,
    fds: 3,
    processes: 1,
    threads: 2,
    disk: null,
    ioRead: 0,
    ioWrite: 0,
    cpuShare: 0.5,
    memShare: null,
  });
  assert.is.not(map.get('a.0.x'), before, 'drawn again');
  assert.is(map.get('b.0.y'), other);
  assert.is(map.size, 2);
  assert.is(foldUsage({ type: 'change', topic: 'cluster', at: 1 }, map), false);
});
test('the last five minutes grow by what comes, never by what is known', () => {
  const one = (at: number, cpu: number) => ({ at, cpu, mem: 1, ioRead: null, ioWrite: null });
  let recent = withSample({ at: [], cpu: [], mem: [], ioRead: [], ioWrite: [] }, one(1000, 1));
  recent = withSample(recent, one(1000, 2));
  recent = withSample(recent, one(3000, 3));
  assert.equal(
    [recent.at, recent.cpu],
    [
      [1000, 3000],
      [1, 3],
    ],
  );
  recent = withSample(recent, one(302_000, 4));
  assert.equal(
    [recent.at, recent.cpu, recent.ioRead],
    [
      [3000, 302_000],
      [3, 4],
      [null, null],
    ],
  );
  const drawn = samples(recent, 75_000);
  assert.equal(
    [drawn.x, drawn.of('cpu')],
    [
      [3, 301.999, 302],
      [3, null, 4],
    ],
    'a pause breaks the line',
  );
});
test('a band of least and most goes with the averages', () => {
  const drawn = table(
    [
      { minute: 10, values: { cpu: [1, 2, 4] } },
      { minute: 12, values: { cpu: [0, 1, 3] } },
    ],
    10,
    12,
  );
  assert.equal(
    [drawn.of('cpu'), drawn.least('cpu'), drawn.most('cpu')],
    [
      [2, null, 1],
      [1, null, 0],
      [4, null, 3],
    ],
  );
  const thin = table(
    [
      { minute: 0, values: { cpu: [1, 2, 4] } },
      { minute: 1, values: { cpu: [0, 4, 9] } },
    ],
    0,
    800,
  );
  assert.equal(
    [thin.of('cpu')[0], thin.least('cpu')[0], thin.most('cpu')[0]],
    [3, 0, 9],
    'of two minutes the least of the least, the most of the most',
  );
});
test('a store that takes no writes is the first thing to look at', () => {
  const [first, ...more] = findNeeds([app('web', { status: 'waiting' })], [], [], (id) => id, {
    code: 'store-full',
    message: 'The disk is full',
    hint: 'Make room.',
    since: 5,
  });
  assert.equal([first?.kind, first?.why, first?.at, more.length], ['store', 'The disk is full. Make room.', 5, 1]);
});

test.run();
