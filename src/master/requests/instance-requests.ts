// What the API can ask of instances. What only their node knows is asked of it.
import type { Caller, Cluster, ExecHandle, List, LogChunk, LogRequest, Page, UsageWatch } from '../../api/cluster.ts';
import type { HealthView, InstanceView } from '../../model/instance/instance.ts';
import type { UsageAnswer } from '../../model/instance/usage.ts';
import type { ExecRequest } from '../../protocol/exec.ts';
import type { FileView } from '../../protocol/files.ts';
import type { WhyView } from '../../protocol/views.ts';
import type { SeriesPoint } from '../../store/store.ts';
import { soundUsageAnswer } from '../link/sound.ts';
import { execRemote } from '../remote/exec.ts';
import { readRemoteFile, remoteFiles } from '../remote/files.ts';
import { followLogs } from '../remote/logs.ts';
import { whereabouts } from '../remote/whereabouts.ts';
import { bySlot, page } from '../shown/lists.ts';
import { instanceViews } from '../shown/shown.ts';
import { whyInstance } from '../shown/why.ts';
import { requireServing, type ClusterParts } from './parts.ts';

/** An agent that does not answer within this is not waited for, ms. */
const askUsageMs = 1000;

type InstanceRequests = Pick<
  Cluster,
  | 'instances'
  | 'instance'
  | 'whyInstance'
  | 'instanceAction'
  | 'health'
  | 'usage'
  | 'watchUsage'
  | 'exec'
  | 'files'
  | 'readFile'
  | 'whereabouts'
  | 'logs'
>;

export function instanceRequests(parts: ClusterParts): InstanceRequests {
  return {
    instances(query: string, at: Page): Promise<List<InstanceView>> {
      return page(instanceViews(parts.context.view), query, at, parts.context.clock.now(), bySlot);
    },
    async instance(id: string): Promise<InstanceView> {
      return parts.instanceActions.view(id);
    },
    async whyInstance(id: string): Promise<WhyView> {
      return whyInstance(parts, parts.instanceActions.view(id));
    },
    async instanceAction(id: string, action: 'restart' | 'kill' | 'stop' | 'adopt', by: Caller): Promise<InstanceView> {
      requireServing(parts);
      return parts.instanceActions.action(id, action, by);
    },
    async health(id: string): Promise<HealthView[]> {
      return parts.instanceActions.view(id).health;
    },
    async usage(id: string, from: number, to: number): Promise<UsageAnswer & { points: SeriesPoint[] }> {
      const { usage, node } = parts.instanceActions.view(id);
      const [answer, points] = await Promise.all([
        // Its node knows better than the last report, where it answers at once.
        parts.commands.ask(node, 'usage', id, {}, { expiresInMs: askUsageMs }).then(soundUsageAnswer, () => null),
        parts.context.store.readPoints(`instance/${id}`, from, to),
      ]);
      return { now: answer?.now ?? usage, recent: answer?.recent ?? null, points };
    },
    watchUsage(of: UsageWatch): () => void {
      return parts.attention.watch(of);
    },
    async exec(
      id: string,
      request: ExecRequest,
      output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>,
      by: Caller,
      signal: AbortSignal,
    ): Promise<ExecHandle> {
      requireServing(parts);
      return execRemote(parts, parts.instanceActions.view(id), request, output, by, signal);
    },
    files(id: string, path: string, from: number): Promise<FileView> {
      return remoteFiles(parts.context, parts.commands, id, path, from);
    },
    readFile(...[id, path, piece, signal]: Parameters<Cluster['readFile']>): ReturnType<Cluster['readFile']> {
      return readRemoteFile(parts.context, parts.commands, id, path, piece, signal);
    },
    whereabouts(id: string): Promise<{ node: string; gone: boolean }> {
      return whereabouts(parts.context, id);
    },
    async *logs(id: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
      const { node } = await whereabouts(parts.context, id);
      yield* followLogs(parts.commands, node, id, request, signal);
    },
  };
}
