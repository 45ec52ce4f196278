// The fields of an app with their defaults. What a value may be is in field-values.ts, what concerns more
// than one field in app-rules.ts. Written with zod, so that the same text validates, fills in defaults and becomes the editor's
// JSON Schema.
import { z } from 'zod';
import {
  appName,
  cores,
  day,
  directory,
  envName,
  loose,
  port,
  seconds,
  signal,
  size,
  text,
  uri,
  userName,
} from './field-values.ts';

const named = <T extends z.ZodType>(type: T, description: string) => type.describe(description);

const ownTime = seconds(day, 0.1).nullable().default(null);
const preStop = z.union([
  z.strictObject({ command: z.array(text(16_384)).min(1).max(1000), timeoutSeconds: ownTime }),
  z.strictObject({
    url: z
      .string()
      .max(8192)
      .regex(/^https?:\/\/\S+$/i, 'must be an http:// or https:// address'),
    timeoutSeconds: ownTime,
  }),
]);

const healthCheck = z.strictObject({
  protocol: z.enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'FILE']).default('HTTP'),
  role: z.enum(['live', 'ready', 'startup']).default('live'),
  path: text().default('/'),
  portIndex: z.int().min(0).max(99).default(0),
  port: z.int().min(1).max(65_535).nullable().default(null),
  command: text(16_384).nullable().default(null),
  match: text().nullable().default(null),
  initialDelaySeconds: seconds(day).default(60),
  intervalSeconds: seconds(day, 0.1).default(20),
  timeoutSeconds: seconds(3600, 0.1).default(20),
  maxConsecutiveFailures: z.int().min(1).max(1000).default(3),
});

const restart = z.strictObject({
  policy: z.enum(['always', 'on-failure', 'never']).default('always'),
  delaySeconds: seconds(day).default(1),
  factor: z.number().min(1).max(100).default(2),
  maxDelaySeconds: seconds(day).default(300),
  jitter: z.number().min(0).max(1).default(0.25),
  resetAfterSeconds: seconds(30 * day).default(600),
  attempts: z.int().min(1).max(1000).default(3),
  periodSeconds: seconds(30 * day, 1).default(600),
  giveUp: z.boolean().default(false),
});

const update = z.strictObject({
  order: z.enum(['auto', 'start-first', 'stop-first']).default('auto'),
  maxSurge: z.int().min(0).max(10_000).default(1),
  maxUnavailable: z.int().min(0).max(10_000).default(0),
  minHealthySeconds: seconds(day).default(10),
  healthyDeadlineSeconds: seconds(day, 1).default(300),
  progressDeadlineSeconds: seconds(7 * day, 1).default(600),
  autoRevert: z.boolean().default(true),
  canary: z.int().min(0).max(10_000).default(0),
  pauseAfterBatch: z.boolean().default(false),
});

const query = z.string().max(8192);
export const scale = z.int().min(0).max(100_000);
const placement = z.strictObject({
  query: query.default('*'),
  scale: scale.default(1),
  spread: z.array(text(200)).max(10).default(['id', 'hostname']),
  maxPerNode: z.int().min(1).max(100_000).nullable().default(null),
  prefer: z.array(query.min(1)).max(50).default([]),
  with: z.array(appName).max(50).default([]),
  notWith: z.array(appName).max(50).default([]),
  onPartition: z.enum(['replace', 'wait', 'stop-self']).default('replace'),
});

const schedule = z.strictObject({
  cron: text(200),
  timezone: text(100).default('UTC'),
  overlap: z.enum(['skip', 'replace', 'queue']).default('skip'),
  catchUp: z.int().min(0).max(1000).default(0),
  timeoutSeconds: seconds(30 * day, 1)
    .nullable()
    .default(null),
});

/** An app as a person may write it (nulls already removed: null is the default everywhere); the result is an `AppSpec`. */
export const appFields = z.strictObject({
  name: named(appName, 'Name of the app, the same for its whole life.'),
  toProcess: named(text(), 'The program: a name found in PATH, or a path.'),
  args: named(z.array(loose).max(1000).default([]), '${NAME} is replaced from the environment of the instance.'),
  shell: named(z.boolean().default(false), 'Join toProcess and args to one line for the shell.'),
  workingDirectory: named(
    directory.nullable().default(null),
    'null: a fresh directory for each launch. A path: shared and lasting.',
  ),
  envs: named(z.record(envName, loose).default({}), 'Environment variables.'),
  ports: named(z.array(port).max(100).default([]), '0: the agent picks.'),
  debugPort: z.boolean().default(false),
  consolePort: z.boolean().default(false),
  uris: named(z.array(uri).max(100).default([]), 'Files to fetch; archives are unpacked.'),
  killSignal: named(signal.default(15), 'Number or name.'),
  killTimeoutSeconds: seconds(day).default(10),
  killMode: z.enum(['group', 'process']).default('group'),
  preStop: named(
    preStop.nullable().default(null),
    'Done before the kill signal, within killTimeoutSeconds: a command, or a POST to a URL. ${NAME} is replaced.',
  ),
  healthChecks: z.array(healthCheck).max(20).default([]),
  resAlloc: named(
    z
      .strictObject({
        cpus: cores.nullable().default(null),
        mem: size('memory', 1024 ** 2)
          .nullable()
          .default(null),
        disk: size('disk', 0).nullable().default(null),
      })
      .prefault({}),
    'Reserved for placement and enforced on the node.',
  ),
  limits: z
    .strictObject({
      fds: z.int().min(8).max(1_048_576).nullable().default(null),
      processes: z.int().min(1).max(4_194_304).nullable().default(null),
      fileSize: size('a file', 1).nullable().default(null),
      cpus: cores.nullable().default(null),
      nice: z.int().min(-20).max(19).default(0),
      umask: z
        .string()
        .regex(/^0?[0-7]{3}$/, 'must be three octal digits, such as "022"')
        .default('022'),
    })
    .prefault({}),
  user: named(userName.nullable().default(null), 'Run as this user; "auto": a private one for each instance.'),
  restart: restart.prefault({}),
  startTimeoutSeconds: seconds(7 * day, 1)
    .nullable()
    .default(null),
  routes: z.array(text(500).regex(/^\S+$/, 'must not hold blanks')).max(100).default([]),
  update: update.prefault({}),
  placement: placement.prefault({}),
  type: z.enum(['service', 'batch', 'system', 'cron']).default('service'),
  schedule: schedule.nullable().default(null),
  dependsOn: z
    .array(z.strictObject({ app: appName, until: z.enum(['running', 'healthy', 'completed']).default('healthy') }))
    .max(50)
    .default([]),
  logs: z
    .strictObject({
      maxBytes: size('a log', 4096).default(10_485_760),
      files: z.int().min(1).max(1000).default(5),
      keepDays: z.number().min(0).max(3650).default(7),
      rateBytesPerSecond: size('output a second', 1).nullable().default(null),
    })
    .prefault({}),
  meta: z.record(z.string().min(1).max(256), loose).default({}),
  start: named(z.boolean().default(true), 'false: kept, but nothing runs.'),
});
