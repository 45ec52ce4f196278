// Damaged store files: none ends the process, none loses anything in silence. The old file stays, set aside.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { STORE_FILE, openEmbedded } from '../../src/store/embedded.ts';
import { examine } from '../../src/store/examine.ts';
import type { StoreNotice } from '../../src/store/prepare-file.ts';
import type { Store } from '../../src/store/store.ts';
import { openTables, setLedgerNumber } from '../../src/store/tables.ts';
import { scratch } from '../support/scratch.ts';
import { refused } from './contract-subject.ts';

const PAGE = 4096;
const base = scratch('damage');
let made = 0;

interface Content { records: Map<string, string>; events: Map<number, string>; points: Map<number, string> }

async function contentOf(store: Store): Promise<Content> {
  const content: Content = { records: new Map(), events: new Map(), points: new Map() };
  for (const { name } of await store.collections()) {
    for (let after = ''; ;) {
      const { items, next } = await store.scan(name, { after });
      for (const item of items) content.records.set(`${name}/${item.key}`, JSON.stringify([item.version, item.doc]));
      if (next === null) break;
      after = next;
    }
  }
  for (const entry of (await store.readLog({ limit: 10_000 })).items) content.events.set(entry.seq, JSON.stringify(entry));
  for (const point of await store.readPoints('node/1', 0, 1e6)) content.points.set(point.minute, JSON.stringify(point));
  return content;
}

/** A store with a history: branch pages, long values, deletions, free pages. */
async function build(): Promise<{ file: Buffer; content: Content; term: number }> {
  const directory = join(base, 'good');
  const store = await openEmbedded(directory);
  for (let round = 0; round < 6; round++) {
    await store.bulk(Array.from({ length: 60 }, (_, n) => ({
      collection: n % 2 ? 'apps' : 'nodes', key: `k${round % 4}.${n}`, doc: { round, n, text: 'x'.repeat(n % 20 ? 80 : 9000) },
      expect: 'any' as const, term: round,
    })));
    await store.append(Array.from({ length: 60 }, (_, n) => ({ at: 1000 * round + n, kind: 'test.made', text: 'y'.repeat(60) })));
    await store.addPoints(
      'node/1', Array.from({ length: 30 }, (_, n) => ({ minute: 100 * round + n, values: { cpu: [n, n, n] as [number, number, number] } })),
    );
  }
  await store.bulk(
    Array.from({ length: 20 }, (_, n) => ({ collection: 'apps', key: `k1.${2 * n + 1}`, doc: null, expect: 'any' as const, term: 9 })),
  );
  await store.expire(1010, 1e6);
  const term = await store.draw('term', 1, 7);
  const content = await contentOf(store);
  await store.close();
  return { file: readFileSync(join(directory, STORE_FILE)), content, term };
}
const good = await build();

interface Outcome { notices: StoreNotice[]; content: Content; directory: string; term: number }

/** Opens a store of these bytes, checks that it works, and gives what is in it. */
async function openBytes(bytes: Buffer): Promise<Outcome> {
  const directory = join(base, String(++made));
  mkdirSync(directory);
  writeFileSync(join(directory, STORE_FILE), bytes);
  const notices: StoreNotice[] = [];
  const store = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
  const content = await contentOf(store);
  const term = await store.draw('term', 1);
  assert.ok((await store.write({ collection: 'apps', key: 'after', doc: {}, expect: 'absent' })).ok);
  const [seq] = await store.append([{ at: 1, kind: 'test.after' }]);
  assert.ok(seq! > Math.max(0, ...content.events.keys()));
  for (const { name, count } of await store.collections()) {
    assert.is(count, [...content.records.keys()].filter((key) => key.startsWith(`${name}/`)).length + Number(name === 'apps'));
  }
  await store.close();
  assert.equal(await examine(join(directory, STORE_FILE)), { state: 'sound' });
  for (const { detail } of notices) assert.ok(readFileSync(detail.aside).equals(bytes), 'the old file is kept as it was');
  return { notices, content, directory, term };
}

/** Everything that is there was there; how much is missing. */
function missing(content: Content): number {
  let count = 0;
  for (const kind of ['records', 'events', 'points'] as const) {
    for (const [key, value] of content[kind] as Map<unknown, string>) {
      assert.is((good.content[kind] as Map<unknown, string>).get(key), value, `${kind} ${String(key)}`);
    }
    count += good.content[kind].size - content[kind].size;
  }
  return count;
}

/** The rule for any damage: all is there, or a notice names what is lost. Gives how much is missing. */
function nothingInSilence({ notices, content, directory, term }: Outcome, name: string): number {
  const lost = missing(content);
  assert.ok(notices.length <= 1);
  const [notice] = notices;
  const rescued = notice?.detail.rescued;
  if (!rescued) assert.ok(lost === 0 && term === good.term + 1, `${name}: ${lost} values lost in silence, term ${term}`);
  else if (rescued.gaps === 0) {
    assert.ok(term > good.term, `${name}: a counter went back`);
    if (!rescued.uncertain) assert.is(lost, 0, `${name}: said that nothing was lost`);
  } else assert.match(notice.message, 'Lost: what lay in');
  assert.equal(readdirSync(directory).filter((entry) => /resc/.test(entry)), []);
  rmSync(directory, { recursive: true });
  return lost;
}

const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(good.file);
  change(bytes);
  return bytes;
};

test('a sound file is opened without a word', async () => {
  assert.ok(good.content.records.size > 100 && good.content.events.size > 100);
  const outcome = await openBytes(good.file);
  assert.equal(outcome.notices, []);
  assert.is(nothingInSilence(outcome, 'sound'), 0);
});

const total: [string, Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['one byte', Buffer.alloc(1)],
  ['cut within its head', good.file.subarray(0, 100)],
  ['cut after the first head', good.file.subarray(0, PAGE)],
  ['only its heads', good.file.subarray(0, 2 * PAGE)],
  ['zeroed', Buffer.alloc(good.file.length)],
  ['all but its heads zeroed', changed((bytes) => bytes.fill(0, 2 * PAGE))],
  ['all but its heads set', changed((bytes) => bytes.fill(0xff, 2 * PAGE))],
  ['another kind of file', Buffer.from('no store at all\n'.repeat(5000))],
];
for (const [name, bytes] of total) {
  test(`nothing can be saved: ${name}`, async () => {
    const outcome = await openBytes(bytes);
    assert.is(outcome.notices[0]?.kind, 'store.rescued');
    assert.match(outcome.notices[0]!.message, 'set aside as store.mdb.damaged-');
    nothingInSilence(outcome, name);
  });
}

test('half of it is gone: what can be reached is saved', async () => {
  const outcome = await openBytes(good.file.subarray(0, Math.floor(good.file.length / 2)));
  assert.match(outcome.notices[0]!.message, /Saved: \d+ records?/);
  assert.ok(nothingInSilence(outcome, 'half') > 0);
});

test('one head is gone: nothing or one commit is lost, and it is said', async () => {
  for (const index of [0, 1]) {
    const outcome = await openBytes(changed((bytes) => bytes.fill(0, index * PAGE, (index + 1) * PAGE)));
    assert.is(outcome.notices.length, 1);
    assert.ok(missing(outcome.content) === 0, 'the last commit was a counter');
  }
});

test('the last commit did not reach the disk, only its head did: the one before it is found', async () => {
  const directory = join(base, 'torn');
  const path = join(directory, STORE_FILE);
  const store = await openEmbedded(directory);
  await store.bulk(Array.from({ length: 100 }, (_, n) => ({ collection: 'apps', key: `k${n}`, doc: { n }, expect: 'absent' as const })));
  const before = readFileSync(path);
  await store.write({ collection: 'apps', key: 'k5', doc: { n: 'new' }, expect: 'any' });
  await store.close();
  const after = readFileSync(path);
  const torn = Buffer.concat(
    [after.subarray(0, 2 * PAGE), before.subarray(2 * PAGE), Buffer.alloc(Math.max(0, after.length - before.length))],
  );
  writeFileSync(path, torn);
  const notices: StoreNotice[] = [];
  const again = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
  assert.is(notices.length, 1);
  assert.is(notices[0]!.detail.rescued!.kept.records, 100);
  assert.match(notices[0]!.message, 'Lost: perhaps the last writes', 'the lost commit is not passed over');
  assert.equal((await again.get('apps', 'k6'))!.doc, { n: 6 });
  await again.close();
});

/** Numbers from 0 (included) to 1 that are the same in every run. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const RUNS = Number(process.env['DAMAGE_RUNS'] ?? 60), SEED = Number(process.env['DAMAGE_SEED'] ?? 1);
const pages = good.file.length / PAGE;

test(`any bit flips: ${RUNS} times`, async () => {
  const next = chance(SEED);
  let noticed = 0;
  for (let run = 0; run < RUNS; run++) {
    // Every third in the heads and roots, where a bit matters most.
    const offset = Math.floor(next() * (run % 3 === 0 ? 2 * PAGE : good.file.length)) % (run % 3 === 0 && run % 2 ? 200 : Infinity);
    const bit = 1 << Math.floor(next() * 8);
    const outcome = await openBytes(changed((bytes) => void (bytes[offset]! ^= bit)));
    noticed += outcome.notices.length;
    nothingInSilence(outcome, `bit ${bit} of byte ${offset}`);
  }
  assert.ok(noticed > RUNS / 10, `only ${noticed} noticed`);
});

test(`any page zeroed, set, or put in the place of another: ${RUNS} times`, async () => {
  const next = chance(SEED + 1);
  let noticed = 0;
  for (let run = 0; run < RUNS; run++) {
    const page = Math.floor(next() * pages), other = Math.floor(next() * pages);
    const outcome = await openBytes(changed((bytes) => {
      if (run % 3 === 0) bytes.fill(0, page * PAGE, (page + 1) * PAGE);
      else if (run % 3 === 1) bytes.fill(0xff, page * PAGE, (page + 1) * PAGE);
      else good.file.copy(bytes, page * PAGE, other * PAGE, (other + 1) * PAGE);
    }));
    noticed += outcome.notices.length;
    nothingInSilence(outcome, `page ${page} (${run % 3}, ${other})`);
  }
  assert.ok(noticed > RUNS / 4, `only ${noticed} noticed`);
});

test('an lmdb file of another program is set aside, not written to', async () => {
  const directory = join(base, 'foreign');
  const other = open<string, string>({ path: join(directory, STORE_FILE), encoding: 'string', overlappingSync: false });
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
  const directory = join(base, 'newer'), path = join(directory, STORE_FILE);
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
  writeFileSync(join(directory, `${STORE_FILE}.rescued`), good.file);
  writeFileSync(join(directory, `${STORE_FILE}.damaged-x`), 'the old one');
  const store = await openEmbedded(directory, { notice: () => assert.unreachable() });
  assert.is(missing(await contentOf(store)), 0);
  await store.close();
  writeFileSync(join(directory, `${STORE_FILE}.rescued`), 'half a rescue, while the old one is still in place');
  writeFileSync(join(directory, `${STORE_FILE}.rescuing`), 'less');
  const again = await openEmbedded(directory, { notice: () => assert.unreachable() });
  assert.is(missing(await contentOf(again)), 0);
  await again.close();
  assert.not.ok(existsSync(join(directory, `${STORE_FILE}.rescued`)));
});

test('whatever lies in lmdb\'s own lock file does no harm', async () => {
  for (const rubbish of [Buffer.alloc(0), Buffer.alloc(100, 0xff), Buffer.alloc(100_000, 0x5a)]) {
    const directory = join(base, `lock${rubbish.length}`);
    mkdirSync(directory);
    writeFileSync(join(directory, STORE_FILE), good.file);
    writeFileSync(join(directory, `${STORE_FILE}-lock`), rubbish);
    const store = await openEmbedded(directory, { notice: () => assert.unreachable() });
    assert.is(missing(await contentOf(store)), 0);
    await store.close();
  }
});

test('two files that are set aside in the same second do not meet', async () => {
  const directory = join(base, 'twice'), path = join(directory, STORE_FILE);
  mkdirSync(directory);
  for (let round = 0; round < 3; round++) {
    if (existsSync(path)) renameSync(path, `${path}.kept${round}`);
    writeFileSync(path, `rubbish ${round}`);
    await (await openEmbedded(directory, { notice: () => undefined })).close();
  }
  const aside = readdirSync(directory).filter((name) => name.includes('.damaged-'));
  assert.equal(aside.map((name) => readFileSync(join(directory, name), 'utf8')).sort(), ['rubbish 0', 'rubbish 1', 'rubbish 2']);
});

test.run();
