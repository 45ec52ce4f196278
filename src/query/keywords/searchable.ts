// A document as an index of keywords holds it: every fact that a clause may ask for (terms) as one token. A token is the path, a
// separator, a letter for the kind of fact, and the fact; `anywhere` holds the same without paths, for clauses without a field. Numbers,
// times and addresses are spelt so that they sort, so ranges are ranges of tokens. One field of keywords for all paths: whatever
// documents hold, the mapping never grows. translate.ts asks for these tokens.
import { sortKey, sortableNumber } from '../values/order.ts';
import { valueTerms } from '../values/terms.ts';
import type { Terms } from '../values/terms.ts';

/** Between path and fact. */
export const factSeparator = '\u001f';

/** Kinds of facts: the first character after the separator. */
export const factKind = {
  /** A whole value or one of its words, lower case. */ text: '=',
  /** A number in the document. */ number: '#',
  /** A text that is a number: ranges compare it as one. */ numeral: '%',
  /** An address, 32 hex digits. */ address: 'a',
  /** A text that is a time: its first ms. */ time: 'd',
  /** Whole values that are no number, in the order of texts: plain ones, ones that are numbers, ones that are times. */
  plain: 'p',
  plainNumeral: 'q',
  plainTime: 'r',
  /** There is a value at this very path. */ value: 'v',
  /** There is a value at this path or below it. */ exists: 'e',
} as const;
export type Kind = (typeof factKind)[keyof typeof factKind];

/** Longer texts are not indexed (UTF-16 units); neither are more tokens of one document. Such a document is `vague`. */
export const longestText = 1000;
const mostTokens = 20_000;
/** So many fields can be sorted by, the first ones. */
const mostOrdered = 500;

export interface Searchable {
  terms: string[];
  anywhere: string[];
  /** What the document is sorted by, by dotted path (sortKey). */
  order: { [path: string]: string };
  /** Not all of it could be indexed: it has to be looked at itself, whatever the query. */
  vague: boolean;
}

const halfPair = /\p{Cs}/u;
const isOrdinary = (text: string): boolean => text.length <= longestText && !halfPair.test(text);

/** The facts of one value; null when one of its texts cannot be indexed. */
function factsOf({ whole, words, number, numeral, addresses, date }: Terms): string[] | null {
  if (!isOrdinary(whole)) return null;
  const facts = [
    factKind.value,
    factKind.text + whole,
    ...words.map((word) => factKind.text + word),
    ...addresses.map((key) => factKind.address + key),
  ];
  if (number !== null) return [...facts, factKind.number + sortableNumber(number)];
  if (numeral !== null) facts.push(factKind.numeral + sortableNumber(numeral), factKind.plainNumeral + whole);
  else if (date !== null) facts.push(factKind.time + sortableNumber(date.from), factKind.plainTime + whole);
  else facts.push(factKind.plain + whole);
  return facts;
}

function* above(path: string): Generator<string> {
  yield path;
  for (let dot = path.lastIndexOf('.'); dot >= 0; dot = dot === 0 ? -1 : path.lastIndexOf('.', dot - 1))
    yield path.slice(0, dot);
}

function orderOf(node: unknown, path: string, order: { [path: string]: string }, depth: number): void {
  if (typeof node !== 'object' || node === null || Array.isArray(node) || depth > 20) return;
  for (const [key, value] of Object.entries(node)) {
    if (
      key === '' ||
      key.includes('.') ||
      key.includes('\0') ||
      path.length + key.length > longestText ||
      Object.keys(order).length >= mostOrdered
    )
      continue;
    const place = sortKey(value);
    if (place !== null) order[path + key] = place;
    else orderOf(value, `${path}${key}.`, order, depth + 1);
  }
}

/** What to index of a document. */
export function searchable(doc: object): Searchable {
  const found = new Set<string>();
  const anywhere = new Set<string>();
  let vague = false;
  for (const value of valueTerms(doc)) {
    const facts = factsOf(value);
    if (facts === null || !isOrdinary(value.path) || value.path.includes(factSeparator) || found.size > mostTokens) {
      vague = true;
      continue;
    }
    for (const fact of facts) {
      found.add(value.path + factSeparator + fact);
      anywhere.add(fact);
    }
    for (const path of above(value.path)) found.add(path + factSeparator + factKind.exists);
  }
  const order = {};
  orderOf(doc, '', order, 0);
  return { terms: [...found], anywhere: [...anywhere], order, vague };
}
