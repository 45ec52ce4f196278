// Tree to text: what `parse` reads back as the same tree.
import type { Clause, Field, Item, Query } from '../query.ts';

const plainText = /^[\p{L}\p{N}_.@$%][\p{L}\p{N}_.@$%+-]*$/u;
const networkText = /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/;
const isReserved = (text: string): boolean => text === 'AND' || text === 'OR' || text === 'NOT';

/** A text with a backslash before each character that could mean something. */
function escaped(text: string): string {
  const safe = text.replace(/[^\p{L}\p{N}_.@$%+-]/gu, '\\$&').replace(/^[+-]/, '\\$&');
  return isReserved(safe) ? `\\${safe}` : safe;
}

/** The same for a wildcard pattern, whose `*`, `?` and backslashes stay. */
function escapedPattern(pattern: string): string {
  return pattern.replace(/\\[^]|[*?]|[^*?\\]+/gu, (part) => (/^[*?\\]/.test(part) ? part : escaped(part)));
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
const bound = (text: string): string => (plainText.test(text) ? text : quoted(text));

/** A field name as it is written before a colon. */
export function printField(field: NonNullable<Field>): string {
  return field.pattern ? escapedPattern(field.name) : escaped(field.name);
}

/** Plain decimal digits; the grammar knows no exponents. */
function decimal(value: number): string {
  if (Number.isInteger(value)) return String(BigInt(value));
  return String(value).includes('e') ? value.toFixed(20) : String(value);
}

function printRange(clause: Extract<Clause, { kind: 'range' }>): string {
  const { field, from, to, includeFrom, includeTo } = clause;
  if (field !== null && from === null && to !== null) return `<${includeTo ? '=' : ''}${bound(to)}`;
  if (field !== null && to === null && from !== null) return `>${includeFrom ? '=' : ''}${bound(from)}`;
  const open = includeFrom || from === null ? '[' : '{';
  const close = includeTo || to === null ? ']' : '}';
  return `${open}${from === null ? '*' : bound(from)} TO ${to === null ? '*' : bound(to)}${close}`;
}

/** A clause without its field. */
export function printValue(clause: Exclude<Clause, { kind: 'exists' }>): string {
  switch (clause.kind) {
    case 'term':
      return clause.slop > 0
        ? `${quoted(clause.text)}~${clause.slop}`
        : (plainText.test(clause.text) && !isReserved(clause.text)) || networkText.test(clause.text)
          ? clause.text
          : quoted(clause.text);
    case 'wildcard':
      return escapedPattern(clause.pattern);
    case 'regex':
      return `/${clause.pattern.replace(/\//g, '\\/')}/`;
    case 'fuzzy':
      return `${escaped(clause.text)}~${clause.edits ?? ''}`;
    case 'range':
      return printRange(clause);
  }
}

const isComposite = (query: Query): boolean =>
  query.kind === 'and' || query.kind === 'or' || query.kind === 'list' || query.kind === 'not';
/** In brackets where it would otherwise fall apart. */
const tight = (query: Query): string => (isComposite(query) ? `(${print(query)})` : print(query));
const operand = (query: Query): string => (query.kind === 'not' ? print(query) : tight(query));
const item = ({ sign, query }: Item): string => sign + tight(query);

/** The query as text, in its shortest usual spelling. */
export function print(query: Query): string {
  switch (query.kind) {
    case 'all':
      return '*';
    case 'and':
      return query.of.map(operand).join(' AND ');
    case 'or':
      return query.of.map(operand).join(' OR ');
    case 'not':
      return `NOT ${tight(query.of)}`;
    case 'list':
      return query.of.map(item).join(' ');
    case 'boost':
      return `${query.of.kind === 'boost' ? `(${print(query.of)})` : tight(query.of)}^${decimal(query.boost)}`;
    case 'element':
      return `${printField(query.field)}:(${print(query.of)})`;
    case 'exists':
      // A field may be called nothing: that is written in quotes.
      return `_exists_:${query.field === null ? '*' : printField(query.field) || '""'}`;
    default:
      return (query.field === null ? '' : `${printField(query.field)}:`) + printValue(query);
  }
}
