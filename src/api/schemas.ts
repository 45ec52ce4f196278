// JSON Schemas of what the API gives and takes, for /openapi.json. Loaded only when that is asked for.
import { appJsonSchema } from '../model/app/app-json-schema.ts';
import type { SchemaName } from './describe.ts';

interface Schema {
  [key: string]: unknown;
}

const text: Schema = { type: 'string' };
const yes: Schema = { type: 'boolean' };
const int: Schema = { type: 'integer' };
const real: Schema = { type: 'number' };
const time: Schema = { type: 'integer', description: 'epoch milliseconds' };
const ref = (
  name: SchemaName | 'Exit' | 'HealthView' | 'Usage' | 'Reason' | 'SeriesPoint' | 'FieldProblem',
): Schema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Schema): Schema => ({ type: 'array', items });
const or = (schema: Schema): Schema =>
  '$ref' in schema ? { anyOf: [schema, { type: 'null' }] } : { ...schema, type: [schema['type'], 'null'] };
const one = (...values: string[]): Schema => ({ type: 'string', enum: values });
const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const object = (properties: Record<string, Schema>, optional: string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
const page = (items: Schema): Schema => object({ items: list(items), total: int, from: int, size: int });

const placement = object({
  query: text,
  scale: int,
  spread: list(text),
  maxPerNode: or(int),
  prefer: list(text),
  with: list(text),
  notWith: list(text),
  onPartition: one('replace', 'wait', 'stop-self'),
});
const subject = object({ app: text, instance: text, slot: int, node: text }, ['app', 'instance', 'slot', 'node']);
const waiting = list(object({ slot: int, reason: text }));
const token = { id: text, name: text, role: one('read', 'deploy', 'admin', 'node'), createdAt: time };
const resources = { cpus: real, mem: int, disk: int };

/** An app as a person may write it. */
function appSpec(): Schema {
  const { $schema: _, ...schema } = appJsonSchema();
  return schema;
}

/** Every schema that a route names. */
export function schemas(): Record<string, Schema> {
  const byName: Record<SchemaName, Schema> & Record<string, Schema> = {
    Problem: object({
      type: text,
      title: text,
      status: int,
      code: text,
      detail: text,
      hint: text,
      errors: list(ref('FieldProblem')),
    }),
    FieldProblem: object({ path: text, message: text, hint: text }, ['hint']),
    Reason: object({ code: text, text, next: or(object({ what: text, at: or(time) })) }),
    AppSpec: appSpec(),
    App: object({
      name: text,
      revision: int,
      scale: int,
      start: yes,
      deleting: yes,
      restartedAt: or(time),
      createdAt: time,
      updatedAt: time,
      status: one('running', 'deploying', 'degraded', 'waiting', 'failed', 'stopped', 'deleting'),
      reason: or(ref('Reason')),
      spec: ref('AppSpec'),
      owner: one('hub', 'local'),
      instances: object({ wanted: int, running: int, healthy: int, total: int }),
      version: text,
    }),
    AppList: page(ref('App')),
    Placement: placement,
    Scale: object({ scale: { type: 'integer', minimum: 0 } }),
    Rollback: object({ revision: { type: 'integer', minimum: 1 } }),
    Drain: object({ deadlineSeconds: or({ type: 'number', minimum: 0 }) }, ['deadlineSeconds']),
    Revision: object({
      app: text,
      revision: int,
      hash: text,
      spec: ref('AppSpec'),
      contents: map(object({ sha256: text, size: int })),
      createdAt: time,
      createdBy: text,
    }),
    RevisionList: page(ref('Revision')),
    Node: object({
      id: text,
      hostname: text,
      agentAddress: text,
      status: one('joining', 'ready', 'cordoned', 'draining', 'suspect', 'lost'),
      reason: or(ref('Reason')),
      os: object({ name: text, version: text, cpus: int, architecture: text, distribution: text }),
      hardware: object({ vendor: text, model: text, cpu: text }),
      memory: object({ total: int, ram: int }),
      networks: list({ type: 'object' }),
      disks: list({ type: 'object' }),
      tags: list(text),
      envs: map(text),
      allocatable: object(resources),
      allocated: object({ ...resources, instances: int }),
      isolation: object({
        cgroup: one('v2', 'v1', 'mixed', 'none'),
        enforced: list(text),
        not: list(object({ limit: text, why: text })),
      }),
      load: or({ type: 'object' }),
      beatAt: time,
      link: one('websocket', 'poll', 'none'),
      version: text,
    }),
    NodeList: page(ref('Node')),
    Tags: { anyOf: [list(text), object({ tags: list(text) })] },
    Envs: map(text),
    Exit: object({
      code: or(int),
      signal: or(int),
      reason: one(
        'exited',
        'signal',
        'oom',
        'disk',
        'unhealthy',
        'stop',
        'update',
        'start-timeout',
        'port-taken',
        'partition',
        'no-room',
        'disk-full',
        'not-started',
        'unknown',
      ),
      at: time,
      durationMs: int,
      launch: int,
      core: yes,
      peakMem: or(int),
      by: or(text),
      text: or(text),
      quota: or(object({ what: one('memory', 'disk'), used: int, limit: int })),
      tail: list(text),
    }),
    Files: object({
      path: text,
      type: one('directory', 'file'),
      size: int,
      modifiedAt: time,
      mode: text,
      tag: text,
      total: int,
      from: int,
      more: yes,
      items: list(
        object(
          {
            name: text,
            type: one('directory', 'file', 'link', 'other'),
            size: int,
            modifiedAt: time,
            mode: text,
            target: or(text),
            launch: object({
              launch: int,
              current: yes,
              startedAt: or(time),
              endedAt: or(time),
              code: or(int),
              signal: or(int),
            }),
          },
          ['launch'],
        ),
      ),
    }),
    HealthView: object({
      index: int,
      role: one('live', 'ready', 'startup'),
      status: one('waiting', 'passing', 'failing'),
      failures: int,
      at: time,
      detail: text,
    }),
    Usage: object({
      at: time,
      cpu: or(real),
      mem: or(int),
      fds: or(int),
      processes: or(int),
      threads: or(int),
      disk: or(int),
      ioRead: or(int),
      ioWrite: or(int),
      cpuShare: or(real),
      memShare: or(real),
    }),
    Instance: object({
      id: text,
      app: text,
      slot: int,
      place: one('a', 'b'),
      node: text,
      revision: int,
      epoch: int,
      owner: text,
      goal: one('run', 'leave', 'stop'),
      status: one(
        'pending',
        'fetching',
        'starting',
        'running',
        'unhealthy',
        'killing',
        'restarting',
        'stopped',
        'failed',
        'lost',
        'unknown',
      ),
      state: or(text),
      pid: or(int),
      user: or(text),
      ports: list(int),
      debugPort: or(int),
      consolePort: or(int),
      startedAt: or(time),
      readyAt: or(time),
      restarts: int,
      launch: int,
      exit: or(ref('Exit')),
      health: list(ref('HealthView')),
      usage: or(ref('Usage')),
      reason: or(ref('Reason')),
      escalated: or(object({ launch: int, deaths: int })),
      at: time,
    }),
    InstanceList: page(ref('Instance')),
    Health: page(ref('HealthView')),
    SeriesPoint: object({
      minute: { type: 'integer', description: 'epoch minute' },
      values: map({ type: 'array', items: real, minItems: 3, maxItems: 3, description: '[least, average, most]' }),
    }),
    SeriesList: page(ref('SeriesPoint')),
    UsageAnswer: object({
      now: or(ref('Usage')),
      points: list(ref('SeriesPoint')),
      recent: or({
        ...object({
          at: list(time),
          cpu: list(or(real)),
          mem: list(or(int)),
          ioRead: list(or(real)),
          ioWrite: list(or(real)),
        }),
        description: 'samples of the last five minutes; null: its node is away',
      }),
    }),
    Event: object({
      seq: int,
      at: time,
      kind: text,
      subject,
      message: text,
      loudness: one('quiet', 'moving', 'attention'),
      detail: { type: 'object' },
    }),
    EventList: object({ items: list(ref('Event')), total: or(int), from: int, size: int, oldest: int, newest: int }),
    Plan: object({
      app: text,
      changes: list(object({ path: text, before: {}, after: {}, restarts: yes })),
      steps: list(
        object({
          slot: int,
          what: one('place', 'stop', 'replace', 'keep', 'wait', 'move'),
          node: or(text),
          reason: text,
        }),
      ),
      summary: text,
      waiting,
    }),
    Why: object({
      subject: text,
      status: text,
      reason: or(ref('Reason')),
      funnel: list(object({ step: text, left: int, lost: list(text) })),
      nearest: list(text),
      waiting,
      decisions: list(
        object({
          at: time,
          slot: int,
          node: or(text),
          text,
          scores: list(object({ node: text, score: real, parts: map(real) })),
        }),
      ),
      events: list(ref('Event')),
    }),
    Status: object({
      name: text,
      role: one('master', 'agent'),
      version: text,
      hub: or(text),
      term: or(int),
      startedAt: time,
      phase: text,
      store: or(
        object({
          kind: text,
          detail: text,
          trouble: or(object({ code: text, message: text, hint: text, since: time })),
        }),
      ),
      nodes: map(int),
      apps: int,
      instances: map(int),
      notices: list(object({ code: text, text, at: time })),
    }),
    CollectionList: page(object({ name: text, count: int, bytes: or(int) })),
    DocumentList: page(object({ key: text, version: text, doc: { type: 'object' } })),
    Discovery: object({
      app: text,
      revision: int,
      routes: list(text),
      endpoints: list(
        object({
          instance: text,
          slot: int,
          node: text,
          host: text,
          revision: int,
          ports: list(object({ index: int, name: or(text), port: int, address: text })),
        }),
      ),
    }),
    ActorList: page(
      object({
        id: text,
        parent: or(text),
        machine: text,
        label: text,
        where: text,
        state: text,
        status: one('active', 'done', 'error', 'stopped'),
        at: time,
      }),
    ),
    HttpSd: list(object({ targets: list(text), labels: map(text) })),
    TokenList: page(object(token)),
    NewToken: object({ name: text, role: token.role }, ['name']),
    MadeToken: object({ ...token, token: text }),
    Anything: { type: 'object' },
  };
  return byName;
}
