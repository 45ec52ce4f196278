// The one WebSocket of the page. Topics are counted: the first watcher opens one, the last closes it. Lost connections are opened
// again with a growing delay and every topic is asked for again. While the page is hidden nothing is watched, so it costs nothing.
import { signal } from '@preact/signals';
import type { ClientFrame, ServerFrame } from '../../src/protocol/live.ts';
import { toLogin } from './api.ts';
import { setHubTime } from './ticks.ts';

type Watch = Extract<ClientFrame, { type: 'watch' }>;
type Listener = (frame: ServerFrame) => void;
interface Topic {
  /** The frame to ask with; called again at each connection, so that it can resume. */
  ask: () => Omit<Watch, 'type' | 'topic'>;
  listeners: Set<Listener>;
}

/** `waiting` is before the first connection; `asleep` while the page is hidden. */
export const link = signal<{
  state: 'waiting' | 'open' | 'lost' | 'asleep';
  /** Since when lost. */
  since: number;
  /** Last frame. */
  seen: number;
  /** Next try, epoch ms of this browser. */
  retryAt: number;
}>({ state: 'waiting', since: 0, seen: 0, retryAt: 0 });
export const hello = signal<Extract<ServerFrame, { type: 'hello' }> | null>(null);
/** What the hub refused on this socket, newest last. */
const problems = signal<{ topic: string | null; code: string; detail: string }[]>([]);

const hiddenAfterMs = 3_000;
const pingEveryMs = 15_000;
const silentAfterMs = 35_000;
const firstDelayMs = 400;
const longestDelayMs = 10_000;
const topics = new Map<string, Topic>();
let socket: WebSocket | null = null;
let delay = firstDelayMs;
let retry: number | undefined;
let sleep: number | undefined;
let seen = 0;

const send = (frame: ClientFrame): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
};

/** Watches a topic until the returned function is called. A second watcher of a topic makes the hub send its snapshot again. */
export function watch(topic: string, listener: Listener, ask: Topic['ask'] = () => ({})): () => void {
  const entry = topics.get(topic) ?? { ask, listeners: new Set<Listener>() };
  entry.listeners.add(listener);
  topics.set(topic, entry);
  send({ type: 'watch', topic, ...ask() });
  return () => {
    entry.listeners.delete(listener);
    if (entry.listeners.size > 0 || topics.get(topic) !== entry) return;
    topics.delete(topic);
    send({ type: 'unwatch', topic });
  };
}

function receive(text: string): void {
  let frame: ServerFrame;
  try {
    frame = JSON.parse(text) as ServerFrame;
  } catch {
    return console.error('stathub: a frame that is not JSON', text.slice(0, 200));
  }
  if ('at' in frame && typeof frame.at === 'number') setHubTime(frame.at);
  if (frame.type === 'hello') {
    hello.value = frame;
    return;
  }
  if (frame.type === 'pong') return;
  if (frame.type === 'problem') problems.value = [...problems.value.slice(-19), frame];
  if (frame.topic !== null) for (const listener of topics.get(frame.topic)?.listeners ?? []) listener(frame);
}

function onOpen(): void {
  delay = firstDelayMs;
  link.value = { state: 'open', since: 0, seen: Date.now(), retryAt: 0 };
  for (const [topic, entry] of topics) send({ type: 'watch', topic, ...entry.ask() });
}

function onClose(): void {
  socket = null;
  const before = link.peek();
  // A browser does not say why an upgrade was refused: a cookie that ran out is found by asking for anything else.
  if (before.state !== 'open')
    void fetch('/v1/status', { headers: { accept: 'application/json' } }).then(
      (r) => {
        if (r.status === 401) toLogin();
      },
      () => {
        /* away: tried again below */
      },
    );
  const wait = delay * (0.75 + Math.random() / 2);
  delay = Math.min(longestDelayMs, delay * 2);
  link.value = {
    state: before.seen || before.state === 'lost' ? 'lost' : 'waiting',
    since: before.since || Date.now(),
    seen,
    retryAt: Date.now() + wait,
  };
  clearTimeout(retry);
  retry = window.setTimeout(connect, wait);
}

/** Opens the socket now (also the "Now" of the lost-connection bar). */
export function connect(): void {
  clearTimeout(retry);
  if (socket || document.hidden) return;
  const url = new URL('/v1/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const made = new WebSocket(url);
  socket = made;
  made.onopen = () => {
    if (socket === made) onOpen();
  };
  made.onmessage = (event) => {
    seen = Date.now();
    receive(event.data as string);
  };
  made.onclose = () => {
    if (socket === made) onClose();
  };
}

function fallAsleep(): void {
  clearTimeout(retry);
  link.value = { ...link.peek(), state: 'asleep', seen };
  const old = socket;
  socket = null;
  old?.close(1000, 'hidden');
}

/** Starts the connection and minds the page's visibility, for as long as the page is there. */
export function startLive(): void {
  const onVisible = (): void => {
    clearTimeout(sleep);
    if (document.hidden) {
      sleep = window.setTimeout(fallAsleep, hiddenAfterMs);
      return;
    }
    delay = firstDelayMs;
    connect();
  };
  setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - seen > silentAfterMs) {
      const old = socket;
      onClose();
      old.close(); // half open: the other side is gone without a word
      return;
    }
    send({ type: 'ping' });
  }, pingEveryMs);
  document.addEventListener('visibilitychange', onVisible);
  addEventListener('online', connect);
  connect();
}
