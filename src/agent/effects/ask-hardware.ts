// Asks the process that knows this machine (hardware-process.ts), and owns it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HardwareLine } from './hardware-process.ts';
import { askLimitMs, type HardwareSaid } from './hardware-said.ts';

const program = fileURLToPath(new URL('./hardware-process.js', import.meta.url));
/** An answer is some KiB. */
const mostLetters = 1024 ** 2;

/** Where its helpers lie (lspci, dmidecode) is not in everybody's path. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
});

/**
 * Takes half a second or so of another core. What was said within the limit counts. Never rejects.
 * @param missing is told of each part that could not be read, and why
 * @param signal ends the process and its helpers; nothing is said then
 */
export function askHardware(missing: (why: string) => void, signal: AbortSignal): Promise<HardwareSaid> {
  return new Promise((resolve) => {
    // A group of its own, so that its helpers can be ended with it.
    const child = spawn(process.execPath, [program], { env: environment(), stdio: 'pipe', detached: true });
    const end = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        /* it has ended, and all of its group */
      }
    };
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      end();
    }, askLimitMs).unref();
    let text = '';
    let wrong = '';
    child.stdout.setEncoding('utf8').on('data', (some: string) => {
      text += some;
      if (text.length > mostLetters) end();
    });
    child.stderr.setEncoding('utf8').on('data', (some: string) => (wrong = (wrong + some).slice(-1000)));
    child.stdin.on('error', () => undefined); // nothing is written there: it only shows that the agent lives
    const over = (failure: string | null): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
      if (signal.aborted) return resolve({});
      if (late) missing(`no answer within ${askLimitMs / 1000} s`);
      else if (failure !== null) missing(failure);
      resolve(saidIn(text, missing));
    };
    child.on('error', (error) => over(error.message));
    child.on('close', (code, by) => over(code === 0 ? null : `its reader ended with ${code ?? by} ${wrong}`.trim()));
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** The whole lines of an answer; the last one may be cut off. */
export function saidIn(text: string, missing: (why: string) => void): HardwareSaid {
  const said: HardwareSaid = {};
  for (const line of text.split('\n').slice(0, -1)) {
    let part: HardwareLine;
    try {
      part = JSON.parse(line) as HardwareLine;
    } catch {
      missing(`what its reader says is no JSON: ${line.slice(0, 100)}`);
      continue;
    }
    const { missing: why, ...known } = part;
    if (why !== undefined) missing(why);
    Object.assign(said, known);
  }
  return said;
}
