// Evaluation in memory: a query becomes one function of a document.
import { freshBudget } from './patterns/budget.ts';
import type { Budget } from './patterns/budget.ts';
import { clauseTest } from './clause.ts';
import type { Moment, ValueTest } from './clause.ts';
import { IndexedDocument } from './values/document.ts';
import type { Shape } from './values/document.ts';
import type { Clause, Field, Query } from './query.ts';
import type { Value } from './values/value.ts';
import { wildcard } from './patterns/wildcard.ts';

export type { Moment } from './clause.ts';

type Test = (doc: IndexedDocument) => boolean;

/** The slots of a document whose paths a pattern names; judged once for all documents of a shape. */
function slotsOf(pattern: string): (shape: Shape) => readonly number[] {
  const { matches } = wildcard(pattern);
  const known = new Map<Shape, number[]>();
  return (shape) => {
    let slots = known.get(shape);
    if (slots === undefined)
      known.set(shape, (slots = shape.paths.flatMap((path, slot) => (matches(path) ? [slot] : []))));
    return slots;
  };
}

function existsTest(field: Field): Test {
  if (field === null) return (doc) => doc.some(() => true);
  if (!field.pattern) return (doc) => doc.has(field.name);
  const slots = slotsOf(field.name);
  return (doc) => slots(doc.shape).length > 0;
}

function some(values: readonly Value[], test: (value: Value) => boolean): boolean {
  for (let at = 0; at < values.length; at++) if (test(values[at]!)) return true;
  return false;
}

function fieldTest(field: Field, test: ValueTest): Test {
  if (field === null) {
    const { value, anywhere } = test;
    return anywhere === undefined
      ? (doc) => doc.some(value)
      : (doc) => (doc.isLaidOut ? anywhere(doc) : doc.some(value));
  }
  if (!field.pattern) return (doc) => some(doc.at(field.name), test.value);
  const slots = slotsOf(field.name);
  return (doc) => {
    const named = slots(doc.shape);
    for (let at = 0; at < named.length; at++) if (some(doc.columns[named[at]!]!, test.value)) return true;
    return false;
  };
}

function leaf(clause: Clause, moment: Moment, budget: Budget): Test {
  if (clause.kind === 'exists' || (clause.kind === 'range' && clause.from === null && clause.to === null))
    return existsTest(clause.field);
  return fieldTest(clause.field, clauseTest(clause, moment, budget));
}

function elementTest(field: NonNullable<Field>, inner: Test): Test {
  if (!field.pattern) return (doc) => doc.elements(field.name).some(inner);
  const { matches } = wildcard(field.name);
  return (doc) => {
    for (const path of doc.objects.keys()) if (matches(path) && doc.elements(path).some(inner)) return true;
    return false;
  };
}

/** Compiles a tree to a test of laid-out documents; `budget` is shared by its regular expressions. */
export function compileTree(query: Query, moment: Moment, budget: Budget = freshBudget()): Test {
  const inner = (of: Query): Test => compileTree(of, moment, budget);
  switch (query.kind) {
    case 'all':
      return () => true;
    case 'boost':
      return inner(query.of);
    case 'not': {
      const test = inner(query.of);
      return (doc) => !test(doc);
    }
    case 'and': {
      const tests = query.of.map(inner);
      return (doc) => {
        for (let at = 0; at < tests.length; at++) if (!tests[at]!(doc)) return false;
        return true;
      };
    }
    case 'or': {
      const tests = query.of.map(inner);
      return (doc) => {
        for (let at = 0; at < tests.length; at++) if (tests[at]!(doc)) return true;
        return false;
      };
    }
    case 'list': {
      const signed = (sign: string): Test[] =>
        query.of.filter((item) => item.sign === sign).map((item) => inner(item.query));
      const must = signed('+');
      const never = signed('-');
      const may = signed('');
      const oneOf = must.length === 0 && may.length > 0;
      return (doc) =>
        must.every((test) => test(doc)) &&
        !never.some((test) => test(doc)) &&
        (!oneOf || may.some((test) => test(doc)));
    }
    case 'element':
      return elementTest(query.field, inner(query.of));
    default:
      return leaf(query, moment, budget);
  }
}

/**
 * Compiles a query to a test of documents: plain ones, or laid out by `indexDocument` (many times faster when asked often).
 * @throws PatternError when a regular expression in a hand-made tree is bad; never for what `parse` gave
 */
export function compile(query: Query, moment: Moment): (doc: unknown) => boolean {
  const test = compileTree(query, moment);
  return (doc) => test(doc instanceof IndexedDocument ? doc : new IndexedDocument(doc));
}

/** Does the document match? For one question; to ask more documents, compile once. */
export function matches(query: Query, doc: unknown, moment: Moment): boolean {
  return compile(query, moment)(doc);
}
