// Every query gives the same documents from memory and from a real Elasticsearch.
import { suite } from 'uvu';
import { openElastic } from '../../src/store/elasticsearch/elastic.ts';
import type { ElasticStore } from '../../src/store/elasticsearch/elastic.ts';
import { freshPrefix, lendOrSkip } from '../elasticsearch/shared.ts';
import { agreementTests } from './agreement.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const test = suite('one meaning: Elasticsearch 9');
  let store: ElasticStore;
  test.before(async () => {
    store = await openElastic({ urls: [url], prefix: freshPrefix('queries'), requestMs: 60_000 });
  });
  test.after(() => store.close());
  const settle = async (): Promise<void> => {
    await store.requests.send({ method: 'POST', path: `/${store.names.allRecords.join(',')}/_refresh` });
  };
  agreementTests(test, () => ({ store, settle }), 0.25);
  test.run();
}
