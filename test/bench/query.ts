// The query language over 10,000 nodes: in memory (what placement asks), as the API lists nodes, and as a store searches what it keeps.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { page } from '../../src/master/shown/lists.ts';
import { compile } from '../../src/query/compile.ts';
import { indexDocument } from '../../src/query/values/document.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import { openElastic } from '../../src/store/elasticsearch/elastic.ts';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import type { Doc, Store } from '../../src/store/store.ts';
import { missing, versions } from '../elasticsearch/assemble.ts';
import { ElasticCluster } from '../elasticsearch/cluster.ts';
import { median, ms, quantile, type Row } from './measure.ts';

const node = (i: number): Doc => ({
  id: `node-${i}`,
  hostname: `${['web', 'db', 'cache'][i % 3]}-${i}.rack${i % 40}.example.com`,
  os: { name: 'Linux', cpus: 2 ** (i % 7), architecture: 'amd64' },
  memory: { total: (i % 64) * 1024 ** 3 },
  networks: [{ name: 'eth0', address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }],
  tags: [i % 2 ? 'ssd' : 'hdd', `zone:${i % 3}`],
});
const nodes = Array.from({ length: 10_000 }, (_, i) => node(i));
const queries = [
  '*',
  'web',
  'os.cpus:>8 AND tags:ssd',
  'networks.address:10.0.0.0/18',
  'hostname:db* -tags:hdd',
  'memory.total:>8GB AND networks.address:[10.0.1.0 TO 10.0.9.0]',
  'hostname:/(web|db)-1[0-9]+.*/',
  'hostname:wev~1',
];

/** Asks each query in turns, the first two of them unmeasured. */
async function timesOf(rounds: number, ask: (text: string) => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++)
    for (const text of queries) {
      const begin = performance.now();
      await ask(text);
      if (round > 1) times.push(performance.now() - begin);
    }
  return times;
}

async function fill(store: Store): Promise<void> {
  for (let from = 0; from < nodes.length; from += 1000) {
    await store.bulk(
      nodes
        .slice(from, from + 1000)
        .map((doc) => ({ collection: 'nodes', key: String(doc['id']), doc, expect: 'absent' as const })),
    );
  }
}

export async function queryRows(say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const row = (what: string, target: string, times: number[]): void => {
    rows.push({
      what: `${what} (8 kinds of query)`,
      ours: `p50 ${ms(median(times))}, p95 ${ms(quantile(times, 0.95))}`,
      target,
      peers: '',
    });
    say(`${what}: ${rows.at(-1)!.ours}`);
  };
  const documents = nodes.map(indexDocument);
  row(
    'query over 10,000 nodes',
    'p95 20 ms',
    await timesOf(15, (text) => {
      const parsed = parse(text);
      if (!parsed.ok) throw new Error(parsed.error.message);
      return documents.filter(compile(parsed.query, { now: 0 }));
    }),
  );
  const byName = (a: Doc, b: Doc): number => (String(a['hostname']) < String(b['hostname']) ? -1 : 1);
  row(
    'list of 10,000 nodes by a query, first 100, either store',
    '',
    await timesOf(8, (text) => page(nodes, text, { from: 0, size: 100 }, 0, byName)),
  );
  const base = mkdtempSync(join(tmpdir(), 'stathub-bench-query-'));
  try {
    const embedded = await openEmbedded(join(base, 'embedded'));
    await fill(embedded);
    row('search of 10,000 kept documents, embedded', '', await timesOf(5, (text) => embedded.query('nodes', text)));
    await embedded.close();
    const why = await missing();
    if (why) say(`no Elasticsearch: ${why}`);
    else {
      const cluster = await ElasticCluster.start(9, join(base, 'elasticsearch'));
      try {
        const store = await openElastic({ urls: [cluster.url], prefix: 'bench', requestMs: 60_000 });
        await fill(store);
        await store.counters(); // refreshes
        row(
          `search of 10,000 kept documents, Elasticsearch ${versions[9]}, 1 node`,
          '',
          await timesOf(8, (text) => store.query('nodes', text)),
        );
        await store.close();
      } finally {
        await cluster.end();
      }
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return rows;
}
