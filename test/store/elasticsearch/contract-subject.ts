// The contract on a real Elasticsearch.
import { openElastic } from '../../../src/store/elasticsearch/elastic.ts';
import { versions, type Major } from '../../elasticsearch/assemble.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';
import { contract } from '../contract.ts';

/** Runs the store's contract on the suite's server of that version; says so where there is none. */
export async function contractOn(major: Major): Promise<void> {
  const url = await lendOrSkip(major);
  if (url === null) return;
  const prefix = freshPrefix('contract');
  const open = () => openElastic({ urls: [url], prefix, requestMs: 60_000 });
  contract({
    name: `Elasticsearch ${versions[major]}`,
    expiryGrainMs: 86_400_000,
    writers: 25,
    runs: 3,
    async open() {
      const bench = {
        store: await open(),
        async reopen() {
          await bench.store.close();
          bench.store = await open();
          return bench.store;
        },
        settle: async () => {
          await fetch(`${url}/${prefix}-*/_refresh`, { method: 'POST' });
        },
        end: () => bench.store.close(),
      };
      return bench;
    },
  });
}
