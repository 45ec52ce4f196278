// Store files that are set aside, refused or mended: foreign ones, later ones, cut-off rescues, damage while the store is open.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { storeFile, openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { eventOf } from '../../../src/store/repair/prepare-file.ts';
import type { StoreNotice } from '../../../src/store/repair/prepare-file.ts';
import type { Write } from '../../../src/store/store.ts';
import { openTables, setLedgerNumber } from '../../../src/store/embedded/tables.ts';
import { refused } from '../contract-subject.ts';
import { base, contentOf, good, missing } from './damage-subject.ts';

test('nobody but its owner can read the store', async () => {
  const directory = join(base, 'private');
  await (await openEmbedded(directory)).close();
  if (process.platform === 'win32') return;
  for (const name of ['', storeFile, `${storeFile}-lock`])
    assert.is(statSync(join(directory, name)).mode & 0o077, 0, name);
});

test('an lmdb file of another program is set aside, not written to', async () => {
  const directory = join(base, 'foreign');
  const other = open<string, string>({ path: join(directory, storeFile), encoding: 'string', overlappingSync: false });
  await other.put('hello', 'world');
  await other.close();
  const notices: StoreNotice[] = [];
  const store = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
  assert.is(notices[0]?.kind, 'store.setAside');
  assert.match(notices[0]!.message, 'is no store of stathub');
  assert.equal(await store.collections(), []);
  await store.close();
});

test('the store of a later version is refused and left alone', async () => {
  const directory = join(base, 'newer');
  const path = join(directory, storeFile);
  mkdirSync(directory);
  const { root, of } = await openTables(path);
  await root.transaction(() => setLedgerNumber(of.ledger, 'format', 99));
  await root.close();
  const before = readFileSync(path);
  const error = await refused('store-refused', () => openEmbedded(directory));
  assert.match(error.message, 'format 99');
  assert.ok(readFileSync(path).equals(before));
});

test('a rescue that was cut off is finished by the next start', async () => {
  const directory = join(base, 'cut');
  mkdirSync(directory);
  writeFileSync(join(directory, `${storeFile}.rescued`), good.file);
  writeFileSync(join(directory, `${storeFile}.damaged-x`), 'the old one');
  const store = await openEmbedded(directory, { notice: () => assert.unreachable() });
  assert.is(missing(await contentOf(store)), 0);
  await store.close();
  writeFileSync(join(directory, `${storeFile}.rescued`), 'half a rescue, while the old one is still in place');
  writeFileSync(join(directory, `${storeFile}.rescuing`), 'less');
  const again = await openEmbedded(directory, { notice: () => assert.unreachable() });
  assert.is(missing(await contentOf(again)), 0);
  await again.close();
  assert.not.ok(existsSync(join(directory, `${storeFile}.rescued`)));
});

test('a value that is damaged while the store is open: refused, its neighbours are not, and the next start saves them', async () => {
  const directory = join(base, 'live');
  const path = join(directory, storeFile);
  const write = (key: string, text: string): Write => ({ collection: 'apps', key, doc: { text }, expect: 'any' });
  const store = await openEmbedded(directory);
  await store.bulk([write('bad', 'find-me-and-break-me'), write('good', 'fine')]);
  const fd = openSync(path, 'r+'); // lmdb's map shows what is written to its file
  for (const { index } of readFileSync(path, 'latin1').matchAll(/find-me/g)) writeSync(fd, 'FIND', index);
  closeSync(fd);
  await refused('store-corrupt', () => store.get('apps', 'bad'));
  await refused('store-corrupt', () => store.scan('apps'));
  assert.equal((await store.get('apps', 'good'))!.doc, { text: 'fine' });
  const results = await Promise.allSettled([
    store.write(write('before', 'a')),
    store.write(write('bad', 'b')),
    store.write(write('after', 'c')),
    store.draw('n', 1),
  ]);
  assert.equal(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    'in one commit, each for itself',
  );
  const bulk = store.bulk([write('first', 'x'), write('bad', 'y')]);
  await refused('store-corrupt', () => bulk);
  assert.is(await store.get('apps', 'first'), null, 'what is refused as a whole leaves nothing');
  await store.close();

  const notices: StoreNotice[] = [];
  const again = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
  assert.equal(
    (await again.scan('apps')).items.map((item) => item.key),
    ['after', 'before', 'good'],
  );
  assert.equal(
    notices.map(({ detail }) => detail.rescued),
    [{ kept: { records: 3, events: 0, points: 0 }, gaps: 1, uncertain: false }],
  );
  await again.append(notices.map((notice) => eventOf(notice, 1000)));
  const [event] = (await again.readLog({ query: 'kind:store.rescued AND detail.rescued.kept.records:3' })).items;
  assert.is(event?.['message'], notices[0]!.message);
  assert.is(event?.['loudness'], 'attention');
  assert.is((await again.collections())[0]!.count, 3);
  assert.is(await again.draw('n', 1), 2);
  await again.close();
});

test("whatever lies in lmdb's own lock file does no harm", async () => {
  for (const rubbish of [Buffer.alloc(0), Buffer.alloc(100, 0xff), Buffer.alloc(100_000, 0x5a)]) {
    const directory = join(base, `lock${rubbish.length}`);
    mkdirSync(directory);
    writeFileSync(join(directory, storeFile), good.file);
    writeFileSync(join(directory, `${storeFile}-lock`), rubbish);
    const store = await openEmbedded(directory, { notice: () => assert.unreachable() });
    assert.is(missing(await contentOf(store)), 0);
    await store.close();
  }
});

test('two files that are set aside in the same second do not meet', async () => {
  const directory = join(base, 'twice');
  const path = join(directory, storeFile);
  mkdirSync(directory);
  for (let round = 0; round < 3; round++) {
    if (existsSync(path)) renameSync(path, `${path}.kept${round}`);
    writeFileSync(path, `rubbish ${round}`);
    await (await openEmbedded(directory, { notice: () => undefined })).close();
  }
  const aside = readdirSync(directory).filter((name) => name.includes('.damaged-'));
  assert.equal(aside.map((name) => readFileSync(join(directory, name), 'utf8')).sort(), [
    'rubbish 0',
    'rubbish 1',
    'rubbish 2',
  ]);
});

test.run();
