// What is indexed of a document besides what the port needs, so that queries find it: see src/query/keywords/searchable.ts.
import { searchable } from '../../../query/keywords/searchable.ts';

/** Fields of every document that can be searched; they are not part of its `_source`. */
export const searchProperties = {
  terms: { type: 'keyword', doc_values: false },
  anywhere: { type: 'keyword', doc_values: false },
  vague: { type: 'boolean', doc_values: false },
  order: { type: 'flattened', index: false },
};
export const unsourced = { excludes: Object.keys(searchProperties) };

/** Those fields of a document as members of a JSON object, without braces. */
export function searchMembers(doc: object): string {
  const { terms, anywhere, order, vague } = searchable(doc);
  return JSON.stringify({ terms, anywhere, order, ...(vague ? { vague } : {}) }).slice(1, -1);
}
