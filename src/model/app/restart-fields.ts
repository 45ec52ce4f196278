// Which changes of a spec need a new process. What the running one cannot notice does not: placement, meta, dependsOn,
// restart, logs, routes, the timings of health checks, update, schedule, preStop and start. Two specs with the same key
// share a running instance.
import type { AppSpec, HealthCheckSpec } from './app.ts';

const without = [
  'name',
  'placement',
  'meta',
  'dependsOn',
  'restart',
  'logs',
  'routes',
  'start',
  'update',
  'schedule',
  'startTimeoutSeconds',
  'preStop',
] as const;
const timings = ['initialDelaySeconds', 'intervalSeconds', 'timeoutSeconds', 'maxConsecutiveFailures'] as const;

/** JSON with the keys of every object in order: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}

const omit = <T extends object>(value: T, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));

/** What a running process was made of, as canonical JSON; its hash is `Revision.hash`. */
export function restartKey(spec: AppSpec): string {
  return canonicalJson({
    ...omit(spec, without),
    healthChecks: spec.healthChecks.map((check: HealthCheckSpec) => omit(check, timings)),
  });
}

const restartsAt = (path: string): boolean => {
  const [top] = path.split(/[.[]/);
  if ((without as readonly string[]).includes(top!)) return false;
  return !(top === 'healthChecks' && timings.some((key) => path.endsWith(`].${key}`)));
};

interface SpecChange {
  path: string;
  before: unknown;
  after: unknown;
  /** Needs a new process. */
  restarts: boolean;
}

function changes(before: unknown, after: unknown, path: string): SpecChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const leaf = [{ path, before: before ?? null, after: after ?? null, restarts: restartsAt(path) }];
  if (
    typeof before !== 'object' ||
    typeof after !== 'object' ||
    before === null ||
    after === null ||
    Array.isArray(before) !== Array.isArray(after)
  )
    return leaf;
  if (Array.isArray(before) && Array.isArray(after)) {
    // Lists of texts are read as a whole; lists of objects entry by entry.
    if ([...before, ...after].some((entry) => typeof entry !== 'object')) return leaf;
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => i).flatMap((i) =>
      changes(before[i], after[i], `${path}[${i}]`),
    );
  }
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    changes(a[key], b[key], path === '' ? key : `${path}.${key}`),
  );
}

/** What differs between two specs, in the order of the fields; an entry that only one of them has is null in the other. */
export const diffSpecs = (before: AppSpec, after: AppSpec): SpecChange[] => changes(before, after, '');
