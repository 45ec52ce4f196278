// One value of a document, analysed once: what it can be found by. Memory evaluates these facts and a store indexes the same ones (terms),
// so that a query means the same everywhere.
import { addressKey } from './address.ts';
import { dateOf, numberOf } from './literal.ts';
import type { Span } from './literal.ts';
import { wordsOf } from './words.ts';

const NONE: readonly string[] = [];

export class Value {
  /** The value as written. */
  readonly text: string;
  /** The whole value without regard to case. */
  readonly lower: string;
  /** A number in the document; NaN for any other value. */
  readonly number: number;
  readonly isText: boolean;
  /** Words in order, lower case; none for numbers and booleans. */
  readonly words: readonly string[];
  #addresses: readonly string[] | null = null;
  #date: Span | null | undefined;
  #numeral: number | undefined;

  constructor(value: string | number | boolean) {
    this.text = String(value);
    this.isText = typeof value === 'string';
    this.number = typeof value === 'number' ? value : NaN;
    this.lower = this.text.toLowerCase();
    const words = this.isText ? wordsOf(this.lower) : NONE;
    this.words = words.length === 1 && words[0] === this.lower ? [this.lower] : words; // share the one string
  }

  /** A number, or a text that is one (`"8080"`); NaN otherwise. Ranges compare these; equality of texts stays textual (`1.10` is not `1.1`). */
  get numeral(): number {
    this.#numeral ??= this.isText ? numberOf(this.text) ?? NaN : this.number;
    return this.#numeral;
  }

  /** Keys of the addresses in it: the whole value, or its words (`http://10.0.0.1:80`). */
  get addresses(): readonly string[] {
    if (this.#addresses === null) {
      const whole = this.isText ? addressKey(this.text) : null;
      const keys = whole !== null ? [whole] : this.words.map(addressKey).filter((key) => key !== null);
      this.#addresses = keys.length === 0 ? NONE : keys;
    }
    return this.#addresses;
  }

  /** The time it names: an ISO 8601 text, or a number as epoch ms; null otherwise. */
  get date(): Span | null {
    if (this.#date === undefined) {
      this.#date = this.isText ? dateOf(this.text) : Number.isNaN(this.number) ? null : { from: this.number, to: this.number + 1 };
    }
    return this.#date;
  }
}

// Most values of a cluster repeat from node to node (Linux, eth0, 255.255.255.0): they are analysed once and shared.
const shared = new Map<string, Value>();
const MOST_SHARED = 20_000;

/** The analysed value of a leaf. */
export function valueOf(leaf: string | number | boolean): Value {
  if (typeof leaf !== 'string' || leaf.length > 64) return new Value(leaf);
  let value = shared.get(leaf);
  if (value === undefined) {
    if (shared.size >= MOST_SHARED) shared.clear();
    value = new Value(leaf);
    shared.set(leaf, value);
  }
  return value;
}
