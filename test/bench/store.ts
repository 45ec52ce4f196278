// Acknowledged (synced) writes a second, one after another and many at once, and the start of a master with a large cluster: on the
// embedded store and, where this machine can run one, on a real Elasticsearch.
import { rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import { openElastic } from '../../src/store/elasticsearch/elastic.ts';
import type { Store } from '../../src/store/store.ts';
import { missing, versions } from '../elasticsearch/assemble.ts';
import { ElasticCluster } from '../elasticsearch/cluster.ts';
import { fillCluster, startsIn } from './start.ts';

async function timed(what: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await what();
  return (performance.now() - started) / 1000;
}

/** What the disk can do: a write of one page and its sync, a second. */
async function syncsASecond(directory: string): Promise<number> {
  const file = await open(join(directory, 'sync'), 'w');
  const page = Buffer.alloc(4096, 1);
  const rounds = 300;
  try {
    return (
      rounds /
      (await timed(async () => {
        for (let n = 0; n < rounds; n++) {
          await file.write(page, 0, page.length, n * page.length);
          await file.datasync();
        }
      }))
    );
  } finally {
    await file.close();
  }
}

const doc = { name: 'web', status: 'running', text: 'x'.repeat(250) };
type Measured = [what: string, figure: string][];
const rate = (count: number, seconds: number): string => `${Math.round(count / seconds).toLocaleString('en')} /s`;

/** Each row: what, and what it comes to. */
async function measure(store: Store): Promise<Measured> {
  const rows: Measured = [];
  const row = async (what: string, count: number, work: () => Promise<unknown>): Promise<void> => {
    rows.push([what, rate(count, await timed(work))]);
  };
  await row('writes, one after another', 300, async () => {
    for (let n = 0; n < 300; n++) await store.write({ collection: 'single', key: String(n), doc, expect: 'absent' });
  });
  await row('writes, 100 writers', 5_000, () =>
    Promise.all(
      Array.from({ length: 100 }, async (_, writer) => {
        for (let n = 0; n < 50; n++)
          await store.write({ collection: 'writers', key: `${writer}.${n}`, doc, expect: 'absent' });
      }),
    ),
  );
  await row('bulk of 10,000', 10_000, () =>
    store.bulk(
      Array.from({ length: 10_000 }, (_, n) => ({
        collection: 'bulk',
        key: String(n),
        doc,
        expect: 'absent' as const,
      })),
    ),
  );
  await row('events, 100 appenders of one at a time', 5_000, () =>
    Promise.all(
      Array.from({ length: 100 }, async () => {
        for (let n = 0; n < 50; n++)
          await store.append([{ at: Date.now(), kind: 'bench.appended', message: 'x'.repeat(100) }]);
      }),
    ),
  );
  await row('reads by key', 1_000, async () => {
    for (let n = 0; n < 1_000; n++) await store.get('bulk', String(n));
  });
  await fillCluster(store, 1_000, 10_000);
  const starts = await startsIn(store);
  rows.push(['start of a master with 1,000 nodes, 10,000 instances', `${starts.toFixed(2)} s`]);
  return rows;
}

/** Prints a table; `directory` is where the stores are made (default: the system's temporary one). */
export async function benchStore(directory = tmpdir()): Promise<void> {
  const base = await mkdtemp(join(directory, 'stathub-bench-'));
  const columns: [name: string, rows: Measured][] = [];
  try {
    console.log(`the disk, one page written and synced: ${rate(1, 1 / (await syncsASecond(base)))}`);
    const embedded = await openEmbedded(join(base, 'embedded'));
    columns.push(['embedded', await measure(embedded)]);
    await embedded.close();
    const why = await missing();
    if (why) console.log(`no Elasticsearch: ${why}`);
    else {
      const cluster = await ElasticCluster.start(9, join(base, 'elasticsearch'));
      try {
        const store = await openElastic({ urls: [cluster.url], prefix: 'bench', requestMs: 60_000 });
        columns.push([`Elasticsearch ${versions[9]}, 1 node, 384 MB`, await measure(store)]);
        await store.close();
      } finally {
        await cluster.end();
      }
    }
    console.log(
      `\n| store | ${columns.map(([name]) => name).join(' | ')} |\n| --- |${columns.map(() => ' --- |').join('')}`,
    );
    columns[0]![1].forEach(([what], index) =>
      console.log(`| ${what} | ${columns.map(([, rows]) => rows[index]![1]).join(' | ')} |`),
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
