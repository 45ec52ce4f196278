// Indices that are deleted or replaced under a leading master: it makes them again from what it knows, never writes to one that is not
// the hub's, and processes do not notice.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { elasticArgs } from '../../elasticsearch/master-on.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';
import { Daemon, Hub, calmTimes } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const story = suite('indices under a leader');
  const prefix = freshPrefix('indices');
  const hub = new Hub([...calmTimes, ...elasticArgs(url, prefix, '4s'), '--elastic-timeout', '60s']);
  const elastic = async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${url}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = await response.json();
    assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const app = (name: string) => ({ name, toProcess: 'sleep', args: ['100000'], placement: { scale: 2 } });
  const running = async (): Promise<string[]> =>
    (await hub.running('web', 2)).map(({ id, pid }) => `${id} ${pid}`).sort();
  const trouble = async () => (await hub.master.get('/v1/status')).store.trouble;
  const lost = async (): Promise<string[]> =>
    (await hub.master.get('/v1/events?size=100&query=kind:store.indexLost')).items.map((event: any) => event.message);
  const kept = async (collection: string): Promise<string[]> =>
    (await hub.master.get(`/v1/data/${collection}?size=100`)).items.map(({ key }: { key: string }) => key).sort();
  let before: string[] = [];

  story.before(async () => {
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', app('web'));
    before = await running();
  });
  story.after(async () => {
    await hub.end();
    await fetch(`${url}/_index_template/${prefix}-foreign`, { method: 'DELETE' });
  });

  story('one deleted is made again with all that is known, and mapped as it was', async () => {
    const mapping = (await elastic('GET', `${prefix}-assignments/_mapping`))[`${prefix}-assignments`];
    await elastic('DELETE', `${prefix}-assignments`);
    await hub.master.ok('POST', '/v1/apps', { ...app('late'), placement: { scale: 1 } });
    await hub.running('late', 1);
    await until('it is told', async () => (await lost()).some((text) => text.includes(`${prefix}-assignments`)));
    assert.equal((await elastic('GET', `${prefix}-assignments/_mapping`))[`${prefix}-assignments`], mapping);
    await until('all slots are there', async () => (await kept('assignments')).length === 3);
    assert.equal(await running(), before);
    await until('no trouble is left', async () => (await trouble()) === null);
  });

  story('all of them at once: what the master knows is there again, under numbers above the old ones', async () => {
    const newest = async (): Promise<number> => (await hub.master.get('/v1/events?size=1')).newest;
    const last = await newest();
    const status = await hub.master.get('/v1/status');
    const all = await elastic('GET', `_cat/indices/${prefix}-*?format=json&h=index`);
    await elastic('DELETE', all.map(({ index }: { index: string }) => index).join(','));
    await until('the last is told', async () => (await lost()).some((text) => text.includes(`${prefix}-ledger`)));
    await until('so are the others', async () => (await lost()).some((text) => text.includes(`${prefix}-records`)));
    await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 2 });
    assert.equal((await hub.master.get('/v1/status')).hub, status.hub);
    await until('later ones have higher numbers', async () => (await newest()) > last);
    await until('no trouble is left', async () => (await trouble()) === null);
    // What is in the store is enough to lead by.
    await hub.master.restart();
    assert.ok((await hub.master.get('/v1/status')).term > status.term);
    assert.is((await hub.master.get('/v1/status')).hub, status.hub);
    assert.equal((await hub.master.get('/v1/apps')).items.map(({ name }: any) => name).sort(), ['late', 'web']);
    assert.equal(await running(), before);
  });

  story(
    'a second master that starts when all are gone leaves it to the one that leads, who knows what was there',
    async () => {
      const { hub: id, term } = await hub.master.get('/v1/status');
      const other = new Daemon('master', join(hub.root, 'master-2'), [
        ...calmTimes,
        ...elasticArgs(url, prefix, '4s'),
        '--lease',
        '60s',
      ]);
      try {
        hub.master.pause();
        const all = await elastic('GET', `_cat/indices/${prefix}-*?format=json&h=index`);
        await elastic('DELETE', all.map(({ index }: { index: string }) => index).join(','));
        await other.start([], { asked: '/healthz' });
        await until('it finds them gone', async () => /is gone/.test((await other.call('GET', '/readyz')).body.detail));
        hub.master.resume();
        await until('it stands by', async () =>
          (await other.call('GET', '/readyz')).body.detail.includes(hub.master.address),
        );
      } finally {
        hub.master.resume();
        await other.end();
      }
      await until('writes are taken again', async () => (await trouble()) === null);
      const now = await hub.master.get('/v1/status');
      assert.equal([now.hub, now.term], [id, term]);
      assert.equal((await hub.master.get('/v1/apps')).items.map(({ name }: any) => name).sort(), ['late', 'web']);
      await until('all slots are there', async () => (await kept('assignments')).length === 3);
      assert.equal(await running(), before);
    },
  );

  story("one that is not the hub's takes its place: nothing is written there, and what to do is told", async () => {
    const wrong = { index_patterns: [`${prefix}-*`], priority: 9_000, template: { mappings: { dynamic: true } } };
    await elastic('PUT', `_index_template/${prefix}-foreign`, wrong);
    hub.master.pause(); // or it makes the index again before the other does
    await elastic('DELETE', `${prefix}-apps`);
    await elastic('PUT', `${prefix}-apps/_doc/x?refresh=true`, { collection: 'apps', key: 'x', doc: { n: 1 } });
    hub.master.resume();
    const told = await until('it is told', async () => {
      const now = await trouble();
      return /not the hub's/.test(now?.message) && now;
    });
    assert.match(told.hint, /Delete it/);
    const refused = await hub.master.call('POST', '/v1/apps', app('refused'));
    assert.equal([refused.status, refused.body.code], [503, 'store-unavailable']);
    assert.is((await elastic('GET', `${prefix}-apps/_count`)).count, 1, 'nothing was written there');
    await elastic('DELETE', `${prefix}-apps`);
    await until('it is over', async () => (await trouble()) === null);
    await hub.master.ok('POST', '/v1/apps', { ...app('more'), start: false });
    assert.is((await elastic('GET', `${prefix}-apps/_mapping`))[`${prefix}-apps`].mappings.dynamic, 'false');
    await until('all apps are there', async () => (await kept('apps')).join() === 'late,more,web');
    // The day's events, too, are mapped as they must be, whatever template comes first.
    const events = (await elastic('GET', `_cat/indices/${prefix}-events-*?format=json&h=index`))[0].index;
    await elastic('DELETE', events);
    await hub.master.ok('POST', '/v1/apps/more/scale', { scale: 3 });
    await until(
      'it is made again',
      async () => (await elastic('GET', `${prefix}-events-*/_mapping`))[events]?.mappings.dynamic === 'false',
    );
    assert.equal(await running(), before);
  });
  story.run();
}
