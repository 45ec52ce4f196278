// One value of a document, analysed once: what it can be found by. Memory evaluates these facts and a store indexes the same ones (terms),
// so that a query means the same everywhere.
import { addressKey } from './address.ts';
import { dateOf, numberOf } from './literal.ts';
import type { Span } from './literal.ts';
import { wordsOf } from './words.ts';

const noWords: readonly string[] = [];

export class Value {
  /** The value as written. */
  readonly text: string;
  /** The whole value without regard to case. */
  readonly lower: string;
  /** A number in the document; NaN for any other value. */
  readonly number: number;
  readonly isText: boolean;
  #words: readonly string[] | null = null;
  #alone: readonly Value[] | null = null;
  #addresses: readonly string[] | null = null;
  #date: Span | null | undefined;
  #numeral: number | undefined;

  constructor(value: string | number | boolean) {
    this.text = String(value);
    this.isText = typeof value === 'string';
    this.number = typeof value === 'number' ? value : NaN;
    this.lower = this.text.toLowerCase();
  }

  /** Words in order, lower case; none for numbers and booleans. */
  get words(): readonly string[] {
    if (this.#words === null) {
      const words = this.isText ? wordsOf(this.lower) : noWords;
      this.#words = words.length === 1 && words[0] === this.lower ? [this.lower] : words; // share the one string
    }
    return this.#words;
  }

  /** A number, or a text that is one (`"8080"`); NaN otherwise. Ranges compare these; equality of texts is textual (1.10 is not 1.1). */
  get numeral(): number {
    this.#numeral ??= this.isText ? (numberOf(this.text) ?? NaN) : this.number;
    return this.#numeral;
  }

  /** A list of this value only, for all documents that have just it at a path. */
  get alone(): readonly Value[] {
    return (this.#alone ??= [this]);
  }

  /** Keys of the addresses in it: the whole value, or its words (`http://10.0.0.1:80`). */
  get addresses(): readonly string[] {
    if (this.#addresses === null) {
      const whole = this.isText ? addressKey(this.text) : null;
      const keys = whole !== null ? [whole] : this.words.map(addressKey).filter((key) => key !== null);
      this.#addresses = keys.length === 0 ? noWords : keys;
    }
    return this.#addresses;
  }

  /** The time it names: an ISO 8601 text, or a number as epoch ms; null otherwise. */
  get date(): Span | null {
    if (this.#date === undefined) {
      this.#date = this.isText
        ? dateOf(this.text)
        : Number.isNaN(this.number)
          ? null
          : { from: this.number, to: this.number + 1 };
    }
    return this.#date;
  }
}

/**
 * A text that a document can be found by, with the last answer of a clause about it: what is asked of one document's `linux` need not be
 * asked of the next one's. `asked` is the number of the clause, never given twice.
 */
export class Token {
  readonly text: string;
  asked = 0;
  answer = false;
  constructor(text: string) {
    this.text = text;
  }
}

// Most values of a cluster repeat from node to node (Linux, eth0, 255.255.255.0): they are analysed once and shared.
const mostShared = 50_000;
const values = new Map<string, Value>();
const tokens = new Map<string, Token>();

function shared<T>(known: Map<string, T>, text: string, make: (text: string) => T): T {
  let item = known.get(text);
  if (item === undefined) {
    if (known.size >= mostShared) known.clear();
    item = make(text);
    known.set(text, item);
  }
  return item;
}

/** The analysed value of a leaf. */
export function valueOf(leaf: string | number | boolean): Value {
  return typeof leaf !== 'string' || leaf.length > 64
    ? new Value(leaf)
    : shared(values, leaf, (text) => new Value(text));
}

export function tokenOf(text: string): Token {
  return text.length > 64 ? new Token(text) : shared(tokens, text, (long) => new Token(long));
}
