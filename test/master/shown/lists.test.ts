// Pages of documents in memory.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { page } from '../../../src/master/shown/lists.ts';

const apps = ['hunter2', 'aaaa', 'zzzz'].map((secret, n) => ({
  name: `app${n}`,
  spec: { envs: { DB_PASSWORD: secret } },
}));
const names = async (query: string, more: { masked?: boolean; sort?: string } = {}): Promise<string[]> =>
  (await page(apps, query, { from: 0, size: 10, ...more }, 0, (a, b) => (a.name < b.name ? -1 : 1))).items.map(
    ({ name }) => name,
  );

test('who is shown no secrets cannot search or sort by them', async () => {
  assert.equal(await names('spec.envs.DB_PASSWORD:h*'), ['app0']);
  assert.equal(await names('spec.envs.DB_PASSWORD:h*', { masked: true }), []);
  assert.equal(await names('hunter2', { masked: true }), []);
  assert.equal(await names('app1', { masked: true }), ['app1']);
  assert.equal(await names('*', { sort: 'spec.envs.DB_PASSWORD' }), ['app1', 'app0', 'app2']);
  assert.equal(await names('*', { masked: true, sort: 'spec.envs.DB_PASSWORD' }), ['app0', 'app1', 'app2']);
});

test.run();
