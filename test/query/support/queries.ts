// Arbitrary query trees, of the shapes that parse gives.
import fc from 'fast-check';
import type { Field, Query } from '../../../src/query/query.ts';

const char = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcABC019._-+ é数') },
  { weight: 1, arbitrary: fc.constantFrom(...'"\\/:*?~^()[]{}<>=&|!,;\n😀ud') },
);
const special = fc.constantFrom(
  'AND',
  'OR',
  'NOT',
  'TO',
  'now',
  'now-1h',
  '10.0.0.0/8',
  '8GB',
  '2026-11-22',
  'fe80::1',
);
const text = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: char, maxLength: 8 }) },
  { weight: 1, arbitrary: special },
);
const some = text.filter((value) => value !== '');

/** A pattern in the form that parse gives: at least one wildcard, not stars alone, backslashes only where they matter. */
const patternPart = fc.oneof(
  fc.constantFrom('*', '?'),
  some.map((value) => value.replace(/[*?\\]/g, '\\$&')),
);
const pattern = fc
  .array(patternPart, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))
  .filter((value) => /(?:^|[^\\])(?:\\\\)*[*?]/.test(value) && !/^\*+$/.test(value));
const name = fc.oneof(
  some.filter((value) => value !== '_exists_').map((value) => ({ name: value, pattern: false })),
  pattern.map((value) => ({ name: value, pattern: true })),
);
const regex = fc.constantFrom(
  'a',
  'a.*',
  'a/b',
  '\\\\',
  '[a-c]+',
  '(x|y)&x',
  '~(a)',
  'a{2,3}',
  '<1-12>',
  '"q.q"',
  '',
  '\\.',
  '@',
  '#',
);

const aField: fc.Arbitrary<NonNullable<Field>> = name;

function clause(field: fc.Arbitrary<Field>): fc.Arbitrary<Query> {
  return fc.oneof(
    fc.record({ kind: fc.constant('term' as const), field, text, slop: fc.oneof(fc.constant(0), fc.nat(5)) }),
    fc.record({ kind: fc.constant('wildcard' as const), field, pattern }),
    fc.record({ kind: fc.constant('regex' as const), field, pattern: regex }),
    fc.record({ kind: fc.constant('fuzzy' as const), field, text: some, edits: fc.constantFrom(null, 0, 1, 2) }),
    fc
      .record({
        kind: fc.constant('range' as const),
        field,
        from: fc.option(text),
        to: fc.option(text),
        includeFrom: fc.boolean(),
        includeTo: fc.boolean(),
      })
      .map(({ includeFrom, includeTo, ...range }) => ({
        ...range,
        includeFrom: includeFrom && range.from !== null,
        includeTo: includeTo && range.to !== null,
      })),
    fc.record({ kind: fc.constant('exists' as const), field: aField }),
  );
}

/** Any tree that parse can give. */
export function aQuery(): fc.Arbitrary<Query> {
  return fc.letrec<{ query: Query }>((tie) => {
    const inner = tie('query');
    const several = fc.array(inner, { minLength: 2, maxLength: 3 });
    const item = fc.record({ sign: fc.constantFrom('+' as const, '-' as const, '' as const), query: inner });
    const items = fc
      .array(item, { minLength: 2, maxLength: 4 })
      .filter((list) => list.some((item) => item.sign !== ''));
    const boosted = fc
      .tuple(inner, fc.constantFrom(0, 0.5, 2, 1e-9, 1e22))
      .map(([of, boost]): Query => ({ kind: 'boost', boost, of }));
    const element = fc
      .tuple(aField, clause(aField), inner)
      .map(([field, named, of]): Query => ({ kind: 'element', field, of: { kind: 'and', of: [named, of] } }));
    return {
      query: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 5, arbitrary: clause(fc.option(aField)) },
        { weight: 1, arbitrary: fc.constant<Query>({ kind: 'all' }) },
        { weight: 2, arbitrary: several.map((of): Query => ({ kind: 'and', of })) },
        { weight: 2, arbitrary: several.map((of): Query => ({ kind: 'or', of })) },
        { weight: 1, arbitrary: inner.map((of): Query => ({ kind: 'not', of })) },
        { weight: 1, arbitrary: items.map((of): Query => ({ kind: 'list', of })) },
        { weight: 1, arbitrary: boosted },
        { weight: 1, arbitrary: element },
      ),
    };
  }).query;
}
