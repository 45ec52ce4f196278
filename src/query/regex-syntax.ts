// Lucene's regular expressions (org.apache.lucene.util.automaton.RegExp, all flags): . ? * + {n,m} | & ~ [] () "..." @ # <n-m> \d \w \s.
// As there, an operator that has nothing to its left is a plain character, and a pattern always stands for the whole text.

export type CodeRange = readonly [from: number, to: number];

export type Pattern =
  | { kind: 'set'; ranges: CodeRange[] }
  | { kind: 'text'; codes: number[] }
  | { kind: 'sequence'; of: Pattern[] }
  | { kind: 'either'; of: Pattern[] }
  | { kind: 'both'; of: Pattern[] }
  | { kind: 'not'; of: Pattern }
  | { kind: 'repeat'; of: Pattern; min: number; max: number }
  | { kind: 'nothing' };

/** The pattern is no regular expression; `offset` counts code points from 0. */
export class PatternError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export const lastCode = 0x10ffff;
const anyCode: CodeRange[] = [[0, lastCode]];
const digitCodes: CodeRange[] = [[48, 57]];
const classesOf: { [letter: string]: CodeRange[] } = {
  d: digitCodes,
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 10],
    [13, 13],
    [32, 32],
  ],
};
const deepestPattern = 200;
const mostRepeats = 1000;

/** Everything outside the ranges. */
function outside(ranges: readonly CodeRange[]): CodeRange[] {
  const result: CodeRange[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > next) result.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= lastCode) result.push([next, lastCode]);
  return result;
}

/** Adds the lower case of every character in the ranges: patterns meet lower-cased text. */
function folded(ranges: readonly CodeRange[]): CodeRange[] {
  const result = [...ranges];
  for (const [from, to] of ranges) {
    for (let code = from; code <= to && code - from < 2048; code++) {
      const lower = String.fromCodePoint(code).toLowerCase().codePointAt(0)!;
      if (lower !== code) result.push([lower, lower]);
    }
  }
  return result;
}

const lowered = (char: string): number[] => Array.from(char.toLowerCase(), (c) => c.codePointAt(0)!);

/** Decimal numbers `from`..`to` of equally many digits. */
function sameWidth(from: string, to: string): Pattern {
  if (from === '') return { kind: 'text', codes: [] };
  const low = from.charCodeAt(0);
  const high = to.charCodeAt(0);
  const rest = from.length - 1;
  const digit = (a: number, b: number): Pattern => ({ kind: 'set', ranges: [[a, b]] });
  if (low === high) return { kind: 'sequence', of: [digit(low, low), sameWidth(from.slice(1), to.slice(1))] };
  const of: Pattern[] = [
    { kind: 'sequence', of: [digit(low, low), sameWidth(from.slice(1), '9'.repeat(rest))] },
    { kind: 'sequence', of: [digit(high, high), sameWidth('0'.repeat(rest), to.slice(1))] },
  ];
  const others: Pattern = { kind: 'repeat', of: digit(48, 57), min: rest, max: rest };
  if (high - low > 1) of.push({ kind: 'sequence', of: [digit(low + 1, high - 1), others] });
  return { kind: 'either', of };
}

/** `<n-m>`: with equally many digits exactly so many, else any number of leading zeros. */
function interval(from: string, to: string): Pattern {
  if (from.length === to.length) return sameWidth(from < to ? from : to, from < to ? to : from);
  const [low, high] = BigInt(from) < BigInt(to) ? [BigInt(from), BigInt(to)] : [BigInt(to), BigInt(from)];
  const width = String(high).length;
  const of: Pattern[] = [];
  for (let digits = String(low).length; digits <= width; digits++) {
    const least = digits === 1 ? 0n : 10n ** BigInt(digits - 1);
    const most = 10n ** BigInt(digits) - 1n;
    of.push(sameWidth(String(low > least ? low : least), String(high < most ? high : most)));
  }
  const zeros: Pattern = { kind: 'repeat', of: { kind: 'set', ranges: [[48, 48]] }, min: 0, max: Infinity };
  return { kind: 'sequence', of: [zeros, { kind: 'either', of }] };
}

/**
 * Reads a regular expression, to be matched against lower-cased text.
 * @throws PatternError
 */
export function parseRegex(source: string): Pattern {
  const chars = [...source];
  let at = 0;
  let depth = 0;
  const peek = (among: string): boolean => at < chars.length && among.includes(chars[at]!);
  const take = (char: string): boolean => (chars[at] === char ? (at++, true) : false);
  const fail = (message: string, offset = at): never => {
    throw new PatternError(message, offset);
  };
  const next = (): string => chars[at++] ?? fail('the regular expression ends too early', chars.length);

  function union(): Pattern {
    if (++depth > deepestPattern) fail('the regular expression is nested too deeply');
    const of = [intersection()];
    while (take('|')) of.push(intersection());
    depth--;
    return of.length === 1 ? of[0]! : { kind: 'either', of };
  }
  function intersection(): Pattern {
    const of = [sequence()];
    while (take('&')) of.push(sequence());
    return of.length === 1 ? of[0]! : { kind: 'both', of };
  }
  function sequence(): Pattern {
    const of = [repeat()];
    while (at < chars.length && !peek(')|&')) of.push(repeat());
    return of.length === 1 ? of[0]! : { kind: 'sequence', of };
  }
  function repeat(): Pattern {
    let of = complement();
    while (peek('?*+{')) {
      const start = at;
      const operator = next();
      let min = operator === '+' ? 1 : 0;
      let max = operator === '?' ? 1 : Infinity;
      if (operator === '{') {
        min = count();
        max = take(',') ? (peek('}') ? Infinity : count()) : min;
        if (!take('}')) fail('a repetition {n,m} has no }', start);
        if (min > max) fail('a repetition {n,m} has more at least than at most', start);
        if (min > mostRepeats || (max !== Infinity && max > mostRepeats))
          fail(`a repetition is limited to ${mostRepeats}`, start);
      }
      of = { kind: 'repeat', of, min, max };
    }
    return of;
  }
  function count(): number {
    const start = at;
    while (peek('0123456789')) at++;
    if (at === start) fail('a repetition {n,m} needs a whole number');
    return Number(chars.slice(start, at).join(''));
  }
  function complement(): Pattern {
    let times = 0;
    while (take('~')) times++;
    const of = simple();
    return times % 2 === 0 ? of : { kind: 'not', of };
  }
  function escaped(): Pattern {
    const letter = next();
    const ranges = classesOf[letter.toLowerCase()];
    if (ranges === undefined) return { kind: 'text', codes: lowered(letter) };
    return { kind: 'set', ranges: letter === letter.toLowerCase() ? ranges : outside(ranges) };
  }
  function characterClass(start: number): Pattern {
    const negated = take('^');
    const ranges: CodeRange[] = [];
    do {
      if (at >= chars.length) fail('a character class has no ]', start);
      if (take('\\')) {
        const set = escaped();
        if (set.kind === 'set') {
          ranges.push(...set.ranges);
          continue;
        }
        at--;
      }
      const from = next().codePointAt(0)!;
      if (chars[at] === '-' && chars[at + 1] !== ']' && at + 1 < chars.length) {
        at++;
        take('\\');
        const to = next().codePointAt(0)!;
        if (to < from) fail('a range in a character class is the wrong way round', start);
        ranges.push([from, to]);
      } else ranges.push([from, from]);
    } while (!peek(']'));
    at++;
    const all = folded(ranges);
    return { kind: 'set', ranges: negated ? outside(all) : all };
  }
  function simple(): Pattern {
    const start = at;
    const char = next();
    switch (char) {
      case '.':
        return { kind: 'set', ranges: anyCode };
      case '#':
        return { kind: 'nothing' };
      case '@':
        return { kind: 'repeat', of: { kind: 'set', ranges: anyCode }, min: 0, max: Infinity };
      case '[':
        return characterClass(start);
      case '\\':
        return escaped();
      case '"': {
        const end = chars.indexOf('"', at);
        if (end < 0) fail('a quoted part has no closing "', start);
        const codes = chars.slice(at, end).flatMap(lowered);
        at = end + 1;
        return { kind: 'text', codes };
      }
      case '(': {
        if (take(')')) return { kind: 'text', codes: [] };
        if (at === chars.length) fail('an opening ( has no )', start);
        const of = union();
        if (!take(')')) fail('an opening ( has no )', start);
        return of;
      }
      case '<': {
        const end = chars.indexOf('>', at);
        const bounds = end < 0 ? null : /^(\d{1,15})-(\d{1,15})$/.exec(chars.slice(at, end).join(''));
        if (bounds === null) fail('a numeric interval is written <1-99>; escape < as \\<', start);
        at = end + 1;
        return interval(bounds![1]!, bounds![2]!);
      }
      default:
        return { kind: 'text', codes: lowered(char) };
    }
  }

  if (chars.length === 0) return { kind: 'text', codes: [] };
  const pattern = union();
  if (at < chars.length) fail('a closing ) has no (');
  return pattern;
}
