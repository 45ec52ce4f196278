// Bodies and parameters: read, checked, and refused with the line, the column or the name of what is wrong.
import type { MiddlewareHandler } from 'hono';
import { validator } from 'hono-openapi';
import { z } from 'zod';
import { Refusal, type FieldProblem } from '../../model/errors.ts';
import { parseJson } from '../../model/json.ts';
import { isMasked } from '../access/shown-to.ts';
import type { Page } from '../cluster.ts';
import type { ApiContext, ApiEnv } from '../context.ts';

/** Most bytes of a request's body. */
const maxBodyBytes = 2 * 1024 * 1024;
/** How much of a refused body is let pass unread, and for how long at most, ms. */
const mostPassingBytes = 64 * 1024 * 1024;
const mostPassingMs = 10_000;
/** Most characters of a request's path and query. */
const maxUrlLength = 8 * 1024;
/** Most items of one page of a list. */
export const maxPageSize = 1000;

const isYaml = (c: ApiContext): boolean => /[/+](x-)?yaml\b/i.test(c.req.header('content-type') ?? '');

/**
 * The body as a value: YAML when the content type says so, else JSON.
 * @returns undefined when the body is empty
 * @throws Refusal `invalid-json` with line and column
 */
export async function readBody(c: ApiContext): Promise<unknown> {
  const text = await c.req.text();
  if (text.trim() === '') return undefined;
  if (isYaml(c)) return readYaml(text);
  const result = parseJson(text);
  if (result.ok) return result.value;
  const { line, column, message } = result.fault;
  throw new Refusal(
    'invalid-json',
    `line ${line}, column ${column}: ${message}`,
    'YAML is read too, with the content type application/yaml',
    [{ path: '', message: `line ${line}, column ${column}: ${message}` }],
  );
}

async function readYaml(text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: false });
  const problems = document.errors.map((error): FieldProblem => {
    const before = text.slice(0, error.pos[0]);
    return {
      path: '',
      message: `line ${before.split('\n').length}, column ${error.pos[0] - before.lastIndexOf('\n')}: ${error.message}`,
    };
  });
  if (problems.length)
    throw new Refusal(
      'invalid-json',
      `the YAML cannot be read: ${problems[0]!.message}`,
      'indent with spaces, and quote what holds ": " or begins with *, & or @',
      problems,
    );
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Refusal(
      'invalid-json',
      `the YAML cannot be read: ${(error as Error).message}`,
      'write repeated parts out instead of using aliases',
    );
  }
}

/** The body, which must be there and fit `schema`. */
export async function readObject<S extends z.ZodType>(c: ApiContext, schema: S): Promise<z.output<S>> {
  const value = await readBody(c);
  if (value === undefined) throw new Refusal('invalid-request', 'the body is empty', 'send a JSON object');
  const result = schema.safeParse(value);
  if (!result.success) throw invalid('the body', result.error.issues);
  return result.data;
}

/** The body, or an empty object where there is none; either must fit `schema`. */
export async function readOptional<S extends z.ZodType>(c: ApiContext, schema: S): Promise<z.output<S>> {
  const result = schema.safeParse((await readBody(c)) ?? {});
  if (!result.success) throw invalid('the body', result.error.issues);
  return result.data;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');

function invalid(
  what: string,
  issues: readonly { path: readonly PropertyKey[]; message: string; keys?: unknown }[],
  known: string[] = [],
): Refusal {
  const problems = issues.map((issue) => ({ path: pathText(issue.path), message: issue.message }));
  const first = problems[0];
  const named = first !== undefined && first.path !== '' && first.message.startsWith(`${first.path} `);
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new Refusal(
    'invalid-request',
    `${named ? '' : `${what}: ${first?.path ? `${first.path}: ` : ''}`}${first?.message ?? 'not valid'}${rest}`,
    known.length ? `known parameters: ${known.join(', ')}` : 'see /docs for what this address takes',
    problems,
  );
}

/** Checks the query string; unknown parameters are refused, since a misspelt one would else be ignored. */
export function query<Shape extends z.ZodRawShape>(shape: Shape) {
  const schema = z.strictObject(shape);
  return validator('query', schema, (result) => {
    if (!result.success) {
      throw invalid(
        'the query string',
        result.error.map((issue) => ({
          message: issue.message,
          path: (issue.path ?? []).map((p) => (typeof p === 'object' ? p.key : p)),
        })),
        Object.keys(shape),
      );
    }
  });
}

const whole = (name: string, least: number, most: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, `${name} must be a whole number`)
    .transform(Number)
    .refine((n) => n >= least && n <= most, `${name} must be ${least} to ${most}`)
    .optional()
    .default(otherwise);
/** A whole number in a query string, with bounds and a default. */
export const wholeNumber = whole;

/** true, 1 or nothing after the name; false or 0. */
export const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((v) => v === 'true' || v === '1' || v === '')
  .optional()
  .default(false);

export const queryText = z.string().max(4000).optional().default('');
export const paging = {
  from: whole('from', 0, 10_000_000, 0),
  size: whole('size', 0, maxPageSize, 100),
  sort: z
    .string()
    .max(200)
    .regex(
      /^-?[\w.@-]+(,-?[\w.@-]+){0,4}$/,
      'sort is a field or several with commas between, "-" before one for descending order',
    )
    .optional(),
};
export const listQuery = { query: queryText, ...paging };
/** What `c` asks for; whoever is shown no secrets cannot search for them either. */
export const pageOf = (c: ApiContext, q: { from: number; size: number; sort?: string | undefined }): Page => ({
  from: q.from,
  size: q.size,
  ...(q.sort === undefined ? {} : { sort: q.sort }),
  masked: isMasked(c.get('caller')),
});

/** Refuses addresses beyond `maxUrlLength`. */
export const limitUrl: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.url.length > maxUrlLength)
    throw new Refusal(
      'too-large',
      `the address has ${c.req.url.length} characters; at most ${maxUrlLength} are read`,
      'shorten the query',
    );
  await next();
};

const tooLarge = () => new Refusal('too-large', `a body may have ${maxBodyBytes} bytes`, 'send less at once');

/**
 * Refuses bodies beyond `maxBodyBytes`, also those that do not say their length before. (hono's own body limit makes a new
 * Request of the server's, which fails unless the server replaces the global objects.)
 */
export const limitBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const length = c.req.header('content-length');
  if (length !== undefined && Number(length) > maxBodyBytes) {
    if (Number(length) <= mostPassingBytes && c.req.raw.body) await letPass(c.req.raw.body.getReader());
    throw tooLarge();
  }
  const served = (c.env as { incoming?: unknown } | undefined)?.incoming !== undefined;
  const unsaid =
    length === undefined &&
    c.req.method !== 'GET' &&
    c.req.method !== 'HEAD' &&
    (!served || c.req.header('transfer-encoding') !== undefined);
  if (unsaid && c.req.raw.body)
    c.req.bodyCache.arrayBuffer = Promise.resolve(await boundedBytes(c.req.raw.body)) as never; // hono keeps promises there
  await next();
};

async function boundedBytes(body: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    chunks.push(piece.value);
    size += piece.value.byteLength;
    if (size <= maxBodyBytes) continue;
    chunks.length = 0;
    await letPass(reader);
    throw tooLarge();
  }
  return new Uint8Array(Buffer.concat(chunks)).buffer;
}

/** A refused body is read on for a while before the answer: the line of who still sends would be cut with it. */
async function letPass(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const until = performance.now() + mostPassingMs;
  let left = mostPassingBytes;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    left -= piece.value.byteLength;
    if (left < 0 || performance.now() > until) return;
  }
}

/**
 * The version in If-Match, null when there is none. `*` and several versions are refused rather than half understood.
 * @throws Refusal `invalid-request`
 */
export function ifMatch(c: ApiContext): string | null {
  const header = c.req.header('if-match');
  if (header === undefined) return null;
  const version = /^"([^"]*)"$/.exec(header.trim())?.[1];
  if (version === undefined)
    throw new Refusal(
      'invalid-request',
      `If-Match: ${header.slice(0, 100)} is not one version in double quotes`,
      'send the ETag of the last answer as it is',
    );
  return version;
}
