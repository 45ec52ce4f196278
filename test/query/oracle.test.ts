// What the ancestors' engines answered (recorded from the real engines): every query agrees, or is listed in differences.json with its
// reason, or the difference is shown to be the operators alone: combined the ancestors' way, our clauses give their answer.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../src/query/compile.ts';
import { indexDocument } from '../../src/query/values/document.ts';
import type { IndexedDocument } from '../../src/query/values/document.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import type { Query } from '../../src/query/query.ts';
import { classic } from './support/classic.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../test/query/oracle');
const load = (name: string): never => JSON.parse(readFileSync(join(folder, name), 'utf8')) as never;
const differences: { [engine: string]: { [reason: string]: string[] } } = load('differences.json');
const moment = { now: 0 };

function reasons(engine: string): Map<string, string> {
  const known = new Map<string, string>();
  for (const [reason, queries] of Object.entries(differences[engine]!))
    for (const query of queries) known.set(query, reason);
  return known;
}

/** Lucene's BooleanQuery over our tree: a NOT takes away from its neighbours, alone it gives nothing. */
function lucene(query: Query, doc: IndexedDocument): boolean {
  const signed = (of: { sign: string; query: Query }[]): boolean => {
    const holds = of.map(({ sign, query: inner }) =>
      inner.kind === 'not' ? { sign: '-', is: lucene(inner.of, doc) } : { sign, is: lucene(inner, doc) },
    );
    const must = holds.filter(({ sign }) => sign === '+');
    const may = holds.filter(({ sign }) => sign === '');
    return (
      !holds.some(({ sign, is }) => sign === '-' && is) &&
      must.every(({ is }) => is) &&
      (must.length > 0 || may.some(({ is }) => is))
    );
  };
  switch (query.kind) {
    case 'and':
      return signed(query.of.map((inner) => ({ sign: '+', query: inner })));
    case 'or':
      return signed(query.of.map((inner) => ({ sign: '', query: inner })));
    case 'not':
      return false;
    case 'list':
      return signed(query.of);
    case 'boost':
      return lucene(query.of, doc);
    default:
      return compile(query, moment)(doc);
  }
}

test('STAT hub: 300 queries over 30 nodes', () => {
  const nodes = (load('nodes.json') as unknown[]).map(indexDocument);
  const listed = reasons('statHub');
  const cases: [query: string, ids: number[] | null][] = load('stat-hub.json');
  assert.is(cases.length, 300);
  const ids = (holds: (doc: IndexedDocument) => boolean) => nodes.flatMap((node, id) => (holds(node) ? [id] : []));
  for (const [text, theirs] of cases) {
    const parsed = parse(text);
    const ours = parsed.ok ? ids(compile(parsed.query, moment)) : null;
    if (JSON.stringify(ours) === JSON.stringify(theirs)) {
      assert.not.ok(listed.has(text), `listed, but agrees: ${text}`);
      continue;
    }
    if (listed.delete(text)) continue;
    const combined = ids((node) =>
      classic(text, (clause) => {
        const one = parse(clause);
        if (!one.ok) throw new Error(`${clause}: ${one.error.message}`);
        return compile(one.query, moment)(node);
      }),
    );
    assert.equal(combined, theirs, `neither agrees nor is listed, and it is not the operators: ${text}`);
  }
  assert.equal([...listed.keys()], [], 'listed, but not among the queries');
});

test('Lucene: 1,000 pairs of a document and a query', () => {
  const { docs, cases }: { docs: unknown[]; cases: [kind: string, doc: number, query: string, answers: string][] } =
    load('lucene.json');
  const nodes = docs.map(indexDocument);
  const listed = reasons('lucene');
  const unused = new Set(listed.keys());
  assert.is(cases.length, 1000);
  for (const [kind, doc, text, answers] of cases) {
    const parsed = parse(text);
    const ours = !parsed.ok ? 'E' : compile(parsed.query, moment)(nodes[doc]!) ? 'T' : 'F';
    const precedence = answers[1]!;
    if (ours === precedence) continue;
    if (listed.has(text)) {
      unused.delete(text);
      continue;
    }
    assert.ok(parsed.ok, `${kind}: an error here, none there: ${text}`);
    assert.is(
      parsed.ok && lucene(parsed.query, nodes[doc]!) ? 'T' : 'F',
      precedence,
      `${kind}: neither agrees nor is listed, and it is not the meaning of NOT: ${text}`,
    );
  }
  assert.equal([...unused], [], 'listed, but agrees');
});

test.run();
