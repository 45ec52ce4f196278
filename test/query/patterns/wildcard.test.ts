// `*` and `?`.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wildcard } from '../../../src/query/patterns/wildcard.ts';
import { runs } from '../../support/runs.ts';

/** The definition, word for word: exponential, but plainly right. */
function naive(pattern: string[], text: string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === '*') return naive(rest, text) || (text.length > 0 && naive(pattern, text.slice(1)));
  if (text.length === 0) return false;
  if (head === '\\' && rest.length > 0) return rest[0] === text[0] && naive(rest.slice(1), text.slice(1));
  return (head === '?' || head === text[0]) && naive(rest, text.slice(1));
}

test('matches as the definition does', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '\\', '😀'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\', '😀'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), (source, texts) => {
      const { matches, prefix, prefixOnly } = wildcard(source);
      for (const one of texts) {
        const is = naive([...source], [...one]);
        assert.is(matches(one), is, `${source} on ${one}`);
        if (is) assert.ok(one.startsWith(prefix), `${source} promises ${prefix}`);
        if (prefixOnly) assert.is(one.startsWith(prefix), is);
      }
    }),
    { numRuns: runs(3000) },
  );
});

test('no pattern makes it slow', () => {
  const text = 'a'.repeat(5000);
  const started = performance.now();
  for (const pattern of [
    '*a'.repeat(500) + 'b',
    '*?'.repeat(1000) + 'b',
    '*a?'.repeat(300) + '*b*',
    `*${'a'.repeat(200)}b*`,
  ])
    assert.not.ok(wildcard(pattern).matches(text));
  assert.ok(wildcard('*a'.repeat(500) + '*').matches(text));
  assert.ok(performance.now() - started < 10_000);
});

test.run();
