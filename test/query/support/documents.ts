// Arbitrary documents, and query texts that match some of them.
import fc from 'fast-check';

/** What `now` stands for in these queries: epoch ms. */
export const now = Date.UTC(2026, 10, 22, 12);

const leaf = fc.oneof(
  fc.constantFrom(
    'web-1',
    'Web',
    'Mac OS X',
    '10.0.0.1',
    'http://10.0.0.2:80',
    'fe80::1',
    '8',
    '8.0',
    '1.10',
    '',
    '2026-11-22T10:00:00Z',
    '2026-11-22',
    'a-b a',
    'ssd',
    '数据',
  ),
  fc.constantFrom(8, 0.5, -1, 1024, 8 * 1024 ** 3, now, now - 60_000, true, false, null),
);
/** Small documents in which paths, kinds of values and words meet often. */
export const aDocument = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.dictionary(
    fc.constantFrom('a', 'b', 'name', 'a.b'),
    fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: leaf },
      fc.array(leaf, { maxLength: 3 }),
      tie('tree'),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
    { maxKeys: 4, noNullPrototype: true },
  ),
})).tree;
const field = fc.constantFrom('', '', 'a:', 'b:', 'name:', 'a.b:', 'a.name:', 'a*:', '*b:', 'a.a.b:');
const value = fc.constantFrom(
  'web',
  'WEB-1',
  'we*',
  '*S*',
  '?',
  '/[a-z0-9.]+/',
  '/[^a-z].*/',
  '/[+--]?8.*/',
  '/[\\\\\\]^-]x|web-?[0-9]{1,2}/',
  '/(mac|os|.{1,2})( .*)?/',
  '/~(web.*)/',
  'w?b*',
  'webb\\-12~2',
  'mac~',
  'wxb~1',
  '8',
  '8.0',
  '8GB',
  '1.1',
  '"os x"',
  '"x os"~3',
  '10.0.0.0/8',
  '10.*',
  'fe80::1',
  '"FE80::0:1"',
  '>7',
  '<=8',
  '[1 TO 9}',
  '[10.0.0.1 TO 10.0.0.9]',
  '>now-1h',
  '2026-11-22',
  '<2026-11-23',
  '[a TO n]',
  '>m',
  'true',
  '*',
  '""',
  '"a b"',
  'b',
  '\\-8',
  '{* TO 数}',
);
const clause = fc
  .tuple(field, value)
  .map(([name, text]) => (name === '' && 'fF'.includes(text[0]!) ? 'fe80\\:\\:1' : name + text));
/** Query texts that say something about such documents. */
export const aText = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small' },
    { weight: 4, arbitrary: clause },
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a}) AND (${b})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `+(${a}) -(${b})`),
    tie('text').map((a) => `NOT (${a})`),
    fc
      .tuple(fc.constantFrom('a', 'b', 'a.b', 'a*'), clause, tie('text'))
      .map(([name, a, b]) => `${name}:(name:* AND ${a} AND (${b}))`),
    fc.constantFrom('_exists_:a', '_exists_:a.b', '_exists_:a*'),
  ),
})).text;
