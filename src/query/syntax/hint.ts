// Turns "expected x but found y" of the grammar into what a person did, and what to write instead.
import type { SyntaxError as GrammarError } from './grammar.js';
import { outline, type Outline } from './outline.ts';
import type { QueryError } from '../query.ts';

const wrong = (message: string, offset: number, advice: string): QueryError => ({ message, offset, hint: advice });
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
/** The run without blanks and brackets around an offset. */
function around(text: string, offset: number): { run: string; start: number } {
  const start = offset - /[^\s()]*$/.exec(text.slice(0, offset))![0].length;
  return { run: text.slice(start, offset) + /^[^\s()]*/.exec(text.slice(offset))![0], start };
}

const rangeHint =
  'A range is written [from TO to], with TO in capitals; * leaves a side open, { and } leave the bound itself out.';
const compareHint = 'Such as os.cpus:>8, memory.total:>8GB or beatAt:>now-1h; without wildcards.';
const boostHint = 'Write ^2 or ^0.5; to search for the character, write \\^ or use quotes.';

/** What the grammar itself refused, by calling error() with one of these texts. */
const hintsOfGrammar: { [message: string]: string } = {
  'A wildcard cannot be fuzzy': 'Use either * and ? or ~, not both in one word.',
  'The number of edits after ~ must be whole': 'Write ~1 or ~2, or ~ alone to let the length decide.',
  'There is no == here': 'Write field:value, or field:"a value with blanks".',
  'There is no != here': 'Write NOT field:value.',
};

function atEnd(text: string, trimmed: string, { open }: Outline): QueryError {
  const last = open[open.length - 1];
  const operator = /(?:^|[\s()])(AND|OR|NOT|&&|\|\||[!+-])$/.exec(trimmed)?.[1];
  const offset = trimmed.length;
  if (trimmed.endsWith('\\') || /\\u[0-9a-fA-F]{0,3}$/.test(trimmed))
    return backslash(trimmed, trimmed.lastIndexOf('\\'));
  if (last !== undefined && last.char !== '(')
    return wrong(`The range that ${last.char} opens is not finished`, text.length, rangeHint);
  if (operator !== undefined) return lone(operator, offset - operator.length);
  const field = /([^\s():]+)\s*:$/.exec(trimmed)?.[1];
  if (field !== undefined)
    return wrong(`${field}: has no value`, offset, `Write ${field}:something, or ${field}:* for any value.`);
  if (/[<>=]$/.test(trimmed)) return wrong('A comparison has no value', offset, compareHint);
  if (trimmed.endsWith('^')) return wrong('A boost has no number', offset, boostHint);
  if (last !== undefined)
    return wrong('This ( is never closed', last.at, 'Close it with ), or write \\( for the character itself.');
  return wrong('The query ends too early', offset, 'Something is missing after this.');
}

function lone(operator: string, offset: number): QueryError {
  const name = operator === '&&' ? 'AND' : operator === '||' ? 'OR' : operator === '!' ? 'NOT' : operator;
  const sides =
    name === 'AND' || name === 'OR'
      ? `${operator} needs a clause on both sides`
      : `${operator} needs a clause after it`;
  return wrong(sides, offset, `To search for the text itself, put it in quotes: ${quoted(operator)}.`);
}

function backslash(text: string, offset: number): QueryError {
  if (text[offset + 1] === 'u')
    return wrong(
      'After \\u four hexadecimal digits must follow',
      offset,
      'Such as \\u00e9. For a backslash itself write \\\\.',
    );
  return wrong('A backslash at the end escapes nothing', offset, 'For a backslash itself write \\\\.');
}

function colon(text: string, offset: number): QueryError {
  const { run, start } = around(text, offset);
  const first = run.indexOf(':');
  if (start + first >= offset)
    return wrong(
      'A field name is missing before this colon',
      offset,
      'Write field:value. To search for a colon, write \\: or use quotes.',
    );
  const join = /(&&|\|\|)/.exec(run.slice(first))?.[1];
  if (join !== undefined) return wrong('A second colon in one clause', offset, `Put blanks around ${join}.`);
  return wrong(
    'A second colon in one clause',
    offset,
    `A value with a colon goes in quotes: ${run.slice(0, first + 1)}${quoted(run.slice(first + 1))}; or write \\: for each colon.`,
  );
}

const operatorAt = /^(AND|OR|NOT|&&|\|\||!)(?![^\s()])/;

function unexpected(text: string, offset: number, shape: Outline): QueryError {
  const before = text.slice(0, offset);
  const inRange =
    shape.open.some((bracket) => bracket.char !== '(' && bracket.at < offset) || /[[{][^\]}]*$/.test(before);
  if (inRange) return wrong('This is no range', offset, rangeHint);
  if (text[offset] === '\\') return backslash(text, offset);
  if (/\\u[0-9a-fA-F]{0,3}$/.test(before)) return backslash(text, before.lastIndexOf('\\'));
  const operator = operatorAt.exec(text.slice(offset))?.[1];
  return (
    twoSigns(text, offset, operator) ??
    (operator === undefined ? null : unexpectedOperator(before, operator)) ??
    afterUnfinished(text, offset) ??
    unexpectedCharacter(text, offset)
  );
}

function twoSigns(text: string, offset: number, operator: string | undefined): QueryError | null {
  if (!/(?:^|[\s(])(?:NOT\s+|[!+-])$/.test(text.slice(0, offset))) return null;
  if (!/[+!-]/.test(text[offset]!) && operator !== 'NOT') return null;
  return wrong('Two signs in a row', offset, 'Use one of NOT, ! , + and -; brackets tell them apart: NOT (NOT a).');
}

function unexpectedOperator(before: string, operator: string): QueryError {
  const offset = before.length;
  const previous = /(AND|OR|NOT|&&|\|\||!)\s*$/.exec(before)?.[1];
  if (previous !== undefined)
    return wrong(
      `${previous} and ${operator} stand side by side`,
      offset,
      'One of them is too many, or a clause between them is missing.',
    );
  if (/:\s*$/.test(before))
    return wrong(
      `${operator} is no value`,
      offset,
      `Put it in quotes to search for it: ${quoted(operator)}. To exclude a field write NOT field:value.`,
    );
  return lone(operator, offset);
}

/** What stands before waits for something else: an operator for a clause, a comparison, a boost or a field for its value. */
function afterUnfinished(text: string, offset: number): QueryError | null {
  const char = text[offset]!;
  const before = text.slice(0, offset);
  const previous = /(?:^|[\s(])(AND|OR|NOT|&&|\|\|)\s*$/.exec(before)?.[1];
  if (char === ')' && previous !== undefined) return lone(previous, before.trimEnd().length - previous.length);
  if (/[<>=]\s*$/.test(before) && !/\w/.test(char))
    return wrong('A comparison needs a plain value after it', offset, compareHint);
  if (before.endsWith('^')) return wrong('A boost is a number', offset, boostHint);
  const value = /[^\s():]+\s*:\s*$/.exec(before)?.[0];
  if (value === undefined || (char !== '-' && char !== '+')) return null;
  return wrong(
    `A value cannot begin with ${char}`,
    offset,
    `Put it in quotes: ${value}${quoted(/^[^\s()]*/.exec(text.slice(offset))![0])}. To exclude it, put the - before the field.`,
  );
}

function unexpectedCharacter(text: string, offset: number): QueryError {
  const char = text[offset]!;
  switch (char) {
    case ':':
      return colon(text, offset);
    case '/':
      return wrong(
        'A slash inside a word',
        offset,
        `A path or URL goes in quotes: ${quoted(around(text, offset).run.replace(/^[^:/]*:(?!\/\/)/, ''))}; or write \\/.`,
      );
    case ')':
      return text.slice(0, offset).trimEnd().endsWith('(')
        ? wrong('There is nothing in these brackets', offset, 'Write a clause between them, or take them away.')
        : wrong(
            'This ) closes nothing',
            offset,
            'Take it away, or open a bracket before it; to search for it, write \\) or use quotes.',
          );
    case ']':
    case '}':
      return wrong(
        `This ${char} closes nothing`,
        offset,
        `To search for the character, write \\${char} or use quotes.`,
      );
    case '^':
      return wrong(
        'A boost stands after one clause, once',
        offset,
        'Such as tags:ssd^2, or (a OR b)^2; to search for the character, write \\^ or use quotes.',
      );
    case '~':
      return wrong(
        'A ~ stands right after a word or a phrase',
        offset,
        'Such as web~1; to search for the character, write \\~ or use quotes.',
      );
    case '=':
      return wrong('A value cannot begin with =', offset, 'Write field:value or field=value; quotes make it text.');
    case '>':
    case '<':
      return wrong('A comparison needs a value after it', offset, compareHint);
    case '*':
    case '?':
      return wrong('A comparison needs a plain value after it', offset, compareHint);
    default:
      return wrong(
        `Unexpected ${JSON.stringify(char)}`,
        offset,
        'Put a text with special characters in quotes, or a backslash before each.',
      );
  }
}

/** The error to show for what the grammar refused. */
export function hint(text: string, error: GrammarError): QueryError {
  const offset = Math.min(error.location.start.offset, text.length);
  if (error.expected === null) {
    const operator = /^There is no (.=)/.exec(error.message)?.[1];
    return wrong(
      error.message,
      operator === undefined ? offset : text.indexOf(operator, offset),
      hintsOfGrammar[error.message] ?? '',
    );
  }
  const shape = outline(text);
  const trimmed = text.trimEnd();
  if (shape.quote >= 0 && offset >= shape.quote) {
    // what comes before it may be wrong too, but is read first
    return wrong('This quote is never closed', shape.quote, 'Close it with ", or write \\" for the character itself.');
  }
  if (shape.slash >= 0 && offset >= shape.slash && /(?:^|[\s(:+!-])$/.test(text.slice(0, shape.slash))) {
    return wrong(
      'The regular expression that this slash opens is never closed',
      shape.slash,
      `Close it with /. A path goes in quotes: ${quoted(/^[^\s()]*/.exec(text.slice(shape.slash))![0])}; or write \\/ for the slash.`,
    );
  }
  return offset >= trimmed.length ? atEnd(text, trimmed, shape) : unexpected(text, offset, shape);
}
