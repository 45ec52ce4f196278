// This node and the apps on it as the agent itself can tell them, without its master: how many there should be is not known here.
import type { AppSpec, AppView } from '../../model/app/app.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import type { NodeView } from '../../model/node.ts';
import type { RunningAgent } from '../agent.ts';

const masterAway: NonNullable<NodeView['reason']> = {
  code: 'no-link',
  text: 'The master does not answer; what runs here runs on.',
  next: { what: 'tries again', at: null },
};

/** What runs here takes of the node, by its specs. */
function allocatedBy(specs: readonly AppSpec[]): NodeView['allocated'] {
  const sum = (what: 'cpus' | 'mem' | 'disk'): number =>
    specs.reduce((total, { resAlloc }) => total + (resAlloc[what] ?? 0), 0);
  return { cpus: sum('cpus'), mem: sum('mem'), disk: sum('disk'), instances: specs.length };
}

/** The facts of the node must be known. */
export function ownNodeView({ self, identity, link, context, instances }: RunningAgent): NodeView {
  const running = [...instances.entries.values()].filter(({ snapshot }) => (snapshot?.context.pid ?? null) !== null);
  return {
    ...self.facts,
    id: identity.node,
    status: link.up ? 'ready' : 'suspect',
    reason: link.up ? null : masterAway,
    tags: context.tags,
    envs: {},
    load: self.load,
    beatAt: Date.now(),
    link: link.up ?? 'none',
    allocated: allocatedBy(running.map(({ record }) => record.spec)),
  };
}

const isHealthy = ({ status, health }: InstanceView): boolean =>
  status === 'running' && health.every((check) => check.status !== 'failing');

/** An app as far as it runs here; null: nothing of it is on this node. */
export function ownAppView({ instances, commands }: RunningAgent, name: string): AppView | null {
  const own = [...instances.entries.values()].filter(({ record }) => record.assignment.app === name);
  const newest = own.toSorted((a, b) => b.record.assignment.revision - a.record.assignment.revision)[0];
  if (!newest) return null;
  const views = own.map(({ id }) => commands.view(id));
  const running = views.filter(({ status }) => status === 'running').length;
  const { assignment, spec } = newest.record;
  return {
    name,
    revision: assignment.revision,
    scale: own.length,
    start: true,
    deleting: false,
    restartedAt: null,
    createdAt: assignment.at,
    updatedAt: assignment.at,
    spec,
    version: '',
    status: running === views.length ? 'running' : 'degraded',
    reason: null,
    owner: assignment.owner === 'local' ? 'local' : 'hub',
    instances: { wanted: own.length, running, healthy: views.filter(isHealthy).length, total: own.length },
  };
}
