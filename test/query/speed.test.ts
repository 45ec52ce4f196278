// The target is p95 <= 20 ms for a query over 10,000 nodes. Tests share the machine with others, so the limit here is wide; the numbers
// are printed.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../src/query/compile.ts';
import { indexDocument } from '../../src/query/values/document.ts';
import { explain } from '../../src/query/explain.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import { keptTo } from '../support/busyness.ts';
import type { Query } from '../../src/query/query.ts';

interface Node {
  id: string;
  hostname: string;
  networks: { address: string }[];
  tags: string[];
  load: number;
  beatAt: string;
}
const file = join(dirname(fileURLToPath(import.meta.url)), '../../../test/query/oracle/nodes.json');
const base = JSON.parse(readFileSync(file, 'utf8')) as Node[];
const now = 1_790_000_000_000;
const nodes = Array.from({ length: 10_000 }, (_, index): Node => {
  const node = structuredClone(base[index % base.length]!);
  node.networks.forEach((network, at) => {
    network.address = `10.${index >> 8}.${index & 255}.${at + 1}`;
  });
  return {
    ...node,
    id: index.toString(16).padStart(32, '0'),
    hostname: node.hostname.replace(/\d+/, String(index)),
    tags: [...node.tags, `rack-${index % 100}`],
    load: index / 777,
    beatAt: new Date(now - index * 1000).toISOString(),
  };
});
const laidOut = nodes.map(indexDocument);

function read(text: string): Query {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

const usual = [
  '*',
  'tags:ssd',
  'os.cpus:>8',
  'memory.total:>8GB AND networks.address:[10.1.0.0 TO 10.9.255.255]',
  'appserver',
  'web*',
  '*server',
  '10.1.*',
  '10.1.2.0/24',
  '/web-?[0-9]+.*/',
  'appservr~',
  'tags:ssd AND NOT hostname:web* OR os.cpus:4',
  'networks.*:eth0',
  'networks:(address:10.0.0.0/8 AND name:eth0)',
  'beatAt:>now-1h',
  '"Mac OS X"',
  'rack-7 OR ssd',
  'hostname:*77*',
  '+tags:gpu -os.name:mac',
];

test('the usual queries over 10,000 nodes', () => {
  const all: number[] = [];
  for (const text of usual) {
    for (let round = 0; round < 4; round++) {
      const started = performance.now();
      const matches = compile(read(text), { now });
      let found = 0;
      for (const node of laidOut) if (matches(node)) found++;
      all.push(performance.now() - started);
      assert.ok(found > 0, text);
    }
  }
  all.sort((a, b) => a - b);
  const p50 = all[all.length >> 1]!;
  const p95 = all[Math.floor(all.length * 0.95)]!;
  console.log(`# 10,000 nodes: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  assert.ok(keptTo(200, p95), `p95 ${p95.toFixed(1)} ms`);
});

test('the worst queries stay bounded', () => {
  const many = Array.from({ length: 60 }, (_, at) => `*x${at}y*`).join(' ');
  for (const text of [
    '/(.*a.*)*(b|c).*x/',
    '*a*a*a*a*a*a*b',
    `${'?*'.repeat(120)}z`,
    '/~(.*(a|b).*&.*c.*)q/',
    many,
    'aaaaaaaaaaaa~2',
    `"${'a '.repeat(500)}"~30`,
  ]) {
    const started = performance.now();
    const matches = compile(read(text), { now });
    for (const node of laidOut) matches(node);
    assert.ok(
      performance.now() - started < 10_0000,
      `${Math.round(performance.now() - started)} ms: ${text.slice(0, 40)}`,
    );
  }
});

test('plain documents, by path and anywhere', () => {
  const started = performance.now();
  assert.ok(nodes.filter(compile(read('os.cpus:>8 AND appserver'), { now })).length > 0);
  assert.ok(performance.now() - started < 10_0000);
});

test('explains over 10,000 nodes', () => {
  const started = performance.now();
  const { clauses, nearest } = explain(read('os.cpus:>64 AND tags:ssd AND NOT hostname:web*'), laidOut, { now });
  assert.is(clauses[0]!.left, 0);
  assert.match(nearest[0]!, 'os.cpus is 8, wanted > 64');
  assert.ok(performance.now() - started < 10_000, `${Math.round(performance.now() - started)} ms`);
});

test.run();
