// Three nodes of Elasticsearch, the elected one killed with -9, three times: what was acknowledged is there, and writing goes on by itself.
// It takes a minute and over a gigabyte: only where it is asked for, ELASTIC_CLUSTER=1 npm test -- elasticsearch/fail-over
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missing } from '../../elasticsearch/assemble.ts';
import { ElasticCluster } from '../../elasticsearch/cluster.ts';
import { elasticArgs } from '../../elasticsearch/master-on.ts';
import { freshDirectory, Hub, quickTimes } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const rounds = 3;
const skip = process.env['ELASTIC_CLUSTER'] ? await missing() : 'ELASTIC_CLUSTER=1 asks for it';
if (skip) console.log(`# skipped: fail-over of three nodes: ${skip}`);
else {
  const story = suite('three nodes of Elasticsearch');
  let elastic: ElasticCluster;
  let hub: Hub;
  const kept: string[] = [];
  let named = 0;

  story.before(async () => {
    elastic = await ElasticCluster.start(9, freshDirectory('elasticsearch'), 3);
    const urls = elastic.nodes.map(({ url }) => url).join(',');
    hub = new Hub([...quickTimes, ...elasticArgs(urls, 'failover', '2s'), '--elastic-timeout', '5s']);
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', {
      name: 'web',
      toProcess: 'sleep',
      args: ['100000'],
      placement: { scale: 3 },
    });
    await hub.running('web', 3);
  });
  story.after(async () => {
    await elastic?.end();
    await hub?.end();
  });

  /** One write; acknowledged names are remembered. */
  const write = async (): Promise<boolean> => {
    const name = `kept-${named++}`;
    const answer = await hub.master.call('POST', '/v1/apps', { name, toProcess: 'true', start: false });
    if (answer.status === 201) kept.push(name);
    else assert.is(answer.status, 503, JSON.stringify(answer.body));
    return answer.status === 201;
  };
  /** Every shard has its copy: only then may one node die without a loss. */
  const whole = (): Promise<unknown> =>
    until(
      'the cluster is green',
      async () => {
        const alive = elastic.nodes.find((node) => !node.ended)!;
        const health = (await (await fetch(`${alive.url}/_cluster/health`)).json()) as { status: string };
        return health.status === 'green';
      },
      60_000,
    );

  for (let round = 1; round <= rounds; round++)
    story(`the elected node dies, round ${round}`, async () => {
      await elastic.ready();
      await whole();
      const alive = elastic.nodes.find((node) => !node.ended)!;
      const elected = (await (await fetch(`${alive.url}/_cat/master?h=node`)).text()).trim();
      const victim = elastic.nodes[Number(elected.slice(1)) - 1]!;
      const { term } = await hub.master.get('/v1/status');
      const before = (await hub.running('web', 3)).map(({ id, pid }) => `${id} ${pid}`).sort();
      for (let n = 0; n < 20; n++) await write();
      try {
        const writing = Promise.all(Array.from({ length: 20 }, write));
        const from = performance.now();
        await victim.kill();
        await writing;
        await until('writes are taken again', write, 60_000);
        console.log(`# ${elected} was killed: writes are taken again after ${Math.round(performance.now() - from)} ms`);
        const names = new Set(
          (await hub.master.get('/v1/apps?size=1000')).items.map((app: { name: string }) => app.name),
        );
        assert.equal(
          kept.filter((name) => !names.has(name)),
          [],
        );
        await until('all is found in the store', async () => {
          const page = await hub.master.get('/v1/data/apps?size=1000');
          const keys = new Set(page.items.map(({ key }: { key: string }) => key));
          return kept.every((name) => keys.has(name));
        });
        assert.equal((await hub.running('web', 3)).map(({ id, pid }) => `${id} ${pid}`).sort(), before);
        assert.is((await hub.master.get('/v1/status')).term, term, 'the master led all the time');
      } finally {
        victim.start();
      }
    });
  story.run();
}
