// Several nodes: balance, loss and return, another hub's node.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { join } from 'node:path';
import { Daemon, freshDirectory, Hub, quickTimes } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('nodes');
const hub = new Hub(quickTimes);
story.before(() => hub.start(3).then(() => undefined));
story.after(() => hub.end());

const perNode = (instances: any[]): number[] => {
  const counts = new Map<string, number>();
  for (const { node } of instances) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts.values()].sort();
};

story('1 → 5 → 2 over three agents: balanced, and what is surplus leaves', async () => {
  await hub.master.ok('POST', '/v1/apps', { name: 'web', toProcess: 'sleep', args: ['100000'] });
  const [first] = await hub.running('web', 1);
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 5 });
  const five = await hub.running('web', 5);
  assert.equal(perNode(five), [1, 2, 2]);
  assert.ok(
    five.some((i) => i.pid === first.pid),
    'what ran was not touched',
  );
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 2 });
  const two = await hub.running('web', 2);
  assert.equal(perNode(two), [1, 1]);
});

story(
  'a node that freezes is suspect, then lost; its slot is replaced; on return there is one instance a slot',
  async () => {
    const two = await hub.running('web', 2);
    const nodes = (await hub.master.get('/v1/nodes')).items;
    const victim = two[0];
    const agent = (
      await Promise.all(hub.agents.map(async (a) => ({ a, id: (await a.get('/v1/nodes')).items[0].id })))
    ).find(({ id }) => id === victim.node)!.a;
    assert.is(nodes.length, 3);
    agent.pause();
    await until('it is lost', async () => (await hub.master.get(`/v1/nodes/${victim.node}`)).status === 'lost');
    await until('both are told', async () => {
      const query = encodeURIComponent(`subject.node:"${victim.node}" AND kind:(node.suspected OR node.lost)`);
      const kinds = (await hub.master.get(`/v1/events?size=200&query=${query}`)).items.map((event: any) => event.kind);
      const lost = kinds.indexOf('node.lost');
      return lost >= 0 && kinds[lost + 1] === 'node.suspected'; // newest first
    });
    const unread = await hub.master.call('GET', `/v1/instances/${victim.id}/logs`);
    assert.is(unread.status, 503);
    const { code, detail, hint } = unread.body;
    assert.is(code, 'node-away');
    assert.match(
      detail,
      new RegExp(`^Node .*${victim.node}.* is not connected now; it was last heard of at \\d{4}-.*Z$`),
    );
    assert.match(hint, /stathub nodes/);
    // The slot itself, or the lowest free one where it was above the scale.
    const replaced = await until('two run, none of them there', async () => {
      const all = (await hub.instances('app:web AND status:running')).filter((i) => i.node !== victim.node);
      return all.length === 2 && all.find((i) => i.id !== two[1].id);
    });
    agent.resume();
    await until('the node is back', async () => (await hub.master.get(`/v1/nodes/${victim.node}`)).status === 'ready');
    await until('one instance a slot', async () => {
      const all = (await hub.instances('app:web')).filter((i) => i.status === 'running');
      return all.length === 2 && new Set(all.map((i) => i.slot)).size === 2;
    });
    const left = (await hub.instances('app:web AND status:running')).map((i) => i.id);
    assert.ok(left.includes(replaced.id), 'the highest epoch that has been ready stays');
  },
);

story('a master on an empty store stops nothing: what runs is unknown until it is adopted', async () => {
  const before = await hub.running('web', 2);
  await hub.master.end();
  const other = new Daemon('master', join(freshDirectory('other'), 'master'), quickTimes);
  other.address = hub.master.address; // the same port: the agents come by themselves
  await other.start();
  try {
    const unknown = await until('both are unknown', async () => {
      const { items } = await other.get('/v1/instances?query=status:unknown');
      return items.length === 2 && items;
    });
    assert.equal(unknown.map((i: any) => i.pid).sort(), before.map((i) => i.pid).sort());
    for (const { pid } of before) process.kill(pid, 0);
    const node = (await other.get('/v1/nodes')).items.find((n: any) => n.id === unknown[0].node);
    assert.is(node.status, 'joining');
    assert.is(node.reason.code, 'other-hub');
    await other.ok('POST', `/v1/nodes/${node.id}/take-over`);
    const adopted = await until('adopted', async () => {
      const { status, body } = await other.call('POST', `/v1/instances/${unknown[0].id}/adopt`);
      return status < 300 && body;
    });
    assert.is(adopted.pid, unknown[0].pid);
    const app = await other.get('/v1/apps/web');
    assert.is(app.name, 'web');
  } finally {
    await other.end();
  }
});

story.run();
