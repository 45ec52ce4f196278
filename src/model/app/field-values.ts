// What a value in an app may be: a text, a size, a port, a file to fetch, a signal. Bounds, and what is said of a wrong one.
import { z } from 'zod';
import { isArchive } from './archive-name.ts';
import { parseSize, sizePattern } from '../sizes.ts';
import { signalNumber } from '../instance/signals.ts';

export const text = (max = 4096) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((s) => !s.includes('\0'), 'must not hold a NUL character');
/** A text that may also be written as a number or true/false, as people do in YAML. */
export const loose = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .pipe(
    z
      .string()
      .max(131_072, 'is longer than 128 KiB, which no program can be given')
      .refine((s) => !s.includes('\0'), 'must not hold a NUL character'),
  );
export const seconds = (max: number, min = 0) => z.number().min(min).max(max);
export const day = 86_400;

export const size = (what: string, min: number) =>
  z
    .union([z.number(), z.string().regex(sizePattern, `is no size of ${what}: expects bytes or a text like "256MB"`)])
    .transform((value, context) => {
      const bytes = typeof value === 'number' ? value : parseSize(value);
      if (bytes === null || !Number.isSafeInteger(bytes)) {
        context.addIssue({ code: 'custom', message: `is no size of ${what}: expects bytes or a text like "256MB"` });
        return z.NEVER;
      }
      if (bytes < min)
        context.addIssue({
          code: 'custom',
          message: `is less than ${min} bytes`,
          params: { hint: 'A bare number means bytes; write "256MB" for megabytes.' },
        });
      return bytes;
    });
export const cores = z.number().min(0.001).max(4096);

/** [a-z0-9][a-z0-9_.-]{0,62} */
export const appName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'must be 1-63 of a-z 0-9 _ . - and begin with a letter or digit');

export const port = z
  .union([
    z.int().min(0).max(65_535),
    z.strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9_-]{0,30}$/, 'must be a letter and then letters, digits, _ or -')
        .nullable()
        .default(null),
      port: z.int().min(0).max(65_535).default(0),
    }),
  ])
  .transform((value) => (typeof value === 'number' ? { name: null, port: value } : value));

const address = z
  .string()
  .max(8192)
  .regex(/^(?:https?|file):\/\/\S+$/i, 'must be an http://, https:// or file:// address');
export const uri = z
  .union([
    address,
    z.strictObject({
      uri: address,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
        .transform((s) => s.toLowerCase())
        .nullable()
        .default(null),
      extract: z.boolean().nullable().default(null),
      executable: z.boolean().default(false),
      dest: text()
        .refine(
          (path) => !path.startsWith('/') && !path.split('/').includes('..'),
          'must stay below the working directory',
        )
        .nullable()
        .default(null),
    }),
  ])
  .transform((value) => {
    const given =
      typeof value === 'string' ? { uri: value, sha256: null, extract: null, executable: false, dest: null } : value;
    return { ...given, extract: given.extract ?? isArchive(given.uri) };
  });

/** What the name (or number) of a user can be on any system; no option, no path, no field of passwd. */
export const userName = z
  .string()
  .max(64)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.@\\+-]*\$?$/,
    'is no name of a user: a letter, a digit or _, then also . - + @ and a backslash',
  );
export const envName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^=\0]+$/, 'must not hold = or NUL');
export const signal = z.union([z.int(), z.string()]).transform((value, context) => {
  const number = signalNumber(value);
  if (number === null)
    context.addIssue({
      code: 'custom',
      message: `is no signal: ${JSON.stringify(value)}`,
      params: { hint: 'Expects a number of 1-64 or a name such as "SIGTERM".' },
    });
  return number ?? z.NEVER;
});
export const directory = z
  .string()
  .max(4096)
  .refine((path) => !path.includes('\0'), 'must not hold a NUL character')
  .refine((path) => path.startsWith('/'), 'must be an absolute path, or null for a fresh directory for each launch');
