// The translation never finds too much for sure, and never misses what matches.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../../src/query/compile.ts';
import { compareTexts, sortKey, sortableNumber } from '../../../src/query/values/order.ts';
import { parse } from '../../../src/query/syntax/parse.ts';
import type { Query } from '../../../src/query/query.ts';
import { searchable } from '../../../src/query/keywords/searchable.ts';
import { translate } from '../../../src/query/keywords/translate.ts';
import { aDocument, aText, now } from '../support/documents.ts';
import { aQuery } from '../support/queries.ts';
import { finds } from '../support/tokens.ts';
import { runs } from '../../support/runs.ts';

const seed = 20261122;
const treeOf = (text: string) => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
};

const docs = fc
  .sample(aDocument, { numRuns: 100, seed })
  .map((document) => ({ document, indexed: searchable(document as object) }));

/** Holds a query against all documents; gives how many match, and how many have to be judged. */
function hold(query: Query): { matched: number; judged: number } {
  const { sure, maybe, candidates } = translate(query, { now });
  const matches = compile(query, { now });
  let matched = 0;
  let judged = 0;
  for (const { document, indexed } of docs) {
    const is = matches(document);
    const surely = finds(sure, indexed);
    const perhaps = maybe !== null && finds(maybe, indexed);
    if (surely && !is) assert.unreachable(`found, but does not match: ${JSON.stringify([query, document])}`);
    if (is && !surely && !perhaps) assert.unreachable(`matches, but is missed: ${JSON.stringify([query, document])}`);
    if (surely && perhaps) assert.unreachable(`judged although it is sure: ${JSON.stringify([query, document])}`);
    if (finds(candidates, indexed) !== (surely || perhaps))
      assert.unreachable(`candidates are not both: ${JSON.stringify([query, document])}`);
    matched += Number(is);
    judged += Number(perhaps);
  }
  return { matched, judged };
}

test('what is sure matches, and whatever matches is sure or to be judged', () => {
  const held = fc.sample(aText, { numRuns: runs(500), seed }).map((text) => hold(treeOf(text)));
  const sum = (of: 'matched' | 'judged') => held.reduce((total, each) => total + each[of], 0);
  assert.ok(sum('matched') > runs(3_300), `only ${sum('matched')} matched`);
  assert.ok(sum('judged') < (held.length * docs.length) / 5, `${sum('judged')} had to be judged`);
});

test('the same for trees of any shape and texts of any kind', () => {
  fc.sample(aQuery(), { numRuns: runs(200), seed }).forEach(hold);
});

test('usual queries are asked exactly', () => {
  const exact = [
    'web',
    'web*',
    'hostname:DB?',
    'os.cpus:>8',
    'memory.total:[8GB TO 16GB}',
    'networks.address:[10.0.0.1 TO 10.0.0.9]',
    'tags:/s.d/',
    '_exists_:os',
    'tags:(ssd OR hpc) AND NOT os.cpus:8',
    '+web -db',
    'hostname:web~1',
    'at:>=now-1h',
    'networks.*:eth0',
    '*:8',
    '_id:web OR id:x*',
  ];
  for (const text of exact) {
    const { maybe } = translate(treeOf(text), { now });
    assert.match(JSON.stringify(maybe), /^\{"bool":\{"filter":\[\{"term":\{"vague":true\}\}/, `${text} is not exact`);
  }
  assert.equal(translate(treeOf('*'), { now }), {
    sure: { match_all: {} },
    maybe: null,
    candidates: { match_all: {} },
  });
});

test('what cannot be indexed is judged: long texts, halves of surrogate pairs, odd paths', () => {
  for (const document of [
    { a: 'x'.repeat(1001) },
    { a: 'b\ud800' },
    { 'a\u001fb': 1 },
    { a: { ['k'.repeat(1001)]: 1 } },
  ]) {
    const indexed = searchable(document);
    assert.is(indexed.vague, true);
    for (const text of ['x*', 'NOT nothing', 'a:/x+/', '_exists_:a']) {
      assert.ok(finds(translate(treeOf(text), { now }).maybe!, indexed), text);
    }
  }
  assert.is(searchable({ a: 'x'.repeat(1000) }).vague, false);
});

test('deep, long and costly queries are asked in part and judged', () => {
  const sizes = (text: string): number => JSON.stringify(translate(treeOf(text), { now })).length;
  assert.ok(sizes('('.repeat(90) + 'a' + ')'.repeat(90)) < 1000);
  const nested = Array.from({ length: 60 }).reduce<string>(
    (inner, _, n) => (n % 2 ? `(a AND ${inner})` : `(b OR ${inner})`),
    'c',
  );
  const depth = (dsl: unknown): number =>
    typeof dsl !== 'object' || dsl === null
      ? 0
      : Math.max(0, ...Object.entries(dsl).map(([key, value]) => Number(key === 'bool') + depth(value)));
  assert.ok(depth(translate(treeOf(nested), { now })) < 30, 'a server takes 30 levels');
  const many = JSON.stringify(
    translate(treeOf(Array.from({ length: 1000 }, (_, n) => `f${n}:[${n} TO 9]`).join(' OR ')), { now }).maybe,
  );
  assert.ok(many.split('"range"').length < 1000, 'a server takes 1,024 clauses');
  const costly = [
    'a:*' + 'a?'.repeat(100),
    'a:*' + 'a*'.repeat(100),
    'a:/(a|b)*a(a|b){12}/',
    'a:/~(abc)&x.*/',
    `a:${'x'.repeat(60)}~2`,
    `${'a'.repeat(250)}*:x`,
  ];
  for (const text of costly) {
    const asked = JSON.stringify(translate(treeOf(text), { now }));
    for (const [, value] of asked.matchAll(/"value":"((?:[^"\\]|\\.)*)"/g)) assert.ok(value!.length < 1000, text);
    assert.ok(asked.length < 6000, `${text}: ${asked.length}`);
  }
});

test('numbers and texts as tokens sort as they do', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      const [x, y] = [sortableNumber(a), sortableNumber(b)];
      assert.is(Math.sign(a - b) || 0, x < y ? -1 : x > y ? 1 : 0, `${a} ${b}`);
    }),
    { seed },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.is(Math.sign(compareTexts(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { seed },
  );
  assert.is(sortableNumber(-0), sortableNumber(0));
  const keys = [-1, 0, 2, 10, false, true, '10', '2', 'é', '\uffff', '😀'].map(sortKey);
  assert.equal(
    [...keys].sort((a, b) => compareTexts(a!, b!)),
    keys,
  );
  assert.equal(
    [sortKey(null), sortKey({}), sortKey([]), sortKey([[1]]), sortKey([3, 1])],
    [null, null, null, null, sortKey(3)],
  );
});

test.run();
