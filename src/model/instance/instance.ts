// Observed state: an assignment's life on a node, as the API shows it.
import type { HealthRole, Reason } from '../app/app.ts';

export const instanceStatuses = [
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
] as const;
export type InstanceStatus = (typeof instanceStatuses)[number];

export const exitReasons = [
  'exited',
  'signal',
  'oom',
  'disk',
  'unhealthy',
  'stop',
  'update',
  'start-timeout',
  'port-taken',
  /** Its node was cut off, and `onPartition` is `stop-self`. */
  'partition',
  /** Its node has less memory, disk or cpus left than it reserves, or no port. */
  'no-room',
  /** It could not be started: no room on the node's disk / anything else; the last line of `tail` says what. */
  'disk-full',
  'not-started',
  'unknown',
] as const;
export type ExitReason = (typeof exitReasons)[number];

/** A limit that was exceeded, and the sample that said so: bytes. */
export interface Exceeded {
  what: 'memory' | 'disk';
  used: number;
  limit: number;
}

/** How a launch ended: one shape everywhere. */
export interface Exit {
  code: number | null;
  /** number */ signal: number | null;
  reason: ExitReason;
  /** epoch ms */ at: number;
  durationMs: number;
  launch: number;
  core: boolean;
  peakMem: number | null;
  /** Who asked for it, where somebody did. */ by: string | null;
  /** What led to it, in words, where more is known than the reason: "health check 0 failed 3 times in a row (...)". */ text:
    | string
    | null;
  /** The limit that it was over, where that is why. */ quota: Exceeded | null;
  /** Last lines of output. */ tail: string[];
}

export interface HealthView {
  index: number;
  role: HealthRole;
  status: 'waiting' | 'passing' | 'failing';
  failures: number;
  at: number;
  detail: string;
}
/**
 * What an instance's whole tree of processes uses. null: not known (yet). Disk and descriptors are as of up to a minute ago, or longer
 * where counting is dear.
 */
export interface Usage {
  at: number;
  /** Cores, since the sample before: 0.5 is half a core. */ cpu: number | null;
  /** Bytes: the working set of its cgroup, else its share of resident memory (PSS). */ mem: number | null;
  fds: number | null;
  processes: number | null;
  threads: number | null;
  /** Bytes. */ disk: number | null;
  /** Bytes from and to disks since the launch began. */ ioRead: number | null;
  ioWrite: number | null;
  /** Parts of what it is allotted (`limits.cpus`, else `resAlloc.cpus`; `resAlloc.mem`): 1 is all of it; null where nothing is. */
  cpuShare: number | null;
  memShare: number | null;
}

export interface InstanceView {
  id: string;
  app: string;
  slot: number;
  place: 'a' | 'b';
  node: string;
  revision: number;
  epoch: number;
  /** 'local' or a hub's id. */ owner: string;
  goal: 'run' | 'leave' | 'stop';
  status: InstanceStatus;
  /** The statechart's state as a dotted path, e.g. 'killing.terminating'; null where no machine runs. */
  state: string | null;
  /** The program's, not the launcher's. */ pid: number | null;
  /** The user that it runs as; null: nothing runs, or as the agent itself. */ user: string | null;
  ports: number[];
  debugPort: number | null;
  consolePort: number | null;
  /** Begin of this launch, epoch ms. */ startedAt: number | null;
  /** Begin of being ready in this launch, epoch ms. */ readyAt: number | null;
  /** Launches after the first. */ restarts: number;
  launch: number;
  exit: Exit | null;
  health: HealthView[];
  usage: Usage | null;
  reason: Reason | null;
  /** A full restart window waiting for an answer. */ escalated: { launch: number; deaths: number } | null;
  /** epoch ms of the last change of this record on its node. */ at: number;
}

/** `running` and no check failing. */
export const isHealthy = (i: Pick<InstanceView, 'status' | 'health'>): boolean =>
  i.status === 'running' && i.health.every((h) => h.status !== 'failing');

/** It is wanted, has ended as it should, and is not started again. */
export const hasDoneItsWork = (i: Pick<InstanceView, 'status' | 'goal'>): boolean =>
  i.status === 'stopped' && i.goal === 'run';
