// A record as a document of an index: its id, its place in the order of writes, and what is stored of it.
import { createHash } from 'node:crypto';
import type { Doc, Stored, Version } from '../store.ts';
import type { Position } from './requests/bulk.ts';
import type { Names } from './indices/mappings.ts';

interface RecordSource {
  collection: string;
  key: string;
  term: number;
  write: string;
  doc: Doc;
}
export interface Hit {
  _index: string;
  _id: string;
  _seq_no: number;
  _primary_term: number;
  _source: RecordSource;
}

/** Position and term, so that whoever holds the token knows under which term it was written. */
export const versionOf = ({ seqNo, primaryTerm }: Position, term: number): Version =>
  [seqNo, primaryTerm, term].map((n) => n.toString(36)).join('.');

/** null: not a version of ours. */
export function positionOf(version: Version): (Position & { term: number }) | null {
  if (!/^[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+$/.test(version)) return null;
  const [seqNo, primaryTerm, term] = version.split('.').map((part) => parseInt(part, 36));
  return { seqNo: seqNo!, primaryTerm: primaryTerm!, term: term! };
}

export const storedOf = <T>({ _seq_no, _primary_term, _source }: Hit): Stored<T> => ({
  key: _source.key,
  version: versionOf({ seqNo: _seq_no, primaryTerm: _primary_term }, _source.term),
  doc: _source.doc as T,
});

/** Keys that are ids as they are: those that an address takes without doubt. Others become a digest that no such key can be. */
const plainKey = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$/;

/** Where a record is. Collections that share an index have their name before the id. */
export function placeOf(names: Names, collection: string, key: string): { index: string; id: string } {
  const index = names.records(collection);
  const own = index === `${names.prefix}-${collection}` && collection !== 'records';
  const plain = plainKey.test(key);
  const id = plain ? key : `~${createHash('sha256').update(key).digest('base64url')}`;
  return { index, id: own ? id : `${collection}:${id}` };
}
