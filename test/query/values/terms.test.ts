// A store that holds nothing but the terms of a document must be able to answer every query as memory does.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressKey, networkKeys } from '../../../src/query/values/address.ts';
import { regex } from '../../../src/query/patterns/regex.ts';
import { compile } from '../../../src/query/compile.ts';
import { indexDocument } from '../../../src/query/values/document.ts';
import { autoEdits, fuzzy } from '../../../src/query/patterns/fuzzy.ts';
import { quantityOf, timeOf } from '../../../src/query/values/literal.ts';
import { hasPhrase } from '../../../src/query/values/phrase.ts';
import type { Clause, Field, Query } from '../../../src/query/query.ts';
import { terms } from '../../../src/query/values/terms.ts';
import type { Terms } from '../../../src/query/values/terms.ts';
import { wildcard } from '../../../src/query/patterns/wildcard.ts';
import { wordsOf } from '../../../src/query/values/words.ts';
import { parse } from '../../../src/query/syntax/parse.ts';
import { aDocument, aText, now } from '../support/documents.ts';
import { runs } from '../../support/runs.ts';

type Stored = ReturnType<typeof terms>;

type Bound = number | string | null;
const names = (field: Field, path: string): boolean =>
  field === null || (field.pattern ? wildcard(field.name).matches(path) : field.name === path);
const within = (value: number | string, from: Bound, to: Bound, withFrom: boolean, withTo: boolean): boolean =>
  (from === null || value > from || (withFrom && value === from)) &&
  (to === null || value < to || (withTo && value === to));

function inRange(clause: Extract<Clause, { kind: 'range' }>, term: Terms): boolean {
  const { from, to, includeFrom, includeTo } = clause;
  const read = <T>(as: (text: string) => T | null): [T | null, T | null] | null =>
    [from, to].every((bound) => bound === null || as(bound) !== null)
      ? [from === null ? null : as(from), to === null ? null : as(to)]
      : null;
  const numbers = read(quantityOf);
  const addresses = read(addressKey);
  const times = read((text) => (quantityOf(text) === null ? timeOf(text, now) : null));
  const inTime = (at: number) => {
    const [low, high] = times!;
    return within(at, low && (includeFrom ? low.from : low.to), high && (includeTo ? high.to : high.from), true, false);
  };
  if (numbers && term.numeral !== null) return within(term.numeral, ...numbers, includeFrom, includeTo);
  if (term.number !== null) return times !== null && inTime(term.number);
  if (addresses) return term.addresses.some((key) => within(key, ...addresses, includeFrom, includeTo));
  if (times && term.date) return inTime(term.date.from);
  if ([from, to].some((bound) => bound?.startsWith('now') && timeOf(bound, now))) return false;
  return within(term.whole, from?.toLowerCase() ?? null, to?.toLowerCase() ?? null, includeFrom, includeTo);
}

function fits(clause: Exclude<Clause, { kind: 'exists' }>, term: Terms): boolean {
  const text = (matches: (one: string) => boolean) => matches(term.whole) || term.words.some(matches);
  switch (clause.kind) {
    case 'wildcard':
      return text(wildcard(clause.pattern.toLowerCase()).matches);
    case 'regex':
      return text(regex(clause.pattern).matches);
    case 'fuzzy':
      return text(fuzzy(clause.text.toLowerCase(), clause.edits ?? autoEdits(clause.text)));
    case 'range':
      return inRange(clause, term);
    case 'term': {
      const time = quantityOf(clause.text) === null ? timeOf(clause.text, now) : null;
      const network = networkKeys(clause.text);
      const address = clause.text.includes(':') ? addressKey(clause.text) : null;
      return (
        term.whole === clause.text.toLowerCase() ||
        hasPhrase(term.words, wordsOf(clause.text.toLowerCase()), clause.slop) ||
        (term.number !== null && term.number === quantityOf(clause.text)) ||
        (network !== null && term.addresses.some((key) => key >= network.from && key <= network.to)) ||
        (address !== null && term.addresses.includes(address)) ||
        (time !== null && term.date !== null && term.date.from >= time.from && term.date.to <= time.to)
      );
    }
  }
}

function answer(query: Query, stored: Stored): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'and':
      return query.of.every((inner) => answer(inner, stored));
    case 'or':
      return query.of.some((inner) => answer(inner, stored));
    case 'not':
      return !answer(query.of, stored);
    case 'boost':
      return answer(query.of, stored);
    case 'list': {
      const which = (sign: string) =>
        query.of.filter((item) => item.sign === sign).map((item) => answer(item.query, stored));
      const may = which('');
      return (
        !which('-').includes(true) &&
        !which('+').includes(false) &&
        (which('+').length > 0 || may.length === 0 || may.includes(true))
      );
    }
    case 'element':
      return stored.elements.some((element) => names(query.field, element.path) && answer(query.of, element.terms));
    case 'exists': {
      const { field } = query;
      const below = (path: string) => field !== null && !field.pattern && path.startsWith(`${field.name}.`);
      return stored.values.some(({ path }) => names(field, path) || below(path));
    }
    default: {
      if (query.kind === 'range' && query.from === null && query.to === null)
        return answer({ kind: 'exists', field: query.field }, stored);
      return stored.values.some((term) => names(query.field, term.path) && fits(query, term));
    }
  }
}

test('terms hold all that queries ask for', () => {
  let matched = 0;
  fc.assert(
    fc.property(aDocument, aText, (document, text) => {
      const parsed = parse(text);
      if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
      const matches = compile(parsed.query, { now });
      const is = matches(document);
      if (is) matched++;
      assert.is(matches(indexDocument(document)), is, `laid out: ${text}`);
      assert.is(answer(parsed.query, terms(document)), is, text);
    }),
    { numRuns: runs(2000) },
  );
  assert.ok(matched > runs(200), `only ${matched} matched: the documents and queries are too far apart`);
});

test('the terms of a node', () => {
  const { values, elements } = terms({ hostname: 'Web-1', os: { cpus: 8 }, networks: [{ address: '10.0.0.1' }] });
  const nothing = { words: [], number: null, numeral: null, addresses: [], date: null };
  assert.equal(values, [
    { ...nothing, path: 'hostname', whole: 'web-1', words: ['web', '1'] },
    { ...nothing, path: 'os.cpus', whole: '8', number: 8, numeral: 8, date: { from: 8, to: 9 } },
    {
      ...nothing,
      path: 'networks.address',
      whole: '10.0.0.1',
      words: ['10.0.0.1'],
      addresses: ['00000000000000000000ffff0a000001'],
    },
  ]);
  const paths = elements.map(({ path, terms: inner }) => [path, inner.values.map((term) => term.path)]);
  assert.equal(paths, [
    ['os', ['cpus']],
    ['networks', ['address']],
  ]);
});

test.run();
