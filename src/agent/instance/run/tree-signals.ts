// What an instance's program does to its tree of processes: asks it to end, kills it, waits until it is empty. What fails is told,
// never thrown: nobody above could do better.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppSpec } from '../../../model/app/app.ts';
import { signalName } from '../../../model/instance/signals.ts';
import { killTree, signalProgram, type Stuck } from '../../effects/processes/kill-tree.ts';
import { isEmpty, treeMembers, whenEmpty, type Tree } from '../../effects/processes/tree.ts';

type Warn = (what: string, error: unknown) => void;

/** Sends the app's kill signal. @param ended the program itself is gone: those it left behind get it */
export function askToEnd(
  tree: Tree,
  { killSignal, killMode }: Pick<AppSpec, 'killSignal' | 'killMode'>,
  ended: boolean,
  warn: Warn,
): void {
  try {
    signalProgram(tree, killSignal, ended ? 'group' : killMode, true);
  } catch (error) {
    warn(`${signalName(killSignal)} could not be sent`, error);
  }
}

/** SIGKILL until nobody is left. */
export function endTree(tree: Tree, warn: Warn): void {
  const told = (left: Stuck[]): void =>
    warn('not all of its processes end by SIGKILL', new Error(left.map(stuckText).join('; ')));
  killTree(tree, told).catch((error: unknown) => warn('its processes could not be killed', error));
}

const stuckText = ({ pid, command, state, refuses }: Stuck): string =>
  `${command} (pid ${pid}) ${refuses ? 'runs with rights that this agent has not' : `is in state ${state}`}`;

/**
 * Whether nobody is left of a program that has ended, as far as a restart must know. It waits for no scan: without a cgroup, whom it
 * left behind in other sessions is killed beside the next launch.
 * @param ending somebody ends it: only a scan tells then, so this says no (`untilEmpty` follows)
 * @param graceMs for those left behind
 * @param found hears how many those are, where there are any
 */
export function isLeft(
  tree: Tree,
  ending: boolean,
  graceMs: number,
  warn: Warn,
  found: (count: number) => void,
): boolean {
  if (tree.membership.kind !== 'session') return isEmpty(tree);
  if (ending || !isEmpty(tree)) return false;
  const { uid: _shared, ...own } = tree; // the next launch runs as the same user
  const endThem = async (): Promise<void> => {
    const { length } = await treeMembers(own);
    if (length > 0) found(length);
    endTree(own, warn);
  };
  setTimeout(() => {
    endThem().catch((error: unknown) => warn('whom it left behind could not be seen', error));
  }, graceMs).unref();
  return true;
}

/** Resolves when nobody is left; where that cannot be seen, looks again. */
export async function untilEmpty(tree: Tree, warn: Warn): Promise<void> {
  for (;;) {
    try {
      return await whenEmpty(tree);
    } catch (error) {
      warn('whether its tree is empty could not be seen', error);
      await delay(1000, undefined, { ref: false });
    }
  }
}
