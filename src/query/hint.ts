// Turns "expected x but found y" of the grammar into what a person did, and what to write instead.
import type { SyntaxError as GrammarError } from './grammar.js';
import type { QueryError } from './query.ts';

/** Brackets, quotes and slashes as far as the text goes, seen the way the grammar sees them. */
interface Outline { open: { char: string; at: number }[]; quote: number; slash: number; stray: number }

function outline(text: string): Outline {
  const found: Outline = { open: [], quote: -1, slash: -1, stray: -1 };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\') at++;
    else if (char === '"' || char === '/') {
      let end = at + 1;
      while (end < text.length && text[end] !== char) end += text[end] === '\\' ? 2 : 1;
      if (end >= text.length) {
        found[char === '"' ? 'quote' : 'slash'] = at;
        return found;
      }
      at = end;
    } else if (char === '(' || char === '[' || char === '{') found.open.push({ char, at });
    else if (char === ')' || char === ']' || char === '}') {
      const last = found.open[found.open.length - 1];
      if (last !== undefined && (last.char === '(') === (char === ')')) found.open.pop();
      else if (found.stray < 0) found.stray = at;
    }
  }
  return found;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
/** The run without blanks and brackets around an offset. */
function around(text: string, offset: number): { run: string; start: number } {
  const start = offset - /[^\s()]*$/.exec(text.slice(0, offset))![0].length;
  return { run: text.slice(start, offset) + /^[^\s()]*/.exec(text.slice(offset))![0], start };
}

const RANGE = 'A range is written [from TO to], with TO in capitals; * leaves a side open, { and } leave the bound itself out.';

const COMPARE = 'Such as os.cpus:>8, memory.total:>8GB or beatAt:>now-1h; without wildcards.';
const BOOST = 'Write ^2 or ^0.5; to search for the character, write \\^ or use quotes.';

/** What the grammar itself refused, by calling error() with one of these texts. */
const REFUSED: { [message: string]: string } = {
  'A wildcard cannot be fuzzy': 'Use either * and ? or ~, not both in one word.',
  'The number of edits after ~ must be whole': 'Write ~1 or ~2, or ~ alone to let the length decide.',
  'There is no == here': 'Write field:value, or field:"a value with blanks".',
  'There is no != here': 'Write NOT field:value.',
};

function atEnd(text: string, trimmed: string, { open }: Outline): QueryError {
  const last = open[open.length - 1];
  const operator = /(?:^|[\s()])(AND|OR|NOT|&&|\|\||[!+-])$/.exec(trimmed)?.[1];
  const offset = trimmed.length;
  if (trimmed.endsWith('\\') || /\\u[0-9a-fA-F]{0,3}$/.test(trimmed)) return backslash(trimmed, trimmed.lastIndexOf('\\'));
  if (last !== undefined && last.char !== '(') return { message: `The range that ${last.char} opens is not finished`, offset: text.length, hint: RANGE };
  if (operator !== undefined) return lone(operator, offset - operator.length);
  const field = /([^\s():]+)\s*:$/.exec(trimmed)?.[1];
  if (field !== undefined) return { message: `${field}: has no value`, offset, hint: `Write ${field}:something, or ${field}:* for any value.` };
  if (/[<>=]$/.test(trimmed)) return { message: 'A comparison has no value', offset, hint: COMPARE };
  if (trimmed.endsWith('^')) return { message: 'A boost has no number', offset, hint: BOOST };
  if (last !== undefined) return { message: 'This ( is never closed', offset: last.at, hint: 'Close it with ), or write \\( for the character itself.' };
  return { message: 'The query ends too early', offset, hint: 'Something is missing after this.' };
}

function lone(operator: string, offset: number): QueryError {
  const name = operator === '&&' ? 'AND' : operator === '||' ? 'OR' : operator === '!' ? 'NOT' : operator;
  const sides = name === 'AND' || name === 'OR' ? `${operator} needs a clause on both sides` : `${operator} needs a clause after it`;
  return { message: sides, offset, hint: `To search for the text itself, put it in quotes: ${quoted(operator)}.` };
}

function backslash(text: string, offset: number): QueryError {
  if (text[offset + 1] === 'u') return { message: 'After \\u four hexadecimal digits must follow', offset, hint: 'Such as \\u00e9. For a backslash itself write \\\\.' };
  return { message: 'A backslash at the end escapes nothing', offset, hint: 'For a backslash itself write \\\\.' };
}

function colon(text: string, offset: number): QueryError {
  const { run, start } = around(text, offset);
  const first = run.indexOf(':');
  if (start + first >= offset) return { message: 'A field name is missing before this colon', offset, hint: 'Write field:value. To search for a colon, write \\: or use quotes.' };
  const join = /(&&|\|\|)/.exec(run.slice(first))?.[1];
  if (join !== undefined) return { message: 'A second colon in one clause', offset, hint: `Put blanks around ${join}.` };
  return {
    message: 'A second colon in one clause', offset,
    hint: `A value with a colon goes in quotes: ${run.slice(0, first + 1)}${quoted(run.slice(first + 1))}; or write \\: for each colon.`,
  };
}

function unexpected(text: string, offset: number, shape: Outline): QueryError {
  const char = text[offset]!;
  const before = text.slice(0, offset);
  const inRange = shape.open.some((bracket) => bracket.char !== '(' && bracket.at < offset) || /[[{][^\]}]*$/.test(before);
  const operator = /^(AND|OR|NOT|&&|\|\||!)(?![^\s()])/.exec(text.slice(offset))?.[1];
  if (inRange) return { message: 'This is no range', offset, hint: RANGE };
  if (char === '\\') return backslash(text, offset);
  if (/\\u[0-9a-fA-F]{0,3}$/.test(before)) return backslash(text, before.lastIndexOf('\\'));
  if (/(?:^|[\s(])(?:NOT\s+|[!+-])$/.test(before) && (/[+!-]/.test(char) || operator === 'NOT')) {
    return { message: 'Two signs in a row', offset, hint: 'Use one of NOT, ! , + and -; brackets tell them apart: NOT (NOT a).' };
  }
  if (operator !== undefined) {
    const previous = /(AND|OR|NOT|&&|\|\||!)\s*$/.exec(before)?.[1];
    if (previous !== undefined) return { message: `${previous} and ${operator} stand side by side`, offset, hint: 'One of them is too many, or a clause between them is missing.' };
    if (/:\s*$/.test(before)) return { message: `${operator} is no value`, offset, hint: `Put it in quotes to search for it: ${quoted(operator)}. To exclude a field write NOT field:value.` };
    return lone(operator, offset);
  }
  const previous = /(?:^|[\s(])(AND|OR|NOT|&&|\|\|)\s*$/.exec(before)?.[1];
  if (char === ')' && previous !== undefined) return lone(previous, before.trimEnd().length - previous.length);
  if (/[<>=]\s*$/.test(before) && !/\w/.test(char)) return { message: 'A comparison needs a plain value after it', offset, hint: COMPARE };
  if (before.endsWith('^')) return { message: 'A boost is a number', offset, hint: BOOST };
  const value = /[^\s():]+\s*:\s*$/.exec(before)?.[0];
  if (value !== undefined && (char === '-' || char === '+')) {
    return { message: `A value cannot begin with ${char}`, offset, hint: `Put it in quotes: ${value}${quoted(/^[^\s()]*/.exec(text.slice(offset))![0])}. To exclude it, put the - before the field.` };
  }
  switch (char) {
    case ':': return colon(text, offset);
    case '/': return {
      message: 'A slash inside a word', offset,
      hint: `A path or URL goes in quotes: ${quoted(around(text, offset).run.replace(/^[^:/]*:(?!\/\/)/, ''))}; or write \\/.`,
    };
    case ')': return before.trimEnd().endsWith('(') ? { message: 'There is nothing in these brackets', offset, hint: 'Write a clause between them, or take them away.' }
      : { message: 'This ) closes nothing', offset, hint: 'Take it away, or open a bracket before it; to search for it, write \\) or use quotes.' };
    case ']': case '}': return { message: `This ${char} closes nothing`, offset, hint: `To search for the character, write \\${char} or use quotes.` };
    case '^': return { message: 'A boost stands after one clause, once', offset, hint: 'Such as tags:ssd^2, or (a OR b)^2; to search for the character, write \\^ or use quotes.' };
    case '~': return { message: 'A ~ stands right after a word or a phrase', offset, hint: 'Such as web~1; to search for the character, write \\~ or use quotes.' };
    case '=': return { message: 'A value cannot begin with =', offset, hint: 'Write field:value or field=value; quotes make it text.' };
    case '>': case '<': return { message: 'A comparison needs a value after it', offset, hint: COMPARE };
    case '*': case '?': return { message: 'A comparison needs a plain value after it', offset, hint: COMPARE };
    default: return { message: `Unexpected ${JSON.stringify(char)}`, offset, hint: 'Put a text with special characters in quotes, or a backslash before each.' };
  }
}

/** The error to show for what the grammar refused. */
export function hint(text: string, error: GrammarError): QueryError {
  const offset = Math.min(error.location.start.offset, text.length);
  if (error.expected === null) {
    const operator = /^There is no (.=)/.exec(error.message)?.[1];
    return { message: error.message, offset: operator === undefined ? offset : text.indexOf(operator, offset), hint: REFUSED[error.message] ?? '' };
  }
  const shape = outline(text);
  const trimmed = text.trimEnd();
  if (shape.quote >= 0 && offset >= shape.quote) { // what comes before it may be wrong too, but is read first
    return { message: 'This quote is never closed', offset: shape.quote, hint: 'Close it with ", or write \\" for the character itself.' };
  }
  if (shape.slash >= 0 && offset >= shape.slash && /(?:^|[\s(:+!-])$/.test(text.slice(0, shape.slash))) {
    return {
      message: 'The regular expression that this slash opens is never closed', offset: shape.slash,
      hint: `Close it with /. A path goes in quotes: ${quoted(/^[^\s()]*/.exec(text.slice(shape.slash))![0])}; or write \\/ for the slash.`,
    };
  }
  return offset >= trimmed.length ? atEnd(text, trimmed, shape) : unexpected(text, offset, shape);
}
