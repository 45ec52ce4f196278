// A master on Elasticsearch 8: a short life of a hub on it. Everything else is told on 9; the store's contract is tested on both.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { elasticArgs } from '../../elasticsearch/master-on.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';
import { Hub, calmTimes } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const url = await lendOrSkip(8);
if (url !== null) {
  const story = suite('a hub on Elasticsearch 8');
  const hub = new Hub([...calmTimes, ...elasticArgs(url, freshPrefix('eight')), '--elastic-timeout', '60s']);
  story.after(() => hub.end());

  story('deploy, query, kill -9 of the master: the same processes, and all that was acknowledged', async () => {
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', { name: 'web', toProcess: 'sleep', args: ['100000'] });
    await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 2 });
    const facts = (all: any[]) => all.map(({ id, pid }) => [id, pid]).sort();
    const before = facts(await hub.running('web', 2));
    assert.match((await hub.master.get('/v1/status')).store.detail, /version 8\./);
    await until(
      'what was written is found',
      async () => (await hub.master.get('/v1/data/assignments?query=app:web AND slot:>=0')).total === 2,
    );
    for (const name of ['apps', 'events', 'hub', 'nodes'])
      await until(`${name} have a size`, async () => {
        const sizes = (await hub.master.get('/v1/data')).items as { name: string; bytes: number }[];
        return sizes.find((each) => each.name === name)!.bytes > 0;
      });
    await until(
      'what was told is found',
      async () => (await hub.master.get('/v1/data/events?query=kind:app.deployed AND subject.app:web')).total === 1,
    );
    const { term } = await hub.master.get('/v1/status');
    await hub.master.end('SIGKILL');
    await hub.master.start();
    assert.ok((await hub.master.get('/v1/status')).term > term);
    await until('the node is back', async () => (await hub.master.get('/v1/nodes?query=status:ready')).total === 1);
    assert.equal(facts(await hub.running('web', 2)), before);
  });
  story.run();
}
