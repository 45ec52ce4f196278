// A bug in the agent's own code: an actor that crashes takes neither its program nor its siblings with it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startStandalone, type RunningStandalone } from '../../src/run/standalone/standalone.ts';
import { deploy, operator } from '../support/test-master.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';
import { lives } from './alone.ts';

let hub: RunningStandalone;
const test = suite('crashes');
test.before(async () => {
  hub = await startStandalone({ storeDirectory: scratch('crash'), ports: { first: 29_000, last: 29_100 } });
});
test.after(() => hub.stop({ processes: true }));
const instances = async (app: string) => (await hub.cluster.instances(`app:${app}`, { from: 0, size: 100 })).items;
const entryOf = (id: string) => hub.agent.instances.entries.get(id)!;
const crash = (id: string) =>
  // without its policy: a TypeError inside the machine
  (entryOf(id).actor as unknown as { send(event: object): void }).send({ type: 'instance.adjust' });

test('the program runs on, is guarded on by a new actor, and the crash is told', async () => {
  await deploy(hub.cluster, { name: 'web', toProcess: 'sleep', args: ['100000'], placement: { scale: 3 } });
  const before = await until('three run', async () => {
    const all = await instances('web');
    return all.length === 3 && all.every((i) => i.status === 'running') && all;
  });
  const actor = entryOf(before[0]!.id).actor;
  crash(before[0]!.id);
  await until('a new actor', () => entryOf(before[0]!.id).actor !== null && entryOf(before[0]!.id).actor !== actor);
  const after = await instances('web');
  assert.equal(
    after.map(({ id, pid, restarts }) => [id, pid, restarts]).sort(),
    before.map(({ id, pid, restarts }) => [id, pid, restarts]).sort(),
  );
  await until(
    'told',
    async () =>
      (await hub.cluster.events({ query: 'kind:instance.actorCrashed', after: 0, limit: 10, newestFirst: true })).items
        .length === 1,
  );
  process.kill(before[0]!.pid!, 'SIGKILL');
  await until('guarded for real', async () =>
    (await instances('web')).some((i) => i.id === before[0]!.id && i.pid && i.pid !== before[0]!.pid),
  );
});

test('an actor that crashes again and again has its supervisor started anew, later; all programs run on', async () => {
  const before = await until('three run', async () => {
    const all = await instances('web');
    return all.every((i) => i.status === 'running') && all;
  });
  const supervisor = hub.agent.instances.supervisors.get('web#0');
  for (let n = 0; n < 7; n++) {
    await until(
      'an actor',
      () => entryOf(before[0]!.id).actor !== null && entryOf(before[0]!.id).actor!.getSnapshot().status === 'active',
    );
    crash(before[0]!.id);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('another supervisor', () => {
    const now = hub.agent.instances.supervisors.get('web#0');
    return now && now !== supervisor;
  });
  await until('all have actors', () => before.every(({ id }) => entryOf(id).actor?.getSnapshot().status === 'active'));
  for (const { pid } of before) assert.ok(lives(pid!));
  assert.equal((await instances('web')).map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
  await hub.cluster.scaleApp('web', 0, null, operator);
  await until('and obey', async () => (await instances('web')).length === 0);
});

test('a thousand events from outside do not leave a timer or a child behind', async () => {
  await deploy(hub.cluster, { name: 'one', toProcess: 'sleep', args: ['100000'] });
  const [one] = await until('running', async () => {
    const all = await instances('one');
    return all[0]?.status === 'running' && all;
  });
  for (let n = 0; n < 1000; n++) entryOf(one!.id).actor!.send({ type: 'fetch.retry' });
  assert.equal(Object.keys(entryOf(one!.id).actor!.getSnapshot().children), ['program']);
});
test.run();
