// Starts programs, each under a launcher of its own: in a spare one if there is one, else by the starter, else (busybox has no
// `setsid -f`, PID 1 must reap what it starts) straight from the agent. The agent's death changes nothing for any of them.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMembership, removeMembershipRoot, type Membership, type MembershipRoot } from '../cgroups/cgroup.ts';
import { claimLaunch } from './launch-facts.ts';
import { launcherName, launcherScript } from './launcher-scripts.ts';
import { isFull } from '../disk/room.ts';
import { LaunchWatch, type LaunchEvents } from './launch-watch.ts';
import { LaunchError, runScript, type LaunchPlan } from './run-script.ts';
import { Seats } from './seats.ts';
import { Starter } from './starter.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

/** What comes of a start. Exactly one of `ended` and `failed` is the last. */
export interface StartEvents extends Pick<LaunchEvents, 'started' | 'ended'> {
  /** No program was started and none will be: the launcher could not be made. The launch is claimed by the agent. */
  failed(error: Error): void;
}

interface LauncherOptions {
  tools: Tools;
  root: MembershipRoot;
  /** The agent's store directory: `notices` and `spare/` are made in it. On the same file system as the launches. */
  directory: string;
  /** Spare launchers kept ready; default 2. */
  spares?: number;
  /** What could not be looked at, and is looked at again. */
  onError?: (error: Error) => void;
}

interface Pending {
  directory: string;
  events: StartEvents;
  tries: number;
}

const mostTries = 4;

export class Launcher {
  /** Tells starts and ends; also of adopted launches. */
  readonly watch: LaunchWatch;
  readonly #options: LauncherOptions;
  readonly #starter: Starter | null;
  readonly #seats: Seats;
  /** Ordered and not yet known to be claimed. */
  readonly #pending = new Map<string, Pending>();
  #closed = false;

  constructor(options: LauncherOptions) {
    const { directory, tools, root } = options;
    if (/[\n\0]/.test(directory))
      throw new LaunchError('plan-invalid', 'the store directory must not have a line break in its name');
    this.#options = options;
    const notices = join(directory, 'notices');
    this.watch = new LaunchWatch(notices, options.onError);
    this.#starter = tools.forks && process.pid !== 1 ? new Starter(tools, notices, () => this.#again()) : null;
    this.#seats = new Seats({ tools, notices, root, directory: join(directory, 'spare'), count: options.spares ?? 2 });
    this.#seats.fill();
  }

  /**
   * The cgroup in which a launch will run: to be written into launch.json before `start`. Taken from a spare launcher where one is
   * ready, else made as `<instance>.<launch>`.
   * @param directory of the launch
   */
  membership(directory: string, instance: string, launch: number): Membership {
    const { root } = this.#options;
    const seat = this.#seats.reserve(directory);
    return seat?.kind === 'v2' ? seat : createMembership(root, instance, launch);
  }

  /**
   * Starts the program of a launch. Returns at once; the rest is told by `events`.
   * @throws LaunchError when the plan cannot be carried out: nothing was started
   */
  start(plan: LaunchPlan, events: StartEvents): void {
    requireDirectory(plan.workingDirectory);
    writeFileSync(join(plan.directory, 'run'), runScript(plan, this.#options.tools), { flag: 'wx', mode: 0o600 });
    const { directory } = plan;
    const pending = { directory, events, tries: 0 };
    this.#pending.set(directory, pending);
    this.watch.add(directory, null, {
      started: (identity) => {
        this.#pending.delete(directory);
        events.started(identity);
      },
      ended: (exit) => {
        this.#pending.delete(directory);
        events.ended(exit);
      },
      unmade: () => this.#retry(pending),
    });
    if (!this.#seats.use(directory, () => this.#launcherEnded(directory))) this.#order(pending);
  }

  /** A launch whose `membership` was taken will not be started: what is held for it is given back, what was begun of it removed. */
  abandon(directory: string): void {
    this.#pending.delete(directory);
    this.watch.remove(directory);
    this.#seats.abandon(directory);
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      /* an empty launch directory: passed over by every reader */
    }
  }

  /** Where memberships are made. */
  get root(): MembershipRoot {
    return this.#options.root;
  }

  /** Ends starter and spares; programs and their launchers run on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#starter?.close();
    this.watch.close();
    await this.#seats.close();
    removeMembershipRoot(this.root); // stays while programs are in it
  }

  #order(pending: Pending): void {
    pending.tries++;
    if (this.#starter) return this.#starter.order(pending.directory);
    const { tools } = this.#options;
    let child: ChildProcess;
    try {
      child = spawn(
        tools.shell,
        ['-c', launcherScript, launcherName, pending.directory, this.watch.path, tools.setsid],
        {
          cwd: '/',
          env: launcherEnvironment(tools),
          stdio: 'ignore',
          detached: true,
        },
      );
    } catch {
      return this.#retry(pending);
    } // out of memory, or of descriptors
    child.unref();
    child.once('error', () => this.#retry(pending));
    child.once('exit', () => this.#launcherEnded(pending.directory));
  }

  #launcherEnded(directory: string): void {
    const pending = this.#pending.get(directory);
    if (pending && !existsSync(join(directory, 'claim'))) this.#retry(pending);
    else this.watch.launcherEnded(directory);
  }

  /** The starter died: whatever it had not carried out is ordered again. A launch that was claimed meanwhile cannot run twice. */
  #again(): void {
    for (const pending of this.#pending.values())
      if (!existsSync(join(pending.directory, 'claim'))) this.#retry(pending);
  }

  #retry(pending: Pending): void {
    if (this.#closed || this.#pending.get(pending.directory) !== pending) return;
    if (pending.tries < mostTries) {
      const again = () => {
        if (!this.#closed && this.#pending.get(pending.directory) === pending) this.#order(pending);
      };
      setTimeout(again, 50 * 4 ** pending.tries);
      return;
    }
    this.#pending.delete(pending.directory);
    let why = 'the host refuses new processes (kernel.pid_max, ulimit -u, pids.max)';
    try {
      if (!claimLaunch(pending.directory)) return; // somebody made it after all: the watch tells
    } catch (error) {
      // what keeps us from it keeps every launcher from it
      if (isFull(error)) {
        this.watch.remove(pending.directory);
        pending.events.failed(error as Error);
        return;
      }
      why = (error as Error).message;
    }
    this.watch.remove(pending.directory);
    pending.events.failed(
      new LaunchError('launcher-failed', `the launcher could not be started in ${mostTries} attempts: ${why}`),
    );
  }
}

function requireDirectory(path: string): void {
  let reason = 'it is no directory';
  try {
    if (statSync(path).isDirectory()) return;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new LaunchError('working-directory-missing', `the working directory ${path} cannot be used: ${reason}`);
}
