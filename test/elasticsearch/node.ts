// One Elasticsearch node on loopback, a Java process: started, paused, killed. It ends with this process, even when it is killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownPort } from '../support/ports.ts';
import type { Assembled } from './assemble.ts';

/** A few ports that nobody else is given until a node listens on them, which takes it seconds. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await ownPort());
  return [...ports];
}

/** The home directory of a node: its settings, and links to what all of that version share. */
export function makeHome(home: string, shared: string, settings: readonly string[]): void {
  mkdirSync(join(home, 'config'), { recursive: true });
  mkdirSync(join(home, 'plugins'));
  for (const part of ['modules', 'lib']) symlinkSync(join(shared, part), join(home, part));
  writeFileSync(join(home, 'config/elasticsearch.yml'), ['cluster.name: stathub-tests', ...settings, ''].join('\n'));
}

/** One node: a Java process of about 320 MB. */
export class ElasticNode {
  readonly url: string;
  readonly #home: string;
  readonly #server: Assembled;
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;

  /** @param flags of Java */
  constructor(home: string, port: number, server: Assembled, flags: readonly string[]) {
    this.#flags = flags;
    this.#home = home;
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get log(): string {
    return existsSync(join(this.#home, 'log')) ? readFileSync(join(this.#home, 'log'), 'utf8') : '';
  }
  get ended(): boolean {
    return !this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  start(): void {
    const log = openSync(join(this.#home, 'log'), 'a');
    const { java, home } = this.#server;
    // Its standard input is a pipe that nobody writes: it closes with this process.
    this.#child = spawn(
      java,
      [
        '-Xms384m',
        '-Xmx384m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        ...this.#flags,
        '-cp',
        `${home}/start.jar:${home}/lib/*`,
        'StartNode',
        this.#home,
      ],
      {
        stdio: ['pipe', log, log],
        cwd: this.#home,
      },
    );
    this.#child.unref();
    closeSync(log);
  }

  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it, and waits for that. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || this.ended) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill(signal);
    await ended;
  }
}
