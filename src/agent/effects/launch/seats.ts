// Spare launchers (spareScript): made in quiet moments, used by the next start. They end with the agent.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMembership,
  joinFile,
  removeMembership,
  seatName,
  type Membership,
  type MembershipRoot,
} from '../cgroups/cgroup.ts';
import { seatScript, spareScript, launcherName } from './launcher-scripts.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

interface Seat {
  child: ChildProcess;
  membership: Membership;
  err: string;
  gone: boolean;
  used: ((unclaimed: void) => void) | null;
}

const refillDelayMs = 50;
/** After a start that found no seat. */
const crowdMs = 200;
/** After one that could not be made. */
const troubleMs = 5000;

interface SeatOptions {
  tools: Tools;
  notices: string;
  root: MembershipRoot;
  /** Where the stderr files of unused seats lie; on the same file system as the launches. */
  directory: string;
  /** How many are kept, 0 for none. */
  count: number;
}

export class Seats {
  readonly #options: SeatOptions;
  readonly #free: Seat[] = [];
  readonly #reserved = new Map<string, Seat>();
  #timer: NodeJS.Timeout | null = null;
  #made = 0;
  #missedAt = -Infinity;
  #closed = false;

  constructor(options: SeatOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    // What an agent that was killed has left.
    for (const name of readdirSync(options.directory)) rmSync(join(options.directory, name), { force: true });
  }

  /** Begins to keep seats ready. */
  fill(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#closed || this.#free.length >= this.#options.count) return;
      if (performance.now() - this.#missedAt < crowdMs) return this.fill(); // many start at once: spares would only take their time
      let seat: Seat | null = null;
      try {
        seat = this.#make();
      } catch {
        // a full disk, no descriptor, no process: launches do without, and it is tried again
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.fill();
        }, troubleMs).unref();
        return;
      }
      this.#free.push(seat);
      if (this.#free.length < this.#options.count) this.fill(); // one a turn: each costs a fork of the agent
    }, refillDelayMs).unref();
  }

  /** Reserves a seat: the v2 cgroup its program will be in. Null when none is ready. */
  reserve(launch: string): Membership | null {
    const seat = this.#free.shift();
    if (!seat) {
      this.#missedAt = performance.now();
      return null;
    }
    this.#reserved.set(launch, seat);
    return seat.membership;
  }

  /**
   * Lets the reserved seat carry out a launch.
   * @param onEnd the launcher is gone; the launch may be unclaimed then
   * @returns false when there is no seat for it (any more): start it otherwise
   */
  use(launch: string, onEnd: () => void): boolean {
    const seat = this.#reserved.get(launch);
    this.#reserved.delete(launch);
    this.fill();
    if (!seat || seat.gone) return false;
    try {
      renameSync(seat.err, join(launch, 'err'));
    } catch {
      // somebody tidied it away: this one could not tell how its program ended
      seat.child.stdin?.end();
      return false;
    }
    seat.used = onEnd;
    seat.child.stdin?.end(`${launch}\n${launch}\n`);
    return true;
  }

  /** The launch for which it was reserved will not be: the seat ends, since its group may have that launch's limits. */
  abandon(launch: string): void {
    const seat = this.#reserved.get(launch);
    if (!seat) return;
    this.#reserved.delete(launch);
    seat.child.stdin?.end();
    this.fill();
  }

  /** Ends the unused ones and removes their cgroups. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const unused = [...this.#free.splice(0), ...this.#reserved.values()];
    this.#reserved.clear();
    await Promise.all(
      unused.map(
        (seat) =>
          new Promise<void>((resolve) => {
            if (seat.gone) return resolve();
            seat.child.ref();
            seat.child.once('exit', () => resolve());
            seat.child.stdin?.end();
          }),
      ),
    );
  }

  /** @throws Error where no file, cgroup or process can be made */
  #make(): Seat {
    const { tools, notices, root, directory } = this.#options;
    const number = ++this.#made;
    const membership: Membership = root.kind === 'v2' ? createMembership(root, seatName(), number) : root;
    const joins = membership.kind === 'v2' ? (joinFile(membership) ?? '') : '';
    const err = join(directory, `${process.pid}.${number}`);
    const fd = openSync(err, 'wx', 0o600);
    let child: ChildProcess;
    try {
      child = spawn(
        tools.shell,
        ['-c', spareScript, launcherName, joins, notices, tools.setsid, tools.shell, seatScript],
        {
          cwd: '/',
          env: launcherEnvironment(tools),
          stdio: ['pipe', 'ignore', fd],
          detached: true,
        },
      );
    } finally {
      closeSync(fd);
    }
    const seat: Seat = { child, membership, err, gone: false, used: null };
    const ended = () => {
      if (seat.gone) return;
      seat.gone = true;
      const at = this.#free.indexOf(seat);
      if (at >= 0) this.#free.splice(at, 1);
      if (seat.used) return seat.used();
      removeMembership(membership);
      try {
        unlinkSync(err);
      } catch {
        /* taken by a launch */
      }
    };
    child.once('error', ended).once('exit', ended);
    child.stdin?.on('error', () => {
      /* its exit says the same */
    });
    child.unref();
    (child.stdin as unknown as { unref(): void } | null)?.unref();
    return seat;
  }
}
