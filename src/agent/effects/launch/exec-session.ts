// One command beside the program of an instance: with its environment, directory, user, limits and cgroup, on a pseudo-terminal or
// on plain pipes. The terminal is `script` of util-linux, whose size is set by `stty` of coreutils; neither needs a compiler here.
// Environment and command are in a file that only the agent can read and that is gone once the command began, never in arguments.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../model/errors.ts';
import { parseStat, readStat } from '../processes/boot.ts';
import { ExecOutput, type ExecReader } from './exec-output.ts';
import { sessionFile } from './left-sessions.ts';
import { besideScript, quote, type LaunchPlan } from './run-script.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

interface ExecOptions extends ExecReader {
  plan: LaunchPlan;
  tools: Tools;
  /** Where the file may lie; nothing is there. */
  file: string;
  terminal: { rows: number; cols: number } | null;
  /** So many more bytes of input were taken, or will never be. */
  took(bytes: number): void;
}

/** From the asking to the killing of what a session leaves behind, ms. */
const hangUpMs = 2000;

const found = (name: string): string | null =>
  ['/usr/bin', '/bin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? null;

/** A command that is not there, in our words: a shell's would name its own line. */
function unfoundLine(program: string): string {
  const name = quote(program);
  const blanks = /\s/.test(program) ? "; for several words: sh -c '...'" : '';
  const said = (words: string): string => `{ printf '%s' 'stathub: ' ${name} ${quote(words)}`;
  const end = `${quote(`${blanks}\n`)} >&2; exit 127; }`;
  if (program.includes('/')) return `[ -e ${name} ] || ${said(' is not there on the node of the instance')} ${end}`;
  return `command -v -- ${name} >/dev/null 2>&1 || ${said(" is not found in the instance's PATH, ")} "\${PATH-}" ${end}`;
}

export class ExecSession {
  /** Exit code as a shell gives it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #took: ExecOptions['took'];
  /** Of the command; null until it has begun. */
  #session: number | null = null;
  #device: string | null = null;
  #size: [rows: number, cols: number] | null = null;
  #over = false;

  /** @throws Refusal unsupported-here without `script`; Error where the file or process cannot be made */
  constructor({ plan, tools, file, terminal, took, ...reader }: ExecOptions) {
    this.#took = took;
    const script = found('script');
    const stty = found('stty');
    if (terminal && (!script || !stty))
      throw new Refusal(
        'unsupported-here',
        'this node has no script (util-linux) or no stty, so there is no terminal',
        'run it without one: exec -T',
      );
    const first = [
      'read -r STATHUB_STAT </proc/self/stat',
      'echo "$STATHUB_STAT" >&4',
      'unset STATHUB_STAT',
      'exec 4>&-',
      ...(terminal ? [`${quote(stty!)} sane rows ${terminal.rows} cols ${terminal.cols}`] : []),
    ];
    writeFileSync(file, besideScript(plan, tools, { first, last: [unfoundLine(plan.program)] }), {
      flag: 'wx',
      mode: 0o600,
    });
    const command = `. ${quote(file)}`;
    const [path, words] = terminal
      ? [script!, ['-q', '-e', '-f', '-c', command, '/dev/null']]
      : [tools.shell, ['-c', command]];
    try {
      this.#child = spawn(path, words, {
        cwd: '/',
        env: { ...launcherEnvironment(tools), SHELL: tools.shell },
        stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'pipe'],
        detached: true,
      });
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    const child = this.#child;
    const stat = child.stdio[4] as Readable | null;
    child.stdin?.on('error', () => {
      /* it reads no more: its exit follows */
    });
    let line = '';
    stat
      ?.on('error', () => {
        /* as above */
      })
      .on('data', (bytes: Buffer) => {
        line += String(bytes);
        if (!line.endsWith('\n')) return;
        rmSync(file, { force: true }); // its shell has opened it
        this.#began(line.trim(), file);
      });
    const exit = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
    const output = new ExecOutput(child, reader);
    this.ended = exit
      .then(async (code) => {
        await output.drained();
        return code;
      })
      .finally(() => {
        this.#over = true;
        rmSync(file, { force: true });
        rmSync(sessionFile(file), { force: true });
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
  }

  #began(line: string, file: string): void {
    const stat = parseStat(line);
    this.#session = stat?.pid ?? null;
    // On a full disk it is not noted: it then ends with its instance at the latest.
    if (stat && !this.#over)
      try {
        writeFileSync(sessionFile(file), `${stat.pid} ${stat.startTime}\n`, { mode: 0o600 });
      } catch {
        /* as said */
      }
    const terminal = Number(line.slice(line.lastIndexOf(')')).split(' ')[5]);
    if (terminal > 0)
      this.#device = `/dev/pts/${((((terminal >> 8) & 0xfff) - 136) << 8) + ((terminal & 0xff) | ((terminal >> 12) & 0xfff00))}`;
    if (this.#size) this.resize(...this.#size);
  }

  input(bytes: Buffer): void {
    const { stdin } = this.#child;
    if (this.#over || !stdin) this.#took(bytes.length);
    else stdin.write(bytes, () => this.#took(bytes.length)); // also where it reads no more
  }

  /** No more input. A terminal hears of that by its own character, as from a keyboard. */
  endInput(): void {
    if (!this.#over) {
      if (this.#device) this.#child.stdin?.write('\x04');
      else this.#child.stdin?.end();
    }
  }

  resize(rows: number, cols: number): void {
    this.#size = [rows, cols];
    const stty = found('stty');
    if (!this.#device || this.#over || !stty) return;
    spawn(stty, ['-F', this.#device, 'rows', String(rows), 'cols', String(cols)], { stdio: 'ignore' }).on(
      'error',
      () => {
        /* the size stays as it was */
      },
    );
  }

  /** The client is gone: hangs up, and kills whoever of its session stays. */
  async hangUp(): Promise<void> {
    const sessions = new Set([this.#child.pid, this.#session].filter((pid) => pid !== undefined && pid !== null));
    for (const pid of sessions) send(-pid, 'SIGHUP');
    for (const until = performance.now() + hangUpMs; performance.now() < until; await delay(50))
      if (membersOf(sessions).length === 0) return;
    for (const pid of membersOf(sessions)) send(pid, 'SIGKILL');
  }
}

const membersOf = (sessions: ReadonlySet<number>): number[] =>
  readdirSync('/proc').flatMap((name) => {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    return stat && sessions.has(stat.session) && !/^[ZX]/.test(stat.state) ? [stat.pid] : [];
  });

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    /* gone */
  }
}
