// Regular expressions as Lucene has them, and bounds on what they cost.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshBudget } from '../../../src/query/patterns/budget.ts';
import { regex } from '../../../src/query/patterns/regex.ts';
import { PatternError } from '../../../src/query/patterns/regex-syntax.ts';
import { runs } from '../../support/runs.ts';

const cases: [pattern: string, yes: string[], no: string[]][] = [
  ['linux', ['linux'], ['linu', 'linuxx', '']],
  ['LIN.*', ['linux'], ['mac']],
  ['', [''], ['a']],
  ['()', [''], ['a']],
  ['a?b+c*', ['b', 'abbcc'], ['ac', 'aab']],
  ['a{2}', ['aa'], ['a', 'aaa']],
  ['a{2,}', ['aa', 'aaaa'], ['a']],
  ['(ab){1,2}', ['ab', 'abab'], ['', 'ababab']],
  ['a{0}', [''], ['a']],
  ['node|web|db', ['web', 'db'], ['nodeweb']],
  ['(node|web)-[0-9]{1,2}', ['web-7', 'node-12'], ['web-', 'web-123']],
  ['[a-cx]', ['a', 'x'], ['d', '-']],
  ['[A-C]', ['b'], ['d']],
  ['[^a-c]', ['d', '-', '数'], ['a', 'ab', '']],
  ['[]a]', [']', 'a'], ['b']],
  ['[a\\]]', [']', 'a'], ['\\']],
  ['[a-]', ['-', 'a'], ['b']],
  ['[\\d_]+', ['12_'], ['x']],
  ['.', ['a', '😀'], ['', 'ab']],
  ['..', ['a😀'], ['😀']],
  ['[😀-😂]', ['😁'], ['😃']],
  ['a\\.b', ['a.b'], ['axb']],
  ['"a.*b"c', ['a.*bc'], ['axbc']],
  ['@', ['', 'anything'], []],
  ['#', [], ['', 'a']],
  ['a|#', ['a'], ['']],
  ['~(a.*)', ['', 'b', 'ba'], ['a', 'ab']],
  ['~~a', ['a'], ['b']],
  ['.*a.*&.*b.*', ['ab', 'xbya'], ['a', 'b']],
  ['a&b', [], ['a', 'b', 'ab']],
  ['web-<1-12>', ['web-1', 'web-12', 'web-007'], ['web-0', 'web-13']],
  ['<01-12>', ['01', '12'], ['1', '00', '012']],
  ['<9-110>', ['9', '10', '99', '110', '0110'], ['8', '111', '1100']],
  ['\\d+\\w\\s', ['12a '], ['a']],
  ['\\D', ['a'], ['1']],
  ['a/b', ['a/b'], ['ab']],
  ['*a', ['*a'], ['a', 'xa']],
  ['x*{2}', ['', 'xx'], ['y']],
  ['[^"]', ['a'], ['"']],
];

test("Lucene's operators", () => {
  for (const [pattern, yes, no] of cases) {
    const { matches } = regex(pattern);
    for (const text of yes) assert.ok(matches(text), `/${pattern}/ should match ${JSON.stringify(text)}`);
    for (const text of no) assert.not.ok(matches(text), `/${pattern}/ should not match ${JSON.stringify(text)}`);
  }
});

test('says what is wrong and where', () => {
  const bad: [pattern: string, offset: number, message: string][] = [
    ['(a', 0, 'no )'],
    ['a)', 1, 'no ('],
    ['[a', 0, 'no ]'],
    ['[z-a]', 0, 'wrong way'],
    ['a{2,1}', 1, 'more at least'],
    ['a{x}', 2, 'whole number'],
    ['a{2', 1, 'no }'],
    ['a|', 2, 'too early'],
    ['ab"c', 2, 'no closing "'],
    ['<a-b>', 0, 'interval'],
    ['a\\', 2, 'too early'],
    ['😀(', 1, 'no )'],
    ['a{5000}', 1, 'limited'],
  ];
  for (const [pattern, offset, part] of bad) {
    try {
      regex(pattern);
      assert.unreachable(`/${pattern}/ should be refused`);
    } catch (error) {
      assert.instance(error, PatternError, String(error));
      assert.is((error as PatternError).offset, offset, `/${pattern}/: ${(error as PatternError).message}`);
      assert.match((error as PatternError).message, part);
    }
  }
});

test('agrees with JavaScript where both have the same syntax', () => {
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'ab'),
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => x + y),
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `(${x}|${y})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,1}', '{2,}'))
        .map(([x, repeat]) => `(${x})${repeat}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 3, maxLength: 6 }), (source, texts) => {
      fc.pre(source.length < 60);
      const { matches } = regex(source);
      const theirs = new RegExp(`^(?:${source})$`, 's');
      for (const one of texts) assert.is(matches(one), theirs.test(one), `/${source}/ on ${one}`);
    }),
    { numRuns: runs(700) },
  );
});

test('complement and intersection are what they say', () => {
  const part = fc.constantFrom('a*', 'ab|b', '.*b', 'a.', '[^b]+', '(ab)*', '@', '#');
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
  fc.assert(
    fc.property(part, part, text, (x, y, one) => {
      const [mx, my] = [regex(x).matches(one), regex(y).matches(one)];
      assert.is(regex(`~(${x})`).matches(one), !mx);
      assert.is(regex(`(${x})&(${y})`).matches(one), mx && my);
      assert.is(regex(`(${x})&~(${y})`).matches(one), mx && !my);
    }),
  );
});

test('what would explode is refused soon, what is merely ugly runs in time', () => {
  const started = performance.now();
  for (const pattern of [
    '.*a.{30}',
    '(.*a){10}.{20}',
    '(a{1,1000}){1,1000}',
    '((((a{1,50}){1,50}){1,50}){1,50})',
    '~(.*a.{20})&.*b.{20}',
    `${'('.repeat(500)}a${')'.repeat(500)}`,
  ]) {
    assert.throws(
      () => regex(pattern),
      (error: unknown) => error instanceof PatternError,
      pattern,
    );
  }
  for (const pattern of ['(a+)+b', '(a|a)*b', '(a*)*b', '(.*)(.*)(.*)(.*)b', 'a?'.repeat(50) + 'a{50}b']) {
    assert.not.ok(regex(pattern).matches('a'.repeat(20_000)), pattern);
  }
  assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`);
  const budget = freshBudget();
  // One budget for all of a query.
  assert.throws(() => {
    for (let times = 0; times < 10_000; times++) regex('.*a.{6}', budget);
  }, /too complex/);
});

test.run();
