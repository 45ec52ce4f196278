// What changed here, gathered for a moment, for whoever watches this agent's own API.
import type { ClusterChange } from '../../api/cluster.ts';
import type { RunningAgent } from '../agent.ts';

const gatherMs = 50;
const nothing = (): ClusterChange => ({
  apps: new Set(),
  nodes: new Set(),
  instances: new Set(),
  usage: new Set(),
  events: false,
});

/** Tells of changes of instances, their apps and their usage, at most once in 50 ms. @returns ends it */
export function watchChanges(
  { instances, usage }: RunningAgent,
  listener: (change: ClusterChange) => void,
): () => void {
  let gathered: ClusterChange | null = null;
  const gather = (): ClusterChange => {
    if (gathered) return gathered;
    const begun = (gathered = nothing());
    setTimeout(() => {
      gathered = null;
      listener(begun);
    }, gatherMs).unref();
    return begun;
  };
  const endUsage = usage.onSampled((ids) => {
    for (const id of ids) gather().usage.add(id);
  });
  const endInstances = instances.onChange((ids) => {
    const change = gather();
    change.events = true;
    for (const id of ids) {
      change.instances.add(id);
      const app = instances.entries.get(id)?.record.assignment.app;
      if (app !== undefined) change.apps.add(app);
    }
  });
  return () => {
    endUsage();
    endInstances();
  };
}
