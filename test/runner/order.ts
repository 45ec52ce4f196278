// Which file begins when. The long ones begin first, so that none of them is left over alone at the end; those that mostly wait and
// those that mostly compute take turns, so that the cores have work all the time. Then the other stories with real processes, and
// at the end what only computes: short files, that fill whatever core is free.

/** From 10 s on at rest on two cores, by the column of seconds that the runner prints; at the left what waits. */
const long = [
  ['cluster/elasticsearch/away', 'run/migrate'],
  ['cluster/elasticsearch/standby', 'ui/dashboard'],
  ['agent/steady', 'cluster/survival'],
  ['agent/full-disk', 'query/agreement-elasticsearch'],
  ['cluster/elasticsearch/indices', 'cluster/evacuation'],
  ['cluster/elasticsearch/fail-over', 'cluster/elasticsearch/survival'],
  ['agent/node/hardware', 'agent/orchestrators.'],
  ['store/elasticsearch/failures', 'master/scale'],
  ['cluster/elasticsearch/eight', 'cluster/exec-flow'],
  ['store/elasticsearch/contract', 'cli/imports'],
  ['agent/kept/shipping', 'agent/orchestrators-programs'],
  ['agent/effects/cgroups/limits', 'store/moving/move'],
  ['store/elasticsearch/log', 'cluster/elasticsearch/main-job'],
  ['agent/watches/disk', 'agent/damage-matrix'],
  ['store/elasticsearch/move', 'agent/damage.'],
  ['live/hub', 'api/browser'],
  ['agent/instance/run/endings', 'query/agreement.'],
  ['master/nodes/loss', 'cluster/elasticsearch/shipping'],
  ['store/elasticsearch/leading/lease', 'cluster/exec.'],
  ['agent/end-all', 'cli/command-line'],
  ['agent/effects/launch/adopt', 'run/up/up'],
  ['run/replaced', 'agent/effects/users/users'],
  ['agent/usage/usage', 'cluster/partition'],
  ['agent/effects/processes/without-cgroups', 'cluster/contents'],
  ['agent/kept/logs', 'ui/terminal'],
].flat();

const computing = /^(machines|model|placement|query|ui)\//;

function rank(name: string): number {
  const index = long.findIndex((one) => name.startsWith(one));
  if (index >= 0) return index;
  return computing.test(name) ? long.length + 1 : long.length;
}

/** @param names paths from the tests' folder */
export function inOrder(names: readonly string[]): string[] {
  return names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
