// What stands on an edge and in a state. Pure.
import type { ChartView } from '../../src/protocol/live.ts';

type Edge = Pick<ChartView['edges'][number], 'event' | 'guard' | 'kind'>;

const span = (ms: number): string =>
  ms < 1000 ? `${ms} ms` : ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;

/** The name of an event as people read it: `fetch done`, `after 10 s`, `always`. */
export function eventName(event: string, kind: Edge['kind']): string {
  if (kind === 'always' || event === '') return 'always';
  const after = /^(?:xstate\.)?after[. (]*([^.)]+)/.exec(event);
  if (kind === 'after' || (after && event.startsWith('xstate.'))) {
    const delay = (after?.[1] ?? event).trim();
    return `after ${/^\d+$/.test(delay) ? span(Number(delay)) : delay}`;
  }
  const done = /^xstate\.(done|error)\.(actor|state)\.(.+)$/.exec(event);
  if (done)
    return done[2] === 'state'
      ? `${done[3]!.split('.').at(-1)} done`
      : `${done[3]!
          .replace(/^\d+\./, '')
          .split('.')
          .at(-1)} ${done[1] === 'done' ? 'done' : 'failed'}`;
  return event;
}

/** Event with its guard in brackets; an `always` that has a guard is the guard alone. */
export function edgeLabel(edge: Edge): string {
  const name = eventName(edge.event, edge.kind);
  return edge.guard ? (name === 'always' ? `[${edge.guard}]` : `${name} [${edge.guard}]`) : name;
}

/** Milliseconds of a fixed `after`, null where the delay is named. */
export function afterMs(edge: Edge): number | null {
  const found = edge.kind === 'after' || edge.event.startsWith('xstate.after') ? /(\d+)/.exec(edge.event) : null;
  return found ? Number(found[1]) : null;
}

/** The last part of a state's path. */
export const stateName = (path: string): string => path.split('.').at(-1)!;

/** Width of a text in the chart's fonts, px: mono 11 is 6.6 a letter, Inter 13/550 about 7.1. */
export const monoWidth = (text: string): number => Math.ceil(text.length * 6.6);
export const nameWidth = (text: string): number => Math.ceil(text.length * 7.3);
