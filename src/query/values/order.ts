// Orders that memory and an index of keywords share. An index compares bytes of UTF-8, which is the order of code points; JavaScript
// compares UTF-16 units, which is another one where a text holds characters beyond U+FFFF.

/** Surrogates above all others: then units sort as code points do. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Below zero: `a` comes first, by code point. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

const scratch = new DataView(new ArrayBuffer(8));
const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** A number as 16 hex digits that sort as the number does (IEEE 754, the sign turned round); -0 is 0. */
export function sortableNumber(value: number): string {
  scratch.setFloat64(0, value + 0 === 0 ? 0 : value);
  const high = scratch.getUint32(0);
  const low = scratch.getUint32(4);
  return high >>> 31 === 0 ? hex8(high ^ 0x80000000) + hex8(low) : hex8(~high) + hex8(~low);
}

/** Longest text that documents are sorted by; what comes after it does not count. Code points. */
const longestKey = 256;

/**
 * What a field is sorted by, as a text: numbers, then false and true, then texts by code point. Of a list its first value; null for a
 * field that is not there, which is last whichever the direction.
 */
export function sortKey(value: unknown): string | null {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'number') return `0${sortableNumber(first)}`;
  if (typeof first === 'boolean') return `1${Number(first)}`;
  if (typeof first !== 'string') return null;
  return `2${first.length <= longestKey ? first : [...first.slice(0, 2 * longestKey)].slice(0, longestKey).join('')}`;
}
