// A document as queries see it: values by dotted path. A list is all its elements; null and undefined are no value.
import { tokenOf, valueOf } from './value.ts';
import type { Token, Value } from './value.ts';

type Tree = { [key: string]: unknown };
type Leaf = string | number | boolean;
const NOTHING: readonly Value[] = [];
const DEEPEST = 64;

const isLeaf = (node: unknown): node is Leaf =>
  typeof node === 'string' || typeof node === 'boolean' || (typeof node === 'number' && !Number.isNaN(node));

/** Visits what stands at `path` below `node`; keys that hold dots themselves are followed too. */
function follow(node: unknown, path: string, visit: (found: unknown) => void, depth = 0): void {
  if (typeof node !== 'object' || node === null || depth > DEEPEST) return;
  if (Array.isArray(node)) {
    for (const element of node) follow(element, path, visit, depth + 1);
    return;
  }
  if (Object.hasOwn(node, path)) visit((node as Tree)[path]);
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot);
    if (Object.hasOwn(node, head)) follow((node as Tree)[head], path.slice(dot + 1), visit, depth + 1);
  }
}

/** Visits every leaf and object in it, lists opened. */
function flatten(path: string, node: unknown, visit: (path: string, found: Leaf | Tree) => void, depth = 0): void {
  if (isLeaf(node)) visit(path, node);
  else if (typeof node !== 'object' || node === null || depth > DEEPEST) return;
  else if (Array.isArray(node)) for (const element of node) flatten(path, element, visit, depth + 1);
  else {
    visit(path, node as Tree);
    for (const key of Object.keys(node)) flatten(path === '' ? key : `${path}.${key}`, (node as Tree)[key], visit, depth + 1);
  }
}

export class IndexedDocument {
  readonly doc: unknown;
  #values: Map<string, Value[]> | null = null;
  #objects: Map<string, Tree[]> | null = null;
  #elements: Map<string, readonly IndexedDocument[]> | null = null;
  #tokens: readonly Token[] | null = null;
  #addresses: readonly string[] | null = null;

  constructor(doc: unknown) {
    this.doc = doc;
  }

  /** All values by path, in the order of the document. Laid out when first asked for; `at` does without. */
  get values(): ReadonlyMap<string, readonly Value[]> {
    if (this.#values === null) this.#layOut();
    return this.#values!;
  }

  /** Objects by path: the elements that `field:(a:x AND b:y)` looks at. */
  get objects(): ReadonlyMap<string, readonly Tree[]> {
    if (this.#objects === null) this.#layOut();
    return this.#objects!;
  }

  #layOut(): void {
    this.#values = new Map();
    this.#objects = new Map();
    const put = <T>(map: Map<string, T[]>, path: string, item: T): void => {
      const items = map.get(path);
      if (items === undefined) map.set(path, [item]);
      else items.push(item);
    };
    flatten('', this.doc, (path, found) => (isLeaf(found) ? put(this.#values!, path, valueOf(found)) : put(this.#objects!, path, found)));
  }

  /** Values at exactly this path. `_id` is Elasticsearch's name of `id`. */
  at(path: string): readonly Value[] {
    if (this.#values === null) {
      const found: Value[] = [];
      follow(this.doc, path, (node) => flatten('', node, (below, leaf) => { if (below === '' && isLeaf(leaf)) found.push(valueOf(leaf)); }));
      return found.length === 0 && path === '_id' ? this.at('id') : found;
    }
    return this.#values.get(path) ?? (path === '_id' ? this.#values.get('id') : undefined) ?? NOTHING;
  }

  /** Has the path a value, or a path below it? */
  has(path: string): boolean {
    if (this.at(path).length > 0) return true;
    let is = false;
    follow(this.doc, path, (node) => flatten('', node, (_, leaf) => { is ||= isLeaf(leaf); }));
    return is;
  }

  /** The objects at this path, each as a document of its own. */
  elements(path: string): readonly IndexedDocument[] {
    let elements = this.#elements?.get(path);
    if (elements === undefined) {
      elements = (this.objects.get(path) ?? []).map((object) => new IndexedDocument(object));
      (this.#elements ??= new Map()).set(path, elements);
    }
    return elements;
  }

  /** Every whole value and every word of the document once, lower case, sorted: what a clause without a field looks through. */
  get tokens(): readonly Token[] {
    if (this.#tokens === null) {
      const texts = new Set<string>();
      for (const values of this.values.values()) for (const value of values) {
        texts.add(value.lower);
        for (const word of value.words) texts.add(word);
      }
      this.#tokens = [...texts].sort().map(tokenOf);
    }
    return this.#tokens;
  }

  /** Keys of all addresses in the document. */
  get addresses(): readonly string[] {
    if (this.#addresses === null) {
      const keys = new Set<string>();
      for (const values of this.values.values()) for (const value of values) for (const key of value.addresses) keys.add(key);
      this.#addresses = [...keys];
    }
    return this.#addresses;
  }
}

/** Lays out a document for fast and repeated queries; hand the result to what `compile` gives in place of the document. */
export function indexDocument(doc: unknown): IndexedDocument {
  const indexed = doc instanceof IndexedDocument ? doc : new IndexedDocument(doc);
  void [indexed.tokens, indexed.addresses]; // now, not in the first query
  return indexed;
}
