// Patterns as Lucene's regular expressions, in the part of that language that needs no optional operator: a store with an index of
// keywords evaluates them there. Each says whether it is the same language or only holds it (a store may then find too much, never
// too little). What would cost Lucene's construction too much is widened or left out.
import { freshBudget } from './budget.ts';
import { regex } from './regex.ts';
import { lastCode, type CodeRange } from './code-ranges.ts';
import { parseRegex, type Pattern } from './regex-syntax.ts';

export interface LucenePattern {
  source: string;
  /** False: it also finds what the pattern does not. */
  same: boolean;
}

/** A server's default of `index.max_regex_length`, less what a path before it needs. */
const longestPattern = 700;
/** Steps of our own construction (Lucene's counts alike) beyond which a pattern is not handed on; Lucene gives up at 100,000. */
const mostSteps = 20_000;

/** Every character plain. */
export const plain = (text: string): string => text.replace(/[^\p{L}\p{N}_]/gu, '\\$&');

const fits = (source: string, same: boolean): LucenePattern | null =>
  source.length <= longestPattern ? { source, same } : null;

/** Stars, and question marks behind the first of them: with more, all else is widened to "any text". */
const mostStars = 12;
const mostMarks = 6;

/** A wildcard pattern; `any` is what one character of a `*` or `?` may be. */
export function wildcardPattern(pattern: string, any = '.'): LucenePattern | null {
  let stars = 0;
  let marks = 0;
  let same = true;
  let source = '';
  for (const [part] of pattern.matchAll(/\\[^]|[^]/gu)) {
    if (part === '*') {
      if (stars >= mostStars) return fits(`${source}${any}*`, false);
      if (!source.endsWith(`${any}*`)) source += `${any}*`;
      stars++;
    } else if (part === '?') {
      if (stars > 0 && ++marks > mostMarks) {
        same = false;
        if (!source.endsWith(`${any}*`)) source += `${any}*`;
      } else source += any;
    } else source += plain(part.length > 1 && part[0] === '\\' ? part.slice(1) : part);
  }
  return fits(source, same);
}

/** What means something in a class of characters. Lucene does not begin a range with an escaped character. */
const specialInClass = new Set([...'\\]^-'].map((char) => char.charCodeAt(0)));
const member = (code: number): string => (specialInClass.has(code) ? '\\' : '') + String.fromCodePoint(code);

function rangeSource([from, to]: CodeRange): string {
  let singles = '';
  let first = from;
  while (first < to && specialInClass.has(first)) singles += member(first++);
  return first === to ? singles + member(first) : `${singles}${String.fromCodePoint(first)}-${member(to)}`;
}

function setSource(ranges: readonly CodeRange[]): string | null {
  if (ranges.length === 0 || ranges.some((range) => range.some((code) => code >= 0xd800 && code < 0xe000))) return null;
  return ranges.some(([from, to]) => from === 0 && to === lastCode) ? '.' : `[${ranges.map(rangeSource).join('')}]`;
}

/** Null: needs an operator that Lucene has only on demand (complement, intersection), or is the empty language. */
function sourceOf(pattern: Pattern): string | null {
  const each = (of: Pattern[], between: string): string | null => {
    const parts = of.map(sourceOf);
    return parts.every((part) => part !== null) ? `(${parts.join(between)})` : null;
  };
  switch (pattern.kind) {
    case 'nothing':
    case 'not':
    case 'both':
      return null;
    case 'text':
      return pattern.codes.length === 0 ? '()' : `(${plain(String.fromCodePoint(...pattern.codes))})`;
    case 'set':
      return setSource(pattern.ranges);
    case 'sequence':
      return each(pattern.of, '');
    case 'either':
      return each(pattern.of, '|');
    case 'repeat': {
      const of = sourceOf(pattern.of);
      const { min, max } = pattern;
      if (max === 0) return '()';
      return of === null
        ? null
        : `(${of}${min === 0 && max === Infinity ? '*' : `{${min},${max === Infinity ? '' : max}}`})`;
    }
  }
}

/** A regular expression of ours (checked by `parse` before); null when it cannot be handed on. */
export function regexPattern(pattern: string): LucenePattern | null {
  const budget = freshBudget();
  const all = budget.steps;
  regex(pattern, budget);
  const source = all - budget.steps > mostSteps ? null : sourceOf(parseRegex(pattern));
  return source === null ? null : fits(source, true);
}

/** Texts at most one change (insert, delete, replace, swap of neighbours) away. */
function near(chars: string[]): string {
  const rest = (from: number): string => plain(chars.slice(from).join(''));
  let source = '.?';
  for (let at = chars.length - 1; at >= 0; at--) {
    const swapped = at + 1 < chars.length ? `|${plain(chars[at + 1]! + chars[at]!)}${rest(at + 2)}` : '';
    source = `(${plain(chars[at]!)}${source}|.${rest(at)}|.?${rest(at + 1)}${swapped})`;
  }
  return source;
}

const longestNear = 14;

/**
 * Texts at most `edits` (1 or 2) changes away from a text. With two changes, or a long text, one that holds them all: when a text is cut
 * in two, one of the halves has at most one change.
 */
export function fuzzyPattern(text: string, edits: number): LucenePattern | null {
  const chars = [...text];
  if (edits < 2 && chars.length <= longestNear) return fits(near(chars), true);
  const half = Math.min(longestNear, chars.length >> 1);
  return half === 0 ? null : fits(`${near(chars.slice(0, half))}.*|.*${near(chars.slice(-half))}`, false);
}
