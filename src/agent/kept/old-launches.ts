// The directories of an instance's earlier launches: the newest few, from which window and back-off are rebuilt after an agent's
// restart (of those before them the ends are enough: past-launches.ts), and the newest crash with its work directory, for the file
// viewer. All others go.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestartSpec } from '../../model/app/app.ts';
import { readExit, readLaunch } from '../effects/launch/launch-facts.ts';
import { launchDirectory, launchNumbers } from '../effects/launch/launch-records.ts';
import type { Entry } from '../instance/entry.ts';
import { endOfLaunch, rememberEnds, type PastEnd } from '../instance/adoption/past-launches.ts';
import { crashOf, type Crash } from './crashes.ts';

/** Earlier launches whose directories are kept, however many restarts an app is allowed: of those beyond only their end is. */
export const mostOldLaunches = 20;

/** `web.0` of `web.0.abcdefgh`. */
export const slotOf = (id: string): string => id.slice(0, id.lastIndexOf('.'));

/** So many tell whether the window is full. */
const neededBy = ({ attempts }: RestartSpec): number => attempts + 1;

/**
 * Removes what nobody needs any more.
 * @param keepCrashedMs how long the files of a crash are kept
 * @returns the crash that is kept, and whether there is something that goes later
 */
export async function tidyLaunches(
  { id, directory, program, record: { spec } }: Entry,
  keepCrashedMs: number,
): Promise<{ crash: Crash | null; more: boolean }> {
  const newest = program.run?.launch ?? Infinity;
  const old = launchNumbers(directory).filter((n) => n < newest);
  const { restart } = spec;
  const keepMs = 1000 * Math.max(restart.periodSeconds, restart.resetAfterSeconds);
  const now = Date.now();
  let crash: Crash | null = null;
  let more = false;
  const ends: PastEnd[] = [];
  const going: string[] = [];
  for (const [age, n] of old.toReversed().entries()) {
    const path = launchDirectory(directory, n);
    crash ??= crashOf(directory, slotOf(id), n);
    if (crash?.work === join(path, 'work') && now - crash.at < keepCrashedMs) {
      more = true;
      continue;
    }
    const isNeeded = age < neededBy(restart) && now - endOf(path) < keepMs;
    if (isNeeded && age < mostOldLaunches) {
      await rm(join(path, 'work'), { recursive: true, force: true });
      more = true;
      continue;
    }
    const end = isNeeded ? endOfLaunch(directory, n) : null;
    if (end) ends.unshift(end);
    going.push(path);
  }
  rememberEnds(directory, ends, neededBy(restart));
  for (const path of going) await rm(path, { recursive: true, force: true });
  return { crash: crash !== null && now - crash.at < keepCrashedMs ? crash : null, more };
}

/** epoch ms; 0 where nothing tells. */
const endOf = (launch: string): number => readExit(launch)?.at ?? readLaunch<{ at: number }>(launch)?.at ?? 0;
