// Weights: how much of a query a document fulfils. `tags:ssd^3 OR tags:nvme^5` prefers nvme to ssd, and both to either.
import { freshBudget } from './patterns/budget.ts';
import type { Budget } from './patterns/budget.ts';
import { compileTree } from './compile.ts';
import type { Moment } from './compile.ts';
import { IndexedDocument } from './values/document.ts';
import type { Query } from './query.ts';

type Weigh = (doc: IndexedDocument) => number;

/** 0: no match. Else the sum over the matching clauses that ask for something, each 1 or its boost; a group's boost multiplies. */
function weigher(query: Query, moment: Moment, budget: Budget): Weigh {
  const inner = (of: Query): Weigh => weigher(of, moment, budget);
  const sum = (of: Query[]): Weigh => {
    const weighs = of.map(inner);
    return (doc) => weighs.reduce((total, weigh) => total + weigh(doc), 0);
  };
  switch (query.kind) {
    case 'boost': {
      const weigh = inner(query.of);
      return (doc) => query.boost * weigh(doc);
    }
    case 'or':
      return sum(query.of);
    case 'and':
    case 'list': {
      const matches = compileTree(query, moment, budget);
      const weigh = sum(
        query.kind === 'and' ? query.of : query.of.filter((item) => item.sign !== '-').map((item) => item.query),
      );
      const only = query.kind === 'list' && query.of.every((item) => item.sign === '-') ? 1 : 0; // nothing but exclusions, all kept
      return (doc) => (matches(doc) ? weigh(doc) + only : 0);
    }
    default: {
      const matches = compileTree(query, moment, budget);
      return (doc) => (matches(doc) ? 1 : 0);
    }
  }
}

/** Compiles a query to a function that weighs documents: 0 is no match, more is better. See `score`. */
export function scorer(query: Query, moment: Moment): (doc: unknown) => number {
  const weigh = weigher(query, moment, freshBudget());
  return (doc) => weigh(doc instanceof IndexedDocument ? doc : new IndexedDocument(doc));
}

/**
 * The sum of the boosts of the clauses that match (1 where none is given), 0 when the query as a whole does not match. A `NOT` that holds
 * counts 1, so that `(NOT tags:hdd)^2` weighs 2. A boost of 0 matches without weight.
 */
export function score(query: Query, doc: unknown, moment: Moment): number {
  return scorer(query, moment)(doc);
}
