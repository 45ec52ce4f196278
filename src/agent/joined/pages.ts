// Lists of an agent's own API: a query over what is in memory here, and one page of it.
import type { List, Page } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { maskSecrets } from '../../model/secrets.ts';
import { compile } from '../../query/compile.ts';
import { parse } from '../../query/syntax/parse.ts';

/** Empty and `*` match all. @throws Refusal invalid-query */
export function matcher(query: string): (document: unknown) => boolean {
  const trimmed = query.trim();
  if (trimmed === '' || trimmed === '*') return () => true;
  const parsed = parse(query);
  if (parsed.ok) return compile(parsed.query, { now: Date.now() });
  const { offset, message, hint } = parsed.error;
  throw new Refusal('invalid-query', `The query is not valid at ${offset}: ${message}`, hint, [
    { path: 'query', message, hint },
  ]);
}

/** @throws Refusal invalid-query */
export function pageOf<T>(documents: T[], query: string, { from, size, masked }: Page): List<T> {
  const seen = masked ? maskSecrets(documents) : documents;
  const found = seen.filter(matcher(query));
  return { items: found.slice(from, from + size), total: found.length, from, size };
}
