// Starts the processes of a hub, each in its own group with its output in a log file, and starts one again that dies.
// What already runs (it holds its directory's lock) is attached to, never started twice.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { holderOf } from '../../store/lock.ts';
import { alive, type Member } from './folder.ts';

export interface Guarded extends Member {
  how: 'started' | 'was running';
}
/** Exit code of a second process on one directory: not started again while the first one lives. */
const heldElsewhere = 4;
const mostLogBytes = 10 * 1024 ** 2;
const startWithinMs = 60_000;

export class StartFailed extends Error {
  constructor(member: Member, why: string) {
    super(`the ${member.name} did not start: ${why}`);
    this.name = 'StartFailed';
  }
}

export class Guard {
  readonly members: Guarded[] = [];
  readonly #main: string;
  readonly #changed: () => void;
  readonly #say: (line: string) => void;
  #stopping = false;
  #sweep: NodeJS.Timeout | null = null;
  /** One look at a time: a directory that answers slowly must not have its process started twice. */
  #looking: Promise<void> | null = null;
  /** @param main the program's entry file  @param changed called when a pid or address changes  @param say one line for a person */
  constructor(main: string, changed: () => void, say: (line: string) => void) {
    this.#main = main;
    this.#changed = changed;
    this.#say = say;
  }

  /**
   * Starts or attaches, and waits until it answers on its address.
   * @throws StartFailed with the last lines of its log
   */
  async add(member: Member): Promise<Guarded> {
    const held = await holderOf(member.directory);
    const guarded: Guarded = { ...member, how: held ? 'was running' : 'started' };
    this.members.push(guarded);
    if (!held) this.#start(guarded, 0);
    try {
      await this.#ready(guarded);
    } catch (error) {
      this.members.splice(this.members.indexOf(guarded), 1);
      throw error;
    }
    this.#changed();
    this.#sweep ??= setInterval(() => {
      this.#looking ??= this.#watchAttached()
        .catch((error: unknown) => this.#say(`what runs could not be looked at: ${(error as Error).message}`))
        .finally(() => {
          this.#looking = null;
        });
    }, 1000);
    return guarded;
  }

  /** Waits until what another `up` guards answers. @throws StartFailed when nobody starts it */
  async attach(member: Member): Promise<Guarded> {
    const attached: Guarded = { ...member, how: 'was running' };
    await this.#ready(attached);
    return attached;
  }

  /** Ends the members, last first, and waits for each. Programs run on. @returns those that did not end in 20 s */
  async stop(): Promise<Guarded[]> {
    this.#stopping = true;
    if (this.#sweep) clearInterval(this.#sweep);
    await this.#looking;
    const left: Guarded[] = [];
    for (const member of [...this.members].reverse())
      if (!(await endProcess(member.pid, 'SIGTERM', 20_000))) left.push(member);
    return left;
  }

  /** @throws Error at its first start; a later one that cannot be made is tried again */
  #start(member: Guarded, failures: number): void {
    let child: ChildProcess;
    try {
      mkdirSync(member.directory, { recursive: true, mode: 0o700 });
      const log = openSync(rotated(join(member.directory, 'log.jsonl')), 'a', 0o600);
      try {
        child = spawn(process.execPath, [this.#main, member.role, ...samePort(member)], {
          detached: true,
          stdio: ['ignore', log, log],
        });
      } finally {
        closeSync(log);
      }
    } catch (error) {
      if (member.address === null) throw error;
      return this.#again(member, failures + 1, (error as Error).message);
    }
    const startedAt = Date.now();
    member.pid = child.pid ?? null;
    member.how = 'started';
    let over = false;
    const ended = (why: string, code: number | null): void => {
      if (over) return;
      over = true;
      member.pid = null;
      if (this.#stopping) return;
      if (code === heldElsewhere) {
        member.how = 'was running'; // whoever holds it is watched from now on
        return;
      }
      const again = Date.now() - startedAt > 10_000 ? 0 : failures + 1;
      if (member.address === null && again >= 3) return; // its first start fails again and again: `add` says so
      this.#again(member, again, why);
    };
    child.on('error', (error) => ended(error.message, null));
    child.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`, code));
    child.unref();
  }

  #again(member: Guarded, failures: number, why: string): void {
    const pause = failures === 0 ? 0 : Math.min(500 * 2 ** (failures - 1), 30_000);
    if (member.address !== null)
      this.#say(`the ${member.name} ended (${why}); it is started again${pause ? ` in ${pause / 1000} s` : ''}`);
    setTimeout(() => {
      if (this.#stopping) return;
      this.#start(member, failures);
      this.#changed();
    }, pause);
  }

  async #ready(member: Guarded): Promise<void> {
    const deadline = Date.now() + startWithinMs;
    let deadSince: number | null = null;
    while (Date.now() < deadline) {
      const holder = await holderOf(member.directory);
      if (holder?.address && (await answers(holder.address))) {
        member.pid = holder.pid;
        member.address = holder.address;
        return;
      }
      if (holder || alive(member.pid)) deadSince = null;
      else if (Date.now() - (deadSince ??= Date.now()) > 3000) break;
      await delay(25);
    }
    throw new StartFailed(member, lastLines(join(member.directory, 'log.jsonl')));
  }

  /** Attached ones are no children of ours: their end is seen by looking. */
  async #watchAttached(): Promise<void> {
    for (const member of this.members) {
      if (member.how !== 'was running' || alive(member.pid) || this.#stopping) continue;
      if ((await holderOf(member.directory)) || this.#stopping) continue; // somebody else started it again
      this.#say(`the ${member.name} ended; it is started again`);
      this.#start(member, 0);
      this.#changed();
    }
  }
}

/** One that was given any free port gets the same one again: the others know it by that. */
const samePort = ({ args, address }: Member): string[] =>
  args.map((word, index) => (args[index - 1] === '--port' && word === '0' && address ? new URL(address).port : word));

/** Sends a signal and waits. @returns false when it still lives after `withinMs` */
export async function endProcess(pid: number | null, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  if (pid === null || !alive(pid)) return true;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true; // it ended between the look and the signal
    throw error;
  }
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await delay(20)) if (!alive(pid)) return true;
  return !alive(pid);
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok || response.status === 401;
  } catch {
    return false; // not listening yet
  }
}

function rotated(path: string): string {
  try {
    if (statSync(path).size > mostLogBytes) renameSync(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return path;
}

function lastLines(path: string): string {
  try {
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-5)
      .map((line) => {
        try {
          const entry = JSON.parse(line) as { msg?: string; hint?: string };
          return [entry.msg, entry.hint].filter(Boolean).join(' ');
        } catch {
          return line;
        }
      });
    return `${lines.join('; ')} (its log: ${path})`;
  } catch {
    return `it left no log at ${path}`;
  }
}
