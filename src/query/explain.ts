// How a query comes to its result: condition by condition how many documents remain, and who came nearest.
import type { Moment } from './compile.ts';
import { IndexedDocument } from './values/document.ts';
import { Judge, conditions, miss, total } from './miss.ts';
import { notes } from './syntax/notes.ts';
import { print } from './syntax/print.ts';
import type { Query } from './query.ts';

interface ClauseReport {
  /** The condition as query text. */
  text: string;
  /** Documents that fulfil this condition and all before it. */
  left: number;
  /** Documents that fulfil this condition, whatever the others say. */
  alone: number;
  /** Who fulfilled all before but not this, nearest first, at most three: `node-3: os.cpus is 4, wanted > 8`. */
  nearest: string[];
  /** What is probably meant otherwise: a field that no document has, an operator in small letters. */
  notes: string[];
}

export interface Explanation {
  total: number;
  matched: number;
  /** In the order of the query; none for `*`. All of them must hold. */
  clauses: ClauseReport[];
  /** Documents that do not match but come nearest (fewest conditions failed), at most three, each with all that fails. */
  nearest: string[];
}

interface ExplainOptions extends Moment {
  /** What to call a document; default its hostname, name or id. */
  name?: (doc: unknown, position: number) => string;
}

const mostNearest = 3;
/** So many candidates are put into words to find the nearest of them. */
const mostWeighed = 500;

function nameOf(doc: unknown, position: number): string {
  if (typeof doc === 'object' && doc !== null) {
    const { hostname, name, id } = doc as { hostname?: unknown; name?: unknown; id?: unknown };
    for (const value of [hostname, name, id]) if (typeof value === 'string' && value !== '') return value;
  }
  return `document ${position + 1}`;
}

/** Explains a query over documents (plain or laid out by `indexDocument`). With one document: which conditions it fails, and why. */
export function explain(query: Query, docs: readonly unknown[], options: ExplainOptions): Explanation {
  const name = options.name ?? nameOf;
  const indexed = docs.map((doc) => (doc instanceof IndexedDocument ? doc : new IndexedDocument(doc)));
  const parts = conditions(query);
  const judge = new Judge(options);
  const failed = indexed.map((doc) => parts.flatMap((part, index) => (judge.holds(part, doc) ? [] : [index])));

  /** The nearest of some documents: fewest conditions failed, then least away from what `which` of them ask. */
  const nearest = (positions: number[], which: (position: number) => number[]): string[] => {
    const fewest = positions.sort((a, b) => failed[a]!.length - failed[b]!.length || a - b).slice(0, mostWeighed);
    const weighed = fewest.map((position) => {
      const misses = which(position).map((part) => miss(parts[part]!, indexed[position]!, judge));
      return { position, text: misses.map(({ text }) => text).join('; '), distance: total(misses) };
    });
    weighed.sort(
      (a, b) =>
        failed[a.position]!.length - failed[b.position]!.length || a.distance - b.distance || a.position - b.position,
    );
    return weighed
      .slice(0, mostNearest)
      .map(({ position, text }) => `${name(indexed[position]!.doc, position)}: ${text}`);
  };

  let left = indexed.map((_, position) => position);
  const clauses = parts.map((part, index): ClauseReport => {
    const lost = left.filter((position) => failed[position]!.includes(index));
    left = left.filter((position) => !failed[position]!.includes(index));
    return {
      text: print(part),
      left: left.length,
      alone: failed.reduce((count, those) => count + (those.includes(index) ? 0 : 1), 0),
      nearest: nearest(lost, () => [index]),
      notes: notes(part, indexed),
    };
  });
  return {
    total: docs.length,
    matched: left.length,
    clauses,
    nearest: nearest(
      failed.flatMap((those, position) => (those.length > 0 ? [position] : [])),
      (position) => failed[position]!,
    ),
  };
}

/** Why one document does not match, a text for each condition that it fails; none when it matches. */
export function misses(query: Query, doc: unknown, moment: Moment): string[] {
  const indexed = doc instanceof IndexedDocument ? doc : new IndexedDocument(doc);
  const judge = new Judge(moment);
  return conditions(query)
    .filter((part) => !judge.holds(part, indexed))
    .map((part) => miss(part, indexed, judge).text);
}
