// The query as Elasticsearch's query DSL over the tokens of `searchable`: term, range, regexp and bool, nothing else.
//
// Not every clause can be asked of an index of tokens (a phrase needs the order of words, `networks:(a AND b)` one element). So each part
// of a query gives two questions: `sure` finds only documents that match, `possible` finds at least all that match. They are the same
// for what can be asked exactly, and combine: NOT a is surely where a is not possible. What lies between the two is read and judged by
// the matcher of memory; so the answer is memory's by construction, and a clause that is asked too widely costs time, never truth.
import { everything, unknownBounds, combine, notBounds } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import { ClauseTokens } from './clause-tokens.ts';
import type { Moment } from '../clause.ts';
import { matchAll, matchNone, allOf, anyOf, noneOf } from './dsl.ts';
import type { Dsl } from './dsl.ts';
import type { Field, Query } from '../query.ts';
import { joined } from './token-path.ts';

/** Servers take 30 levels of bool; beyond this, parts of a query are judged instead of asked. */
const deepestBool = 24;

class Translation {
  readonly #clauses: ClauseTokens;
  constructor(moment: Moment) {
    this.#clauses = new ClauseTokens(moment);
  }

  of(query: Query, within: Field = null): Bounds {
    const bounds = this.#bounds(query, within);
    return bounds.depth > deepestBool ? unknownBounds : bounds;
  }

  #bounds(query: Query, within: Field): Bounds {
    const inner = (of: Query): Bounds => this.of(of, within);
    switch (query.kind) {
      case 'all':
        return everything;
      case 'boost':
        return inner(query.of);
      case 'not':
        return notBounds(inner(query.of));
      case 'and':
        return combine(allOf, query.of.map(inner));
      case 'or':
        return combine(anyOf, query.of.map(inner));
      case 'list':
        return this.#list(query, within);
      case 'element':
        return this.of(query.of, joined(within, query.field));
      default:
        return this.#clauses.of(query, within);
    }
  }

  #list({ of }: Extract<Query, { kind: 'list' }>, within: Field): Bounds {
    const signed = (sign: string): Bounds[] =>
      of.filter((item) => item.sign === sign).map((item) => this.of(item.query, within));
    const must = signed('+');
    const never = signed('-').map(notBounds);
    const may = signed('');
    const oneOf = must.length === 0 && may.length > 0 ? [combine(anyOf, may)] : [];
    return combine(allOf, [...must, ...never, ...oneOf]);
  }
}

/** `sure` finds only documents that match; what `maybe` finds is to be judged (null: nothing is); `candidates` is both together. */
export interface Translated {
  sure: Dsl;
  maybe: Dsl | null;
  candidates: Dsl;
}

/** Documents that could not be indexed whole are always judged. */
const isVague: Dsl = { term: { vague: true } };

/** Nothing is asked, all is judged: for what a server finds too costly after all. */
export const unasked: Translated = { sure: matchNone, maybe: matchAll, candidates: matchAll };

/** Translates a query; `moment` must be the one of the matcher that judges. */
export function translate(query: Query, moment: Moment): Translated {
  if (query.kind === 'all') return { sure: matchAll, maybe: null, candidates: matchAll };
  const { sure, possible } = new Translation(moment).of(query);
  const certain = allOf([sure, noneOf(isVague)]);
  const candidates = anyOf([possible, isVague]);
  return { sure: certain, maybe: allOf([sure === possible ? isVague : candidates, noneOf(certain)]), candidates };
}
