// Turns what zod reports into problems for people: a path as in the document, a sentence with the value that was there,
// and for an unknown key the nearest known one.
import type { z } from 'zod';
import type { FieldProblem } from '../errors.ts';

type Issue = z.core.$ZodIssue;
/** The message of a key that is not known here. */
export const unknownKey = 'is not a known key';
type Path = readonly PropertyKey[];
/** What other systems call it, or where people look for it first: at the top of an app. */
const elsewhere: Record<string, string> = {
  instances: 'placement.scale',
  replicas: 'placement.scale',
  scale: 'placement.scale',
  query: 'placement.query',
  constraints: 'placement.query',
  cmd: 'toProcess',
  command: 'toProcess',
  mem: 'resAlloc.mem',
  memory: 'resAlloc.mem',
  cpus: 'resAlloc.cpus',
  cpu: 'resAlloc.cpus',
  disk: 'resAlloc.disk',
  cwd: 'workingDirectory',
  env: 'envs',
  environment: 'envs',
  dependencies: 'dependsOn',
  labels: 'meta',
};

/** "healthChecks[0].portIndex"; "" is the document itself. */
const showPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

/** Number of single-letter insertions, deletions, replacements and swaps of neighbours from one word to another. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The known word closest to `word`, without regard to case; null when none is close enough to be meant. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    const [a, b] = [word.toLowerCase(), candidate.toLowerCase()];
    const distance =
      a !== b && (b.startsWith(a) || a.startsWith(b)) && Math.min(a.length, b.length) >= 3 ? 1.5 : editDistance(a, b);
    if (!best || distance < best.distance) best = { word: candidate, distance };
  }
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.word : null;
}

/** The object schemas that may stand at a path: defaults, unions, nullables and transforms are looked through. */
function shapesAt(schema: unknown, path: Path): Record<string, unknown>[] {
  const def = (schema as { _zod?: { def: Record<string, unknown> } })?._zod?.def;
  if (!def) return [];
  if (def['innerType']) return shapesAt(def['innerType'], path);
  if (def['type'] === 'pipe') return shapesAt(def['in'], path);
  if (def['type'] === 'union') return (def['options'] as unknown[]).flatMap((option) => shapesAt(option, path));
  if (def['type'] === 'object') {
    const shape = def['shape'] as Record<string, unknown>;
    return path.length === 0 ? [shape] : shapesAt(shape[String(path[0])], path.slice(1));
  }
  return def['type'] === 'array' && path.length > 0 ? shapesAt(def['element'], path.slice(1)) : [];
}

const kinds: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A value as it was written, cut to what fits a sentence. */
function showValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );
}

const either = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;

function sentence(issue: Issue, value: unknown): string {
  const got = value === undefined ? '' : `, not ${showValue(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'is missing' : `expects ${kinds[issue.expected] ?? issue.expected}${got}`;
    case 'invalid_value':
      return `expects ${either(issue.values.map((v) => showValue(v)))}${got}`;
    case 'too_small':
      if (issue.origin === 'string')
        return Number(issue.minimum) === 1 ? 'must not be empty' : `needs at least ${issue.minimum} characters`;
      if (issue.origin === 'array') return `needs at least ${issue.minimum} entries`;
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${got}`;
    case 'too_big':
      if (issue.origin === 'string') return `has more than ${issue.maximum} characters`;
      if (issue.origin === 'array') return `has more than ${issue.maximum} entries`;
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${got}`;
    default:
      return issue.message;
  }
}

/** A union: the branch that fits the value's kind speaks; where none does, all kinds are named. */
function unionProblems(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  root: unknown,
  schema: unknown,
): FieldProblem[] {
  const isKind = (branch: Issue[]) => !branch.some((i) => i.code === 'invalid_type' && i.path.length === 0);
  const branch = issue.errors.find(isKind);
  if (branch)
    return branch.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] } as Issue, root, schema),
    );
  const expected = issue.errors
    .flat()
    .flatMap((i) => (i.code === 'invalid_type' ? [kinds[i.expected] ?? i.expected] : []));
  return [
    {
      path: showPath(issue.path),
      message: `expects ${either([...new Set(expected)])}, not ${showValue(valueAt(root, issue.path))}`,
    },
  ];
}

/** Leaves out a bound that another one on the same value makes pointless: 1e99 is no whole number that fits, and more than 100. */
export function tightest(issues: readonly Issue[]): Issue[] {
  const bound = (issue: Issue): number | null =>
    issue.code === 'too_big' ? Number(issue.maximum) : issue.code === 'too_small' ? -Number(issue.minimum) : null;
  return issues.filter((issue) => {
    const own = bound(issue);
    const path = showPath(issue.path);
    return (
      own === null ||
      !issues.some(
        (other) => other !== issue && other.code === issue.code && showPath(other.path) === path && bound(other)! < own,
      )
    );
  });
}

/** Every problem that one zod issue stands for. `root` is the document, `schema` its schema (for names of known keys). */
export function problemsOf(issue: Issue, root: unknown, schema: unknown): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = shapesAt(schema, issue.path).flatMap((shape) => Object.keys(shape));
    return issue.keys.map((key) => {
      const near = (issue.path.length === 0 ? elsewhere[key] : undefined) ?? nearestWord(key, known);
      const hint = near ? `Did you mean '${near}'?` : `Known here: ${known.join(', ')}.`;
      return { path: showPath([...issue.path, key]), message: unknownKey, hint };
    });
  }
  if (issue.code === 'invalid_key') {
    const [first] = issue.issues;
    return [
      {
        path: showPath(issue.path),
        message:
          `${showValue(issue.path.at(-1))} is no name here: it ` +
          `${first ? sentence(first as Issue, issue.path.at(-1)) : 'is not valid'}`,
      },
    ];
  }
  if (issue.code === 'invalid_union') return unionProblems(issue, root, schema);
  const value = valueAt(root, issue.path);
  const problem: FieldProblem = { path: showPath(issue.path), message: sentence(issue, value) };
  const meant =
    issue.code === 'invalid_value' && typeof value === 'string' ? nearestWord(value, issue.values.map(String)) : null;
  const hint = meant ? `Did you mean '${meant}'?` : (issue as { params?: { hint?: string } }).params?.hint;
  return [hint ? { ...problem, hint } : problem];
}
