// Notices starts and ends of programs at once, for the agent's own launches and for adopted ones.
//
// Every launcher appends a line to one shared file (`s <launch directory>` started, `e` ended, `f` not made) that is watched with
// a single inotify watch: no handle, timer or descriptor per process, and no difference between own and adopted. The lines only say
// where to look; what counts are the files of the launch. A lost line (full disk) is made good by a slow sweep.
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  watch,
  type FSWatcher,
} from 'node:fs';
import { everySecond } from '../every-second.ts';
import { isAlive } from '../processes/boot.ts';
import {
  launcherLives,
  launcherOf,
  readExit,
  readPid,
  unseenExit,
  type ProgramExit,
  type ProgramIdentity,
} from './launch-facts.ts';

export interface LaunchEvents {
  /** The program exists: it has written its pid. At most once; not when that was known at `add`. */
  started(identity: ProgramIdentity): void;
  /** The program has ended, by its launcher's word or, its launcher killed, by its absence (code and signal null). Once, and the last. */
  ended(exit: ProgramExit): void;
  /** The starter could not make a launcher. */
  unmade?(): void;
}

interface Watched {
  identity: ProgramIdentity | null;
  events: LaunchEvents;
  /** Its launcher is gone: nobody will write its exit. */
  orphan: boolean;
}

const largestNotices = 1 << 20;
/** Every so many rounds a launcher is told from another process that has its pid by now. */
const exactRounds = 32;
/** Every so many sweeps also those are looked at whose launcher has not come: their files may have been tampered with. */
const closeSweeps = 8;

export class LaunchWatch {
  readonly path: string;
  readonly #launches = new Map<string, Watched>();
  /** Those that are looked at every second: starting, or without a launcher. */
  readonly #unsettled = new Set<string>();
  /** Goes over all others, some each second. */
  #round: MapIterator<string> | null = null;
  #rounds = 0;
  #sweeps = 0;
  #fd: number;
  readonly #onError: (error: Error) => void;
  /** Set where no inotify watch tells of notices. */
  readonly #polling: NodeJS.Timeout | null;
  readonly #endSweeps: () => void;
  #watcher: FSWatcher | null = null;
  #cursor: number;
  #rest = '';

  /**
   * @param path the notices file, one per agent; created when absent  @param onError what could not be looked at now; the
   * sweep looks again
   */
  constructor(path: string, onError: (error: Error) => void = () => undefined) {
    this.path = path;
    this.#onError = onError;
    appendFileSync(path, '', { mode: 0o600 });
    this.#fd = openSync(path, 'r+');
    this.#cursor = fstatSync(this.#fd).size;
    this.#watch();
    this.#polling = this.#watcher ? null : setInterval(() => this.#guarded(() => this.#read()), 50).unref();
    this.#endSweeps = everySecond(() => this.#guarded(() => this.#sweep()));
  }

  /** Called by timers and the kernel: nobody above would catch it, and no single launch may hold up the others. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.path, { persistent: false }, () => this.#guarded(() => this.#read())).on(
        'error',
        () => {
          this.#watcher = null;
        },
      );
    } catch {
      /* inotify is used up: the sweep reads it, up to 50 ms later */
    }
  }

  /** Somebody may have removed or emptied the file: launchers then write into another one, or below the cursor. */
  #checkFile(): void {
    const { nlink, size } = fstatSync(this.#fd);
    if (nlink > 0 && size >= this.#cursor) return;
    if (nlink === 0) {
      appendFileSync(this.path, '', { mode: 0o600 });
      const fd = openSync(this.path, 'r+');
      closeSync(this.#fd);
      this.#watcher?.close();
      this.#fd = fd;
      this.#watch();
    }
    this.#cursor = 0;
    this.#rest = '';
    this.#read();
  }

  /**
   * Watches a launch, before its launcher starts or on adoption.
   * @param identity what the caller knows already: `started` is then not told
   */
  add(directory: string, identity: ProgramIdentity | null, events: LaunchEvents): void {
    this.#launches.set(directory, { identity, events, orphan: false });
    if (identity === null) this.#unsettled.add(directory);
  }

  remove(directory: string): void {
    this.#launches.delete(directory);
    this.#unsettled.delete(directory);
  }

  /** The launcher is gone, with or without having written the exit. */
  launcherEnded(directory: string): void {
    this.#guarded(() => this.#look(directory, true));
  }

  close(): void {
    if (this.#polling) clearInterval(this.#polling);
    this.#endSweeps();
    this.#watcher?.close();
    closeSync(this.#fd);
    this.#launches.clear();
    this.#unsettled.clear();
  }

  #read(): void {
    const chunk = Buffer.allocUnsafe(65536);
    for (;;) {
      const length = readSync(this.#fd, chunk, 0, chunk.length, this.#cursor);
      if (length === 0) break;
      this.#cursor += length;
      const lines = (this.#rest + chunk.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const directory = line.slice(2);
        this.#guarded(() => {
          if (line.startsWith('f ')) this.#launches.get(directory)?.events.unmade?.();
          else this.#look(directory, false);
        });
      }
    }
    if (this.#cursor > largestNotices) {
      ftruncateSync(this.#fd, 0); // a line between the read and this is made good by the look at everything
      this.#cursor = 0;
      this.#rest = '';
      for (const directory of this.#launches.keys()) this.#guarded(() => this.#look(directory, false));
    }
  }

  /** Looks at the files of one launch and tells what is new. */
  #look(directory: string, launcherGone: boolean): void {
    const launch = this.#launches.get(directory);
    if (!launch) return;
    if (launch.identity === null) {
      launch.identity = readPid(directory);
      if (launch.identity && !launch.orphan) this.#unsettled.delete(directory);
      if (launch.identity) launch.events.started(launch.identity);
    }
    const exit = readExit(directory);
    if (exit) return this.#end(directory, launch, exit);
    if (launcherGone) {
      launch.orphan = true;
      this.#unsettled.add(directory);
    }
    if (launch.orphan && (launch.identity === null || !isAlive(launch.identity.pid, launch.identity.startTime))) {
      this.#end(directory, launch, readExit(directory) ?? unseenExit(directory));
    }
  }

  #end(directory: string, launch: Watched, exit: ProgramExit): void {
    this.remove(directory);
    launch.events.ended(exit);
  }

  /**
   * Every second: orphans, launches that are starting, and of all others a hundred or an eighth, the larger: whether the launcher
   * lives, by one kill(pid, 0); now and then more exactly.
   */
  #sweep(): void {
    if (!this.#watcher) this.#read();
    this.#checkFile();
    const closely = this.#sweeps++ % closeSweeps === 0;
    for (const directory of [...this.#unsettled]) this.#guarded(() => this.#lookUnsettled(directory, closely));
    const parts = Math.max(1, Math.min(8, Math.ceil(this.#launches.size / 100)));
    for (let left = Math.ceil(this.#launches.size / parts); left > 0; left--) {
      this.#round ??= this.#launches.keys();
      const { value: directory, done } = this.#round.next();
      if (!done) {
        this.#lookAtLauncher(directory);
        continue;
      }
      this.#round = null;
      this.#rounds++;
    }
  }

  /** Of one that nobody has claimed there is nothing to see yet: of many that start at once, most. */
  #lookUnsettled(directory: string, closely: boolean): void {
    const launch = this.#launches.get(directory);
    if (!launch) return;
    const launcher = launch.orphan ? 'gone' : launcherOf(directory);
    if (launcher !== null || closely) this.#look(directory, launcher === 'gone');
  }

  #lookAtLauncher(directory: string): void {
    const { identity, orphan } = this.#launches.get(directory)!;
    if (identity === null || orphan) return;
    const exactly = this.#rounds % exactRounds === 0;
    if (!exists(identity.launcher) || (exactly && !launcherLives(identity.launcher)))
      this.#guarded(() => this.#look(directory, true));
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
