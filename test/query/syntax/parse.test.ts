// Query texts as trees, and what is said of faults in them.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../../src/query/compile.ts';
import { indexDocument } from '../../../src/query/values/document.ts';
import { explain } from '../../../src/query/explain.ts';
import {
  deepestBrackets,
  longestQuery,
  longestWildcard,
  mostClauses,
  mostPatterns,
  parse,
} from '../../../src/query/syntax/parse.ts';
import { print } from '../../../src/query/syntax/print.ts';
import { score } from '../../../src/query/score.ts';
import type { Query } from '../../../src/query/query.ts';
import { runs } from '../../support/runs.ts';

const now = Date.UTC(2026, 10, 22);

test('NOT before AND before OR, whatever the spelling', () => {
  type Tree = { op: 'and' | 'or'; of: Tree[] } | { not: Tree } | { leaf: string };
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('a', 'b', 'c', 'd').map((leaf): Tree => ({ leaf })),
      tie('tree').map((not): Tree => ({ not })),
      fc.record({
        op: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));
  const holds = (node: Tree, truth: Set<string>): boolean =>
    'leaf' in node
      ? truth.has(node.leaf)
      : 'not' in node
        ? !holds(node.not, truth)
        : node.op === 'and'
          ? node.of.every((inner) => holds(inner, truth))
          : node.of.some((inner) => holds(inner, truth));
  const rank = (node: Tree): number => ('leaf' in node ? 3 : 'not' in node ? 2 : node.op === 'and' ? 1 : 0);
  /** As few brackets as the precedence allows. */
  function write(node: Tree, spelling: Iterator<number>, above = -1): string {
    const pick = (...choices: string[]): string => choices[spelling.next().value % choices.length]!;
    const brackets = rank(node) < above || (rank(node) === 2 && above === 2); // NOT NOT is no query
    const join = (of: Tree[], ...operators: string[]) =>
      of.map((inner) => write(inner, spelling, rank(node) + 1)).join(pick(...operators));
    const text =
      'leaf' in node
        ? node.leaf
        : 'not' in node
          ? pick('NOT ', '!') + write(node.not, spelling, 2)
          : node.op === 'and'
            ? join(node.of, ' AND ', ' && ')
            : join(node.of, ' OR ', ' || ');
    return brackets ? `(${text})` : text;
  }
  fc.assert(
    fc.property(tree, fc.infiniteStream(fc.nat(7)), (node, spelling) => {
      const text = write(node, spelling);
      const parsed = parse(text);
      assert.ok(parsed.ok, text);
      const matches = compile(parsed.ok ? parsed.query : { kind: 'all' }, { now });
      for (let bits = 0; bits < 16; bits++) {
        const tags = ['a', 'b', 'c', 'd'].filter((_, bit) => bits & (1 << bit));
        assert.is(matches({ tags }), holds(node, new Set(tags)), `${text} on ${tags}`);
      }
    }),
    { numRuns: runs(500) },
  );
});

test('clauses side by side: + is required, - is excluded, one of the rest', () => {
  const item = fc.tuple(fc.constantFrom('+', '-', '', 'NOT ', '!'), fc.constantFrom('a', 'b', 'c', 'd'));
  fc.assert(
    fc.property(fc.array(item, { minLength: 2, maxLength: 5 }), fc.subarray(['a', 'b', 'c', 'd']), (items, tags) => {
      const text = items.map(([sign, tag]) => `${sign}tags:${tag}`).join(' ');
      const parsed = parse(text);
      if (!parsed.ok) return assert.unreachable(text);
      const has = ([, tag]: [string, string]) => tags.includes(tag);
      const must = items.filter(([sign]) => sign === '+');
      const may = items.filter(([sign]) => sign === '');
      const never = items.filter(([sign]) => sign !== '+' && sign !== '');
      const expected = must.every(has) && !never.some(has) && (must.length > 0 || may.length === 0 || may.some(has));
      assert.is(compile(parsed.query, { now })({ tags }), expected, `${text} on ${tags}`);
    }),
    { numRuns: runs(700) },
  );
});

test('trees of the notation', () => {
  const at = (name: string) => ({ name, pattern: false });
  const term = (text: string, field: ReturnType<typeof at> | null = null) => ({ kind: 'term', field, text, slop: 0 });
  const trees: { [text: string]: unknown } = {
    '': { kind: 'all' },
    'a b OR c d': { kind: 'or', of: [term('a'), { kind: 'or', of: [term('b'), term('c')] }, term('d')] },
    'tags:(a OR b:c)': { kind: 'element', field: at('tags'), of: { kind: 'or', of: [term('a'), term('c', at('b'))] } },
    'tags:(a -b)': {
      kind: 'list',
      of: [
        { sign: '', query: term('a', at('tags')) },
        { sign: '-', query: term('b', at('tags')) },
      ],
    },
    'tags:(*)': { kind: 'exists', field: at('tags') },
    '_exists_:os.name': { kind: 'exists', field: at('os.name') },
    'a\\ b\\:c\\u0041': term('a b:cA'),
    '"x \\" y"~3': { kind: 'term', field: null, text: 'x " y', slop: 3 },
    'a&&b': term('a&&b'),
    'os.cpus > 8': { kind: 'range', field: at('os.cpus'), from: '8', to: null, includeFrom: false, includeTo: false },
    'x:[* TO "b c"}': { kind: 'range', field: at('x'), from: null, to: 'b c', includeFrom: false, includeTo: false },
    'x:a\\*b*': { kind: 'wildcard', field: at('x'), pattern: 'a\\*b*' },
    'x:fe80::1': term('fe80::1', at('x')),
    'x:2026-11-22T10:00:00Z': term('2026-11-22T10:00:00Z', at('x')),
    'x:/a\\/b/': { kind: 'regex', field: at('x'), pattern: 'a/b' },
    'MODE=prod': term('prod', at('MODE')),
    'a~0.5': { kind: 'fuzzy', field: null, text: 'a', edits: 0 },
    'linux~0.5^2': { kind: 'boost', boost: 2, of: { kind: 'fuzzy', field: null, text: 'linux', edits: 2 } },
  };
  for (const [text, query] of Object.entries(trees))
    assert.equal(JSON.parse(JSON.stringify(parse(text))), { ok: true, query }, text);
});

const errors: [text: string, offset: number, message: string, hint: string][] = [
  ['(a OR b', 0, 'never closed', 'Close it with )'],
  ['tags:(a AND (b OR c)', 5, 'never closed', 'Close it with )'],
  ['a) OR b', 1, 'closes nothing', 'Take it away'],
  ['a AND ()', 7, 'nothing in these brackets', 'clause between'],
  ['tags:"app server', 5, 'quote is never closed', 'Close it with "'],
  ['disks.devName:/dev', 14, 'never closed', '"/dev"'],
  ['path/to', 4, 'slash inside a word', '"path/to"'],
  ['agentAddress:http://x/y', 17, 'second colon', '"http://x/y"'],
  ['http://x/y', 8, 'slash inside a word', '"http://x/y"'],
  ['tags:rack:r3', 9, 'second colon', 'tags:"rack:r3"'],
  ['tags:a||tags:b', 12, 'second colon', 'blanks around ||'],
  [':x', 0, 'field name is missing', 'field:value'],
  ['os.name:', 8, 'os.name: has no value', 'os.name:*'],
  ['AND', 0, 'AND needs a clause on both sides', '"AND"'],
  ['a AND', 2, 'AND needs a clause on both sides', '"AND"'],
  ['OR a', 0, 'OR needs a clause on both sides', '"OR"'],
  ['(a OR )', 3, 'OR needs a clause on both sides', '"OR"'],
  ['a AND OR b', 6, 'side by side', 'too many'],
  ['NOT', 0, 'NOT needs a clause after it', '"NOT"'],
  ['NOT NOT a', 4, 'Two signs', 'NOT (NOT a)'],
  ['-+a', 1, 'Two signs', 'brackets'],
  ['tags:NOT a', 5, 'NOT is no value', 'NOT field:value'],
  ['os.cpus:[4 TO', 13, 'not finished', '[from TO to]'],
  ['os.cpus:[4 to 8]', 11, 'no range', 'TO in capitals'],
  ['os.cpus:[4 TO 8)', 16, 'not finished', '[from TO to]'],
  ['a]', 1, 'closes nothing', '\\]'],
  ['a^', 2, 'no number', '^2'],
  ['a^b', 2, 'a number', '^2'],
  ['a^2^3', 3, 'after one clause, once', '^2'],
  ['~', 0, 'right after a word', 'web~1'],
  ['web~1.5', 0, 'must be whole', '~1 or ~2'],
  ['web*~', 0, 'cannot be fuzzy', 'not both'],
  ['a OR os.cpus==8', 12, 'no ==', 'field:value'],
  ['os.cpus!=8', 7, 'no !=', 'NOT field:value'],
  ['os.cpus:=8', 8, 'cannot begin with =', 'field=value'],
  ['os.cpus:>', 9, 'no value', '>8'],
  ['os.cpus:>8*', 10, 'plain value', 'without wildcards'],
  ['temp:-5', 5, 'cannot begin with -', 'temp:"-5"'],
  ['a\\', 1, 'escapes nothing', '\\\\'],
  ['a\\u12', 1, 'four hexadecimal', '\\u00e9'],
  ['tags:/(a/', 6, 'an opening ( has no )', 'regular expression'],
  ['a /x{3,1}/', 4, 'more at least', 'regular expression'],
  ['a:/.*a.{30}/', 3, 'too complex', 'regular expression'],
];
test('an error says what, where and what to do', () => {
  for (const [text, offset, message, hint] of errors) {
    const parsed = parse(text);
    if (parsed.ok) {
      assert.unreachable(`should be refused: ${text}`);
      continue;
    }
    assert.is(parsed.error.offset, offset, `${text}: ${parsed.error.message}`);
    assert.match(parsed.error.message, message, text);
    assert.match(parsed.error.hint, hint, text);
  }
});

test('a number, time or address that is none is an error where it stands, for a known field', () => {
  const faults: [text: string, offset: number, message: RegExp][] = [
    ['os.cpus:>banana', 9, /os\.cpus is a number, and banana is none/],
    ['banana OR os.cpus:[1 TO banana]', 24, /banana is none/],
    ['facts.memory.total:<"much"', 21, /is a number/],
    ['memory:(total:>lots)', 15, /memory\.total is a number/],
    ['disks:(name:a AND total:>=all)', 26, /disks\.total/],
    ['os.cpus:>2026-11-22', 9, /is a number/],
    ['NOT beatAt:>yesterday', 12, /beatAt is a time/],
    ['spec.placement.scale:{a TO *}', 22, /is a number/],
    ['os.cpus:>1e999', 9, /is a number/],
    ['networks:(address:10.0.0.0/99)', 18, /10\.0\.0\.0\/99 is no network/],
    ['10.0.0.0/33 OR networks.address:10.0.0.0/33', 0, /is no network/],
    ['hostname:a AND networks.address:"10.0.0.0/999"', 33, /is no network/],
    ['networks.address:fd00::/129', 17, /is no network/],
    ['facts.networks.netmask:(a OR 300.1.1.1/8)', 29, /is no network/],
    ['networks.address:10.0.0.256', 17, /is no address/],
    ['networks.address:[192.168.1 TO 192.168.2]', 18, /is an address, and 192\.168\.1 is none/],
    ['networks:(broadcast:>eth0)', 21, /networks\.broadcast is an address/],
    ['hostname:8GX memory.total:8GX', 26, /is a number, and 8GX is none/],
    ['memory.total>=8Gigs', 14, /8Gigs is none/],
    ['beatAt:2026-13-01', 7, /is a time, and 2026-13-01 is none/],
    ['createdAt:2026-02-30 OR a', 10, /is a time/],
    ['at:now-1x', 3, /is a time/],
    ['at:>now-1x', 4, /is a time/],
  ];
  for (const [text, offset, message] of faults) {
    const parsed = parse(text);
    assert.not.ok(parsed.ok, text);
    if (parsed.ok) continue;
    assert.is(parsed.error.offset, offset, text);
    assert.match(parsed.error.message, message);
    assert.ok(parsed.error.hint.length > 10);
  }
  for (const text of [
    'os.cpus:>8',
    'memory.total:>8GB',
    'beatAt:>now-1h',
    'at:[2026-11-22 TO *]',
    'hostname:>banana',
    'labels.os.cpus:>a',
    'os.cpus:banana',
    '*.cpus:>banana',
    'networks.address:foo',
    'networks.address:10.0.0',
    'networks.address:[10.0.0.1 TO fd00::1]',
    'networks.*:10.0.0.0/99',
    'hostname:10.0.0.256',
    'env.PATH:"/10.0.0.0/99"',
    'memory.total:8GB',
    'beatAt:2026-11',
    'at:yesterday',
  ])
    assert.ok(parse(text).ok, text);
});

test('what is too much is refused', () => {
  const refused = (text: string): string => {
    const parsed = parse(text);
    return parsed.ok ? 'accepted' : parsed.error.message;
  };
  assert.match(refused('a'.repeat(longestQuery + 1)), 'longer than');
  assert.match(
    refused(Array.from({ length: mostClauses + 1 }, (_, at) => `a${at}`).join(' ')),
    'more than 1024 clauses',
  );
  assert.match(
    refused(Array.from({ length: mostPatterns + 1 }, (_, at) => `*a${at}`).join(' ')),
    'more than 64 patterns',
  );
  assert.match(refused(`a*${'?'.repeat(longestWildcard)}`), 'longer than 256');
  assert.is(refused(Array.from({ length: mostPatterns + 1 }, (_, at) => `a${at}*`).join(' ')), 'accepted');
  assert.match(
    refused(`${'NOT ('.repeat(deepestBrackets + 1)}a${')'.repeat(deepestBrackets + 1)}`),
    'nested too deeply',
  );
  assert.match(refused('('.repeat(9_000)), /nested too deeply|never closed/);
  // Brackets alone say nothing, unless the stack ends.
  assert.match(refused(`${'('.repeat(9_000)}a${')'.repeat(9_000)}`), /nested too deeply|accepted/);
  assert.match(refused(Array.from({ length: 500 }, () => '/.*a.{9}/').join(' ')), /too complex|64 patterns/);
  assert.match(refused(Array.from({ length: 60 }, () => '/.*a.{10}/').join(' ')), 'too complex');
});

test('never throws, never stalls, and a hint is never missing', () => {
  const words = [
    'AND',
    'OR',
    'NOT',
    ' TO ',
    'a',
    'tags:',
    '_exists_:',
    '&&',
    '||',
    '8GB',
    'now-1h',
    '10.0.0.0/8',
    '\\u00',
    '.*',
    '{3}',
  ];
  const signs = fc.constantFrom(...'()[]{}"\\/:*?~^+-!&|<>= \t\n.#@');
  const piece = fc.oneof(signs, fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 3 }));
  const docs = [{ tags: ['a', '8'], os: { cpus: 8 } }, { networks: [{ address: '10.0.0.1' }] }, {}];
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
      (text) => {
        const started = performance.now();
        const parsed = parse(text);
        if (parsed.ok) {
          const again = parse(print(parsed.query));
          assert.equal(again, parsed, `printed: ${print(parsed.query)}`);
          const matches = compile(parsed.query, { now });
          const found = docs.filter((doc) => {
            const is = matches(doc);
            assert.is(matches(indexDocument(doc)), is);
            assert.is(score(parsed.query, doc, { now }) > 0 || hasZero(parsed.query), is || hasZero(parsed.query));
            return is;
          });
          assert.is(explain(parsed.query, docs, { now }).matched, found.length);
        } else {
          assert.ok(parsed.error.message && parsed.error.hint, text);
          assert.ok(parsed.error.offset >= 0 && parsed.error.offset <= text.length, text);
        }
        assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms: ${text}`);
      },
    ),
    { numRuns: runs(2000) },
  );
});
const hasZero = (query: Query): boolean => JSON.stringify(query).includes('"boost":0');

test('long garbage is refused in time', () => {
  for (const text of [
    'a:('.repeat(3000),
    '"\\'.repeat(5000),
    '-a '.repeat(5000),
    'a OR '.repeat(4000),
    '/'.repeat(9999),
    '[a TO '.repeat(3000),
    'x:1:'.repeat(4000),
    '((((a)'.repeat(2000),
    ':'.repeat(20_000),
    '1.1.1.1/'.repeat(2000),
    'a'.repeat(20_000),
    '*?'.repeat(10_000),
    '\\u0061'.repeat(3000),
  ]) {
    const started = performance.now();
    parse(text);
    assert.ok(
      performance.now() - started < 10_000,
      `${Math.round(performance.now() - started)} ms: ${text.slice(0, 20)}`,
    );
  }
});

test.run();
