// A good store file to damage, and what must hold of every damaged one.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { storeFile, openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { examine } from '../../../src/store/repair/examine.ts';
import type { StoreNotice } from '../../../src/store/repair/prepare-file.ts';
import type { Store } from '../../../src/store/store.ts';
import { scratch } from '../../support/scratch.ts';

export const pageBytes = 4096;
export const base = scratch('damage');
let made = 0;

interface Content {
  records: Map<string, string>;
  events: Map<number, string>;
  points: Map<number, string>;
}

export async function contentOf(store: Store): Promise<Content> {
  const content: Content = { records: new Map(), events: new Map(), points: new Map() };
  for (const { name } of await store.collections()) {
    for (let after = ''; ;) {
      const { items, next } = await store.scan(name, { after });
      for (const item of items) content.records.set(`${name}/${item.key}`, JSON.stringify([item.version, item.doc]));
      if (next === null) break;
      after = next;
    }
  }
  for (const entry of (await store.readLog({ limit: 10_000 })).items)
    content.events.set(entry.seq, JSON.stringify(entry));
  for (const point of await store.readPoints('node/1', 0, 1e6)) content.points.set(point.minute, JSON.stringify(point));
  return content;
}

/** A store with a history: branch pages, long values, deletions, free pages. */
async function build(): Promise<{ file: Buffer; content: Content; term: number }> {
  const directory = join(base, 'good');
  const store = await openEmbedded(directory);
  for (let round = 0; round < 6; round++) {
    await store.bulk(
      Array.from({ length: 60 }, (_, n) => ({
        collection: n % 2 ? 'apps' : 'nodes',
        key: `k${round % 4}.${n}`,
        doc: { round, n, text: 'x'.repeat(n % 20 ? 80 : 9000) },
        expect: 'any' as const,
        term: round,
      })),
    );
    await store.append(
      Array.from({ length: 60 }, (_, n) => ({ at: 1000 * round + n, kind: 'test.made', text: 'y'.repeat(60) })),
    );
    await store.addPoints(
      'node/1',
      Array.from({ length: 30 }, (_, n) => ({
        minute: 100 * round + n,
        values: { cpu: [n, n, n] as [number, number, number] },
      })),
    );
  }
  await store.bulk(
    Array.from({ length: 20 }, (_, n) => ({
      collection: 'apps',
      key: `k1.${2 * n + 1}`,
      doc: null,
      expect: 'any' as const,
      term: 9,
    })),
  );
  await store.expire(1010, 1e6);
  const term = await store.draw('term', 1, 7);
  const content = await contentOf(store);
  await store.close();
  return { file: readFileSync(join(directory, storeFile)), content, term };
}
export const good = await build();

interface Outcome {
  notices: StoreNotice[];
  content: Content;
  directory: string;
  term: number;
}

/** Opens a store of these bytes, checks that it works, and gives what is in it. */
export async function openBytes(bytes: Buffer): Promise<Outcome> {
  const directory = join(base, String(++made));
  mkdirSync(directory);
  writeFileSync(join(directory, storeFile), bytes);
  const notices: StoreNotice[] = [];
  const store = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
  const content = await contentOf(store);
  const term = await store.draw('term', 1);
  assert.ok((await store.write({ collection: 'apps', key: 'after', doc: {}, expect: 'absent' })).ok);
  const [seq] = await store.append([{ at: 1, kind: 'test.after' }]);
  assert.ok(seq! > Math.max(0, ...content.events.keys()));
  for (const { name, count } of await store.collections()) {
    assert.is(
      count,
      [...content.records.keys()].filter((key) => key.startsWith(`${name}/`)).length + Number(name === 'apps'),
    );
  }
  await store.close();
  assert.equal(await examine(join(directory, storeFile)), { state: 'sound' });
  for (const { detail } of notices)
    assert.ok(readFileSync(detail.aside).equals(bytes), 'the old file is kept as it was');
  return { notices, content, directory, term };
}

/** Everything that is there was there; how much is missing. */
export function missing(content: Content): number {
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
export function nothingInSilence({ notices, content, directory, term }: Outcome, name: string): number {
  const lost = missing(content);
  assert.ok(notices.length <= 1);
  const [notice] = notices;
  const rescued = notice?.detail.rescued;
  if (!rescued)
    assert.ok(lost === 0 && term === good.term + 1, `${name}: ${lost} values lost in silence, term ${term}`);
  else if (rescued.gaps === 0) {
    assert.ok(term > good.term, `${name}: a counter went back`);
    if (!rescued.uncertain) assert.is(lost, 0, `${name}: said that nothing was lost`);
  } else assert.match(notice.message, 'Lost: what lay in');
  assert.equal(
    readdirSync(directory).filter((entry) => /resc/.test(entry)),
    [],
  );
  rmSync(directory, { recursive: true });
  return lost;
}

export const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(good.file);
  change(bytes);
  return bytes;
};
