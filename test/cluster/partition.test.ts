// `onPartition: stop-self`: a node that is cut off has ended its programs before the master starts them elsewhere, also when its
// agent was started anew meanwhile; when it is back, there is one of each again.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Cuttable } from './cuttable.ts';
import { Daemon, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('partition');
const hub = new Hub(['--beat', '200ms', '--suspect-after', '700ms', '--lost-after', '3s', '--amnesty', '500ms']);
const passages: Cuttable[] = [];
const ticks = join(hub.root, 'ticks');
/** Says every 50 ms that it runs, and does not heed the kill signal. */
const ticking = `trap '' TERM; while :; do echo "$STAT_INSTANCE $(date +%s%N)" >> ${ticks}.$STAT_APP; sleep 0.05; done`;
const app = (name: string, placement: object) => ({
  name,
  toProcess: ticking,
  shell: true,
  killTimeoutSeconds: 1,
  placement: { onPartition: 'stop-self', ...placement },
});
const ticksOf = (name: string): { id: string; at: number }[] =>
  (existsSync(`${ticks}.${name}`) ? readFileSync(`${ticks}.${name}`, 'utf8').trim().split('\n') : []).map((line) => {
    const [id, at] = line.split(' ') as [string, string];
    return { id, at: Number(at) / 1e6 };
  });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

story.before(async () => {
  await hub.start(0);
  for (const k of [0, 1]) {
    const passage = new Cuttable(() => hub.master.address);
    passages.push(passage);
    const agent = new Daemon('agent', join(hub.root, `agent-${k}`), [
      '--master',
      await passage.open(),
      '--ports',
      `${28_400 + k * 100}-${28_499 + k * 100}`,
    ]);
    hub.agents.push(agent);
    await agent.start();
  }
});
story.after(async () => {
  for (const passage of passages) passage.mend();
  await hub.end();
  for (const passage of passages) await passage.close();
});

story('never two at a time: it has ended before it is replaced, and one is left when the node is back', async () => {
  await hub.master.ok('POST', '/v1/apps', app('ledger', {}));
  const [first] = await hub.running('ledger', 1);
  const k = (await Promise.all(hub.agents.map(async (agent) => (await agent.get('/v1/nodes')).items[0].id))).indexOf(
    first.node,
  );
  const agent = hub.agents[k]!;
  const passage = passages[k]!;
  await hub.master.ok('POST', '/v1/apps', app('pinned', { query: `id:${first.node}` }));
  const [pinned] = await hub.running('pinned', 1);

  passage.cut();
  const here = async (name: string): Promise<any> =>
    (await agent.get('/v1/instances')).items.find((i: any) => i.app === name);
  const stands = await until('it stops itself', async () => {
    const i = await here('ledger');
    return i.reason?.code === 'partition' && i.pid === null && i.status === 'restarting' ? i : null;
  });
  assert.is(stands.exit.reason, 'partition');
  assert.not.ok(alive(first.pid), 'its program is gone');
  assert.match(stands.reason.next.what, /when the master is back/);

  await agent.restart();
  const still = await until('the new agent guards it', () => here('ledger'));
  assert.is(still.reason?.code, 'partition', 'a new agent without a master starts nothing that stops itself');
  assert.is(still.pid, null);

  const second = await until('it is replaced', async () =>
    (await hub.instances('app:ledger')).find((i) => i.status === 'running' && i.node !== first.node),
  );
  const old = ticksOf('ledger').filter(({ id }) => id === first.id);
  const fresh = ticksOf('ledger').filter(({ id }) => id === second.id);
  assert.ok(old.length > 0 && fresh.length > 0);
  assert.ok(old.at(-1)!.at < fresh[0]!.at, `the old one ran until ${old.at(-1)!.at}, the new one from ${fresh[0]!.at}`);

  passage.mend();
  const [left] = await hub.running('ledger', 1);
  assert.is(left.id, second.id, 'the one that has been ready meanwhile stays');
  assert.is(ticksOf('ledger').filter(({ id }) => id === first.id).length, old.length, 'the old one never ran again');

  const [again] = await hub.running('pinned', 1);
  assert.is(again.node, first.node);
  assert.ok(again.pid !== pinned.pid, 'what no other node could take runs here again');
  const events = await until('its end is told', async () => {
    const told = (await hub.master.get('/v1/events?size=500')).items.map((event: any) => event.message);
    return told.some((text: string) => text.startsWith('ledger.0 stops itself: its node has lost its master')) && told;
  });
  assert.not.ok(
    events.some((message: string) => /crash|times within/.test(message)),
    'none of it counts as a death',
  );
});

story.run();
