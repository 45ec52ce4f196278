// Phrases, and how far their words may be moved.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hasPhrase } from '../../../src/query/values/phrase.ts';
import { runs } from '../../support/runs.ts';

/** Every way to give each wanted word a place of its own. */
function naive(words: string[], wanted: string[], slop: number): boolean {
  const place = (offset: number, taken: number[]): boolean => {
    if (offset === wanted.length) {
      const moved = taken.map((at, index) => at - index);
      return Math.max(...moved) - Math.min(...moved) <= slop;
    }
    return words.some(
      (word, at) => word === wanted[offset] && !taken.includes(at) && place(offset + 1, [...taken, at]),
    );
  };
  return wanted.length > 0 && place(0, []);
}

test('finds phrases as trying every placement does', () => {
  const list = (maxLength: number) => fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength });
  fc.assert(
    fc.property(list(6), list(4), fc.nat(4), (words, wanted, slop) => {
      assert.is(hasPhrase(words, wanted, slop), naive(words, wanted, slop), `${words} / ${wanted} ~${slop}`);
    }),
    { numRuns: runs(2000) },
  );
});

test('swapping two neighbours takes two moves', () => {
  assert.not.ok(hasPhrase(['x', 'mac'], ['mac', 'x'], 1));
  assert.ok(hasPhrase(['x', 'mac'], ['mac', 'x'], 2));
});

test.run();
