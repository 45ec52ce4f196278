// Lucene's regular expressions (org.apache.lucene.util.automaton.RegExp, all flags): . ? * + {n,m} | & ~ [] () "..." @ # <n-m> \d \w \s.
// As there, an operator that has nothing to its left is a plain character, and a pattern always stands for the whole text.
import { folded, lastCode, outside, type CodeRange } from './code-ranges.ts';
import { interval } from './number-interval.ts';

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

const lowered = (char: string): number[] => Array.from(char.toLowerCase(), (c) => c.codePointAt(0)!);

type Times = readonly [min: number, max: number];
const timesOf: { [operator: string]: Times } = { '?': [0, 1], '*': [0, Infinity], '+': [1, Infinity] };

/** Descends through the grammar, from what binds least to what binds most. */
class RegexReader {
  readonly #chars: string[];
  #at = 0;
  #depth = 0;
  constructor(source: string) {
    this.#chars = [...source];
  }

  /** @throws PatternError */
  whole(): Pattern {
    if (this.#chars.length === 0) return { kind: 'text', codes: [] };
    const pattern = this.#union();
    if (this.#at < this.#chars.length) this.#fail('a closing ) has no (');
    return pattern;
  }

  #union(): Pattern {
    if (++this.#depth > deepestPattern) this.#fail('the regular expression is nested too deeply');
    const of = [this.#intersection()];
    while (this.#take('|')) of.push(this.#intersection());
    this.#depth--;
    return of.length === 1 ? of[0]! : { kind: 'either', of };
  }

  #intersection(): Pattern {
    const of = [this.#sequence()];
    while (this.#take('&')) of.push(this.#sequence());
    return of.length === 1 ? of[0]! : { kind: 'both', of };
  }

  #sequence(): Pattern {
    const of = [this.#repeat()];
    while (this.#at < this.#chars.length && !this.#peek(')|&')) of.push(this.#repeat());
    return of.length === 1 ? of[0]! : { kind: 'sequence', of };
  }

  #repeat(): Pattern {
    let of = this.#complement();
    while (this.#peek('?*+{')) {
      const start = this.#at;
      const operator = this.#next();
      const [min, max] = operator === '{' ? this.#counts(start) : timesOf[operator]!;
      of = { kind: 'repeat', of, min, max };
    }
    return of;
  }

  /** `{n}`, `{n,}` and `{n,m}`, whose { is read. */
  #counts(start: number): Times {
    const min = this.#count();
    const max = this.#take(',') ? (this.#peek('}') ? Infinity : this.#count()) : min;
    if (!this.#take('}')) this.#fail('a repetition {n,m} has no }', start);
    if (min > max) this.#fail('a repetition {n,m} has more at least than at most', start);
    if (min > mostRepeats || (max !== Infinity && max > mostRepeats))
      this.#fail(`a repetition is limited to ${mostRepeats}`, start);
    return [min, max];
  }

  #count(): number {
    const start = this.#at;
    while (this.#peek('0123456789')) this.#at++;
    if (this.#at === start) this.#fail('a repetition {n,m} needs a whole number');
    return Number(this.#chars.slice(start, this.#at).join(''));
  }

  #complement(): Pattern {
    let times = 0;
    while (this.#take('~')) times++;
    const of = this.#simple();
    return times % 2 === 0 ? of : { kind: 'not', of };
  }

  #escaped(): Pattern {
    const letter = this.#next();
    const ranges = classesOf[letter.toLowerCase()];
    if (ranges === undefined) return { kind: 'text', codes: lowered(letter) };
    return { kind: 'set', ranges: letter === letter.toLowerCase() ? ranges : outside(ranges) };
  }

  #characterClass(start: number): Pattern {
    const negated = this.#take('^');
    const ranges: CodeRange[] = [];
    do {
      if (this.#at >= this.#chars.length) this.#fail('a character class has no ]', start);
      if (this.#take('\\')) {
        const set = this.#escaped();
        if (set.kind === 'set') {
          ranges.push(...set.ranges);
          continue;
        }
        this.#at--;
      }
      ranges.push(this.#rangeOfClass(start));
    } while (!this.#peek(']'));
    this.#at++;
    const all = folded(ranges);
    return { kind: 'set', ranges: negated ? outside(all) : all };
  }

  /** One character of a class, or two with a - between them. */
  #rangeOfClass(start: number): CodeRange {
    const from = this.#next().codePointAt(0)!;
    if (this.#chars[this.#at] !== '-' || this.#chars[this.#at + 1] === ']' || this.#at + 1 >= this.#chars.length)
      return [from, from];
    this.#at++;
    this.#take('\\');
    const to = this.#next().codePointAt(0)!;
    if (to < from) this.#fail('a range in a character class is the wrong way round', start);
    return [from, to];
  }

  #quoted(start: number): Pattern {
    const end = this.#chars.indexOf('"', this.#at);
    if (end < 0) this.#fail('a quoted part has no closing "', start);
    const codes = this.#chars.slice(this.#at, end).flatMap(lowered);
    this.#at = end + 1;
    return { kind: 'text', codes };
  }

  #group(start: number): Pattern {
    if (this.#take(')')) return { kind: 'text', codes: [] };
    if (this.#at === this.#chars.length) this.#fail('an opening ( has no )', start);
    const of = this.#union();
    if (!this.#take(')')) this.#fail('an opening ( has no )', start);
    return of;
  }

  #numbers(start: number): Pattern {
    const end = this.#chars.indexOf('>', this.#at);
    const bounds = end < 0 ? null : /^(\d{1,15})-(\d{1,15})$/.exec(this.#chars.slice(this.#at, end).join(''));
    if (bounds === null) this.#fail('a numeric interval is written <1-99>; escape < as \\<', start);
    this.#at = end + 1;
    return interval(bounds![1]!, bounds![2]!);
  }

  #simple(): Pattern {
    const start = this.#at;
    const char = this.#next();
    switch (char) {
      case '.':
        return { kind: 'set', ranges: anyCode };
      case '#':
        return { kind: 'nothing' };
      case '@':
        return { kind: 'repeat', of: { kind: 'set', ranges: anyCode }, min: 0, max: Infinity };
      case '[':
        return this.#characterClass(start);
      case '\\':
        return this.#escaped();
      case '"':
        return this.#quoted(start);
      case '(':
        return this.#group(start);
      case '<':
        return this.#numbers(start);
      default:
        return { kind: 'text', codes: lowered(char) };
    }
  }

  #peek(among: string): boolean {
    return this.#at < this.#chars.length && among.includes(this.#chars[this.#at]!);
  }

  #take(char: string): boolean {
    return this.#chars[this.#at] === char ? (this.#at++, true) : false;
  }

  #next(): string {
    return this.#chars[this.#at++] ?? this.#fail('the regular expression ends too early', this.#chars.length);
  }

  #fail(message: string, offset = this.#at): never {
    throw new PatternError(message, offset);
  }
}

/**
 * Reads a regular expression, to be matched against lower-cased text.
 * @throws PatternError
 */
export const parseRegex = (source: string): Pattern => new RegexReader(source).whole();
