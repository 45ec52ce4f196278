// A document as queries see it: values by dotted path. A list is all its elements; null and undefined are no value.
import { tokenOf, valueOf } from './value.ts';
import type { Token, Value } from './value.ts';

type Tree = { [key: string]: unknown };
type Leaf = string | number | boolean;
const noValues: readonly Value[] = [];
const deepestDocument = 64;

const isLeaf = (node: unknown): node is Leaf =>
  typeof node === 'string' || typeof node === 'boolean' || (typeof node === 'number' && !Number.isNaN(node));

/** Visits what stands at `path` below `node`; keys that hold dots themselves are followed too. */
function follow(node: unknown, path: string, visit: (found: unknown) => void, depth = 0): void {
  if (typeof node !== 'object' || node === null || depth > deepestDocument) return;
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

/** Visits every leaf and object in it, lists opened, until a visit gives true; gives that. */
function flatten(
  path: string,
  node: unknown,
  visit: (path: string, found: Leaf | Tree) => boolean | void,
  depth = 0,
): boolean {
  if (isLeaf(node)) return visit(path, node) === true;
  if (typeof node !== 'object' || node === null || depth > deepestDocument) return false;
  if (Array.isArray(node)) {
    for (const element of node) if (flatten(path, element, visit, depth + 1)) return true;
    return false;
  }
  if (visit(path, node as Tree) === true) return true;
  const above = path === '' ? '' : `${path}.`;
  for (const key of Object.keys(node)) if (flatten(above + key, (node as Tree)[key], visit, depth + 1)) return true;
  return false;
}

/** The paths that a document has values at, in its order; one for all documents with the same paths, so that a path is looked up once. */
export class Shape {
  readonly paths: readonly string[];
  readonly slots: ReadonlyMap<string, number>;
  constructor(paths: readonly string[]) {
    this.paths = paths;
    this.slots = new Map(paths.map((path, slot) => [path, slot]));
  }
}

const mostShapes = 1000;
const shapes = new Map<string, Shape>();

function shapeOf(paths: readonly string[]): Shape {
  const name = JSON.stringify(paths);
  let shape = shapes.get(name);
  if (shape === undefined) {
    if (shapes.size >= mostShapes) shapes.clear();
    shapes.set(name, (shape = new Shape(paths)));
  }
  return shape;
}

export class IndexedDocument {
  readonly doc: unknown;
  #shape: Shape | null = null;
  #columns: readonly (readonly Value[])[] = [];
  #objects: Map<string, Tree[]> | null = null;
  #elements: Map<string, readonly IndexedDocument[]> | null = null;
  #tokens: readonly Token[] | null = null;
  #addresses: readonly string[] | null = null;

  constructor(doc: unknown) {
    this.doc = doc;
  }

  /** Its paths. Laid out when first asked for; `at` does without. */
  get shape(): Shape {
    if (this.#shape === null) this.#layOut();
    return this.#shape!;
  }

  /** Its values, by the slots of its shape. */
  get columns(): readonly (readonly Value[])[] {
    if (this.#shape === null) this.#layOut();
    return this.#columns;
  }

  #layOut(): void {
    const columns = new Map<string, Value | Value[]>();
    flatten('', this.doc, (path, found) => {
      if (!isLeaf(found)) return;
      const column = columns.get(path);
      if (column === undefined) columns.set(path, valueOf(found));
      else if (Array.isArray(column)) column.push(valueOf(found));
      else columns.set(path, [column, valueOf(found)]);
    });
    this.#shape = shapeOf([...columns.keys()]);
    this.#columns = Array.from(columns.values(), (column) => (Array.isArray(column) ? column : column.alone));
  }

  /** Objects by path: the elements that `field:(a:x AND b:y)` looks at. */
  get objects(): ReadonlyMap<string, readonly Tree[]> {
    if (this.#objects === null) {
      const objects = new Map<string, Tree[]>();
      flatten('', this.doc, (path, found) => {
        if (isLeaf(found)) return;
        const known = objects.get(path);
        if (known === undefined) objects.set(path, [found]);
        else known.push(found);
      });
      this.#objects = objects;
    }
    return this.#objects;
  }

  /** Values at exactly this path. `_id` is Elasticsearch's name of `id`. */
  at(path: string): readonly Value[] {
    if (this.#shape === null) {
      const found: Value[] = [];
      follow(this.doc, path, (node) =>
        flatten('', node, (below, leaf) => {
          if (below === '' && isLeaf(leaf)) found.push(valueOf(leaf));
        }),
      );
      return found.length === 0 && path === '_id' ? this.at('id') : found;
    }
    const slot = this.#shape.slots.get(path) ?? (path === '_id' ? this.#shape.slots.get('id') : undefined);
    return slot === undefined ? noValues : this.#columns[slot]!;
  }

  /** Does any value of the document pass? */
  some(test: (value: Value) => boolean): boolean {
    if (this.#shape === null) return flatten('', this.doc, (_, found) => isLeaf(found) && test(valueOf(found)));
    for (const values of this.#columns) for (let at = 0; at < values.length; at++) if (test(values[at]!)) return true;
    return false;
  }

  /** Are the tokens at hand, so that looking them up is worth while? */
  get isLaidOut(): boolean {
    return this.#tokens !== null;
  }

  /** Has the path a value, or a path below it? */
  has(path: string): boolean {
    if (this.at(path).length > 0) return true;
    const below = `${path}.`;
    for (const known of this.shape.paths) if (known.startsWith(below)) return true;
    return false;
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
      for (const values of this.columns)
        for (const value of values) {
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
      for (const values of this.columns) for (const value of values) for (const key of value.addresses) keys.add(key);
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
