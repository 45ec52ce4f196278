// Elasticsearch is away for a while: paused, then killed. Processes and agents do not notice, writes are refused with the reason,
// what was acknowledged is there, and work goes on by itself.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missing } from '../../elasticsearch/assemble.ts';
import { ElasticCluster } from '../../elasticsearch/cluster.ts';
import { elasticArgs } from '../../elasticsearch/master-on.ts';
import { freshDirectory, Hub, quickTimes } from '../../support/hub.ts';
import { letPass, until } from '../../support/until.ts';

const story = suite('Elasticsearch away');
const skip = await missing();
if (skip) console.log(`# skipped: Elasticsearch: ${skip}`);
else {
  let elastic: ElasticCluster;
  let hub: Hub;
  const kept: string[] = [];
  const app = (name: string) => ({ name, toProcess: 'sleep', args: ['100000'], start: false });
  /** Writes apps until the store is refused; every acknowledged name is remembered. */
  const refused = async (name: string): Promise<any> => {
    for (let n = 0; ; n++) {
      const answer = await hub.master.call('POST', '/v1/apps', app(`${name}-${n}`));
      if (answer.status >= 300) return answer;
      kept.push(`${name}-${n}`);
    }
  };
  const all = async (): Promise<string[]> =>
    (await hub.master.get('/v1/apps?size=1000')).items.map((each: any) => each.name);

  story.before(async () => {
    elastic = await ElasticCluster.start(9, freshDirectory('elasticsearch'));
    hub = new Hub([...quickTimes, ...elasticArgs(elastic.url, 'away', '2s'), '--elastic-timeout', '3s']);
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', {
      ...app('web'),
      start: true,
      placement: { scale: 2 },
      restart: { delaySeconds: 0.1 },
    });
    await hub.running('web', 2);
  });
  story.after(async () => {
    await elastic.end();
    await hub.end();
  });

  const goneAndBack = (how: string, leave: () => unknown, back: () => unknown) =>
    story(`${how}: nobody notices but who writes, and that passes`, async () => {
      const before = await hub.running('web', 2);
      await hub.master.ok('POST', '/v1/apps', app(`before-${how}`));
      kept.push(`before-${how}`);
      await leave();
      const problem = await refused(`during-${how}`);
      assert.equal([problem.status, problem.body.code], [503, 'store-unavailable']);
      assert.match(problem.body.detail, /Elasticsearch at http/);
      assert.ok(problem.body.hint.length > 10);
      // Beyond the time in which nodes get lost, and the lease.
      const victim = before[0];
      process.kill(victim.pid, 'SIGKILL');
      await until('the agent has started it again, and the master shows it', async () => {
        const now = await hub.master.get(`/v1/instances/${victim.id}`);
        return now.status === 'running' && now.pid !== victim.pid;
      });
      await letPass(2500);
      await until('its node is as before', async () => (await hub.master.get('/v1/nodes')).items[0].status === 'ready');
      assert.equal((await hub.running('web', 2)).map((i) => i.id).sort(), before.map((i) => i.id).sort());
      await back();
      await until(
        'writes are taken again',
        async () =>
          (await hub.master.call('POST', '/v1/apps', app(`after-${how}`))).status === 201 && kept.push(`after-${how}`),
      );
      for (const name of kept) assert.ok((await all()).includes(name), name);
      const event = await until('what happened meanwhile is told', async () =>
        (
          await hub.master.get(`/v1/events?size=200&query=${encodeURIComponent(`subject.instance:"${victim.id}"`)}`)
        ).items.find((e: any) => e.kind === 'instance.exited'),
      );
      assert.ok(event.seq > 0);
    });

  const trouble = async () => (await hub.master.get('/v1/status')).store.trouble;
  goneAndBack(
    'paused',
    async () => {
      elastic.nodes[0]!.pause();
      // Nobody writes: it is the lease that cannot be renewed.
      const told = await until('trouble is told', trouble);
      assert.equal(
        [told.code, /does not answer in time|not reachable|lease of this master has lapsed/.test(told.message)],
        ['store-unavailable', true],
        told.message,
      );
      assert.ok(told.hint.length > 10 && told.since <= Date.now());
      const ready = await until('that it may not lead any more is told', async () => {
        const answer = await hub.master.call('GET', '/readyz');
        return answer.status === 503 && answer.body;
      });
      assert.is(ready.code, 'store-unavailable');
      assert.match(ready.detail, /lease/);
      assert.is((await hub.master.call('GET', '/v1/apps')).status, 200, 'reading works');
    },
    async () => {
      elastic.nodes[0]!.resume();
      await until('it is over', async () => (await trouble()) === null);
      await until('it is ready', async () => (await fetch(`${hub.master.address}/readyz`)).status === 200);
    },
  );
  goneAndBack(
    'killed',
    () => elastic.nodes[0]!.kill(),
    async () => {
      // The master dies, too: one that starts meanwhile waits, says for what, and leads when it is back.
      await hub.master.end('SIGKILL');
      await hub.master.start([], { asked: '/healthz' });
      const ready = await until('it says why', async () => {
        const answer = await hub.master.call('GET', '/readyz');
        return /not reachable/.test(answer.body.detail) && answer;
      });
      assert.equal([ready.status, ready.body.code], [503, 'store-unavailable']);
      elastic.nodes[0]!.start();
      await elastic.ready();
      await until('it leads', async () => (await fetch(`${hub.master.address}/readyz`)).status === 200);
    },
  );

  story.run();
}
