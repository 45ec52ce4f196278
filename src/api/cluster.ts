// What the API can ask of a cluster. The master implements all of it; a standalone agent implements it for its own apps
// (what it cannot do is refused with `unsupported-here`). Every method may throw a `Refusal`.
import type { AppSpec, AppView, Revision } from '../model/app/app.ts';
import type { ClusterEvent, NewEvent } from '../model/event.ts';
import type { HealthView, InstanceView } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { UsageAnswer } from '../model/instance/usage.ts';
import type { SlotRecord } from '../model/assignment.ts';
import type { FileStat, FileView } from '../protocol/files.ts';
import type { ExecRequest } from '../protocol/exec.ts';
import type { ActorView, InspectFrame } from '../protocol/live.ts';
import type { PlanView, StatusView, TroubleView, WhyView } from '../protocol/views.ts';
import type { CollectionSize, QueryResult, SeriesPoint } from '../store/store.ts';

/** Who asks, for audit events and masking. */
export interface Caller {
  name: string;
  role: 'read' | 'deploy' | 'admin' | 'node';
  from: string;
}
export interface Page {
  from: number;
  size: number;
  sort?: string | undefined;
  /** Match and sort by what the caller may see: without secrets. */
  masked?: boolean;
}
export interface List<T> {
  items: T[];
  total: number;
  from: number;
  size: number;
}

export interface LogRequest {
  stream: 'stdout' | 'stderr' | 'both';
  /** Lines of each stream; above 1,000,000: all. */ tail: number;
  follow: boolean;
  /**
   * epoch ms, both. Output carries no times of its own: a little more than asked for is given (some 10 s of recent output,
   * a minute of older).
   */
  since: number | null;
  until: number | null;
  grep: string | null;
  /** Absolute offsets to go on from. */ after: { stdout: number; stderr: number } | null;
}
/** A command that runs within an instance. */
export interface ExecHandle {
  /** Resolves when more may come. */
  input(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  resize(rows: number, cols: number): void;
  /** Its exit code as a shell gives it. Rejects with a Refusal when its node goes away. */
  ended: Promise<number>;
}
/** `cursor` is the absolute offset after this chunk; `bytes` are as written. */
export interface LogChunk {
  stream: 'stdout' | 'stderr';
  cursor: number;
  bytes: Uint8Array;
}

/** What changed, coalesced; `version` grows with every change of the cluster's view. */
export interface ClusterChange {
  apps: Set<string>;
  nodes: Set<string>;
  instances: Set<string>;
  /** Instances of which nothing else changed. */ usage: Set<string>;
  events: boolean;
  /** Of the hub itself, e.g. trouble with its store. */ status?: boolean;
}

/** Whose usage is watched: of all instances, or of those of one app, one node, or of one. */
export type UsageWatch = { kind: 'cluster' } | { kind: 'app' | 'node' | 'instance'; of: string };

export interface Cluster {
  readonly role: 'master' | 'agent';
  status(): Promise<StatusView>;
  /** null when ready, else why not. */
  notReady(): string | null;
  /** Why the store takes no writes; absent where there is none. */
  storeTrouble?(): TroubleView | null;
  /** What has to be known of every answer while it does not lead; null or absent: what it tells is what is. */
  caveat?(): string | null;
  /** Why it is not known whether this master still leads; null: it does. Only one that shares its store has a lease that may lapse. */
  lapsed?(): { message: string; hint: string } | null;

  /** null: the events of all that was done so far are in the store; else why they are not, after at most `withinMs`. */
  eventsKept?(withinMs: number): Promise<string | null>;

  nodes(query: string, page: Page): Promise<List<NodeView>>;
  node(id: string): Promise<NodeView>;
  deleteNode(id: string, by: Caller): Promise<void>;
  setTags(id: string, tags: string[], by: Caller): Promise<NodeView>;
  setEnvs(id: string, envs: Record<string, string>, by: Caller): Promise<NodeView>;
  /** `deadlineMs` (drain): from now, then what is left is stopped; null or absent: none, or the one there is. */
  nodeAction(
    id: string,
    action: 'cordon' | 'uncordon' | 'drain' | 'take-over',
    by: Caller,
    options?: { deadlineMs?: number | null },
  ): Promise<NodeView>;
  nodeMetrics(id: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]>;

  apps(query: string, page: Page): Promise<List<AppView>>;
  app(name: string): Promise<AppView>;
  /**
   * `mode: create` refuses with `app-exists`. `given` names the top-level and placement keys that the caller wrote.
   * `ifMatch`: version or null.
   */
  putApp(
    spec: AppSpec,
    given: { scale: boolean; start: boolean },
    options: { mode: 'create' | 'put'; ifMatch: string | null; refetch: boolean },
    by: Caller,
  ): Promise<{ app: AppView; created: boolean; changed: boolean }>;
  planApp(spec: AppSpec, given: { scale: boolean; start: boolean }): Promise<PlanView>;
  scaleApp(name: string, scale: number, ifMatch: string | null, by: Caller): Promise<AppView>;
  /** Placement of the app: query, scale and the rest; a new revision where more than the scale changes. */
  appAction(name: string, action: 'start' | 'stop' | 'restart', by: Caller): Promise<AppView>;
  rollback(name: string, revision: number, by: Caller): Promise<AppView>;
  /** Makes the record of an app again that the store has lost. */
  recoverApp(name: string, by: Caller): Promise<AppView>;
  deleteApp(name: string, by: Caller): Promise<AppView>;
  revisions(name: string, page: Page): Promise<List<Revision>>;
  slots(name: string): Promise<SlotRecord[]>;
  why(name: string): Promise<WhyView>;

  instances(query: string, page: Page): Promise<List<InstanceView>>;
  instance(id: string): Promise<InstanceView>;
  whyInstance(id: string): Promise<WhyView>;
  instanceAction(id: string, action: 'restart' | 'kill' | 'stop' | 'adopt', by: Caller): Promise<InstanceView>;
  health(id: string): Promise<HealthView[]>;
  /** What it uses now, its samples of the last five minutes (null: its node is away), and its figures by the minute. */
  usage(id: string, fromMinute: number, toMinute: number): Promise<UsageAnswer & { points: SeriesPoint[] }>;
  /** Somebody looks at these until the way to stop is called: what their instances use is measured, and told, more often. */
  watchUsage(of: UsageWatch): () => void;
  /** The node that holds what an instance printed and left behind, also after it is gone. */
  whereabouts(id: string): Promise<{ node: string; gone: boolean }>;
  /**
   * Ends when the request is served, or, with follow, when the signal aborts or the instance is gone. Chunks without bytes
   * only tell a cursor.
   */
  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<LogChunk>;

  /** A directory of an instance (at most 1,000 entries from number `from` on), or a file. `path` '' is the top. */
  files(id: string, path: string, from: number): Promise<FileView>;
  /** A piece of a file, at most 256 KiB. `from` below 0 counts from the end; `waitMs`: at the end, how long to wait for more. */
  readFile(
    id: string,
    path: string,
    piece: { from: number; length: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<{ stat: FileStat; from: number; bytes: Uint8Array }>;

  /**
   * Runs a command within an instance; it ends with the signal. Resolves when it has begun.
   * @param output resolves when the bytes were taken; the command waits while too many are not
   */
  exec(
    id: string,
    request: ExecRequest,
    output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>,
    by: Caller,
    signal: AbortSignal,
  ): Promise<ExecHandle>;

  events(options: {
    query: string;
    after: number;
    before?: number | undefined;
    limit: number;
    newestFirst: boolean;
  }): Promise<{ items: ClusterEvent[]; oldest: number; newest: number }>;
  /** Calls back at most every 50 ms with what changed; costs nothing while nobody subscribes. Gives the way to stop. */
  subscribe(listener: (change: ClusterChange) => void): () => void;

  collections(): Promise<CollectionSize[]>;
  documents(collection: string, query: string, page: Page): Promise<QueryResult>;

  /** Every actor of this process and, at a master, of its agents. */
  actors(): Promise<ActorView[]>;
  /** Live feed of one actor ("instance:web.0.abcd", "node:…/agent"); attaches inspection on the first watcher, detaches on the last. */
  inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void>;
  /** Sends an event to an actor, as the inspector's "send an event" does. Admin only. */
  sendToActor(actor: string, event: { type: string }, by: Caller): Promise<void>;

  /** Writes down what the API itself did (made a token); absent where no history is kept. */
  note?(event: NewEvent): void;
}
