// The status of the hub: counts, and what a person should look at.
import type { MasterContext } from '../context.ts';
import type { StatusView } from '../../protocol/views.ts';
import type { View } from '../view.ts';
import { lostNotice } from '../recovery/lost-apps.ts';
import type { ClusterParts } from '../requests/parts.ts';
import { otherHubNotice } from './other-hub.ts';
import { sharedMachines } from './shared-machine.ts';
import { instanceStatuses } from './shown.ts';

export function statusView({ context, storeAbout, trouble, phase, frozenUntil, startedAt }: ClusterParts): StatusView {
  const { view, leadership, version, clock } = context;
  const nodes: Record<string, number> = {};
  const instances: Record<string, number> = {};
  for (const { status } of view.nodes.values()) nodes[status] = (nodes[status] ?? 0) + 1;
  for (const status of instanceStatuses(view)) instances[status] = (instances[status] ?? 0) + 1;
  const notices: StatusView['notices'] = [];
  const notice = (code: string, text: string): void => {
    notices.push({ code, text, at: clock.now() });
  };
  const frozen = frozenUntil();
  if (frozen !== null)
    notice(
      'placement-frozen',
      `Most nodes vanished at once: nothing is replaced before ${new Date(frozen).toISOString()}`,
    );
  const lost = lostNotice(view);
  if (lost !== null) notice('apps-lost', lost);
  const elsewhere = otherHubNotice(view);
  if (elsewhere !== null) notice('nodes-of-another-hub', elsewhere);
  const unassigned = unassignedOf(view);
  if (unassigned > 0)
    notice('unknown-instances', `${unassigned} running instances are assigned by nobody here: adopt or stop them`);
  const ahead = Math.round(trouble.clockAheadMs / 1000);
  if (ahead !== 0) {
    const by = ahead > 0 ? `${ahead} s ahead of` : `${-ahead} s behind`;
    notice('clock', `The clock of this master is ${by} that of its store: set both by NTP`);
  }
  for (const text of unreachable(context.masters)) notice('master-address', text);
  if (nodes.lost) notice('nodes-lost', `${nodes.lost} of ${view.nodes.size} nodes are lost`);
  for (const text of sharedMachines(view.nodes)) notice('machine-shared', text);
  return {
    name: 'stathub',
    role: 'master',
    version,
    hub: leadership.hub || null,
    term: leadership.term || null,
    startedAt,
    phase: phase(),
    store: { ...storeAbout, trouble: trouble.current },
    masters: context.masters.map(({ address, host }) => ({ address, host })),
    nodes,
    apps: view.apps.size,
    instances,
    notices,
  };
}

/** What runs and has no place here. */
function unassignedOf(view: View): number {
  let count = 0;
  for (const { standing, node, view: shown } of view.instances.values())
    if (
      standing === 'unknown' &&
      !['stopped', 'failed'].includes(shown.status) &&
      view.nodes.get(node)?.status !== 'lost'
    )
      count += 1;
  return count;
}

/** Masters on several machines of which some give an address that leads nowhere on another. */
function unreachable(masters: MasterContext['masters']): string[] {
  if (new Set(masters.map(({ host }) => host)).size < 2) return [];
  return masters
    .filter(({ address }) => /^https?:\/\/(localhost|127\.|\[::1\])/.test(address))
    .map(
      ({ address, host }) =>
        `The master on ${host} says that it is reached at ${address}, which is no address for other machines: ` +
        'start it with --bind and --address, or agents cannot go on with it',
    );
}
