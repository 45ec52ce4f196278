// A body as an app: parsed, validated, every problem at once.
import { z } from 'zod';
import type { AppSpec } from '../../model/app/app.ts';
import { parseApp } from '../../model/app/app-schema.ts';
import { appNotes, type AppNote } from '../../model/app/app-notes.ts';
import { Refusal } from '../../model/errors.ts';
import { readBody } from './body.ts';
import type { ApiContext } from '../context.ts';

interface ReadApp {
  spec: AppSpec;
  given: { scale: boolean; start: boolean };
  /** What is worth knowing of it; of a foreign definition first what has no counterpart. */
  notes: AppNote[];
}
export type AppFormat = 'stathub' | 'marathon';

/** `format=marathon`: the body is an app of Marathon's, the answer's `notes` name what has no counterpart. Never guessed. */
export const formats = {
  format: z.enum(['stathub', 'marathon'], 'format must be stathub or marathon').optional().default('stathub'),
};

/** An answer with what is worth knowing of the app in the request. */
export const withNotes = <T extends object>(view: T, notes: object[]): T =>
  notes.length === 0 ? view : { ...view, notes };

/**
 * The app in the body. A PUT names it in the path: the body may leave the name out, but not say another.
 * @throws Refusal `invalid-json`, `invalid-request`, `invalid-app`
 */
export async function readApp(c: ApiContext, name: string | null, format: AppFormat = 'stathub'): Promise<ReadApp> {
  let value = await readBody(c);
  let foreign: AppNote[] = [];
  if (format === 'marathon' && value !== undefined) ({ app: value, notes: foreign } = await fromMarathon(value));
  const read = readValue(value, name);
  return { ...read, notes: [...foreign, ...read.notes] };
}

async function fromMarathon(value: unknown): Promise<{ app: Record<string, unknown>; notes: AppNote[] }> {
  const found = (await import('../../model/marathon/marathon.ts')).fromMarathon(value);
  if (found?.length === 1) return found[0]!;
  throw new Refusal(
    'invalid-app',
    found ? `the body holds ${found.length} apps` : "the body is no app of Marathon's",
    found ? 'send them one at a time, or use stathub import FILE' : 'it has an id and a cmd or args',
  );
}

function readValue(value: unknown, name: string | null): ReadApp {
  if (value === undefined)
    throw new Refusal(
      'invalid-request',
      'the body is empty',
      'send the app as JSON or YAML: at least {"name": ..., "toProcess": ...}',
    );
  if (name !== null && isRecord(value)) {
    if (value.name === undefined || value.name === null) return parse({ ...value, name });
    if (value.name !== name) {
      throw new Refusal(
        'invalid-app',
        `the path says "${name}", the body says ${JSON.stringify(value.name)}`,
        'an app cannot be renamed: deploy it under the new name and delete the old one',
        [{ path: 'name', message: `must be "${name}" or absent` }],
      );
    }
  }
  return parse(value);
}

/** The same app with another placement; what is not said keeps its default, the scale what is in force. */
export function withPlacement(spec: AppSpec, placement: unknown): ReadApp {
  if (!isRecord(placement))
    throw new Refusal(
      'invalid-request',
      'the body must be a JSON object',
      'send a placement: {"query": ..., "scale": ...}',
    );
  const read = parse({ ...spec, placement });
  return { spec: read.spec, given: { scale: read.given.scale, start: false }, notes: [] };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One sentence for the first problem, the rest counted; all of them are in `errors`. */
function parse(value: unknown): ReadApp {
  const result = parseApp(value);
  if (result.ok) return { spec: result.spec, given: result.given, notes: appNotes(result.spec, value) };
  const [first, ...rest] = result.problems;
  const more = rest.length ? ` (and ${rest.length} more ${rest.length === 1 ? 'problem' : 'problems'})` : '';
  throw new Refusal(
    'invalid-app',
    `${first?.path ? `${first.path} ` : 'the app '}${first?.message ?? 'is not valid'}${more}`,
    first?.hint ?? '',
    result.problems,
  );
}
