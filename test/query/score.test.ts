// Boosts: how well a document matches.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { indexDocument } from '../../src/query/values/document.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import { score, scorer } from '../../src/query/score.ts';

const node = { tags: ['ssd', 'gpu'], os: { cpus: 8 }, networks: [{ name: 'eth0' }] };
function weigh(text: string): number {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const weight = score(parsed.query, node, { now: 0 });
  assert.is(scorer(parsed.query, { now: 0 })(indexDocument(node)), weight);
  return weight;
}

test('the boosts of the clauses that match', () => {
  const weights: { [query: string]: number } = {
    'tags:ssd': 1,
    'tags:hdd': 0,
    'tags:ssd^3': 3,
    'tags:hdd^3': 0,
    'tags:ssd^0': 0,
    '*': 1,
    'tags:ssd^3 OR tags:gpu^5': 8,
    'tags:ssd^3 OR tags:hdd^5': 3,
    'tags:ssd^3 tags:hdd^5': 3,
    'tags:ssd^3 AND tags:gpu^5': 8,
    'tags:ssd^3 AND tags:hdd^5': 0,
    '(tags:ssd^3 OR tags:gpu)^2': 8,
    '+tags:ssd tags:gpu^4': 5,
    '+tags:hdd tags:gpu^4': 0,
    '+tags:ssd^2 -tags:hdd': 2,
    'tags:gpu -tags:ssd': 0,
    '-tags:hdd -tags:x': 1,
    'NOT tags:hdd': 1,
    '(NOT tags:hdd)^2': 2,
    'NOT tags:ssd^9': 0,
    'networks:(name:eth0 AND _exists_:name)^4': 4,
  };
  for (const [query, weight] of Object.entries(weights)) assert.is(weigh(query), weight, query);
});

test.run();
