// The tree that a query text stands for. One tree, three uses: evaluated in memory (compile), explained (explain), translated for
// Elasticsearch. It is plain JSON, canonical (the same meaning written in two ways mostly gives the same tree) and prints back (print).

/** Which values a clause looks at: null is every field of the document. With `pattern`, `name` is a wildcard pattern over paths. */
export type Field = { name: string; pattern: boolean } | null;

/** A clause that looks at values: matches a document when at least one value of the field fits. */
export type Clause =
  /** The whole value, or its words in this order (up to `slop` moves away); a number, size, address, CIDR or date by its meaning. */
  | { kind: 'term'; field: Field; text: string; slop: number }
  /** `*` and `?` over the whole value or one of its words; a backslash makes the next character plain. */
  | { kind: 'wildcard'; field: Field; pattern: string }
  /** Lucene's regular expressions, anchored, over the whole value or one of its words. */
  | { kind: 'regex'; field: Field; pattern: string }
  /** The whole value or one of its words, up to `edits` changes away; null: by length (under 3 none, up to 5 one, else two). */
  | { kind: 'fuzzy'; field: Field; text: string; edits: number | null }
  /** A null bound is open. Both null: the field has a value. */
  | { kind: 'range'; field: Field; from: string | null; to: string | null; includeFrom: boolean; includeTo: boolean }
  | { kind: 'exists'; field: Field };

/** One of several clauses side by side: '+' must match, '-' must not, '' may (one of these has to, when there is no '+'). */
export interface Item {
  sign: '+' | '-' | '';
  query: Query;
}

export type Query =
  | Clause
  | { kind: 'all' }
  | { kind: 'and'; of: Query[] }
  | { kind: 'or'; of: Query[] }
  | { kind: 'not'; of: Query }
  | { kind: 'list'; of: Item[] }
  /** One element (an object) of `field` for which the inner query holds; the inner paths are relative to it. */
  | { kind: 'element'; field: NonNullable<Field>; of: Query }
  /** Weight for `score`; matches as the inner query does. */
  | { kind: 'boost'; boost: number; of: Query };

/** What is wrong with a query text. `offset` counts UTF-16 units from 0, as a text box does. */
export interface QueryError {
  message: string;
  offset: number;
  hint: string;
}

export type Parsed = { ok: true; query: Query } | { ok: false; error: QueryError };
