// What a query leaves of many documents, condition by condition, and who came nearest.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../src/query/compile.ts';
import { explain, misses } from '../../src/query/explain.ts';
import type { Explanation } from '../../src/query/explain.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import type { Query } from '../../src/query/query.ts';

const gigabyte = 1024 ** 3;
const nodes = [
  {
    hostname: 'node-1',
    os: { name: 'Linux', cpus: 2 },
    memory: { total: 4 * gigabyte },
    tags: ['ssd'],
    networks: [{ name: 'eth0', address: '10.0.0.1' }],
  },
  {
    hostname: 'node-2',
    os: { name: 'Linux', cpus: 4 },
    memory: { total: 8 * gigabyte },
    tags: ['ssd', 'gpu'],
    networks: [
      { name: 'eth0', address: '192.168.0.2' },
      { name: 'eth1', address: '10.0.0.2' },
    ],
  },
  { hostname: 'node-3', os: { name: 'Mac OS X', cpus: 8 }, memory: { total: 16 * gigabyte }, tags: [], networks: [] },
];
const now = 0;
function read(text: string): Query {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.query;
}
const why = (text: string, docs: unknown[] = nodes): Explanation => explain(read(text), docs, { now });

test('counts what remains, condition by condition', () => {
  const { total, matched, clauses } = why('tags:ssd AND os.cpus:>2 AND NOT tags:gpu');
  assert.equal([total, matched], [3, 0]);
  const counts = clauses.map(({ text, left, alone }) => [text, left, alone]);
  assert.equal(counts, [
    ['tags:ssd', 2, 2],
    ['os.cpus:>2', 1, 2],
    ['NOT tags:gpu', 0, 2],
  ]);
});

test('names who came nearest, and by what', () => {
  const { clauses, nearest } = why('os.name:linux AND os.cpus:>8');
  assert.equal(clauses[1]!.nearest, ['node-2: os.cpus is 4, wanted > 8', 'node-1: os.cpus is 2, wanted > 8']);
  assert.equal(nearest, [
    'node-2: os.cpus is 4, wanted > 8',
    'node-1: os.cpus is 2, wanted > 8',
    'node-3: os.name is "Mac OS X", wanted linux; os.cpus is 8, wanted > 8',
  ]);
  assert.equal(why('memory.total:>16GB').nearest[0], 'node-3: memory.total is 16 GiB, wanted > 16GB');
});

test('says which condition one document fails', () => {
  const of = (text: string, doc = nodes[1]) => misses(read(text), doc, { now });
  assert.equal(of('os.cpus:4 AND tags:ssd'), []);
  assert.equal(of('os.cpus:[6 TO 9] AND tags:ssd AND tags:hpc'), [
    'os.cpus is 4, wanted [6 TO 9]',
    'tags are ssd, gpu, wanted hpc',
  ]);
  assert.equal(of('NOT gpu'), ['tags is gpu, excluded by NOT gpu']);
  assert.equal(of('tags:x OR (os.cpus:9 AND os.name:linux)'), ['tags are ssd, gpu, wanted x; os.cpus is 4, wanted 9']);
  assert.equal(of('hpc'), ['no field matches hpc']);
  assert.equal(of('_exists_:rack AND os:linux'), ['has no rack', 'os has no value of its own, only fields below it']);
  assert.equal(of('networks:(address:10.0.0.0/8 AND name:eth0)'), [
    'no element of networks fulfils address:10.0.0.0/8 AND name:eth0; nearest: address is 192.168.0.2, wanted 10.0.0.0/8',
  ]);
  assert.equal(of('networks:(name:eth0 AND address:10.*)', nodes[2]), ['networks has no elements with fields']);
  assert.equal(of('+tags:hpc -os.name:linux tags:x'), [
    'tags are ssd, gpu, wanted hpc',
    'os.name is Linux, excluded by NOT os.name:linux',
  ]);
  assert.equal(of('(NOT (tags:gpu OR tags:hpc))^2'), ['tags is gpu, excluded by NOT tags:gpu']);
});

test('remarks on what is probably meant otherwise', () => {
  const notes = (text: string) => why(text).clauses.flatMap((clause) => clause.notes);
  assert.equal(notes('os.cpu:4'), ['no document has a field os.cpu; is os.cpus meant?']);
  assert.equal(notes('cpus:4'), ['no document has a field cpus; is os.cpus meant?']);
  assert.equal(notes('OS.Name:linux'), ['no document has a field OS.Name; is os.name meant?']);
  assert.equal(notes('zzzzzz:4'), ['no document has a field zzzzzz']);
  assert.equal(notes('tags:ssd and tags:gpu'), ['and is searched for as a word; operators are written in capitals']);
  assert.equal(notes('os.cpus:eight'), ['os.cpus is a number, and eight is none']);
  assert.equal(notes('network:(name:eth0 AND address:10.*)'), [
    'no document has fields below network; is networks meant?',
  ]);
  assert.equal(notes('os.cpus:4 AND tags:ssd AND memory.total:>1GB AND NOT hostname:web*'), []);
});

test('every document matches, or there is none', () => {
  assert.equal(why('*'), { total: 3, matched: 3, clauses: [], nearest: [] });
  const clauses = [{ text: 'tags:ssd', left: 0, alone: 0, nearest: [], notes: [] }];
  assert.equal(why('tags:ssd', []), { total: 0, matched: 0, clauses, nearest: [] });
});

test('names documents as told', () => {
  const { nearest } = explain(read('a:2'), [{ a: 1 }, { a: 1, id: 'x' }], { now });
  assert.equal(nearest, ['document 1: a is 1, wanted 2', 'x: a is 1, wanted 2']);
  assert.equal(explain(read('a:2'), [{ a: 1 }], { now, name: (_, position) => `line ${position}` }).nearest, [
    'line 0: a is 1, wanted 2',
  ]);
});

test('agrees with the query itself on how many match', () => {
  for (const text of [
    'tags:ssd OR os.cpus:8',
    '+tags:ssd tags:gpu',
    'tags:gpu -os.cpus:2',
    '-tags:gpu -os.cpus:2',
    'NOT (NOT tags:ssd)',
    'NOT (tags:ssd AND tags:gpu)',
    '(tags:gpu os.cpus:8)^2 AND *',
  ]) {
    const matches = compile(read(text), { now });
    assert.is(why(text).matched, nodes.filter(matches).length, text);
    for (const node of nodes) assert.is(misses(read(text), node, { now }).length === 0, matches(node), text);
  }
});

test.run();
