// The dashboard's live feed, `/v1/live`: connections, what they ask for, and their end. With nobody watching there is no
// subscription, no timer, nothing.
import type { Caller, Cluster } from '../api/cluster.ts';
import { Refusal } from '../model/errors.ts';
import { clientFrame, type ClientFrame } from '../protocol/live.ts';
import { ActorFeed } from './actor-feed.ts';
import { LiveClient, type Feed, type LiveSocket, type Watch } from './client.ts';
import { InspectFeed } from './inspect-feed.ts';
import { LogFeed } from './log-feed.ts';
import { topicOf, type Topic } from './topics.ts';
import { ViewFeed } from './view-feed.ts';

/** Between two looks at who is gone or hopeless. */
const sweepMs = 15_000;
const maxClients = 500;
const maxTopics = 64;
/** Most characters of a frame from a browser. */
const maxFrameLength = 4096;
/** Unreadable frames until a connection is closed. */
const maxFaults = 20;

interface LiveHubOptions {
  cluster: Cluster;
  version: string;
  now?: () => number;
  /** Told of errors nobody foresaw. */
  onError?: (error: unknown) => void;
}

/** A connection, as whoever owns the socket tells of it. */
export interface LiveConnection {
  message(data: unknown): void;
  /** A pong. */ heard(): void;
  closed(): void;
}

export class LiveHub {
  readonly #cluster: Cluster;
  readonly #version: string;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #clients = new Set<LiveClient>();
  readonly #feeds: { views: Feed; actors: Feed; logs: Feed; inspect: Feed };
  #sweepTimer: NodeJS.Timeout | null = null;

  constructor({ cluster, version, now = Date.now, onError = () => {} }: LiveHubOptions) {
    this.#cluster = cluster;
    this.#version = version;
    this.#now = now;
    this.#onError = onError;
    const failed = (watch: Watch | null, error: unknown) => this.#failed(watch, error);
    this.#feeds = {
      views: new ViewFeed(cluster, now, failed),
      actors: new ActorFeed(cluster, now, failed),
      logs: new LogFeed(cluster, now, failed),
      inspect: new InspectFeed(cluster, failed),
    };
  }

  get size(): number {
    return this.#clients.size;
  }
  /** Nothing runs for anybody. */
  get idle(): boolean {
    return this.#sweepTimer === null && Object.values(this.#feeds).every((feed) => feed.idle);
  }

  /** Takes a connection; null, and closed with 1013, when there are too many. */
  accept(socket: LiveSocket, caller: Caller): LiveConnection | null {
    if (this.#clients.size >= maxClients) {
      socket.close(1013, 'too many watchers');
      return null;
    }
    const client = new LiveClient(socket, caller);
    this.#clients.add(client);
    client.answer({ type: 'hello', version: this.#version, role: this.#cluster.role, at: this.#now() });
    this.#sweepTimer ??= setInterval(() => this.sweep(), sweepMs).unref();
    return {
      message: (data) => {
        client.silent = false;
        this.#read(client, data);
      },
      heard: () => {
        client.silent = false;
      },
      closed: () => this.#forget(client),
    };
  }

  /** Ends who did not answer the last ping or takes nothing any more; pings the others. */
  sweep(): void {
    for (const client of this.#clients) {
      if (client.silent || client.isHopeless(this.#now())) {
        this.#forget(client);
        client.terminate();
      } else {
        client.ping();
      }
    }
  }

  #feedOf(topic: Topic): Feed {
    switch (topic.kind) {
      case 'actors':
        return this.#feeds.actors;
      case 'logs':
        return this.#feeds.logs;
      case 'inspect':
        return this.#feeds.inspect;
      default:
        return this.#feeds.views;
    }
  }

  #read(client: LiveClient, data: unknown): void {
    const parsed =
      typeof data === 'string' && data.length <= maxFrameLength ? clientFrame.safeParse(parsedOrNull(data)) : null;
    if (!parsed?.success) {
      client.answer({
        type: 'problem',
        topic: null,
        code: 'invalid-request',
        detail:
          'this is no frame of /v1/live: send {"type": "watch" or "unwatch", "topic": ...} or {"type": "ping"} as text',
      });
      if (++client.faults >= maxFaults) client.close(1008, 'too many frames that could not be read');
      return;
    }
    const frame = parsed.data;
    if (frame.type === 'ping') client.answer({ type: 'pong' });
    else if (frame.type === 'unwatch') this.#unwatch(client, frame.topic);
    else this.#watch(client, frame);
  }

  #watch(client: LiveClient, frame: Extract<ClientFrame, { type: 'watch' }>): void {
    const { topic: name } = frame;
    const topic = topicOf(name);
    if (!topic) {
      client.answer({
        type: 'problem',
        topic: name,
        code: 'not-found',
        detail: 'topics are cluster, events, actors, app:NAME, node:ID, instance:ID, logs:INSTANCE and inspect:ACTOR',
      });
      return;
    }
    this.#unwatch(client, name);
    if (client.watches.size >= maxTopics) {
      client.answer({
        type: 'problem',
        topic: name,
        code: 'too-many',
        detail: `one connection may watch ${maxTopics} topics`,
      });
      return;
    }
    const watch: Watch = {
      client,
      name,
      topic,
      stale: false,
      trouble: null,
      over: new AbortController(),
      after: frame.after,
      tail: frame.tail ?? 200,
      stream: frame.stream ?? 'both',
    };
    client.watches.set(name, watch);
    this.#feedOf(topic).add(watch);
  }

  #unwatch(client: LiveClient, name: string): void {
    const watch = client.watches.get(name);
    if (!watch) return;
    client.watches.delete(name);
    watch.over.abort();
    this.#feedOf(watch.topic).remove(watch);
  }

  #forget(client: LiveClient): void {
    if (!this.#clients.delete(client)) return;
    for (const name of client.watches.keys()) this.#unwatch(client, name);
    if (this.#clients.size > 0 || this.#sweepTimer === null) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = null;
  }

  /** A failure is told once to the watcher it concerns; what nobody foresaw also goes to the log, and tells nothing of itself. */
  #failed(watch: Watch | null, error: unknown): void {
    const code = error instanceof Refusal ? error.code : 'internal';
    if (watch?.trouble === code) return;
    if (!(error instanceof Refusal)) this.#onError(error);
    if (!watch || watch.over.signal.aborted) return;
    watch.trouble = code;
    watch.client.answer(
      error instanceof Refusal
        ? { type: 'problem', topic: watch.name, code: error.code, detail: error.message }
        : {
            type: 'problem',
            topic: watch.name,
            code: 'internal',
            detail: 'something unexpected happened; it is in the log',
          },
    );
    if (watch.topic.kind === 'logs' || watch.topic.kind === 'inspect') this.#unwatch(watch.client, watch.name);
  }
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
