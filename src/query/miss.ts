// Why a document does not fulfil a query, in words: "os.cpus is 4, wanted > 8".
import { showSize } from '../model/sizes.ts';
import { freshBudget } from './patterns/budget.ts';
import { clauseTest } from './clause.ts';
import type { ValueTest } from './clause.ts';
import { compileTree } from './compile.ts';
import type { Moment } from './compile.ts';
import type { IndexedDocument } from './values/document.ts';
import { numberOf, quantityOf } from './values/literal.ts';
import { print, printField, printValue } from './syntax/print.ts';
import type { Clause, Query } from './query.ts';
import type { Value } from './values/value.ts';
import { wildcard } from './patterns/wildcard.ts';

interface Miss {
  text: string;
  /** How far from fulfilling it: for numbers relative to the bound, else 1; 2 where the document has no such field. */
  distance: number;
}

/** Tests of the parts of one query, each compiled once. */
export class Judge {
  readonly #moment: Moment;
  readonly #tests = new Map<Query, (doc: IndexedDocument) => boolean>();
  readonly #values = new Map<Query, ValueTest>();
  constructor(moment: Moment) {
    this.#moment = moment;
  }
  holds(query: Query, doc: IndexedDocument): boolean {
    let test = this.#tests.get(query);
    if (test === undefined) this.#tests.set(query, (test = compileTree(query, this.#moment)));
    return test(doc);
  }
  values(clause: Exclude<Clause, { kind: 'exists' }>): ValueTest {
    let test = this.#values.get(clause);
    if (test === undefined) this.#values.set(clause, (test = clauseTest(clause, this.#moment, freshBudget())));
    return test;
  }
}

export const total = (misses: Miss[]): number => misses.reduce((sum, { distance }) => sum + distance, 0);

const mostShown = 3;
const shortened = (texts: string[], between = ', '): string =>
  texts.slice(0, mostShown).join(between) + (texts.length > mostShown ? `${between}... (${texts.length} in all)` : '');

/** A size bound (`8GB`) makes people think in sizes. */
function show(value: Value, inBytes: boolean): string {
  if (inBytes && !Number.isNaN(value.number)) return showSize(value.number);
  return value.text === '' || /[\s,"]/.test(value.text) ? JSON.stringify(value.text) : value.text;
}

function wanted(clause: Exclude<Clause, { kind: 'exists' }>): string {
  if (clause.kind !== 'range' || clause.field === null) return printValue(clause);
  return printValue(clause).replace(/^[<>]=?(?=.)/, '$& ');
}

function valuesOf(clause: Clause, doc: IndexedDocument): Value[] {
  if (clause.field === null) return doc.columns.flat();
  if (!clause.field.pattern) return [...doc.at(clause.field.name)];
  const { matches } = wildcard(clause.field.name);
  return doc.shape.paths.flatMap((path, slot) => (matches(path) ? doc.columns[slot]! : []));
}

/** The texts that a clause compares values with. */
export function bounds(clause: Clause): string[] {
  if (clause.kind === 'term') return [clause.text];
  return clause.kind === 'range' ? [clause.from, clause.to].filter((bound) => bound !== null) : [];
}

/** Relative distance of the nearest number to what is asked for; null when this is not about numbers. */
function away(clause: Clause, values: Value[]): number | null {
  const asked = bounds(clause)
    .map(quantityOf)
    .filter((quantity) => quantity !== null);
  const numbers = values.map((value) => value.numeral).filter((numeral) => !Number.isNaN(numeral));
  if (asked.length === 0 || numbers.length === 0) return null;
  return Math.min(
    ...asked.flatMap((bound) => numbers.map((number) => Math.abs(number - bound) / Math.max(1, Math.abs(bound)))),
  );
}

function missedClause(clause: Clause, doc: IndexedDocument): Miss {
  if (clause.kind === 'exists')
    return { text: `has no ${clause.field === null ? 'field at all' : printField(clause.field)}`, distance: 2 };
  if (clause.field === null) return { text: `no field matches ${printValue(clause)}`, distance: 1 };
  const name = printField(clause.field);
  const values = valuesOf(clause, doc);
  if (values.length === 0) {
    return {
      text: doc.has(clause.field.name) ? `${name} has no value of its own, only fields below it` : `has no ${name}`,
      distance: 2,
    };
  }
  const inBytes = bounds(clause).some((bound) => numberOf(bound) === null && quantityOf(bound) !== null);
  const shown = [...new Set(values.map((value) => show(value, inBytes)))];
  const text = `${name} ${shown.length === 1 ? 'is' : 'are'} ${shortened(shown)}, wanted ${wanted(clause)}`;
  return { text, distance: away(clause, values) ?? 1 };
}

/** What in the document makes a clause true that is excluded. */
function excluded(query: Query, doc: IndexedDocument, judge: Judge): string {
  if (query.kind === 'boost') return excluded(query.of, doc, judge);
  if (!('field' in query) || query.kind === 'element' || query.kind === 'exists')
    return `${print(query)} holds, and is excluded`;
  const { value: matches } = judge.values(query);
  const found = [
    ...new Set(
      valuesOf(query, doc)
        .filter(matches)
        .map((value) => show(value, false)),
    ),
  ];
  const where =
    query.field === null
      ? doc.shape.paths.filter((_, slot) => doc.columns[slot]!.some(matches))
      : [printField(query.field)];
  return `${shortened(where)} ${found.length === 1 ? 'is' : 'are'} ${shortened(found)}, excluded by NOT ${print(query)}`;
}

function missedElement(query: Extract<Query, { kind: 'element' }>, doc: IndexedDocument, judge: Judge): Miss {
  const name = printField(query.field);
  const { matches } = wildcard(query.field.name);
  const paths = query.field.pattern ? [...doc.objects.keys()].filter(matches) : [query.field.name];
  const misses = paths.flatMap((path) => doc.elements(path)).map((element) => miss(query.of, element, judge));
  const [nearest] = misses.sort((a, b) => a.distance - b.distance);
  if (nearest === undefined) return { text: `${name} has no elements with fields`, distance: 2 };
  return {
    text: `no element of ${name} fulfils ${print(query.of)}; nearest: ${nearest.text}`,
    distance: nearest.distance,
  };
}

/**
 * The conditions that must all hold for the query, in their order: what stands between ANDs, required and forbidden clauses, and the
 * optional ones of a list together.
 */
export function conditions(query: Query): Query[] {
  let known = conditionsOf.get(query);
  if (known === undefined) conditionsOf.set(query, (known = split(query)));
  return known;
}

const conditionsOf = new WeakMap<Query, Query[]>(); // the same parts each time, so that a Judge knows them again

function split(query: Query): Query[] {
  switch (query.kind) {
    case 'all':
      return [];
    case 'and':
      return query.of.flatMap(conditions);
    case 'boost':
      return conditions(query.of);
    case 'list': {
      const may = query.of.filter((item) => item.sign === '').map((item) => item.query);
      const must = query.of.some((item) => item.sign === '+');
      const others = query.of.flatMap(({ sign, query: of }) =>
        sign === '+' ? conditions(of) : sign === '-' ? conditions({ kind: 'not', of }) : [],
      );
      if (must || may.length === 0) return others;
      return [...(may.length === 1 ? conditions(may[0]!) : [{ kind: 'or' as const, of: may }]), ...others];
    }
    case 'not': {
      if (query.of.kind === 'not') return conditions(query.of.of);
      if (query.of.kind === 'or') return query.of.of.flatMap((of) => conditions({ kind: 'not', of }));
      return query.of.kind === 'boost' ? conditions({ kind: 'not', of: query.of.of }) : [query];
    }
    default:
      return [query];
  }
}

/** Why the document does not fulfil the query; only for one that does not. */
export function miss(query: Query, doc: IndexedDocument, judge: Judge): Miss {
  switch (query.kind) {
    case 'all':
      return { text: 'matches', distance: 0 };
    case 'and':
    case 'boost':
    case 'list': {
      const failed = conditions(query)
        .filter((condition) => !judge.holds(condition, doc))
        .map((condition) => miss(condition, doc, judge));
      return {
        text: shortened(
          failed.map(({ text }) => text),
          ' and ',
        ),
        distance: total(failed),
      };
    }
    case 'or': {
      const misses = query.of.map((inner) => miss(inner, doc, judge));
      return {
        text: shortened(
          misses.map(({ text }) => text),
          '; ',
        ),
        distance: Math.min(...misses.map(({ distance }) => distance)),
      };
    }
    case 'not':
      return { text: excluded(query.of, doc, judge), distance: 1 };
    case 'element':
      return missedElement(query, doc, judge);
    default:
      return missedClause(query, doc);
  }
}
