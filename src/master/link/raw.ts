// A value that somebody else reported, taken for what it should be: another one where it is not.
type Raw = Record<string, unknown>;
export const object = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
export const text = (value: unknown, fallback = ''): string =>
  typeof value === 'string' ? value.slice(0, 1000) : fallback;
export const number = (value: unknown, fallback = 0): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fallback;
export const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const oneOf = <T extends string>(value: unknown, known: readonly T[], fallback: T): T =>
  known.includes(value as T) ? (value as T) : fallback;
