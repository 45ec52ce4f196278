// A short command beside the program of an instance, a check or what comes before a stop: with its environment, directory, user,
// limits and cgroup, so that its memory and processes count there and it ends with the tree at the latest.
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { ProbeAnswer } from '../probes.ts';
import { besideScript, type LaunchPlan } from './run-script.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

/** What is told of what it says: its last line, of the last bytes. */
const mostSaid = 300;
const mostKept = 64 * 1024;
/** After its end, for output that is still on its way: what it leaves behind may hold the pipe open for ever. ms */
const drainMs = 200;

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
  const script = besideScript({ ...plan, program, args, shell: false }, tools, {}, '/dev/null');
  // The script comes by the shell's input: an environment is in no argument and in no file.
  const child = execa(tools.shell, ['-s'], {
    cwd: '/',
    env: launcherEnvironment(tools),
    extendEnv: false,
    input: script,
    all: true,
    buffer: false,
    detached: true, // a group of its own: it ends whole, which `kill` of one process would not see to
    cleanup: false,
    reject: false,
  });
  const said = lastOf(child.all);
  const left = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let abort = (): void => undefined;
  const refused = new Promise<never>((_resolve, reject) => {
    abort = () => {
      if (!endGroup(child.pid)) reject(signal.reason as Error);
    };
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    // Its output ends with it, unless what it leaves behind holds the pipe.
    await Promise.race([child, refused, left.then(() => delay(drainMs))]);
    endGroup(child.pid); // what the command left in its group
    child.stdout.destroy();
    child.stderr.destroy();
    const { exitCode, signal: by, originalMessage } = await child;
    signal.throwIfAborted();
    if (exitCode === undefined && by === undefined) throw new Error(originalMessage);
    const line = said().trim().split('\n').at(-1)!.slice(0, mostSaid);
    const what = by ? `ended by ${by}` : `exit ${exitCode}`;
    return { ok: exitCode === 0, detail: line ? `${what}: ${line}` : what };
  } finally {
    signal.removeEventListener('abort', abort);
    endGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** The last bytes that came. */
function lastOf(stream: Readable): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]).subarray(-mostKept);
  });
  return () => kept.toString();
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
