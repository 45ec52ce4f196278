// Who a hub is, and its terms.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import { drawTerm, identityOf } from '../../src/store/identity.ts';
import { scratch } from '../support/scratch.ts';

test('the id is minted once and lives with the store', async () => {
  const directory = scratch('identity');
  let store = await openEmbedded(directory);
  const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => identityOf(store, 1000 + n)));
  assert.match(ids[0]!.hub, /^hub-[a-z2-7]{13}$/);
  for (const id of ids) assert.equal(id, ids[0], 'those who come at once agree');
  await store.close();
  store = await openEmbedded(directory);
  assert.equal(await identityOf(store, 9999), ids[0]);
  const other = await openEmbedded(scratch('identity'));
  assert.is.not((await identityOf(other, 0)).hub, ids[0]!.hub);
  await Promise.all([store.close(), other.close()]);
});

test('terms only rise, above what was heard of too', async () => {
  const directory = scratch('identity');
  let store = await openEmbedded(directory);
  assert.is(await drawTerm(store), 1);
  assert.is(await drawTerm(store), 2);
  await store.close();
  store = await openEmbedded(directory);
  assert.is(await drawTerm(store), 3);
  assert.is(await drawTerm(store, 40), 41);
  assert.is(await drawTerm(store, 7), 42);
  const terms = await Promise.all(Array.from({ length: 20 }, () => drawTerm(store)));
  assert.is(new Set(terms).size, 20);
  await store.close();
});

test.run();
