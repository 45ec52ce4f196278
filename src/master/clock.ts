// Time, ids and chance of a master: given, so that tests can set them.
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** epoch ms: shown and stored */
  now(): number;
  /** Monotonic ms: decides. */
  mono(): number;
}

export const systemClock: Clock = { now: () => Date.now(), mono: () => performance.now() };

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** @returns `length` characters of base32, 5 bits of chance each */
export function mint(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte & 31];
  return text;
}
