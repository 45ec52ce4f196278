// An app's spec as a person would write it: keys that have their default are left out. Pure.
import type { AppSpec } from '../../src/model/app/app.ts';
import { isArchive } from '../../src/model/app/archive-name.ts';

const defaults: Record<string, unknown> = {
  args: [],
  shell: false,
  workingDirectory: null,
  envs: {},
  ports: [],
  debugPort: false,
  consolePort: false,
  uris: [],
  killSignal: 15,
  killTimeoutSeconds: 10,
  killMode: 'group',
  preStop: null,
  healthChecks: [],
  resAlloc: { cpus: null, mem: null, disk: null },
  limits: { fds: null, processes: null, fileSize: null, cpus: null, nice: 0, umask: '022' },
  user: null,
  restart: {
    policy: 'always',
    delaySeconds: 1,
    factor: 2,
    maxDelaySeconds: 300,
    jitter: 0.25,
    resetAfterSeconds: 600,
    attempts: 3,
    periodSeconds: 600,
    giveUp: false,
  },
  startTimeoutSeconds: null,
  routes: [],
  update: {
    order: 'auto',
    maxSurge: 1,
    maxUnavailable: 0,
    minHealthySeconds: 10,
    healthyDeadlineSeconds: 300,
    progressDeadlineSeconds: 600,
    autoRevert: true,
    canary: 0,
    pauseAfterBatch: false,
  },
  placement: {
    query: '*',
    scale: 1,
    spread: ['id', 'hostname'],
    maxPerNode: null,
    prefer: [],
    with: [],
    notWith: [],
    onPartition: 'replace',
  },
  type: 'service',
  schedule: null,
  dependsOn: [],
  logs: { maxBytes: 10485760, files: 5, keepDays: 7, rateBytesPerSecond: null },
  meta: {},
  start: true,
};
const checkDefaults: Record<string, unknown> = {
  role: 'live',
  path: '/',
  portIndex: 0,
  port: null,
  command: null,
  match: null,
  initialDelaySeconds: 60,
  intervalSeconds: 20,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

function without(value: Record<string, unknown>, known: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(value)) {
    if (Object.hasOwn(known, key) && same(v, known[key])) continue;
    const inner = Object.hasOwn(known, key) ? known[key] : undefined;
    out[key] = isObject(v) && isObject(inner) && Object.keys(inner).length > 0 ? without(v, inner) : v;
  }
  return out;
}

/** What was written, as far as the spec tells: short forms of ports and URIs, no defaults. `scale`: the scale in force. */
export function written(spec: AppSpec, scale: number): Record<string, unknown> {
  const out = without(spec as unknown as Record<string, unknown>, defaults);
  if (spec.ports.length > 0) out['ports'] = spec.ports.map((p) => (p.name === null ? p.port : p));
  if (spec.uris.length > 0)
    out['uris'] = spec.uris.map((u) => {
      const usual = { sha256: null, extract: isArchive(u.uri), executable: false, dest: null };
      const own = without(u as unknown as Record<string, unknown>, usual);
      return Object.keys(own).length === 1 ? u.uri : own;
    });
  if (spec.healthChecks.length > 0)
    out['healthChecks'] = spec.healthChecks.map((c) => without(c as unknown as Record<string, unknown>, checkDefaults));
  if (scale !== 1 || out['placement']) out['placement'] = { ...(out['placement'] as object | undefined), scale };
  return out;
}

/** The JSON on one line: a space behind each comma and colon, none within brackets. Never by patterns: a text may hold brackets, too. */
function flatOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatOf).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const parts = Object.entries(value).filter(([, v]) => v !== undefined);
  return `{${parts.map(([k, v]) => `${JSON.stringify(k)}: ${flatOf(v)}`).join(', ')}}`;
}

/** The JSON, short lists and small objects on one line, as people write it. */
export function pretty(value: unknown, indent = ''): string {
  const flat = flatOf(value);
  if (
    indent !== '' &&
    flat.length + indent.length <= 100 &&
    !(
      isObject(value) &&
      Object.values(value).some(
        (v) => typeof v === 'object' && v !== null && Object.keys(v).length > 0 && flat.length > 60,
      )
    )
  )
    return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : `[\n${value.map((v) => inner + pretty(v, inner)).join(',\n')}\n${indent}]`;
  if (isObject(value))
    return Object.keys(value).length === 0
      ? '{}'
      : `{\n${Object.entries(value)
          .map(([k, v]) => `${inner}${JSON.stringify(k)}: ${pretty(v, inner)}`)
          .join(',\n')}\n${indent}}`;
  return flat;
}
