// What a text may stand for besides itself: a number or size, a date or time.
import { parseSize } from '../../model/sizes.ts';

/** A plain decimal number (`8`, `-0.5`, `1e9`) as a number, else null. */
export function numberOf(text: string): number | null {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : null;
}

/** A number or a size (`8GB`, `512m`, `1.5TiB`: powers of 1024, in bytes), else null. */
export function quantityOf(text: string): number | null {
  return numberOf(text) ?? parseSize(text);
}

/** A time as people write it names a span: a day, a minute, a millisecond. `from` is its first ms, `to` the first ms after it. */
export interface Span {
  from: number;
  to: number;
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const unitMs: { [unit: string]: number } = { s: secondMs, m: minuteMs, h: hourMs, H: hourMs, d: dayMs, w: 7 * dayMs };
const isoTime =
  /^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?$/;

/** Epoch ms span of an ISO 8601 date or time (UTC unless it says otherwise); null if the text is none. A bare year is a number, no date. */
export function dateOf(text: string): Span | null {
  if (text.length < 7 || text.charCodeAt(4) !== 45) return null;
  const match = isoTime.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const y = Number(year);
  const mo = Number(month) - 1;
  const d = Number(day ?? 1);
  const h = Number(hour ?? 0);
  const mi = Number(minute ?? 0);
  const s = Number(second ?? 0);
  if (mo < 0 || mo > 11 || d < 1 || new Date(Date.UTC(y, mo, d)).getUTCDate() !== d || h > 23 || mi > 59 || s > 60)
    return null;
  const from = Date.UTC(y, mo, d, h, mi, s, Number((fraction ?? '').padEnd(3, '0').slice(0, 3)));
  const west = zone === undefined || zone === 'Z' ? 0 : zone[0] === '-' ? 1 : -1;
  const shift = west === 0 ? 0 : west * (Number(zone!.slice(1, 3)) * hourMs + Number(zone!.slice(-2)) * minuteMs);
  const to =
    day === undefined
      ? Date.UTC(y, mo + 1, 1)
      : from +
        (hour === undefined
          ? dayMs
          : minute === undefined
            ? hourMs
            : second === undefined
              ? minuteMs
              : fraction === undefined
                ? secondMs
                : 1);
  return { from: from + shift, to: to + shift };
}

function calendar(at: number, unit: string, steps: number): number {
  const date = new Date(at);
  if (unit === 'y') date.setUTCFullYear(date.getUTCFullYear() + steps);
  else date.setUTCMonth(date.getUTCMonth() + steps);
  return date.getTime();
}

function floor(at: number, unit: string): number {
  const date = new Date(at);
  if (unit === 'y') return Date.UTC(date.getUTCFullYear(), 0, 1);
  if (unit === 'M') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  if (unit === 'w') return floor(at, 'd') - ((date.getUTCDay() + 6) % 7) * dayMs; // weeks begin on Monday
  return Math.floor(at / unitMs[unit]!) * unitMs[unit]!;
}

/** A date, or `now` with steps and rounding (`now-1h`, `now-7d/d`), as an epoch ms span; null if the text is none. */
export function timeOf(text: string, now: number): Span | null {
  if (!text.startsWith('now')) return dateOf(text);
  if (!/^now(?:[+-]\d{1,9}[smhHdwMy])*(?:\/[smhHdwMy])?$/.test(text)) return null;
  let at = now;
  for (const [, sign, count, unit] of text.matchAll(/([+-])(\d+)([smhHdwMy])/g)) {
    const steps = (sign === '-' ? -1 : 1) * Number(count);
    at = unit === 'M' || unit === 'y' ? calendar(at, unit, steps) : at + steps * unitMs[unit!]!;
  }
  const round = /\/(.)$/.exec(text)?.[1];
  if (round === undefined) return { from: at, to: at + 1 };
  const from = floor(at, round);
  return { from, to: round === 'M' || round === 'y' ? calendar(from, round, 1) : from + unitMs[round]! };
}
