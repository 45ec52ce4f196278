// A master in trouble: a clock that jumps, a machine that slept, a store that fails for a while, reports that make no sense.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/master/clock.ts';
import { soundInstance } from '../../src/master/link/sound.ts';
import { soundFacts, soundLoad } from '../../src/master/link/sound-node.ts';
import { TimeSlices } from '../../src/master/time-slices.ts';
import type { Refusal } from '../../src/model/errors.ts';
import { isHealthy } from '../../src/model/instance/instance.ts';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import { StoreError } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { deploy, discard, operator, specOf, temporary, testMaster } from '../support/test-master.ts';
import { SimAgent } from '../support/sim-agent.ts';
import { letPass, until } from '../support/until.ts';

test('a machine that slept, or a clock that was set: no node is lost for it', async () => {
  let slept = 0;
  let set = 0;
  const clock = { now: () => systemClock.now() + set, mono: () => systemClock.mono() + slept };
  const master = await testMaster({ clock });
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const history = async () =>
    (
      await master.cluster.events({
        query: 'kind:node.suspected OR kind:node.lost',
        after: 0,
        limit: 10,
        newestFirst: true,
      })
    ).items;
  try {
    await until('ready', async () => agent.welcomed && (await master.cluster.node('n1')).status === 'ready');
    for (const jump of [600_000, 3_600_000]) {
      slept += jump; // everything stood still: the sweep is late by as much as the beats are
      await letPass(400);
    }
    for (const jump of [2 * 365 * 86_400_000, -3_600_000]) {
      set += jump;
      await letPass(400);
    }
    assert.is((await master.cluster.node('n1')).status, 'ready');
    assert.equal(await history(), []);
    agent.disconnect();
    await until('real silence still counts', async () => (await master.cluster.node('n1')).status === 'lost');
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

/** A store that can be made to fail its writes. */
function failing(store: Store): { store: Store; set: (fails: boolean) => void } {
  let fails = false;
  const writes = new Set<PropertyKey>(['write', 'writeBoth', 'bulk', 'append', 'draw', 'addPoints']);
  return {
    set: (value) => {
      fails = value;
    },
    store: new Proxy(store, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) =>
          fails && writes.has(key)
            ? Promise.reject(new StoreError('store-full', 'The disk is full', 'Make room.'))
            : (value as (...args: unknown[]) => unknown).apply(target, given);
      },
    }),
  };
}

test('the store fails for a while: what runs runs on, writes are refused, afterwards all goes on and no event is missing', async () => {
  const directory = temporary();
  const { store, set } = failing(await openEmbedded(directory));
  const master = await testMaster({ store });
  const agents = ['n1', 'n2'].map((node) => new SimAgent({ node }).connect(master.url));
  const [one, two] = agents as [SimAgent, SimAgent];
  try {
    await until('ready', async () => (await master.cluster.nodes('status:ready', { from: 0, size: 5 })).total === 2);
    await deploy(master.cluster, { name: 'web', placement: { scale: 2 } });
    await until('two run', () => one.running.length + two.running.length === 2);
    set(true);
    const refused = await master.cluster.scaleApp('web', 3, null, operator).then(
      () => null,
      (error: unknown) => error,
    );
    assert.instance(refused, StoreError);
    const { trouble } = (await master.cluster.status()).store!;
    assert.equal(
      [trouble?.code, trouble?.message, trouble?.hint, typeof trouble?.since],
      ['store-full', 'The disk is full', 'Make room.', 'number'],
    );
    assert.is((await master.cluster.app('web')).scale, 2);
    const held = one.running[0]!;
    const tell = (n: number, message: string): void => {
      const event = {
        at: Date.now(),
        kind: 'instance.odd',
        subject: {},
        message,
        loudness: 'quiet' as const,
        detail: {},
      };
      one.send({ type: 'events', generation: 'g1', events: [{ n, event }] });
    };
    const acknowledged = (): number[] =>
      one.frames.flatMap((frame) => (frame.type === 'events.ack' ? [frame.upTo] : []));
    tell(1, 'told while the store fails');
    one.set(held.id, { status: 'restarting', pid: null });
    two.disconnect();
    await until('lost', async () => (await master.cluster.node('n2')).status === 'lost');
    assert.is((await master.cluster.instance(held.id)).status, 'restarting', 'what is seen needs no store');
    assert.equal(acknowledged(), [], 'nothing is acknowledged that is not durable');
    set(false);
    tell(2, 'told when it has just come back');
    await until('both are taken up, on the same line', () => acknowledged().includes(2));
    assert.equal(acknowledged(), [1, 2], 'one after the other');
    await until(
      'the lost slot is replaced',
      () => [...one.instances.values()].filter(({ slot }) => slot !== held.slot).length === 1,
    );
    await until(
      'its loss is told',
      async () =>
        (await master.cluster.events({ query: 'kind:node.lost', after: 0, limit: 1, newestFirst: true })).items
          .length === 1,
    );
    one.line?.close('the test breaks the line');
    await until('back', () => one.welcomed);
    tell(1, 'told again');
    await until('acknowledged again', () => acknowledged().length === 3);
    const odd = (await master.cluster.events({ query: 'kind:instance.odd', after: 0, limit: 9, newestFirst: false }))
      .items;
    assert.equal(
      odd.map(({ message }) => message),
      ['told while the store fails', 'told when it has just come back'],
      'each once, in order',
    );
    assert.is((await master.cluster.scaleApp('web', 3, null, operator)).scale, 3);
    await until('three', () => one.instances.size === 3);
    await until('no trouble any more', async () => (await master.cluster.status()).store!.trouble === null);
  } finally {
    set(false);
    for (const agent of agents) agent.disconnect();
    await master.stop();
    discard(directory);
  }
});

test('the record of an app vanishes from the store: nothing is claimed, nothing begins anew unasked, and there is a way on', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const code = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => null,
      (error: unknown) => (error as { code: string }).code,
    );
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 3 } });
    await until('three run', () => agent.running.length === 3);
    const before = [...agent.instances.keys()].sort();
    const gone = await master.store.write({
      collection: 'apps',
      key: 'web',
      doc: null,
      expect: 'any',
      term: 1_000_000,
    });
    assert.ok(gone.ok);
    assert.is(await code(master.cluster.scaleApp('web', 2, null, operator)), 'app-record-lost');
    assert.is(await code(master.cluster.appAction('web', 'stop', operator)), 'app-record-lost');
    assert.is(await code(deploy(master.cluster, { name: 'web', args: ['5'] })), 'app-record-lost');
    assert.equal([...agent.instances.keys()].sort(), before, 'what runs runs on');
    await deploy(master.cluster, { name: 'other', placement: { scale: 0 } });
    await until(
      'later events are there',
      async () =>
        (await master.cluster.events({ query: 'subject.app:other', after: 0, limit: 5, newestFirst: true })).items
          .length > 0,
    );
    const { items } = await master.cluster.events({
      query: 'subject.app:web AND kind:app.*',
      after: 0,
      limit: 50,
      newestFirst: true,
    });
    assert.equal(
      items.map(({ kind }) => kind),
      ['app.deployed'],
      'no event of what was not done',
    );
    const recovered = await master.cluster.recoverApp('web', operator);
    assert.equal([recovered.revision, recovered.scale], [1, 3], 'as the master remembers it');
    assert.is(await code(master.cluster.recoverApp('web', operator)), 'app-exists');
    assert.is(await code(master.cluster.recoverApp('nosuch', operator)), 'app-not-found');
    assert.equal([...agent.instances.keys()].sort(), before, 'nothing was restarted');
    await master.store.write({ collection: 'apps', key: 'web', doc: null, expect: 'any', term: 1_000_000 });
    const spec = specOf({ name: 'web', placement: { scale: 3 } });
    const made = await master.cluster.putApp(
      spec,
      { scale: true, start: true },
      { mode: 'create', ifMatch: null, refetch: false },
      operator,
    );
    assert.ok(made.app.revision > 1 && made.created);
    assert.is((await master.cluster.scaleApp('web', 2, null, operator)).scale, 2);
    await until('two run', () => agent.running.length === 2);
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('records of apps are gone when a master starts: what runs is told of, recovered, or adopted, and nothing is restarted', async () => {
  const directory = temporary();
  const first = await testMaster({ directory });
  const agent: SimAgent = new SimAgent({
    node: 'n1',
    command: ({ target }) => {
      const view = agent.instances.get(target)!;
      return { spec: specOf({ name: view.app, placement: { scale: 3 } }), hash: '', view };
    },
  }).connect(first.url);
  for (const name of ['kept', 'again']) await deploy(first.cluster, { name, placement: { scale: 3 } });
  await until('six run', () => agent.running.length === 6);
  const before = [...agent.instances.keys()].sort();
  for (const key of ['kept', 'again'])
    await first.store.write({ collection: 'apps', key, doc: null, expect: 'any', term: 1_000_000 });
  agent.disconnect();
  await first.stop();
  const master = await testMaster({ directory });
  try {
    agent.connect(master.url);
    await until(
      'all are unknown',
      async () => (await master.cluster.instances('status:unknown', { from: 0, size: 10 })).total === 6,
    );
    await until('it is told', async () => {
      const told = await master.cluster.events({ query: 'recover', after: 0, limit: 9, newestFirst: true });
      return told.items.filter(({ message }) => /again, kept.*stathub recover APP/.test(message)).length === 1;
    });
    const lostNotice = async () =>
      (await master.cluster.status()).notices.find(({ code }) => code === 'apps-lost')?.text ?? '';
    assert.match(await lostNotice(), /again, kept.*stathub recover APP/);
    const ofKept = before.find((each) => each.startsWith('kept.'))!;
    assert.match((await master.cluster.instance(ofKept)).reason!.next!.what, /^stathub recover kept/);
    assert.match((await master.cluster.whyInstance(ofKept)).reason!.next!.what, /^stathub recover kept/);
    assert.is(
      ((await master.cluster.app('kept').catch((error: unknown) => error)) as Refusal).hint,
      'stathub recover kept',
    );
    assert.is((await master.cluster.recoverApp('kept', operator)).scale, 3);
    assert.match(await lostNotice(), /apps of which it holds more: again\. .*stathub recover again$/);
    for (const id of before.filter((each) => each.startsWith('again.')))
      await master.cluster.instanceAction(id, 'adopt', operator);
    await until(
      'all are known',
      async () => (await master.cluster.instances('status:running', { from: 0, size: 10 })).total === 6,
    );
    assert.equal([...agent.instances.keys()].sort(), before, 'nothing was restarted or placed anew');
    assert.equal(
      (await master.cluster.apps('', { from: 0, size: 9 })).items.map(({ name, scale }) => [name, scale]),
      [
        ['again', 3],
        ['kept', 3],
      ],
    );
  } finally {
    agent.disconnect();
    await master.stop();
    discard(directory);
  }
});

test('an app is lost while its node was away: what returns runs on, and the app that is recovered wants as many', async () => {
  const directory = temporary();
  const first = await testMaster({ directory });
  const agent = new SimAgent({ node: 'n1' }).connect(first.url);
  await deploy(first.cluster, { name: 'web', placement: { scale: 3 } });
  await until('three run', () => agent.running.length === 3);
  const before = [...agent.instances.keys()].sort();
  agent.disconnect();
  await until('its places are tombstones', () => first.running.context.view.tombstones.size === 3);
  await first.store.write({ collection: 'apps', key: 'web', doc: null, expect: 'any', term: 1_000_000 });
  // One of which nothing but revisions is left, and one that nothing at all is wrong with.
  await deploy(first.cluster, { name: 'bare', placement: { scale: 0 } });
  await deploy(first.cluster, { name: 'sound', placement: { scale: 0 } });
  await first.store.write({ collection: 'apps', key: 'bare', doc: null, expect: 'any', term: 1_000_000 });
  await first.stop();
  const master = await testMaster({ directory });
  const told = async (kind: string) =>
    (await master.cluster.events({ query: `kind:${kind}`, after: 0, limit: 9, newestFirst: true })).items;
  try {
    await until('it is told', async () => (await told('store.appsLost')).length > 0);
    const [lost] = await told('store.appsLost');
    assert.equal([lost!.loudness, lost!.detail], ['attention', { apps: ['web', 'bare'] }]);
    assert.match(lost!.message, /web \(places.*bare \(revisions.*stathub recover APP/);
    agent.connect(master.url);
    await until('back', async () => (await master.cluster.node('n1')).status === 'ready');
    const again = await master.cluster
      .putApp(
        specOf({ name: 'web', placement: { scale: 1 } }),
        { scale: true, start: true },
        { mode: 'put', ifMatch: null, refetch: false },
        operator,
      )
      .catch((error: unknown) => error as { code: string });
    assert.is(
      (again as { code?: string }).code,
      'app-record-lost',
      'a deployment does not begin it anew beside what runs',
    );
    assert.is((await master.cluster.recoverApp('web', operator)).scale, 3);
    await until('the tombstones are settled', () => master.running.context.view.tombstones.size === 0);
    await until(
      'all are its own',
      async () => (await master.cluster.instances('app:web AND status:running', { from: 0, size: 9 })).total === 3,
    );
    assert.equal([...agent.instances.keys()].sort(), before, 'nothing was stopped or placed anew');
    assert.is(agent.running.length, 3);
    assert.is((await master.cluster.recoverApp('bare', operator)).scale, 0);
    await until('both are told', async () => (await told('app.recovered')).length === 2);
    const [bare, web] = await told('app.recovered');
    assert.match(web!.message, /3 wanted \(3 by what nodes held that were lost\)/);
    assert.equal((web!.detail as { scaleFrom: unknown }).scaleFrom, { places: 0, lostNodes: 3, seen: 0 });
    assert.match(bare!.message, /0 wanted \(nothing of it is known to run; stathub scale bare N/);
  } finally {
    agent.disconnect();
    await master.stop();
    discard(directory);
  }
});

test('the records and the places of an app are lost: as many are wanted as are seen running, and none is stopped or doubled', async () => {
  const directory = temporary();
  const first = await testMaster({ directory });
  const agent: SimAgent = new SimAgent({
    node: 'n1',
    command: ({ target }) => {
      const view = agent.instances.get(target)!;
      return { spec: specOf({ name: view.app, placement: { scale: 3 } }), hash: '', view };
    },
  }).connect(first.url);
  await deploy(first.cluster, { name: 'web', placement: { scale: 3 } });
  await until('three run', () => agent.running.length === 3);
  const before = [...agent.instances.keys()].sort();
  agent.disconnect();
  await first.stop();
  const store = await openEmbedded(directory);
  for (const collection of ['apps', 'assignments'])
    for (const { key } of (await store.scan(collection)).items)
      await store.write({ collection, key, doc: null, expect: 'any', term: 1_000_000 });
  await store.close();
  const master = await testMaster({ directory });
  try {
    agent.connect(master.url);
    await until(
      'all are unknown',
      async () => (await master.cluster.instances('status:unknown', { from: 0, size: 9 })).total === 3,
    );
    assert.is((await master.cluster.recoverApp('web', operator)).scale, 3);
    await until('from what is told', async () => {
      const [told] = (
        await master.cluster.events({ query: 'kind:app.recovered', after: 0, limit: 1, newestFirst: true })
      ).items;
      return told !== undefined && /3 wanted \(3 that .*stathub adopt web/.test(told.message);
    });
    for (const id of before) await master.cluster.instanceAction(id, 'adopt', operator);
    await until(
      'all are its own',
      async () => (await master.cluster.instances('app:web AND status:running', { from: 0, size: 9 })).total === 3,
    );
    assert.equal([...agent.instances.keys()].sort(), before, 'none was stopped or placed anew');
    assert.is(agent.running.length, 3);
  } finally {
    agent.disconnect();
    await master.stop();
    discard(directory);
  }
});

test('only collections that there are can be looked at', async () => {
  const master = await testMaster();
  const page = { from: 0, size: 10 };
  const said = (name: string): Promise<{ code: string; hint: string }> =>
    master.cluster.documents(name, '', page).then(
      () => ({ code: '', hint: '' }),
      (error: unknown) => error as { code: string; hint: string },
    );
  try {
    assert.equal((await master.cluster.documents('apps', '', page)).items, [], 'empty, but there');
    const nosuch = await said('nosuch');
    assert.is(nosuch.code, 'not-found');
    assert.match(nosuch.hint, /apps, .*nodes/);
    assert.match(nosuch.hint, /events, .*metrics/);
    assert.is((await said('events')).code, '');
  } finally {
    await master.stop();
    discard(master.directory);
  }
});

test('whatever is reported is brought into shape or left out', () => {
  fc.assert(
    fc.property(fc.anything(), (given) => {
      const facts = soundFacts(given as never, '1');
      assert.ok(Array.isArray(facts.tags) && Number.isFinite(facts.memory.total) && facts.hostname.length > 0);
      assert.ok(Number.isFinite(soundLoad(given as never).cpu));
      const view = soundInstance(
        { id: 'a.0.x', app: 'a', slot: 0, ...(typeof given === 'object' ? given : {}) } as never,
        'n1',
      );
      if (view) assert.type(isHealthy(view), 'boolean');
    }),
  );
  assert.is(soundInstance(null as never, 'n1'), null);
  assert.is(soundInstance({ id: 'x' } as never, 'n1'), null);
  const odd = soundInstance(
    {
      id: 'a.0.x',
      app: 'a',
      slot: 0,
      status: 'dancing',
      health: [{ status: 1 }],
      exit: { code: '3' },
      ports: ['x'],
    } as never,
    'n1',
  );
  assert.is(odd?.status, 'unknown');
  assert.is(odd?.node, 'n1');
  assert.is(odd?.exit?.code, null);
});

test('floods are dealt with in turns, in order, and the loop runs in between', async () => {
  const slices = new TimeSlices();
  const done: number[] = [];
  let between = 0;
  const timer = setInterval(() => {
    between += 1;
  }, 1);
  for (let n = 0; n < 60; n += 1) {
    slices.run(() => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      done.push(n);
    });
  }
  assert.ok(done.length < 20, 'not all at once');
  await slices.settled();
  clearInterval(timer);
  assert.equal(
    done,
    done.map((_, index) => index),
  );
  assert.is(done.length, 60);
  assert.ok(between >= 3, `${between} timers in between`);
  await until('a little is done at once', () => {
    const before = done.length;
    slices.run(() => done.push(60));
    return done.length > before;
  });
});

test.run();
