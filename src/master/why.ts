// Why an app or an instance is as it is: the last plan's words, and the events that name it.
import type { WhyView } from '../protocol/views.ts';
import type { MasterContext } from './context.ts';
import type { ClusterEvent } from '../model/event.ts';

/** Events shown. */
const EVENTS = 20;
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** The newest events that name a subject. */
export async function eventsOf(context: MasterContext, subject: 'app' | 'instance', id: string): Promise<ClusterEvent[]> {
  return (await context.events.read({ query: `subject.${subject}:${quoted(id)}`, newestFirst: true, limit: EVENTS })).items;
}

/** Why a slot waits or where an instance came from, without the funnel (which `src/placement` counts). */
export function emptyWhy(subject: string, status: string): WhyView {
  return { subject, status, reason: null, funnel: [], nearest: [], waiting: [], decisions: [], events: [] };
}
