// What became of a launch while nobody looked: matched by pid + start time + boot id, never by pid alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, isAlive } from '../processes/boot.ts';
import {
  claimLaunch,
  launcherLives,
  readExit,
  readPid,
  type ProgramExit,
  type ProgramIdentity,
} from './launch-facts.ts';
import { scanMarked } from '../processes/strays.ts';

export type LaunchFate =
  /** That very process lives. */
  | { is: 'running'; identity: ProgramIdentity }
  /** It ended and its launcher wrote down how. */
  | { is: 'exited'; exit: ProgramExit; identity: ProgramIdentity | null }
  /** It ran and is gone, nobody knows how it ended: another boot (`rebooted`), or its launcher was killed too. */
  | { is: 'gone'; identity: ProgramIdentity | null; rebooted: boolean }
  /** No program ever ran and, since the claim is ours now, none ever will. */
  | { is: 'never-ran' };

/** What the launch needs to be told apart from others. */
export interface LaunchIdentity {
  directory: string;
  /** The boot id of its launch.json; null when that file is broken: then only a living match counts. */
  boot: string | null;
  node: string;
  instance: string;
  /** STAT_EPOCH of the launch. */
  epoch: string;
}

const launcherGraceMs = 1000;
const traces = ['pid', 'ready', 'exit'];

/**
 * Tells what became of a launch. May take 1 s where a launcher has claimed the launch and not yet written a pid.
 * Another process that has the pid now is never touched nor reported.
 */
export async function fateOf(launch: LaunchIdentity): Promise<LaunchFate> {
  const settled = settledFate(launch);
  if (settled) return settled;
  if (claimLaunch(launch.directory)) {
    // Its claim may be lost: what only a program that began leaves behind says that it ran.
    const began = traces.some((name) => existsSync(join(launch.directory, name)));
    return began ? { is: 'gone', identity: null, rebooted: false } : { is: 'never-ran' };
  }
  for (const end = performance.now() + launcherGraceMs; performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const fate = settledFate(launch);
    if (fate) return fate;
  }
  const marked = (await scanMarked(launch.node)).filter(
    (one) => one.instance === launch.instance && one.epoch === launch.epoch,
  );
  const late = settledFate(launch);
  if (late) return late;
  // The one that leads its session is the program itself: it never got to write its pid (full disk).
  const program = marked.find((one) => one.session === one.pid);
  if (program)
    return { is: 'running', identity: { pid: program.pid, startTime: program.startTime, launcher: program.parent } };
  return { is: 'gone', identity: null, rebooted: false };
}

/** What the files and the process table say without waiting; null while neither pid nor exit is there. */
function settledFate(launch: LaunchIdentity): LaunchFate | null {
  const identity = readPid(launch.directory);
  const rebooted = launch.boot !== null && launch.boot !== bootId();
  let exit = readExit(launch.directory);
  if (!exit && identity && !rebooted) {
    if (isAlive(identity.pid, identity.startTime)) return { is: 'running', identity };
    exit = readExit(launch.directory); // it may have ended between the two looks
  }
  if (exit) return { is: 'exited', exit, identity };
  if (rebooted) return { is: 'gone', identity, rebooted };
  // Dead without an exit: its launcher may be about to write it.
  if (!identity || launcherLives(identity.launcher)) return null;
  exit = readExit(launch.directory);
  return exit ? { is: 'exited', exit, identity } : { is: 'gone', identity, rebooted: false };
}
