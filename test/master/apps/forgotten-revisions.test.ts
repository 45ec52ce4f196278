// Old revisions go, also those that were in use when their turn came.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Revision } from '../../../src/model/app/app.ts';
import { deploy, discard, testMaster } from '../../support/test-master.ts';

test('a revision that was in use when its turn came goes with a later one', async () => {
  const master = await testMaster();
  const numbers = async (): Promise<number[]> =>
    (await master.store.scan<Revision>('revisions', { prefix: 'web/' })).items.map(({ doc }) => doc.revision);
  try {
    await deploy(master.cluster, { name: 'web', start: false });
    const first = (await master.store.get('revisions', 'web/00000001'))!;
    for (let n = 2; n <= 52; n++) await deploy(master.cluster, { name: 'web', start: false, envs: { N: String(n) } });
    assert.equal([(await numbers())[0], (await numbers()).length], [3, 50]);
    // As one is that an instance ran until now.
    const { key, doc } = first;
    await master.store.write({ collection: 'revisions', key, doc, expect: 'any', term: doc['term'] as number });
    await deploy(master.cluster, { name: 'web', start: false, envs: { N: '53' } });
    assert.equal([(await numbers())[0], (await numbers()).length], [4, 50]);
  } finally {
    await master.stop();
    discard(master.directory);
  }
});

test.run();
