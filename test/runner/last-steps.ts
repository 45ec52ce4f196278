// What a failed file had waited for before each of its failures, and how long: whether something was looked at too early, or the
// machine stood still.
import { existsSync, readFileSync } from 'node:fs';
import { stepsFile } from '../support/steps.ts';

const steps = 8;
const failuresShown = 3;
const columns = 160;

/** @param failedAt epoch ms of each failed test; none: the end of the file is looked at */
export function lastSteps(directory: string, begunAt: number, failedAt: readonly number[]): string[] {
  const path = stepsFile(directory);
  if (!existsSync(path)) return [];
  const all = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => /^(\d+) (\d+) (.*)$/.exec(line)!)
    .map(([, at, waitedMs, what]) => ({ at: Number(at), waitedMs: Number(waitedMs), what: what! }));
  const since = (at: number): string => `${((at - begunAt) / 1000).toFixed(2)} s`;
  const moments = failedAt.length > 0 ? failedAt.slice(0, failuresShown) : [Date.now()];
  return moments.flatMap((moment) => [
    `     --- before the failure at ${since(moment)} it waited for`,
    ...all
      .filter(({ at }) => at <= moment)
      .slice(-steps)
      .map(({ at, waitedMs, what }) => `     | ${since(at)}, ${waitedMs} ms: ${what}`.slice(0, columns)),
  ]);
}
