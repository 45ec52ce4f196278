// Which file begins when. Those that take long begin first, so that none of them is left over alone at the end.

const long = /^(cluster\/elasticsearch|run\/(migrate|upgrade)|cluster\/evacuation|ui\/dashboard|query\/agreement)/;

/** @param names paths from the tests' folder */
export function inOrder(names: readonly string[]): string[] {
  return names.toSorted((a, b) => Number(long.test(b)) - Number(long.test(a)) || (a < b ? -1 : 1));
}
