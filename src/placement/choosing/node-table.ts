// The nodes of a snapshot, by number (in the order of their ids), with what queries answer about them. A query is asked once a
// node and text, however many apps share it.
import type { NodeView } from '../../model/node.ts';
import { compile } from '../../query/compile.ts';
import { indexDocument } from '../../query/values/document.ts';
import type { IndexedDocument } from '../../query/values/document.ts';
import { parse } from '../../query/syntax/parse.ts';
import { scorer } from '../../query/score.ts';

/** Codes of a node's trouble: it cannot write down what it is told, or has no room for a launch. */
const shortOfDisk: ReadonlySet<string> = new Set(['disk-full', 'disk-short']);

/** Laid out once for each version of a node that the master holds. */
const laidOut = new WeakMap<NodeView, IndexedDocument>();

function documentOf(node: NodeView): IndexedDocument {
  let document = laidOut.get(node);
  if (!document) laidOut.set(node, (document = indexDocument(node)));
  return document;
}

/** A tag "zone=a" or "zone:a" gives the value of the key "zone". */
function tagValue(node: NodeView, key: string): string | null {
  const tag = node.tags.find((t) => t.startsWith(`${key}=`) || t.startsWith(`${key}:`));
  return tag === undefined ? null : tag.slice(key.length + 1);
}

export class NodeTable {
  readonly nodes: readonly NodeView[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly #now: number;
  readonly #matched = new Map<string, Uint8Array>();
  readonly #weights = new Map<string, Float64Array>();
  readonly #spreadValues = new Map<string, string[]>();
  #labels: string[] | null = null;

  constructor(nodes: readonly NodeView[], now: number) {
    this.nodes = [...nodes].sort((x, y) => (x.id < y.id ? -1 : x.id > y.id ? 1 : 0));
    this.numbers = new Map(this.nodes.map((node, index) => [node.id, index]));
    this.#now = now;
  }

  get size(): number {
    return this.nodes.length;
  }

  get(id: string): NodeView | null {
    const number = this.numbers.get(id);
    return number === undefined ? null : this.nodes[number]!;
  }

  /** New work may be put there. */
  takesWork(number: number): boolean {
    return this.nodes[number]!.status === 'ready';
  }

  /** Nodes whose disk has no room for another launch: what runs there is not ended to be started again. */
  full(): Set<number> {
    return new Set(this.nodes.flatMap(({ load }, n) => (shortOfDisk.has(load?.trouble?.code ?? '') ? [n] : [])));
  }

  /** What people call it: its host's name where that is its alone, else its id. */
  label(id: string): string {
    if (!this.#labels) {
      const seen = new Map<string, number>();
      for (const { hostname } of this.nodes) seen.set(hostname, (seen.get(hostname) ?? 0) + 1);
      this.#labels = this.nodes.map((node) =>
        node.hostname !== '' && seen.get(node.hostname) === 1 ? node.hostname : node.id,
      );
    }
    const number = this.numbers.get(id);
    return number === undefined ? id : this.#labels[number]!;
  }

  /** 1 for each node that a query matches. A query that cannot be read (it was checked when it was written) matches none. */
  matches(query: string): Uint8Array {
    let matched = this.#matched.get(query);
    if (matched) return matched;
    matched = new Uint8Array(this.size);
    const parsed = parse(query);
    if (parsed.ok && parsed.query.kind === 'all') matched.fill(1);
    else if (parsed.ok) {
      const test = compile(parsed.query, { now: this.#now });
      for (let n = 0; n < matched.length; n += 1) if (test(documentOf(this.nodes[n]!))) matched[n] = 1;
    }
    this.#matched.set(query, matched);
    return matched;
  }

  /** What a `prefer` clause gives each node: 0 without a match, else the sum of its boosts. */
  weighed(query: string): Float64Array {
    let weights = this.#weights.get(query);
    if (weights) return weights;
    weights = new Float64Array(this.size);
    const parsed = parse(query);
    if (parsed.ok) {
      const weigh = scorer(parsed.query, { now: this.#now });
      for (let n = 0; n < weights.length; n += 1) weights[n] = weigh(documentOf(this.nodes[n]!));
    }
    this.#weights.set(query, weights);
    return weights;
  }

  /** Value of a spread key at each node, '' where it has none: a field of the node, or the value of a tag "key=value". */
  values(key: string): string[] {
    let values = this.#spreadValues.get(key);
    if (!values) {
      values = this.nodes.map((node) => {
        const own = (node as unknown as Record<string, unknown>)[key];
        if (typeof own === 'string') return own.toLowerCase();
        const found = documentOf(node)
          .at(key)
          .map((value) => value.lower);
        return found.length > 0 ? found.join(' ') : (tagValue(node, key) ?? '');
      });
      this.#spreadValues.set(key, values);
    }
    return values;
  }
}
