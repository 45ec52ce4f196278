// Writes to a store until the disk is full, frees some, goes on; prints what came of it as a line of JSON.
//   node fills-disk.js DIRECTORY     on a small file system of its own
import { rmSync, statfsSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbedded } from '../../../../src/store/embedded/embedded.ts';
import { StoreError } from '../../../../src/store/store.ts';
import type { Store } from '../../../../src/store/store.ts';

const [directory = ''] = process.argv.slice(2);
const ballast = join(directory, 'ballast');
const store = join(directory, 'store');

/** Takes up all but `leave` bytes of the file system. */
function fill(leave: number): void {
  const fd = openSync(ballast, 'a');
  const { bavail, bsize } = statfsSync(directory);
  for (let left = bavail * bsize - leave, block = Buffer.alloc(65536, 1); left > 0;) {
    try {
      left -= writeSync(fd, block.subarray(0, Math.min(left, block.length)));
    } catch {
      break; // sooner full than it said
    }
  }
  closeSync(fd);
}

const codeOf = (error: unknown): string =>
  error instanceof StoreError
    ? `${error.code}${error.hint ? '' : ' without a hint'}`
    : `no StoreError: ${String(error)}`;

async function opened(): Promise<string> {
  try {
    await (await openEmbedded(store)).close();
    return 'opened';
  } catch (error) {
    return codeOf(error);
  }
}

/** Writes one by one until it is refused; gives the keys that were acknowledged. */
async function writeUntilFull(to: Store, round: number): Promise<{ keys: string[]; code: string }> {
  const keys: string[] = [];
  for (let n = 0; n < 100_000; n++) {
    try {
      const result = await to.write({
        collection: 'apps',
        key: `${round}.${n}`,
        doc: { n, text: 'x'.repeat(1000) },
        expect: 'absent',
      });
      if (!result.ok) return { keys, code: `conflict: ${result.conflict}` };
      keys.push(`${round}.${n}`);
    } catch (error) {
      return { keys, code: codeOf(error) };
    }
  }
  return { keys, code: 'never full' };
}

async function missing(from: Store, keys: string[]): Promise<string[]> {
  const found = await Promise.all(keys.map((key) => from.get('apps', key)));
  return keys.filter((_, index) => !found[index]);
}

fill(0);
const onFull = await opened();
rmSync(ballast);

let current = await openEmbedded(store);
fill(300_000);
const keys: string[] = [];
const codes: string[] = [];
const lost: string[] = [];
for (let round = 0; round < 3; round++) {
  const { keys: written, code } = await writeUntilFull(current, round);
  keys.push(...written);
  codes.push(code);
  const together = await Promise.allSettled([
    current.append([{ at: 1, text: 'y'.repeat(200_000) }]),
    current.draw('numbers', 1),
    current.write({ collection: 'apps', key: `big${round}`, doc: { text: 'z'.repeat(200_000) }, expect: 'any' }),
  ]);
  for (const each of together) if (each.status === 'rejected') codes.push(codeOf(each.reason));
  lost.push(...(await missing(current, keys)));
  rmSync(ballast);
  const again = await current.write({ collection: 'apps', key: `freed.${round}`, doc: {}, expect: 'absent' });
  if (again.ok) keys.push(`freed.${round}`);
  fill(200_000);
}
await current.close();
fill(0);
const reopenOnFull = await opened();
rmSync(ballast);
current = await openEmbedded(store);
lost.push(...(await missing(current, keys)));
const { count } = (await current.collections())[0]!;
let scanned = 0;
for (let after = ''; ;) {
  const { items, next } = await current.scan('apps', { after });
  scanned += items.length;
  if (next === null) break;
  after = next;
}
await current.close();
const freed = keys.filter((key) => key.startsWith('freed')).length;
console.log(JSON.stringify({ onFull, reopenOnFull, codes, acknowledged: keys.length, lost, freed, count, scanned }));
