// A client of /v1/live over a real socket.
import WebSocket from 'ws';
import type { ServerFrame } from '../../src/protocol/live.ts';
import { until } from './until.ts';

type Of<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

export interface Watcher {
  socket: WebSocket;
  frames: ServerFrame[];
  send(frame: unknown): void;
  watch(topic: string, more?: object): void;
  /** The next frame of that type, from the first on that was not waited for yet. */
  next<T extends ServerFrame['type']>(type: T, topic?: string): Promise<Of<T>>;
  closed: Promise<{ code: number; reason: string }>;
}

export async function watcher(address: string, options: WebSocket.ClientOptions = {}): Promise<Watcher> {
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/v1/live`, { perMessageDeflate: false, ...options });
  const frames: ServerFrame[] = [];
  const taken = new Set<ServerFrame>();
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {
    /* told by close */
  });
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return {
    socket,
    frames,
    closed,
    send,
    watch: (topic, more = {}) => send({ type: 'watch', topic, ...more }),
    next: async (type, topic) => {
      const found = await until(`a frame ${type} of ${topic ?? 'any topic'}`, () =>
        frames.find(
          (f) => !taken.has(f) && f.type === type && (topic === undefined || ('topic' in f && f.topic === topic)),
        ),
      );
      taken.add(found);
      return found as never;
    },
  };
}
