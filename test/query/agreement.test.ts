// Every query gives the same documents from memory and from the embedded store.
import { suite } from 'uvu';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { scratch } from '../support/scratch.ts';
import { agreementTests } from './agreement.ts';

const test = suite('one meaning: embedded');
let store: Store;
test.before(async () => {
  store = await openEmbedded(scratch('store'));
});
test.after(() => store.close());
agreementTests(test, () => ({ store, settle: async () => undefined }), 0.3);
test.run();
