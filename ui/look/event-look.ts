// What an event looks like: the glyph of the status it speaks of, and which words of its sentence are its subject. Pure.
import type { ClusterEvent } from '../../src/model/event.ts';

const verbs: [RegExp, string][] = [
  [
    /\.(gaveUp|failed|refused|corrupt|quarantined|setAside|crashed|actorCrashed|fetchFailed|stuck|frameRefused)$/i,
    'failed',
  ],
  [
    /\.(restarting|restarted|exited|ended|escalated|crashLooping|moved|rescheduled|restartAsked|rolledBack)$/i,
    'restarting',
  ],
  [/\.(unhealthy|failing|updateLate|frozen|held)$/i, 'unhealthy'],
  [/\.(killed|killing|stopping|stopAsked|deleteAsked)$/i, 'killing'],
  [/\.(stopped|deleted|removed)$/i, 'stopped'],
  [/\.(fetching|fetched|resolved|contentsKept)$/i, 'fetching'],
  [/\.(starting|started|startAsked|placed|created|planned|committed|assigned)$/i, 'starting'],
  [/\.(lost|unknown|vanished|otherHub|dropped)$/i, 'lost'],
  [/\.(suspect|suspected|silenced)$/i, 'suspect'],
  [/\.cordoned$/i, 'cordoned'],
  [/\.drain(ing|ed|Began)?$/i, 'draining'],
  [/\.(join(ed|ing)|connected|takenOver)$/i, 'joining'],
  [/\.(running|ready|returned|resumed|adopted|recovered|uncordoned|leads|thawed|rescued)$/i, 'running'],
  [
    /\.(passed|passing|healthy|updated|revised|scaled|deployed|done|changed|tagged|envsSet|set|noted|eventSent)$/i,
    'passing',
  ],
];

/** The status whose glyph stands before the event; the event's own `detail.status` wins. */
export function eventStatus(e: Pick<ClusterEvent, 'kind' | 'loudness' | 'detail'>): string {
  if (typeof e.detail?.['status'] === 'string') return e.detail['status'];
  for (const [pattern, status] of verbs)
    if (pattern.test(e.kind)) return e.loudness === 'attention' && status === 'passing' ? 'unhealthy' : status;
  return e.loudness === 'attention' ? 'unhealthy' : e.loudness === 'moving' ? 'starting' : 'stopped';
}

/** The sentence cut after its subject, when it begins with it. */
export function splitSubject(e: Pick<ClusterEvent, 'message' | 'subject'>): [string, string] {
  const { app, slot, instance, node } = e.subject;
  const names = [instance, app !== undefined && slot !== undefined ? `${app}.${slot}` : undefined, app, node].filter(
    (n): n is string => n !== undefined,
  );
  const found = names.find((name) => e.message.startsWith(name));
  return found ? [found, e.message.slice(found.length)] : ['', e.message];
}

/** Changes a minute over the last `minutes`, the oldest first. */
export function perMinute(events: readonly { at: number }[], now: number, minutes: number): number[] {
  const counts = Array.from<number>({ length: minutes }).fill(0);
  for (const e of events) {
    const ago = Math.floor((now - e.at) / 60_000);
    if (ago >= 0 && ago < minutes) counts[minutes - 1 - ago]!++;
  }
  return counts;
}

/** What the last changes were about, most first: `{subject: 'web', n: 48}`. */
export function topSubjects(
  events: readonly Pick<ClusterEvent, 'subject' | 'at'>[],
  since: number,
  most: number,
): { name: string; kind: 'app' | 'node'; id: string; n: number }[] {
  const counts = new Map<string, { name: string; kind: 'app' | 'node'; id: string; n: number }>();
  for (const e of events) {
    const id = e.subject.app ?? e.subject.node;
    if (e.at < since || id === undefined) continue;
    const kind = e.subject.app !== undefined ? 'app' : 'node';
    const entry = counts.get(`${kind} ${id}`) ?? { name: id, kind, id, n: 0 };
    entry.n++;
    counts.set(`${kind} ${id}`, entry);
  }
  return [...counts.values()].sort((a, b) => b.n - a.n || (a.name < b.name ? -1 : 1)).slice(0, most);
}
