// From what a person wrote to an AppSpec: every default filled in, or every problem at once.
import type { z } from 'zod';
import type { AppSpec } from './app.ts';
import type { FieldProblem } from '../errors.ts';
import { appFields } from './app-fields.ts';
import { ruleProblems } from './app-rules.ts';
import { queryProblems } from './app-queries.ts';
import { problemsOf, tightest, unknownKey } from './field-problems.ts';

type ParsedApp =
  | {
      ok: true;
      spec: AppSpec;
      /** What the caller wrote himself: `PUT` keeps what is in force of the rest. */
      given: {
        scale: boolean;
        start: boolean;
      };
    }
  | { ok: false; problems: FieldProblem[] };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `null` for any key is its default: such keys are taken out. Entries of lists keep their places. Always a copy. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}

/** Takes the value at a path out of a document; an entry of a list, and what lacks a required key, goes with its whole list. */
function takeOut(document: Record<string, unknown>, path: readonly PropertyKey[]): void {
  const parents: unknown[] = [document];
  for (const part of path) {
    const parent = parents[parents.length - 1];
    parents.push(
      typeof parent === 'object' && parent !== null ? (parent as Record<PropertyKey, unknown>)[part] : undefined,
    );
  }
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const [parent, key] = [parents[depth], path[depth]];
    if (typeof key === 'string' && isObject(parent) && key in parent) {
      delete parent[key];
      return;
    }
  }
}

/** The spec of a document of which only what is right is taken, so that the rules across fields can judge that; null when hopeless. */
function specOfTheRest(document: Record<string, unknown>, issues: readonly z.core.$ZodIssue[]): AppSpec | null {
  const rest = withoutNulls(document) as Record<string, unknown>;
  for (let round = 0; round < 5; round += 1) {
    for (const issue of issues) {
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) takeOut(rest, [...issue.path, key]);
      else takeOut(rest, issue.path);
    }
    const parsed = appFields.safeParse({
      ...rest,
      name: rest['name'] ?? 'unnamed',
      toProcess: rest['toProcess'] ?? 'missing',
    });
    if (parsed.success) return parsed.data;
    issues = parsed.error.issues;
  }
  return null;
}

/** A program that is meant to end is not started again after it did its work, unless the app says so. */
function policyByType(document: unknown, spec: AppSpec): AppSpec {
  const restart = isObject(document) && isObject(document['restart']) ? document['restart'] : {};
  const ends = spec.type === 'batch' || spec.type === 'cron';
  return ends && restart['policy'] === undefined
    ? { ...spec, restart: { ...spec.restart, policy: 'on-failure' } }
    : spec;
}

/**
 * Validates an app (its fields: app-fields.ts; its rules: app-rules.ts) and fills in its defaults.
 * @param json what was parsed from JSON or YAML; nothing of it is trusted
 * @returns the spec, or all problems: field by field first, then across fields, each with the path as written
 */
export function parseApp(json: unknown): ParsedApp {
  if (!isObject(json))
    return {
      ok: false,
      problems: [
        {
          path: '',
          message: `expects an object with the keys of an app, not ${Array.isArray(json) ? 'a list' : JSON.stringify(json)}`,
          hint: 'At least {"name": ..., "toProcess": ...}.',
        },
      ],
    };
  const document = withoutNulls(json) as Record<string, unknown>;
  const parsed = appFields.safeParse(document);
  if (parsed.success) {
    const spec = policyByType(document, parsed.data);
    const problems = [...ruleProblems(spec, []), ...queryProblems(spec, [])];
    if (problems.length > 0) return { ok: false, problems };
    const placement = document['placement'];
    return {
      ok: true,
      spec,
      given: { scale: isObject(placement) && placement['scale'] !== undefined, start: document['start'] !== undefined },
    };
  }
  const problems = tightest(parsed.error.issues).flatMap((issue) => problemsOf(issue, document, appFields));
  const rest = specOfTheRest(document, parsed.error.issues);
  const wrong = problems.filter((p) => p.message !== unknownKey).map((p) => p.path);
  if (rest) problems.push(...ruleProblems(rest, wrong), ...queryProblems(rest, wrong));
  return { ok: false, problems };
}

/**
 * A stored spec as it would be stored now: fields that were not known then have their defaults. So an app that is deployed again after an
 * upgrade is the one that it was. What does not fit the fields of today is given as it is.
 */
export function filledIn(spec: AppSpec): AppSpec {
  const parsed = appFields.safeParse(withoutNulls(spec));
  return parsed.success ? parsed.data : spec;
}
