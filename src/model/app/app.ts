// What a user declares: an app. The shape after validation: every default filled in (see app-schema.ts for the rules).

interface PortSpec {
  name: string | null;
  /** 0: the agent picks. */
  port: number;
}
/** Done before the kill signal. `timeoutSeconds` null: half of the kill timeout. */
export type PreStopSpec = ({ command: string[] } | { url: string }) & { timeoutSeconds: number | null };
export interface UriSpec {
  uri: string;
  sha256: string | null;
  /** Unpack zip, tar and tar.gz. Default: by the name's ending. */
  extract: boolean;
  executable: boolean;
  /** Path below the working directory, null: the file's own name, or the directory itself for an archive. */
  dest: string | null;
}
type HealthProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'COMMAND' | 'FILE';
export type HealthRole = 'live' | 'ready' | 'startup';
export interface HealthCheckSpec {
  protocol: HealthProtocol;
  role: HealthRole;
  path: string;
  portIndex: number;
  /** A fixed port instead of portIndex. */
  port: number | null;
  /** COMMAND: the shell line. */
  command: string | null;
  /** FILE: text that must be in the file. */
  match: string | null;
  initialDelaySeconds: number;
  intervalSeconds: number;
  timeoutSeconds: number;
  maxConsecutiveFailures: number;
}
interface ResAlloc {
  /** cores */
  cpus: number | null;
  /** bytes */
  mem: number | null;
  /** bytes */
  disk: number | null;
}
interface LimitsSpec {
  fds: number | null;
  processes: number | null;
  fileSize: number | null;
  /** hard cores */
  cpus: number | null;
  nice: number;
  umask: string;
}
export interface RestartSpec {
  policy: 'always' | 'on-failure' | 'never';
  delaySeconds: number;
  factor: number;
  maxDelaySeconds: number;
  jitter: number;
  resetAfterSeconds: number;
  attempts: number;
  periodSeconds: number;
  giveUp: boolean;
}
interface UpdateSpec {
  order: 'auto' | 'start-first' | 'stop-first';
  maxSurge: number;
  maxUnavailable: number;
  minHealthySeconds: number;
  healthyDeadlineSeconds: number;
  progressDeadlineSeconds: number;
  autoRevert: boolean;
  canary: number;
  pauseAfterBatch: boolean;
}
interface PlacementSpec {
  query: string;
  scale: number;
  spread: string[];
  maxPerNode: number | null;
  prefer: string[];
  with: string[];
  notWith: string[];
  onPartition: 'replace' | 'wait' | 'stop-self';
}
interface ScheduleSpec {
  cron: string;
  timezone: string;
  overlap: 'skip' | 'replace' | 'queue';
  catchUp: number;
  timeoutSeconds: number | null;
}
interface LogsSpec {
  maxBytes: number;
  files: number;
  keepDays: number;
  rateBytesPerSecond: number | null;
}
export type AppType = 'service' | 'batch' | 'system' | 'cron';

export interface AppSpec {
  name: string;
  toProcess: string;
  args: string[];
  shell: boolean;
  /** null: a fresh directory for each launch. A path: shared and lasting. */
  workingDirectory: string | null;
  envs: Record<string, string>;
  ports: PortSpec[];
  debugPort: boolean;
  consolePort: boolean;
  uris: UriSpec[];
  /** Signal number. */
  killSignal: number;
  killTimeoutSeconds: number;
  killMode: 'group' | 'process';
  preStop: PreStopSpec | null;
  healthChecks: HealthCheckSpec[];
  resAlloc: ResAlloc;
  limits: LimitsSpec;
  user: string | null;
  restart: RestartSpec;
  startTimeoutSeconds: number | null;
  routes: string[];
  update: UpdateSpec;
  placement: PlacementSpec;
  type: AppType;
  schedule: ScheduleSpec | null;
  dependsOn: { app: string; until: 'running' | 'healthy' | 'completed' }[];
  logs: LogsSpec;
  meta: Record<string, string>;
  start: boolean;
}

/** One immutable, numbered version of an app's spec. Stored as `revisions`, key `<app>/<number, 8 digits>`. */
export interface Revision {
  app: string;
  /** From 1. */
  revision: number;
  /** Of the fields that need a restart (see `restartFields`). */
  hash: string;
  spec: AppSpec;
  /** sha256 by URI, as first reported by an agent; a URI that is not here is not resolved yet. */
  contents: Record<string, { sha256: string; size: number }>;
  /** epoch ms */
  createdAt: number;
  createdBy: string;
  term: number;
}

/** Stored as `apps`, key = name. */
export interface AppRecord {
  name: string;
  /** The revision in force. */
  revision: number;
  /** In force; may differ from the spec's (scaling is no revision). */
  scale: number;
  start: boolean;
  deleting: boolean;
  /** Bumped by an operator's start or restart: clears window and back-off; slots older than it are restarted in a rolling way. */
  restartedAt: number | null;
  /** Who asked for that. */
  restartedBy?: string;
  createdAt: number;
  updatedAt: number;
  /** Who last changed it. */
  by?: string;
  term: number;
}

export type AppStatus = 'running' | 'deploying' | 'degraded' | 'waiting' | 'failed' | 'stopped' | 'deleting';

/** An app as the API gives it. */
export interface AppView extends Omit<AppRecord, 'term'> {
  status: AppStatus;
  /** Because what, and what happens next. */
  reason: Reason | null;
  spec: AppSpec;
  owner: 'hub' | 'local';
  instances: { wanted: number; running: number; healthy: number; total: number };
  /** Compare-and-swap token, also the ETag. */
  version: string;
}

/** Why something is as it is, and what comes next. `text` is a sentence for people; `code` is stable. */
export interface Reason {
  code: string;
  text: string;
  next: { what: string; at: number | null } | null;
}

/** The key of `meta` that says for how many seconds a job that has ended is kept; without it until somebody deletes its app. */
export const keepKey = 'stathub.keep';
