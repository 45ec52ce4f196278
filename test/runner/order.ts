// Which file begins when. The long ones begin first, so that none of them is left over alone at the end; those that mostly wait and
// those that mostly compute take turns, so that the cores have work all the time. Then the other stories with real processes, and
// at the end what only computes: short files, that fill whatever core is free.

/** From 10 s on at rest on two cores, by the column of seconds that the runner prints; at the left what waits. */
const long = [
  ['cluster/elasticsearch/away', 'ui/dashboard'],
  ['agent/full-disk', 'run/migrate'],
  ['cluster/elasticsearch/standby', 'cluster/evacuation'],
  ['agent/orchestrators-programs', 'agent/orchestrators.'],
  ['cluster/elasticsearch/fail-over', 'cluster/elasticsearch/eight'],
  ['agent/disk', 'cluster/elasticsearch/survival'],
  ['agent/kept/shipping', 'agent/damage-matrix'],
  ['agent/effects/launch/adopt', 'agent/damage.'],
  ['agent/limits', 'run/upgrade'],
  ['agent/usage/usage', 'cluster/survival'],
  ['query/agreement-elasticsearch', 'cli/imports'],
  ['live/hub', 'cluster/elasticsearch/main-job'],
  ['cluster/partition', 'cluster/exec-flow'],
  ['store/elasticsearch/contract', 'agent/users'],
  ['master/loss', 'agent/exits'],
  ['agent/endings', 'cluster/nodes'],
  ['store/elasticsearch/failures', 'agent/adoption'],
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
