// What the API can ask of a master. What concerns nodes, apps and instances has a file each in requests/.
import type { Caller, Cluster, ClusterChange, Page } from '../api/cluster.ts';
import { Refusal } from '../model/errors.ts';
import type { ClusterEvent, NewEvent } from '../model/event.ts';
import type { ActorView, InspectFrame } from '../protocol/live.ts';
import type { StatusView } from '../protocol/views.ts';
import type { CollectionSize, QueryResult } from '../store/store.ts';
import { StoreError } from '../store/store.ts';
import type { Trouble } from '../store/trouble.ts';
import { RemoteActors } from './remote/actors.ts';
import { appRequests } from './requests/app-requests.ts';
import { instanceRequests } from './requests/instance-requests.ts';
import { nodeRequests } from './requests/node-requests.ts';
import { notReady, type ClusterParts } from './requests/parts.ts';
import { collectionSizes, documents } from './shown/collections.ts';
import { statusView } from './shown/status.ts';

export function masterCluster(parts: ClusterParts): Cluster {
  return {
    role: 'master',
    ...hubRequests(parts),
    ...nodeRequests(parts),
    ...appRequests(parts),
    ...instanceRequests(parts),
  };
}

type HubRequests = Pick<
  Cluster,
  | 'status'
  | 'storeTrouble'
  | 'notReady'
  | 'lapsed'
  | 'eventsKept'
  | 'events'
  | 'subscribe'
  | 'collections'
  | 'documents'
  | 'actors'
  | 'inspect'
  | 'sendToActor'
  | 'note'
>;

function hubRequests(parts: ClusterParts): HubRequests {
  const remote = new RemoteActors(parts.context, parts.roster, parts.commands);
  return {
    async status(): Promise<StatusView> {
      return statusView(parts);
    },
    storeTrouble(): Trouble | null {
      return parts.trouble.current;
    },
    notReady: () => notReady(parts),
    lapsed: () => parts.trouble.lapsed(),
    eventsKept: (withinMs) => parts.context.events.kept(withinMs),
    events({
      query,
      after,
      before,
      limit,
      newestFirst,
    }: Parameters<Cluster['events']>[0]): Promise<{ items: ClusterEvent[]; oldest: number; newest: number }> {
      return asRefusal(
        parts.context.events.read({
          after,
          limit,
          newestFirst,
          ...(query ? { query } : {}),
          ...(before === undefined ? {} : { before }),
        }),
      );
    },
    subscribe(listener: (change: ClusterChange) => void): () => void {
      return parts.context.view.changes.subscribe(listener);
    },
    collections(): Promise<CollectionSize[]> {
      return collectionSizes(parts.context.store);
    },
    documents(collection: string, query: string, { from, size, sort }: Page): Promise<QueryResult> {
      const options = { from, size, ...(sort === undefined ? {} : { sort }) };
      return asRefusal(documents(parts.context, collection, query, options));
    },
    actors(): Promise<ActorView[]> {
      return remote.actors();
    },
    inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void> {
      return remote.inspect(actor, listener, signal);
    },
    sendToActor(actor: string, event: { type: string }, by: Caller): Promise<void> {
      return remote.send(actor, event, by);
    },
    note({ kind, subject, message, loudness, detail }: NewEvent): void {
      parts.context.events.note(kind, subject, message, { loudness, detail });
    },
  };
}

/** What the store refuses because of the query is the caller's to mend. */
async function asRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store-refused')
      throw new Refusal('invalid-query', error.message, error.hint, [
        { path: 'query', message: error.message, hint: error.hint },
      ]);
    throw error;
  }
}
