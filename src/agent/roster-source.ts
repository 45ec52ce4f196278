// The actors of an agent under the names that people see: its head, link and fence, supervisors, and instances below these.
import type { RosterEntry, RosterSource } from '../live/roster.ts';
import type { Fence } from './fence.ts';
import type { Head } from './head.ts';
import type { Entry } from './instance/entry.ts';
import type { Instances } from './instances.ts';
import type { LinkClient } from './link/link-client.ts';

interface AgentActors {
  head: Head;
  link: LinkClient;
  fence: Fence | null;
  instances: Instances;
}

export function rosterSource(actors: AgentActors): RosterSource {
  const { instances } = actors;
  return {
    entries: () => entriesOf(actors),
    find: (id) => {
      if (!id.startsWith('instance:')) return null;
      const entry = instances.entries.get(id.slice('instance:'.length));
      return entry ? instanceEntry(instances, entry) : null;
    },
  };
}

function* entriesOf({ head, link, fence, instances }: AgentActors): Generator<RosterEntry> {
  yield { id: 'agent', parent: null, label: 'agent', actor: head.actor };
  yield { id: 'link', parent: 'agent', label: 'link', actor: link.actor };
  if (fence) yield { id: 'fence', parent: 'agent', label: 'fence', actor: fence.actor };
  for (const [key, actor] of instances.supervisors)
    yield { id: `supervisor:${key}`, parent: 'agent', label: key, actor };
  for (const entry of instances.entries.values()) {
    const found = instanceEntry(instances, entry);
    if (found) yield found;
  }
}

/** Null: it has no actor. */
function instanceEntry(instances: Instances, entry: Entry): RosterEntry | null {
  if (!entry.actor) return null;
  const { app, slot } = entry.record.assignment;
  const parent = `supervisor:${instances.keyOf(entry)}`;
  return { id: `instance:${entry.id}`, parent, label: `${app}.${slot}`, actor: entry.actor };
}
