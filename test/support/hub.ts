// A real hub for tests: masters and agents as processes of their own, in directories of their own, on ports of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holderOf } from '../../src/store/lock.ts';
import { ownPort } from './ports.ts';
import { until } from './until.ts';

export const mainFile = join(dirname(fileURLToPath(import.meta.url)), '../../bin/stathub.js');
export const fixture = (name: string): string =>
  join(dirname(fileURLToPath(import.meta.url)), '../../../test/fixtures', name);
export const freshDirectory = (name: string): string =>
  mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), `${name}-`));

/** One master or agent process. */
export class Daemon {
  address = '';
  readonly directory: string;
  readonly #role: 'master' | 'agent';
  readonly #args: string[];
  #child: ChildProcess | null = null;

  constructor(role: 'master' | 'agent', directory: string, args: string[]) {
    this.#role = role;
    this.directory = directory;
    this.#args = args;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /**
   * Starts it (again) and waits until it answers `/readyz`, or what else is asked. The port stays the same over restarts.
   * @param before words before its command: another user's
   */
  async start(
    extra: string[] = [],
    { before = [], asked = '/readyz' }: { before?: string[]; asked?: string } = {},
  ): Promise<this> {
    mkdirSync(this.directory, { recursive: true });
    const log = openSync(join(this.directory, 'log.jsonl'), 'a');
    const port = this.address ? new URL(this.address).port : String(await ownPort());
    const [program, ...words] = [...before, process.execPath];
    const child = spawn(
      program!,
      [...words, mainFile, this.#role, '--store-directory', this.directory, '--port', port, ...this.#args, ...extra],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    this.#child = child;
    await until(`the ${this.#role} of ${this.directory} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${this.log().slice(-1500)}`);
      const address = (await holderOf(this.directory))?.address;
      if (!address || (await fetch(address + asked)).status !== 200) return false;
      this.address = address;
      return true;
    });
    return this;
  }

  log(): string {
    return readFileSync(join(this.directory, 'log.jsonl'), 'utf8');
  }

  /** Sends a signal; for one that ends it, waits for the end and gives its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return ended;
  }

  /** kill -9; when `meanwhile` is over, also when that fails, it starts again: what comes after needs it. */
  async restart(meanwhile: () => unknown = () => undefined): Promise<void> {
    await this.end('SIGKILL');
    try {
      await meanwhile();
    } finally {
      await this.start();
    }
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async call<T = any>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(this.address + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as T,
    };
  }
  /** @throws Error with the whole problem where the answer is none of 2xx */
  async ok<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, body: answer } = await this.call<T>(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }
  get<T = any>(path: string): Promise<T> {
    return this.ok<T>('GET', path);
  }
}

/** No node is lost because this machine is busy: for stories in which none is to be. */
export const calmTimes = ['--beat', '5s', '--suspect-after', '60s', '--lost-after', '120s', '--amnesty', '500ms'];

/** Short times, so that stories of losing nodes take seconds. */
export const quickTimes = [
  '--beat',
  '200ms',
  '--suspect-after',
  '700ms',
  '--lost-after',
  '1500ms',
  '--amnesty',
  '500ms',
];

/** A master and agents; `end` ends all of them, with their processes. */
export class Hub {
  readonly root = freshDirectory('hub');
  readonly master: Daemon;
  readonly agents: Daemon[] = [];
  constructor(masterArgs: string[] = calmTimes) {
    this.master = new Daemon('master', join(this.root, 'master'), masterArgs);
  }

  async start(agents = 1, agentArgs: (k: number) => string[] = () => []): Promise<this> {
    await this.master.start();
    for (let k = 0; k < agents; k++) await this.addAgent(agentArgs(k));
    if (agents > 0)
      await until(
        'its nodes are ready',
        async () => (await this.master.get('/v1/nodes?query=status:ready')).total >= agents,
      );
    return this;
  }

  async addAgent(args: string[] = []): Promise<Daemon> {
    const k = this.agents.length;
    const low = 20_000 + ((process.pid * 37 + k * 331) % 9000);
    const agent = new Daemon('agent', join(this.root, `agent-${k}`), [
      '--master',
      this.master.address,
      '--ports',
      `${low}-${low + 300}`,
      ...args,
    ]);
    this.agents.push(agent);
    await agent.start();
    return agent;
  }

  instances(query = ''): Promise<any[]> {
    return this.master
      .get(`/v1/instances?size=1000&query=${encodeURIComponent(query)}`)
      .then((page: any) => page.items);
  }
  /** Waits until an app has `count` healthy instances and no other; gives them. */
  running(app: string, count: number): Promise<any[]> {
    return until(`${app} has ${count} running`, async () => {
      const all = (await this.instances(`app:${app}`)).filter((i) => i.status !== 'stopped');
      return all.length === count && all.every((i) => i.status === 'running' && i.goal === 'run') ? all : null;
    });
  }

  async end(): Promise<void> {
    // Agents first, with their processes: a test leaves nothing behind.
    await Promise.all(
      this.agents.map(async (agent) => {
        agent.resume();
        if ((await holderOf(agent.directory)) === null) await agent.start();
        await agent.end('SIGQUIT');
      }),
    );
    this.master.resume();
    await this.master.end();
  }
}
