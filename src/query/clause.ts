// What each kind of clause asks of a value. The only place where the meaning of a match is decided.
import { addressKey, networkKeys } from './values/address.ts';
import { regex } from './patterns/regex.ts';
import type { Budget } from './patterns/budget.ts';
import type { IndexedDocument } from './values/document.ts';
import { autoEdits, fuzzy } from './patterns/fuzzy.ts';
import { quantityOf, timeOf } from './values/literal.ts';
import { compareTexts } from './values/order.ts';
import { hasPhrase } from './values/phrase.ts';
import type { Clause } from './query.ts';
import type { Token, Value } from './values/value.ts';
import { wildcard } from './patterns/wildcard.ts';
import { wordsOf } from './values/words.ts';

export interface Moment {
  /** Epoch ms that `now` in a query stands for. */
  now: number;
}

export interface ValueTest {
  value: (value: Value) => boolean;
  /** The same asked of all values of a document at once, where that is faster for one that is laid out. */
  anywhere?: (doc: IndexedDocument) => boolean;
}

/** Index of the first token >= text. */
function lowerBound(tokens: readonly Token[], text: string): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.text < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
const hasToken = (tokens: readonly Token[], text: string): boolean => tokens[lowerBound(tokens, text)]?.text === text;

let clauses = 0;

/** A test of texts, asked of the whole value and of its words. */
function byText(matches: (text: string) => boolean): ValueTest {
  const clause = ++clauses;
  return {
    value: ({ lower, words }) => {
      if (matches(lower)) return true;
      for (let at = 0; at < words.length; at++) if (matches(words[at]!)) return true;
      return false;
    },
    anywhere: ({ tokens }) => {
      for (let at = 0; at < tokens.length; at++) {
        const token = tokens[at]!;
        if (token.asked !== clause) {
          token.asked = clause;
          token.answer = matches(token.text);
        }
        if (token.answer) return true;
      }
      return false;
    },
  };
}

function wildcardTest(pattern: string): ValueTest {
  const { matches, prefix, prefixOnly } = wildcard(pattern.toLowerCase());
  const test = byText(matches);
  if (prefix === '') return test;
  return {
    value: test.value,
    anywhere: ({ tokens }) => {
      for (let at = lowerBound(tokens, prefix); at < tokens.length && tokens[at]!.text.startsWith(prefix); at++) {
        if (prefixOnly || matches(tokens[at]!.text)) return true;
      }
      return false;
    },
  };
}

function termTest(text: string, slop: number, { now }: Moment): ValueTest {
  const lower = text.toLowerCase();
  const words = wordsOf(lower);
  const quantity = quantityOf(text);
  const network = networkKeys(text);
  const address = text.includes(':') ? addressKey(text) : null; // only IPv6 has several spellings
  const time = quantity === null ? timeOf(text, now) : null;
  const typed = network !== null || address !== null || time !== null;
  const value = (candidate: Value): boolean => {
    if (candidate.lower === lower) return true;
    if (!candidate.isText) {
      return (
        candidate.number === quantity || (time !== null && candidate.number >= time.from && candidate.number < time.to)
      );
    }
    if (hasPhrase(candidate.words, words, slop)) return true;
    if (!typed) return false;
    if (network !== null) return candidate.addresses.some((key) => key >= network.from && key <= network.to);
    if (address !== null) return candidate.addresses.includes(address);
    const date = candidate.date;
    return date !== null && date.from >= time!.from && date.to <= time!.to;
  };
  if (network !== null) {
    const { from, to } = network;
    return {
      value,
      anywhere: (doc) => hasToken(doc.tokens, lower) || doc.addresses.some((key) => key >= from && key <= to),
    };
  }
  const textOnly = !typed && (quantity === null || String(quantity) === lower); // then every number that equals it is spelt like it
  return {
    value,
    anywhere: (doc) => {
      if (hasToken(doc.tokens, lower)) return true;
      if (textOnly && (words[0] === lower || !words.every((word) => hasToken(doc.tokens, word)))) return false;
      return doc.some(value);
    },
  };
}

/** Bounds by each meaning they may have; NaN and null are open or "not of this kind". */
function rangeTest(range: Extract<Clause, { kind: 'range' }>, { now }: Moment): ValueTest {
  const { from, to, includeFrom, includeTo } = range;
  const bounds = [from, to].filter((bound) => bound !== null);
  if (bounds.length === 0) return { value: () => true };
  const inside = <T extends number | string>(
    candidate: T,
    low: T | null,
    high: T | null,
    withLow = includeFrom,
    withHigh = includeTo,
  ): boolean =>
    (low === null || candidate > low || (withLow && candidate === low)) &&
    (high === null || candidate < high || (withHigh && candidate === high));
  const between = (text: string): boolean => {
    const above = low === null ? 1 : compareTexts(text, low);
    const below = high === null ? -1 : compareTexts(text, high);
    return (above > 0 || (includeFrom && above === 0)) && (below < 0 || (includeTo && below === 0));
  };
  const each = <T>(read: (bound: string) => T | null): [T | null, T | null] | null =>
    bounds.every((bound) => read(bound) !== null)
      ? [from === null ? null : read(from), to === null ? null : read(to)]
      : null;

  const numbers = each(quantityOf);
  const addresses = each(addressKey);
  const times = numbers === null ? each((bound) => timeOf(bound, now)) : null;
  const low = from?.toLowerCase() ?? null;
  const high = to?.toLowerCase() ?? null;
  const textual = addresses === null && !bounds.some((bound) => bound.startsWith('now') && timeOf(bound, now) !== null);
  // A day as a bound is the whole day: `> 2026-11-22` begins after it, `<= 2026-11-22` ends with it.
  const inTime = (at: number): boolean =>
    inside(
      at,
      times![0] === null ? null : includeFrom ? times![0].from : times![0].to,
      times![1] === null ? null : includeTo ? times![1].to : times![1].from,
      true,
      false,
    );
  return {
    value: (value) => {
      if (!Number.isNaN(value.number)) {
        if (numbers !== null) return inside(value.number, ...numbers);
        return times !== null && inTime(value.number);
      }
      if (numbers !== null && !Number.isNaN(value.numeral)) return inside(value.numeral, ...numbers);
      if (addresses !== null) return value.addresses.some((key) => inside(key, ...addresses));
      if (times !== null && value.date !== null) return inTime(value.date.from);
      return textual && between(value.lower);
    },
  };
}

/**
 * Compiles the test of one clause; `exists` is no test of a value and is answered by the document.
 * @throws PatternError (regex)
 */
export function clauseTest(clause: Exclude<Clause, { kind: 'exists' }>, moment: Moment, budget: Budget): ValueTest {
  switch (clause.kind) {
    case 'term':
      return termTest(clause.text, clause.slop, moment);
    case 'wildcard':
      return wildcardTest(clause.pattern);
    case 'regex':
      return byText(regex(clause.pattern, budget).matches);
    case 'fuzzy': {
      const lower = clause.text.toLowerCase();
      return byText(fuzzy(lower, clause.edits ?? autoEdits(lower)));
    }
    case 'range':
      return rangeTest(clause, moment);
  }
}
