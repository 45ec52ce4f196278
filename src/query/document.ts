// A document laid out for queries: values by path. A list is all its elements; null and undefined are no value.
import { valueOf } from './value.ts';
import type { Value } from './value.ts';

type Tree = { [key: string]: unknown };
const NOTHING: readonly Value[] = [];
const DEEPEST = 64;

export class IndexedDocument {
  readonly doc: unknown;
  /** Values by dotted path, in the order of the document. */
  readonly values = new Map<string, Value[]>();
  /** Objects by dotted path: the elements that `field:(a:x AND b:y)` looks at. */
  readonly #objects = new Map<string, Tree[]>();
  readonly #elements = new Map<string, IndexedDocument[]>();
  #tokens: readonly string[] | null = null;

  constructor(doc: unknown) {
    this.doc = doc;
    this.#add('', doc, 0);
  }

  #add(path: string, node: unknown, depth: number): void {
    if (typeof node === 'string' || typeof node === 'boolean' || (typeof node === 'number' && !Number.isNaN(node))) {
      const values = this.values.get(path);
      if (values === undefined) this.values.set(path, [valueOf(node)]);
      else values.push(valueOf(node));
    } else if (Array.isArray(node)) {
      if (depth < DEEPEST) for (const element of node) this.#add(path, element, depth + 1);
    } else if (typeof node === 'object' && node !== null && depth < DEEPEST) {
      if (path !== '') {
        const objects = this.#objects.get(path);
        if (objects === undefined) this.#objects.set(path, [node as Tree]);
        else objects.push(node as Tree);
      }
      for (const key of Object.keys(node)) this.#add(path === '' ? key : `${path}.${key}`, (node as Tree)[key], depth + 1);
    }
  }

  /** Values at exactly this path. `_id` is Elasticsearch's name of `id`. */
  at(path: string): readonly Value[] {
    return this.values.get(path) ?? (path === '_id' ? this.values.get('id') : undefined) ?? NOTHING;
  }

  /** Has the path a value, or a path below it? */
  has(path: string): boolean {
    if (this.at(path).length > 0) return true;
    if (!this.#objects.has(path)) return false;
    const below = `${path}.`;
    for (const known of this.values.keys()) if (known.startsWith(below)) return true;
    return false;
  }

  /** The objects at this path, each as a document of its own. */
  elements(path: string): readonly IndexedDocument[] {
    let elements = this.#elements.get(path);
    if (elements === undefined) {
      elements = (this.#objects.get(path) ?? []).map((object) => new IndexedDocument(object));
      this.#elements.set(path, elements);
    }
    return elements;
  }

  /** Paths that hold objects. */
  objectPaths(): Iterable<string> {
    return this.#objects.keys();
  }

  /** Every whole value and every word of the document once, lower case, sorted: what a clause without a field looks through. */
  get tokens(): readonly string[] {
    if (this.#tokens === null) {
      const tokens = new Set<string>();
      for (const values of this.values.values()) for (const value of values) {
        tokens.add(value.lower);
        for (const word of value.words) tokens.add(word);
      }
      this.#tokens = [...tokens].sort();
    }
    return this.#tokens;
  }
}

/** Lays out a document for fast and repeated queries; hand the result to what `compile` gives in place of the document. */
export function indexDocument(doc: unknown): IndexedDocument {
  const indexed = doc instanceof IndexedDocument ? doc : new IndexedDocument(doc);
  void indexed.tokens; // now, not in the first query
  return indexed;
}
