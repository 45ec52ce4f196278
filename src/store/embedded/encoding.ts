// How records, log entries and points lie in the embedded store: keys as bytes that sort as they should, values as JSON
// behind a checksum. LMDB has no checksum of its own; a bit that flips in a value must be found, not served.
import { crc32 } from 'node:zlib';
import { StoreError } from '../store.ts';

/** Longest key in bytes of UTF-8: the limit of an Elasticsearch id, held by both adapters. */
const longestKeyBytes = 512;

const collectionName = /^[a-z][a-z0-9_-]{0,62}$/;

function refuse(what: string, hint: string): never {
  throw new StoreError('store-refused', what, hint);
}

/** @throws StoreError store-refused for a name that Elasticsearch could not take as a part of an index name */
export function checkCollection(collection: string): void {
  if (!collectionName.test(collection)) {
    refuse(`'${collection}' is no collection name`, 'Use a-z, 0-9, _ and -, beginning with a letter, at most 63.');
  }
}

/** @throws StoreError store-refused when empty, too long, or not well-formed Unicode (two such keys would become one) */
export function checkKey(key: string): void {
  if (key === '') refuse('A key is empty', 'Give the record a key.');
  if (Buffer.byteLength(key) > longestKeyBytes)
    refuse(`The key '${key.slice(0, 40)}...' is longer than ${longestKeyBytes} bytes`, 'Shorten it.');
  if (/\p{Cs}/u.test(key)) refuse('A key holds half of a surrogate pair', 'Use well-formed Unicode.');
}

/** Key bytes of a record: collection, 0, key. Byte order is the order of code points, as Elasticsearch sorts keywords. */
export const recordKey = (collection: string, key: string): Buffer => Buffer.from(`${collection}\0${key}`);

/** Just above every key of the collection that begins with `prefix`: no byte of UTF-8 is 0xff. */
export function prefixEnd(collection: string, prefix: string): Buffer {
  return Buffer.concat([recordKey(collection, prefix), Buffer.from([0xff])]);
}

/** Splits what `recordKey` joined. */
export function splitRecordKey(bytes: Buffer): { collection: string; key: string } {
  const zero = bytes.indexOf(0);
  return { collection: bytes.toString('utf8', 0, zero), key: bytes.toString('utf8', zero + 1) };
}

/** Eight bytes, big-endian, of a whole number from 0 to 2^53 - 1: sorts as the number does. */
export function numberKey(...numbers: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(8 * numbers.length);
  numbers.forEach((number, index) => bytes.writeBigUInt64BE(BigInt(number), 8 * index));
  return bytes;
}

export const readNumber = (bytes: Buffer, offset = 0): number => Number(bytes.readBigUInt64BE(offset));

/** What is checked: the key too, so that a value under the wrong key is found. */
const checksum = (key: Uint8Array, value: Uint8Array): number => crc32(value.subarray(4), crc32(key));

/** Puts a checksum before a value. */
export function seal(key: Uint8Array, value: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(4 + value.length);
  sealed.set(value, 4);
  sealed.writeUInt32BE(checksum(key, sealed), 0);
  return sealed;
}

/** Is the value as it was sealed under this key? */
export const isSound = (key: Uint8Array, sealed: Buffer): boolean =>
  sealed.length >= 4 && sealed.readUInt32BE(0) === checksum(key, sealed);

/** @throws StoreError store-corrupt when the checksum does not fit: nothing of such a value is believed */
export function unseal(key: Uint8Array, sealed: Buffer): Buffer {
  if (isSound(key, sealed)) return sealed.subarray(4);
  const name = Buffer.from(key)
    .toString('utf8')
    .replace('\0', '/')
    .replace(/[^\x20-\x7e]/g, '?');
  throw new StoreError('store-corrupt', `The store holds a damaged value (${name})`, restartHint);
}

/** What helps against damage found while the store is open. */
export const restartHint =
  'Stop the master and start it again: it saves what is sound, sets the damaged file aside and says where. Check the disk and the memory.';

/** Version and term; JSON follows. */
const headerBytes = 16;

/** A value as it is stored: version and term are 0 where the kind has none (log entries, points). */
export function encode(key: Uint8Array, json: Buffer, version = 0, term = 0): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + json.length);
  value.writeDoubleBE(version, 0);
  value.writeDoubleBE(term, 8);
  json.copy(value, headerBytes);
  return seal(key, value);
}

/** @throws StoreError store-refused when it is not JSON (a cycle, a BigInt) */
export function toJson(doc: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(doc));
  } catch (cause) {
    throw new StoreError('store-refused', `A document is not JSON: ${(cause as Error).message}`, 'Store plain JSON.', {
      cause,
    });
  }
}

interface Decoded {
  version: number;
  term: number;
  json: () => unknown;
}

/** @throws StoreError store-corrupt when the checksum does not fit */
export function decode(key: Uint8Array, sealed: Buffer): Decoded {
  const value = unseal(key, sealed);
  return {
    version: value.readDoubleBE(0),
    term: value.readDoubleBE(8),
    json: () => JSON.parse(value.toString('utf8', headerBytes)),
  };
}

/** A number that was asked for as a whole one; what is none is as if it were not there. */
export const whole = (asked: number | undefined, usual: number): number =>
  Number.isFinite(asked) ? Math.floor(asked!) : usual;
