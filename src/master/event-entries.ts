// An event as the log keeps it, and back: without secrets, and what came over a wire brought into shape.
import type { ClusterEvent, NewEvent } from '../model/event.ts';
import { maskSecrets, maskText } from '../model/secrets.ts';
import type { Doc, Json, LogEntry } from '../store/store.ts';

export type Entry = Omit<LogEntry, 'seq'>;

const longestText = 4_000;

const text = (value: unknown, fallback: string): string =>
  typeof value === 'string' ? value.slice(0, longestText) : fallback;
const plain = (value: unknown): Doc =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Doc) : {};

/** An event as a log entry, without secrets; what came over a wire is brought into shape here. */
export function entryOf(event: NewEvent): Entry {
  const { app, instance, slot, node } = plain(event.subject);
  return {
    at: Number.isFinite(event.at) ? event.at : 0,
    kind: text(event.kind, 'event.noted').slice(0, 100),
    subject: {
      ...(typeof app === 'string' ? { app } : {}),
      ...(typeof instance === 'string' ? { instance } : {}),
      ...(typeof slot === 'number' ? { slot } : {}),
      ...(typeof node === 'string' ? { node } : {}),
    },
    message: maskText(text(event.message, '')),
    loudness: event.loudness === 'attention' || event.loudness === 'moving' ? event.loudness : 'quiet',
    detail: maskSecrets(plain(event.detail)) as Json,
  };
}

/** A log entry as the API gives it. */
export function eventOf(entry: LogEntry): ClusterEvent {
  const { spool: _spool, ...event } = entry;
  return event as unknown as ClusterEvent;
}
