// `text~2`: edit distances.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { autoEdits, fuzzy } from '../../../src/query/patterns/fuzzy.ts';
import { runs } from '../../support/runs.ts';

/** Optimal string alignment by the whole table, the plain way. */
function distance(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  const d = Array.from({ length: x.length + 1 }, (_, i) =>
    Array.from({ length: y.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= x.length; i++)
    for (let j = 1; j <= y.length; j++) {
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + (x[i - 1] === y[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  return d[x.length]![y.length]!;
}

test('agrees with the whole table of edit distances', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '😀'), maxLength: 9 });
  fc.assert(
    fc.property(
      word,
      fc.array(word, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 2 }),
      (wanted, texts, edits) => {
        const near = fuzzy(wanted, edits); // one matcher for many texts: nothing may be left over from the last
        for (const text of texts) assert.is(near(text), distance(wanted, text) <= edits, `${wanted} ~${edits} ${text}`);
      },
    ),
    { numRuns: runs(2000) },
  );
});

test('edits by length', () => {
  assert.equal(['', 'ab', 'abc', 'abcde', 'abcdef', '😀😀'].map(autoEdits), [0, 0, 1, 1, 2, 0]);
});

test.run();
