// Query text to tree, or an error that says where and what to do.
import { freshBudget } from '../patterns/budget.ts';
import { regex } from '../patterns/regex.ts';
import type { Budget } from '../patterns/budget.ts';
import { parse as parseGrammar, SyntaxError as GrammarError } from './grammar.js';
import { hint } from './hint.ts';
import { boundFault, termFault } from './known-fields.ts';
import type { Parsed, Query, QueryError } from '../query.ts';
import { PatternError } from '../patterns/regex-syntax.ts';

/** Longest query text and longest wildcard in it (UTF-16 units). */
export const longestQuery = 20_000;
export const longestWildcard = 256;
/** Most clauses (as many as Lucene allows), and most of them that have to be tried on every value: `*a`, `?a`, `/a/`, `a~`. */
export const mostClauses = 1024;
export const mostPatterns = 64;
/** Brackets in brackets. */
export const deepestBrackets = 100;

class TooMuch extends Error {}
interface Seen {
  clauses: number;
  patterns: number;
}

/**
 * Visits every clause; counts them, looks at bounds and tries the regular expressions.
 * @param within path of the element that holds them, with a dot at its end
 */
function check(query: Query, budget: Budget, seen: Seen, within = '', depth = 0): void {
  if (depth > deepestBrackets) throw new RangeError();
  switch (query.kind) {
    case 'all':
      return;
    case 'and':
    case 'or':
      return query.of.forEach((inner) => check(inner, budget, seen, within, depth + 1));
    case 'list':
      return query.of.forEach((item) => check(item.query, budget, seen, within, depth + 1));
    case 'not':
    case 'boost':
      return check(query.of, budget, seen, within, depth + 1);
    case 'element':
      return check(query.of, budget, seen, `${within}${query.field.name}.`, depth + 1);
    default:
      if (++seen.clauses > mostClauses) throw new TooMuch(`The query has more than ${mostClauses} clauses`);
      if (query.kind === 'wildcard' && query.pattern.length > longestWildcard) {
        throw new TooMuch(`A wildcard is longer than ${longestWildcard} characters`);
      }
      if (
        (query.kind === 'regex' ||
          query.kind === 'fuzzy' ||
          (query.kind === 'wildcard' && /^[*?]/.test(query.pattern))) &&
        ++seen.patterns > mostPatterns
      ) {
        throw new TooMuch(`The query has more than ${mostPatterns} patterns that must be tried on every value`);
      }
      if (query.kind === 'range') checkBounds(query, within);
      if (query.kind === 'term') checkTerm(query, within);
      if (query.kind !== 'regex') return;
      try {
        regex(query.pattern, budget);
      } catch (error) {
        if (error instanceof PatternError) throw new BadRegex(query.pattern, error);
        throw error;
      }
  }
}

/** @throws BadValue for a bound that the field can never be compared with */
function checkBounds({ field, from, to }: Extract<Query, { kind: 'range' }>, within: string): void {
  if (field === null || field.pattern) return;
  for (const bound of [from, to]) {
    const fault = bound === null ? null : boundFault(within + field.name, bound);
    if (fault !== null) throw new BadValue(fault, (query) => boundOffset(query, bound!));
  }
}

/** @throws BadValue for a number, time or address that is none */
function checkTerm({ field, text }: Extract<Query, { kind: 'term' }>, within: string): void {
  if (field?.pattern) return;
  const fault = termFault(field && within + field.name, text);
  if (fault !== null) throw new BadValue(fault, (query) => termOffset(query, field?.name ?? null, text));
}

class BadValue extends Error {
  readonly hint: string;
  /** Where in the text of the query it is written. */
  readonly offsetIn: (query: string) => number;
  constructor({ message, hint: advice }: { message: string; hint: string }, offsetIn: (query: string) => number) {
    super(message);
    this.hint = advice;
    this.offsetIn = offsetIn;
  }
}

/** Where a bound is written: after a comparison, a bracket or TO. */
function boundOffset(text: string, bound: string): number {
  for (const match of text.matchAll(/(?:[<>]=?|[[{]|\bTO\b)\s*"?/g)) {
    const at = match.index + match[0].length;
    if (text.startsWith(bound, at)) return at;
  }
  return 0;
}

/** Where a value is written: after its field, else where it is read first. */
function termOffset(text: string, name: string | null, value: string): number {
  if (name !== null)
    for (const { index, 0: before } of text.matchAll(/[:=]\s*"?/g)) {
      const at = index + before.length;
      if (text.startsWith(value, at) && text.slice(0, index).trimEnd().endsWith(name)) return at;
    }
  return Math.max(0, text.indexOf(value));
}

class BadRegex extends Error {
  readonly pattern: string;
  readonly at: number;
  constructor(pattern: string, cause: PatternError) {
    super(cause.message);
    this.pattern = pattern;
    this.at = [...pattern].slice(0, cause.offset).join('').length;
  }
}

function regexError(text: string, error: BadRegex): QueryError {
  const written = error.pattern.replace(/\//g, '\\/');
  const start = Math.max(0, text.indexOf(`/${written}/`)) + 1;
  const before = error.pattern.slice(0, error.at).replace(/\//g, '\\/').length;
  return {
    message: `Bad regular expression: ${error.message}`,
    offset: Math.min(text.length, start + before),
    hint:
      'Between slashes stands a regular expression (. * + ? | [a-z] (x) {2,3}); a backslash makes the next character plain. ' +
      'A path goes in quotes: "/dev/sda1".',
  };
}

/** Reads a query. Blank text is every document. Never throws. */
export function parse(text: string): Parsed {
  const fail = (message: string, offset: number, advice: string): Parsed => ({
    ok: false,
    error: { message, offset, hint: advice },
  });
  if (text.length > longestQuery) {
    return fail(
      `The query is longer than ${longestQuery} characters`,
      longestQuery,
      'A wildcard, a range or a tag may say the same in fewer words.',
    );
  }
  try {
    const query = parseGrammar(text);
    check(query, freshBudget(), { clauses: 0, patterns: 0 });
    return { ok: true, query };
  } catch (error) {
    if (error instanceof GrammarError) return { ok: false, error: hint(text, error) };
    if (error instanceof BadRegex) return { ok: false, error: regexError(text, error) };
    if (error instanceof BadValue) return fail(error.message, error.offsetIn(text), error.hint);
    if (error instanceof TooMuch)
      return fail(error.message, 0, 'A range, a tag or one wildcard such as web* may say the same.');
    if (!(error instanceof RangeError)) throw error;
    // More than deepestBrackets, or more than the stack holds.
    return fail('The query is nested too deeply', 0, 'Take some of the brackets away.');
  }
}
