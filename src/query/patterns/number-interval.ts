// Whole numbers from one bound to another, as a pattern of their decimal digits.
import type { Pattern } from './regex-syntax.ts';

/** Decimal numbers `from`..`to` of equally many digits. */
function sameWidth(from: string, to: string): Pattern {
  if (from === '') return { kind: 'text', codes: [] };
  const low = from.charCodeAt(0);
  const high = to.charCodeAt(0);
  const rest = from.length - 1;
  const digit = (a: number, b: number): Pattern => ({ kind: 'set', ranges: [[a, b]] });
  if (low === high) return { kind: 'sequence', of: [digit(low, low), sameWidth(from.slice(1), to.slice(1))] };
  const of: Pattern[] = [
    { kind: 'sequence', of: [digit(low, low), sameWidth(from.slice(1), '9'.repeat(rest))] },
    { kind: 'sequence', of: [digit(high, high), sameWidth('0'.repeat(rest), to.slice(1))] },
  ];
  const others: Pattern = { kind: 'repeat', of: digit(48, 57), min: rest, max: rest };
  if (high - low > 1) of.push({ kind: 'sequence', of: [digit(low + 1, high - 1), others] });
  return { kind: 'either', of };
}

/** The pattern of `<n-m>`: with equally many digits exactly so many, else any number of leading zeros. */
export function interval(from: string, to: string): Pattern {
  if (from.length === to.length) return sameWidth(from < to ? from : to, from < to ? to : from);
  const [low, high] = BigInt(from) < BigInt(to) ? [BigInt(from), BigInt(to)] : [BigInt(to), BigInt(from)];
  const width = String(high).length;
  const of: Pattern[] = [];
  for (let digits = String(low).length; digits <= width; digits++) {
    const least = digits === 1 ? 0n : 10n ** BigInt(digits - 1);
    const most = 10n ** BigInt(digits) - 1n;
    of.push(sameWidth(String(low > least ? low : least), String(high < most ? high : most)));
  }
  const zeros: Pattern = { kind: 'repeat', of: { kind: 'set', ranges: [[48, 48]] }, min: 0, max: Infinity };
  return { kind: 'sequence', of: [zeros, { kind: 'either', of }] };
}
