// The contract on the embedded store.
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { scratch } from '../../support/scratch.ts';
import { contract } from '../contract.ts';

contract({
  name: 'embedded',
  expiryGrainMs: 0,
  writers: 100,
  runs: 60,
  async open() {
    const directory = scratch('store');
    const bench = {
      store: await openEmbedded(directory),
      async reopen() {
        await bench.store.close();
        bench.store = await openEmbedded(directory);
        return bench.store;
      },
      settle: async () => undefined,
      end: () => bench.store.close(),
    };
    return bench;
  },
});
