// Remarks on a query that is valid but probably not what was meant.
import type { IndexedDocument } from '../values/document.ts';
import { fuzzy } from '../patterns/fuzzy.ts';
import { quantityOf, timeOf } from '../values/literal.ts';
import { bounds } from '../miss.ts';
import { printField } from './print.ts';
import type { Clause, Query } from '../query.ts';

/** So many documents are looked at for the fields that there are. */
const mostSeen = 500;

function clausesOf(query: Query): Clause[] {
  switch (query.kind) {
    case 'all':
    case 'element':
      return [];
    case 'and':
    case 'or':
      return query.of.flatMap(clausesOf);
    case 'list':
      return query.of.flatMap((item) => clausesOf(item.query));
    case 'not':
    case 'boost':
      return clausesOf(query.of);
    default:
      return [query];
  }
}

/** The known path most like a name: the same in other letters, the last part of it, or at most two typing errors away. */
function similar(name: string, paths: Iterable<string>): string | null {
  const wanted = name.toLowerCase();
  const near = fuzzy(wanted, wanted.length < 4 ? 1 : 2);
  let best: string | null = null;
  let rank = 4;
  for (const path of paths) {
    const lower = path.toLowerCase();
    const is =
      lower === wanted ? 0 : lower.endsWith(`.${wanted}`) ? 1 : near(lower) ? 2 : lower.split('.').some(near) ? 3 : 4;
    if (is < rank || (is === rank && best !== null && path.length < best.length)) [rank, best] = [is, path];
  }
  return rank < 4 ? best : null;
}

function wrongKind(clause: Clause, docs: readonly IndexedDocument[]): string | null {
  if (clause.field === null || clause.field.pattern || clause.kind === 'exists') return null;
  const values = docs.flatMap((doc) => doc.at(clause.field!.name));
  if (values.length === 0 || values.some((value) => value.isText)) return null;
  if (values.every((value) => Number.isNaN(value.number))) return null; // true and false
  const wrong = bounds(clause).find((text) => quantityOf(text) === null && timeOf(text, 0) === null);
  return wrong === undefined ? null : `${printField(clause.field)} is a number, and ${wrong} is none`;
}

function elementFields(query: Query): string[] {
  switch (query.kind) {
    case 'element':
      return query.field.pattern ? [] : [query.field.name];
    case 'and':
    case 'or':
      return query.of.flatMap(elementFields);
    case 'list':
      return query.of.flatMap((item) => elementFields(item.query));
    case 'not':
    case 'boost':
      return elementFields(query.of);
    default:
      return [];
  }
}

/** Remarks on the clauses of a query, in the light of the documents it was asked of. */
export function notes(query: Query, docs: readonly IndexedDocument[]): string[] {
  const seen = docs.slice(0, mostSeen);
  const found = new Set<string>();
  for (const name of elementFields(query)) {
    if (docs.length === 0 || docs.some((doc) => doc.objects.has(name))) continue;
    const meant = similar(name, new Set(seen.flatMap((doc) => [...doc.objects.keys()])));
    found.add(`no document has fields below ${name}${meant === null || meant === '' ? '' : `; is ${meant} meant?`}`);
  }
  for (const clause of clausesOf(query)) {
    const { field } = clause;
    if (
      clause.kind === 'term' &&
      field === null &&
      /^(?:and|or|not)$/i.test(clause.text) &&
      clause.text !== clause.text.toUpperCase()
    ) {
      found.add(`${clause.text} is searched for as a word; operators are written in capitals`);
    }
    if (field !== null && !field.pattern && docs.length > 0 && !docs.some((doc) => doc.has(field.name))) {
      const meant = similar(field.name, new Set(seen.flatMap((doc) => doc.shape.paths)));
      found.add(`no document has a field ${printField(field)}${meant === null ? '' : `; is ${meant} meant?`}`);
    }
    const wrong = wrongKind(clause, seen);
    if (wrong !== null) found.add(wrong);
  }
  return [...found];
}
