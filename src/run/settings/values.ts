// How the values of settings are read from text and written back. A reader throws an Error with a sentence: what is wrong with the
// text, and what would be right.
import { hubAddressWanted, hubOrigin } from '../../cli/hub-address.ts';
import type { Setting, Value } from './setting.ts';

export const text = (value: string): string => value;
export const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
export const toggle = (value: string): boolean => {
  if (/^(true|yes|on|1)?$/i.test(value)) return true;
  if (/^(false|no|off|0)$/i.test(value)) return false;
  throw new Error(`${JSON.stringify(value)} is neither true nor false`);
};

export const integer =
  (low: number, high: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < low || number > high)
      throw new Error(`${JSON.stringify(value)} is no whole number from ${low} to ${high}`);
    return number;
  };

export const positive = (value: string): number => {
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`${JSON.stringify(value)} is no number above 0`);
  return number;
};

type Scale = readonly (readonly [size: number, unit: string])[];
const sizeScale: Scale = [4, 3, 2, 1, 0].map((power) => [1024 ** power, ['B', 'KB', 'MB', 'GB', 'TB'][power]!]);
const spanScale: Scale = [
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
];

/** Bytes: 512MB, 2g, 1.5 GiB; all of them binary. */
export const bytes = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])i?)?b?$/i.exec(value.trim());
  if (!match) throw new Error(`${JSON.stringify(value)} is no size; write 512MB or 2GB`);
  const power = ['', 'k', 'm', 'g', 't'].indexOf(match[2]?.toLowerCase() ?? '');
  return Math.round(Number(match[1]) * 1024 ** power);
};

/** Milliseconds; a bare number is seconds. */
export const duration = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(value.trim());
  if (!match) throw new Error(`${JSON.stringify(value)} is no time; write 5s, 500ms or 10m`);
  const [size] = spanScale.find(([, unit]) => unit === (match[2] ?? 's'))!;
  return Number(match[1]) * size;
};

/** A value as people write it: 15s, 10m, 512MB; what is neither span nor size as it is. */
export function written({ read }: Setting, value: Value): string {
  if (typeof value !== 'number') return String(value);
  const scale = read === duration ? spanScale : read === bytes ? sizeScale : [];
  const [size, unit] = scale.find(([each]) => value !== 0 && value % each === 0) ?? [1, ''];
  return `${value / size}${unit}`;
}

export const portRange = (value: string): string => {
  const [low, high] = value.split('-').map(Number);
  if (!(low! >= 1 && high! >= low! && high! <= 65535))
    throw new Error(`${JSON.stringify(value)} is no port range; write 20000-29999`);
  return `${low}-${high}`;
};

export const userRange = (value: string): string => {
  const [low, high] = value.split('-').map(Number);
  if (!(low! >= 1000 && high! >= low! && high! < 2 ** 31))
    throw new Error(`${JSON.stringify(value)} is no range of user ids; write 61184-65519`);
  return `${low}-${high}`;
};

export const url = (value: string): string => {
  const origin = hubOrigin(value);
  if (origin === null)
    throw new Error(`${JSON.stringify(value.replace(/\/\/.*@/, '//***@'))} is no address; ${hubAddressWanted}`);
  return origin;
};
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Addresses of one thing, by comma; what a URL may carry besides (user, password, path) stays. */
export const urls = (value: string): string[] =>
  list(value).map((each) => {
    const complete = /^[a-z]+:\/\//i.test(each) ? each : `http://${each}`;
    if (!URL.canParse(complete) || !/^https?:$/.test(new URL(complete).protocol))
      throw new Error(`${JSON.stringify(each.replace(/\/\/.*@/, '//***@'))} is no address; write http://host:9200`);
    const { username, password } = new URL(complete);
    if (!isDecodable(username) || !isDecodable(password)) throw new Error('a % in its user or password is written %25');
    return complete;
  });
export const withoutCredentials = (value: Value): Value =>
  Array.isArray(value) ? value.map((each) => each.replace(/\/\/[^/@]*@/, '//***@')) : value;
