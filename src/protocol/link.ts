// Frames between agent and master. The same frames travel by WebSocket (`GET /v1/link`) and by the HTTP
// fallback (`POST /v1/link/:node/report`, long-poll `GET /v1/link/:node/frames?after=n&wait=25`). JSON; a body above 16 KiB
// is deflated (zlib, RFC 1950) by its sender and sent as a binary frame. maxPayload 1 MiB: larger sets travel in parts.
//
// What comes over a wire is parsed with these schemas; what is of our own making and large (specs, facts, views) is only
// checked for its outline, because the same program wrote it; unknown keys pass, so that versions can differ by one.
import { z } from 'zod';
import type { AppSpec } from '../model/app/app.ts';
import type { Assignment, DesiredRevision } from '../model/assignment.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { InstanceView } from '../model/instance/instance.ts';
import type { NodeFacts, NodeLoad } from '../model/node.ts';

const id = z.string().min(1).max(200);
const record = <T>(...required: string[]) =>
  z.custom<T>((value) => typeof value === 'object' && value !== null && required.every((key) => key in value), {
    message: `needs ${required.join(', ')}`,
  });

export const times = z.object({ beatMs: z.number(), suspectMs: z.number(), lostMs: z.number() });
export type Times = z.infer<typeof times>;

export const instanceView = record<InstanceView>('id', 'app', 'slot', 'status');
const assignment = record<Assignment>('id', 'app', 'slot', 'place', 'epoch', 'revision', 'hash', 'owner', 'goal');
const revision = record<DesiredRevision>('app', 'revision', 'hash', 'spec');

// ---- agent -> master ----
export const hello = z.object({
  type: z.literal('hello'),
  node: id,
  machine: id,
  boot: z.string(),
  run: z.number().int(),
  version: z.string(),
  /** The hub this agent belongs to, null before the first. */
  hub: z.string().nullable(),
  /** The highest term and epoch ever seen from that hub. */
  term: z.number().int(),
  epoch: z.number().int(),
  /** Take this node over from another hub. */
  takeOver: z.boolean(),
  facts: record<NodeFacts>('hostname', 'os', 'memory'),
  instances: z.array(instanceView),
  token: z.string().optional(),
});
export const agentFrame = z.discriminatedUnion('type', [
  hello,
  z.object({ type: z.literal('ack'), n: z.number().int() }),
  z.object({ type: z.literal('resync') }),
  z.object({
    type: z.literal('result'),
    id,
    ok: z.boolean(),
    value: z.unknown().optional(),
    code: z.string().optional(),
    detail: z.string().optional(),
  }),
  /** State, replaced and not queued: `from: 0` is the whole; else a delta on the report numbered `from`. Gone instances are null. */
  z.object({
    type: z.literal('observed'),
    run: z.number().int(),
    seq: z.number().int(),
    from: z.number().int(),
    changes: z.record(z.string(), instanceView.nullable()),
    contents: z
      .array(
        z.object({
          app: z.string(),
          revision: z.number().int(),
          uri: z.string(),
          sha256: z.string(),
          size: z.number(),
        }),
      )
      .optional(),
  }),
  z.object({ type: z.literal('beat'), sentMono: z.number(), load: record<NodeLoad>('at').nullable() }),
  z.object({ type: z.literal('facts'), facts: record<NodeFacts>('hostname', 'os', 'memory') }),
  /**
   * Samples of instances, in the order of model/instance/usage.ts: at once of those that somebody watches, else gathered.
   * Not acknowledged.
   */
  z.object({ type: z.literal('usage'), rows: z.record(z.string(), z.array(z.number().nullable()).max(32)) }),
  z.object({
    type: z.literal('metrics'),
    points: z.array(
      z.object({
        subject: z.string(),
        minute: z.number().int(),
        values: z.record(z.string(), z.tuple([z.number(), z.number(), z.number()])),
      }),
    ),
  }),
  /** Numbered within a spool generation; acknowledged after the master's commit. */
  z.object({
    type: z.literal('events'),
    generation: z.string(),
    events: z.array(
      z.object({ n: z.number().int(), event: record<Omit<ClusterEvent, 'seq'>>('at', 'kind', 'subject', 'message') }),
    ),
  }),
  /** The node is to be drained (SIGUSR2). `at` names the evacuation; sent after every welcome until the command `evacuation` answers. */
  z.object({ type: z.literal('evacuate'), at: z.number(), remainingMs: z.number().nullable() }),
  /** Part of the answer to a streaming command (logs, files, inspection). Binary is base64. */
  z.object({ type: z.literal('chunk'), id, value: z.unknown() }),
]);
export type Hello = z.infer<typeof hello>;
export type AgentFrame = z.infer<typeof agentFrame>;

// ---- master -> agent: each frame but welcome, refused and beat.ack has a link number n (from 1 in each term) ----
const n = z.number().int();
/**
 * Commands are done once (ids kept 10 min); `expiresInMs` counts from arrival. Streams (logs, files, inspect) answer with
 * `chunk`s and end with `result`; `cancel` ends one early. `resolve` fetches `args.uris` (UriSpec[]) without starting anything
 * and answers `{contents: {uri: {sha256, size}}}`; its target is the app's name.
 */
export const command = z.object({
  type: z.literal('command'),
  n,
  id,
  expiresInMs: z.number(),
  name: z.enum([
    'restart',
    'kill',
    'stop',
    'adopt',
    'logs',
    'cancel',
    'health',
    'usage',
    'actors',
    'inspect',
    'send',
    'files',
    'resolve',
    'evacuation',
    'blob',
    'exec',
    'exec-input',
  ]),
  /** Instance or actor id, or the id of the command to cancel. */
  target: z.string(),
  args: z.record(z.string(), z.unknown()),
});
export const masterFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    hub: id,
    term: z.number().int(),
    version: z.string(),
    times,
    /** false: another hub's node; report only. */
    obey: z.boolean(),
  }),
  z.object({
    type: z.literal('refused'),
    code: z.string(),
    detail: z.string(),
    hint: z.string(),
    /** final: do not try again. */
    final: z.boolean(),
  }),
  /** `from: 0`: the whole set in `parts` parts; else a delta on (term, from): assignments by id, gone ones named in `gone`. */
  z.object({
    type: z.literal('desired'),
    n,
    term: z.number().int(),
    seq: z.number().int(),
    from: z.number().int(),
    part: z.number().int(),
    parts: z.number().int(),
    revisions: z.array(revision),
    assignments: z.array(assignment),
    gone: z.array(z.string()),
    envs: z.record(z.string(), z.string()),
    tags: z.array(z.string()).nullable(),
  }),
  command,
  /** `masters`: addresses of all masters of the hub, where they are others than this line was told. */
  z.object({ type: z.literal('beat.ack'), sentMono: z.number(), masters: z.array(z.string()).optional() }),
  z.object({ type: z.literal('events.ack'), n, generation: z.string(), upTo: z.number().int() }),
]);
export type MasterFrame = z.infer<typeof masterFrame>;
export type Command = z.infer<typeof command>;
export type DesiredFrame = Extract<MasterFrame, { type: 'desired' }>;

// What the commands answer (`result.value`, or the `value` of each chunk):
//   restart, kill, stop, send, cancel: nothing. resolve: {contents}. adopt: AdoptAnswer. health: HealthView[].
//   usage (target: an instance): UsageAnswer; (target '*', args {ids: string[] | null, forMs}): nothing, these are watched for so long.
//   actors: ActorView[] with the agent's own ids ('agent', 'link', 'supervisor:web#0', 'instance:<id>'); the master puts
//   'node:<id>/' before all but instances. inspect (target: the agent's own actor id): chunks of InspectFrame. send: args {event}.
//   logs (target: instance, args: LogRequest of src/api/cluster.ts): chunks of LogChunkValue. `by` in args: who asked.
//   exec (target: instance, args: ExecRequest and `session`): ExecChunks, then {code}. exec-input (target: that session): ExecInput.
//   blob (target: sha256, args {from, length} in bytes): chunks of base64, then {size} of the whole; `not-found` where it is not here.
export interface LogChunkValue {
  stream: 'stdout' | 'stderr';
  cursor: number;
  /** base64 */
  bytes: string;
}
/** What an `adopt` command answers: the record's spec, so that the hub can make an app of it. */
export interface AdoptAnswer {
  spec: AppSpec;
  hash: string;
  view: InstanceView;
}

/** Bytes above which a body is deflated. */
export const deflateAbove = 16 * 1024;
/** Most bytes of one WebSocket message. */
export const maxPayload = 1024 * 1024;
