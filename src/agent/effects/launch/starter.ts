// The small shell that makes launchers on order (starterScript). One per agent, started with the first order and again when it dies.
import { spawn, type ChildProcess } from 'node:child_process';
import { launcherScript, starterScript } from './launcher-scripts.ts';
import { launcherEnvironment, type Tools } from './tools.ts';

export class Starter {
  readonly #tools: Tools;
  readonly #notices: string;
  readonly #onDeath: () => void;
  #child: ChildProcess | null = null;

  /** @param onDeath orders that it had not carried out are lost: give them again */
  constructor(tools: Tools, notices: string, onDeath: () => void) {
    this.#tools = tools;
    this.#notices = notices;
    this.#onDeath = onDeath;
  }

  /** Orders a launcher for a launch directory that has its `run`. */
  order(directory: string): void {
    this.#child ??= this.#spawn();
    const { stdin } = this.#child;
    if (!stdin) return; // it could not be made for want of descriptors: its error follows, and with it every order again
    if (stdin.writableCorked === 0) {
      // what is ordered in one turn goes in one write: each wakes the shell
      stdin.cork();
      process.nextTick(() => stdin.uncork());
    }
    stdin.write(`${directory}\n`);
  }

  close(): void {
    const child = this.#child;
    this.#child = null;
    child?.stdin?.end(); // it carries out what it has and ends
  }

  #spawn(): ChildProcess {
    const { shell, setsid } = this.#tools;
    const child = spawn(shell, ['-c', starterScript, 'stathub-starter', setsid, shell, launcherScript, this.#notices], {
      cwd: '/',
      env: launcherEnvironment(this.#tools),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    let dead = false;
    const died = () => {
      if (dead) return;
      dead = true;
      if (this.#child !== child) return; // closed
      this.#child = null;
      this.#onDeath();
    };
    child.once('error', died).once('exit', died);
    child.stdin?.on('error', () => {
      /* EPIPE: its exit says the same */
    });
    child.unref();
    (child.stdin as unknown as { unref(): void } | null)?.unref();
    return child;
  }
}
