// What a document can be found by, as plain facts. Memory evaluates these very facts (value.ts), and a store that indexes them and nothing
// else gives the same answers: whole values and words as keywords, words in order for phrases, numbers and dates as numbers, addresses as
// keys that sort. How each clause asks for them is in clause.ts.
import { IndexedDocument } from './document.ts';
import type { Span } from './literal.ts';
import type { Value } from './value.ts';

export interface Terms {
  /** Dotted path of the field. */
  path: string;
  /** The whole value, lower case. */
  whole: string;
  /** Its words in order, lower case; none for numbers and booleans. */
  words: readonly string[];
  /** A number in the document: what `field:8` and sizes compare with. */
  number: number | null;
  /** A number, or a text that is one: what ranges compare with. */
  numeral: number | null;
  /** Keys of the addresses in it, 32 hex digits each. */
  addresses: readonly string[];
  /** The time it names, epoch ms; null for what is no time. */
  date: Span | null;
}

const numberOrNull = (number: number): number | null => (Number.isNaN(number) ? null : number);

function termsOf(path: string, value: Value): Terms {
  const { lower, words, addresses, date } = value;
  return {
    path,
    whole: lower,
    words,
    number: numberOrNull(value.number),
    numeral: numberOrNull(value.numeral),
    addresses,
    date,
  };
}

const indexedOf = (doc: unknown): IndexedDocument => (doc instanceof IndexedDocument ? doc : new IndexedDocument(doc));

/** The terms of every value of a document. */
export function valueTerms(doc: unknown): Terms[] {
  const { shape, columns } = indexedOf(doc);
  return shape.paths.flatMap((path, slot) => columns[slot]!.map((value) => termsOf(path, value)));
}

/** The terms of every value of a document, and under `elements` those of every object in it, by path, for `field:(a:x AND b:y)`. */
export function terms(doc: unknown): {
  values: Terms[];
  elements: { path: string; terms: ReturnType<typeof terms> }[];
} {
  const indexed = indexedOf(doc);
  return {
    values: valueTerms(indexed),
    elements: [...indexed.objects.keys()]
      .filter((path) => path !== '')
      .flatMap((path) => indexed.elements(path).map((element) => ({ path, terms: terms(element) }))),
  };
}
