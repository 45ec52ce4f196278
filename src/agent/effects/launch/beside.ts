// A short command beside the program of an instance, a check or what comes before a stop: with its environment, directory, user,
// limits and cgroup, so that its memory and processes count there and it ends with the tree at the latest.
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbeAnswer } from '../probes.ts';
import { besideScript, type LaunchPlan } from './run-script.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

/** What is told of what it says: its last line, of the last bytes. */
const mostSaid = 300;
const mostKept = 64 * 1024;
/** After its end, for output that is still on its way: what it leaves behind may hold the pipe open for ever. ms */
const drainMs = 200;

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Runs it; its whole group ends with the signal. Exit status 0 is ok.
 * @param words program and arguments  @throws what the signal was aborted with; Error where it cannot be run
 */
export async function runBeside(
  plan: LaunchPlan,
  tools: Tools,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  signal.throwIfAborted();
  const [program = '', ...args] = words;
  const script = besideScript({ ...plan, program, args, shell: false }, tools, [], '/dev/null');
  const child = spawn(tools.shell, ['-s'], {
    cwd: '/',
    env: launcherEnvironment(tools),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let abort = (): void => undefined;
  const ended = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve({ code, signal: by }));
    abort = () => {
      if (!endGroup(child.pid)) reject(signal.reason as Error);
    };
  });
  // The script comes by the shell's input: an environment is in no argument and in no file.
  child.stdin.on('error', () => {
    /* the shell is gone: its exit follows */
  });
  child.stdin.end(script);
  const said = lastOf([child.stdout, child.stderr]);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const how = await ended;
    signal.throwIfAborted();
    await Promise.race([said.all, delay(drainMs)]);
    const line = said.text().trim().split('\n').at(-1)!.slice(0, mostSaid);
    const what = how.signal ? `ended by ${how.signal}` : `exit ${how.code}`;
    return { ok: how.code === 0, detail: line ? `${what}: ${line}` : what };
  } finally {
    signal.removeEventListener('abort', abort);
    endGroup(child.pid); // what the command left in its group
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** The last bytes of both together; `all` resolves when neither has more. */
function lastOf(streams: readonly Readable[]): { text: () => string; all: Promise<unknown> } {
  let kept = Buffer.alloc(0);
  const ends = streams.map((stream) => {
    stream.on('data', (bytes: Buffer) => {
      kept = Buffer.concat([kept, bytes]).subarray(-mostKept);
    });
    return new Promise<void>((resolve) => stream.once('close', () => resolve()));
  });
  return { text: () => kept.toString(), all: Promise.all(ends) };
}

/** @returns false: somebody is left whom this user may not end (it has gained rights, by sudo or a setuid program): do not wait for it */
function endGroup(leader: number | undefined): boolean {
  if (leader === undefined) return true;
  try {
    return process.kill(-leader, 'SIGKILL');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
