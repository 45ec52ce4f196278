// Damaged store files: none ends the process, none loses anything in silence. The old file stays, set aside.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { storeFile, openEmbedded } from '../../../src/store/embedded/embedded.ts';
import type { StoreNotice } from '../../../src/store/repair/prepare-file.ts';
import { pageBytes, base, changed, good, missing, nothingInSilence, openBytes } from './damage-subject.ts';
import { runs } from '../../support/runs.ts';

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
  ['cut after the first head', good.file.subarray(0, pageBytes)],
  ['only its heads', good.file.subarray(0, 2 * pageBytes)],
  ['zeroed', Buffer.alloc(good.file.length)],
  ['all but its heads zeroed', changed((bytes) => bytes.fill(0, 2 * pageBytes))],
  ['all but its heads set', changed((bytes) => bytes.fill(0xff, 2 * pageBytes))],
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

test('both heads are gone, whatever lies there now: everything is found again, nothing that was deleted comes back', async () => {
  for (const fill of [0, 0xff, 'garbage ']) {
    const outcome = await openBytes(changed((bytes) => bytes.fill(fill, 0, 2 * pageBytes)));
    assert.equal([outcome.notices.length, outcome.notices[0]!.detail.rescued?.uncertain], [1, true]);
    assert.is(nothingInSilence(outcome, `heads of ${fill}`), 0);
  }
});

test('half of it is gone: what can be reached is saved', async () => {
  const outcome = await openBytes(good.file.subarray(0, Math.floor(good.file.length / 2)));
  assert.match(outcome.notices[0]!.message, /Saved: \d+ records?/);
  assert.ok(nothingInSilence(outcome, 'half') > 0);
});

test('one head is gone: nothing or one commit is lost, and it is said', async () => {
  for (const index of [0, 1]) {
    const outcome = await openBytes(changed((bytes) => bytes.fill(0, index * pageBytes, (index + 1) * pageBytes)));
    assert.is(outcome.notices.length, 1);
    assert.ok(missing(outcome.content) === 0, 'the last commit was a counter');
  }
});

test('the last commit did not reach the disk, only its head did: the one before it is found', async () => {
  const directory = join(base, 'torn');
  const path = join(directory, storeFile);
  const store = await openEmbedded(directory);
  await store.bulk(
    Array.from({ length: 100 }, (_, n) => ({
      collection: 'apps',
      key: `k${n}`,
      doc: { n },
      expect: 'absent' as const,
    })),
  );
  const before = readFileSync(path);
  await store.write({ collection: 'apps', key: 'k5', doc: { n: 'new' }, expect: 'any' });
  await store.close();
  const after = readFileSync(path);
  const torn = Buffer.concat([
    after.subarray(0, 2 * pageBytes),
    before.subarray(2 * pageBytes),
    Buffer.alloc(Math.max(0, after.length - before.length)),
  ]);
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

const damages = runs(60);
const firstSeed = Number(process.env['DAMAGE_SEED'] ?? 1);
const pages = good.file.length / pageBytes;

test(`any bit flips: ${damages} times`, async () => {
  const next = chance(firstSeed);
  let noticed = 0;
  for (let run = 0; run < damages; run++) {
    // Every third in the heads and roots, where a bit matters most.
    const offset =
      Math.floor(next() * (run % 3 === 0 ? 2 * pageBytes : good.file.length)) %
      (run % 3 === 0 && run % 2 ? 200 : Infinity);
    const bit = 1 << Math.floor(next() * 8);
    const outcome = await openBytes(changed((bytes) => void (bytes[offset]! ^= bit)));
    noticed += outcome.notices.length;
    nothingInSilence(outcome, `bit ${bit} of byte ${offset}`);
  }
  assert.ok(noticed > damages / 10, `only ${noticed} noticed`);
});

test(`any page zeroed, set, or put in the place of another: ${damages} times`, async () => {
  const next = chance(firstSeed + 1);
  let noticed = 0;
  for (let run = 0; run < damages; run++) {
    const page = Math.floor(next() * pages);
    const other = Math.floor(next() * pages);
    const outcome = await openBytes(
      changed((bytes) => {
        if (run % 3 === 0) bytes.fill(0, page * pageBytes, (page + 1) * pageBytes);
        else if (run % 3 === 1) bytes.fill(0xff, page * pageBytes, (page + 1) * pageBytes);
        else good.file.copy(bytes, page * pageBytes, other * pageBytes, (other + 1) * pageBytes);
      }),
    );
    noticed += outcome.notices.length;
    nothingInSilence(outcome, `page ${page} (${run % 3}, ${other})`);
  }
  assert.ok(noticed > damages / 4, `only ${noticed} noticed`);
});

test.run();
