// What an instance's program does to its tree of processes: asks it to end, kills it, waits until it is empty. What fails is told,
// never thrown: nobody above could do better.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppSpec } from '../../model/app.ts';
import { signalName } from '../../model/signals.ts';
import { killTree, signalProgram, whenEmpty, type Tree } from '../effects/processes/tree.ts';

type Warn = (what: string, error: unknown) => void;

/** Sends the app's kill signal. @param ended the program itself is gone: those it left behind get it */
export function askToEnd(tree: Tree, { killSignal, killMode }: Pick<AppSpec, 'killSignal' | 'killMode'>, ended: boolean, warn: Warn): void {
  try {
    signalProgram(tree, killSignal, ended ? 'group' : killMode);
    signalProgram(tree, 'SIGCONT', killMode); // a stopped process cannot heed it
  } catch (error) {
    warn(`${signalName(killSignal)} could not be sent`, error);
  }
}

/** SIGKILL until nobody is left. */
export function endTree(tree: Tree, warn: Warn): void {
  killTree(tree).catch((error: unknown) => warn('its processes could not be killed', error));
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
