// What every store must do, whatever lies behind it. `embedded.test.ts` runs it on lmdb; the Elasticsearch adapter runs it too.
import { suite } from 'uvu';
import { logTests } from './contract-log.ts';
import { modelTests } from './contract-model.ts';
import { queryTests } from './contract-query.ts';
import { recordTests } from './contract-records.ts';
import { Subject, refused } from './contract-subject.ts';
import type { Adapter } from './contract-subject.ts';

/** Runs the contract on an adapter. */
export function contract(adapter: Adapter): void {
  const test = suite(`store contract: ${adapter.name}`);
  const at = new Subject(adapter);
  test.before(() => at.open());
  test.after(() => at.bench.end());
  for (const add of [recordTests, logTests, queryTests, modelTests]) add(test, at);

  test('after closing, everything is refused', async () => {
    await at.store.close();
    await at.store.close();
    await refused('store-unavailable', () => at.store.get('apps', 'a'));
    await refused('store-unavailable', () => at.store.write({ collection: 'apps', key: 'a', doc: {}, expect: 'any' }));
    await refused('store-unavailable', () => at.store.readLog());
    await refused('store-unavailable', () => at.store.query('apps', '*'));
    await at.reopen();
  });

  test.run();
}
