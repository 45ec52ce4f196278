// kill -9 of a master at any moment after an acknowledgement: the next one knows all of it, places what was not placed yet, and
// touches nothing that runs.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { discard, temporary } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { ownPort } from '../../support/ports.ts';
import { letPass, until } from '../../support/until.ts';

const program = fileURLToPath(new URL('./programs/master-process.js', import.meta.url));

class MasterProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  errors = '';

  constructor(directory: string, port: number) {
    this.child = spawn(process.execPath, ['--enable-source-maps', program, directory, String(port)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stderr.on('data', (text) => {
      this.errors += String(text);
    });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async line<T = unknown>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the master process ended: ${this.errors}`);
    return JSON.parse(value) as T;
  }

  ask<T = unknown>(what: object): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(what)}\n`);
    return this.line<T>();
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

test('everything acknowledged before a kill -9 is there after it, and nothing that ran was touched', async () => {
  const directory = temporary();
  const port = await ownPort(); // agents find the next master where the last one was
  let master = new MasterProcess(directory, port);
  const { url } = await master.line<{ url: string }>();
  const agents = ['n1', 'n2'].map((node) => new SimAgent({ node }).connect(url));
  const running = () => agents.flatMap((agent) => agent.running);
  const acknowledged = new Map<string, number>();
  const seen = new Map<string, number>();
  try {
    for (let round = 0; round < 4; round += 1) {
      await until('both agents are linked', () => agents.every((agent) => agent.welcomed));
      const name = `app-${round}`;
      await master.ask({ deploy: { name, placement: { scale: 3 } } });
      acknowledged.set(name, 3);
      if (round > 0) {
        await master.ask({ scale: ['app-0', 3 + round] });
        acknowledged.set('app-0', 3 + round);
      }
      // Between the acknowledgement and the plan, in the middle of it, after it: all of these moments come.
      if (round % 2 === 1) await letPass(round * 3);
      await master.kill();
      for (const { id, pid } of running()) seen.set(id, pid!);
      master = new MasterProcess(directory, port);
      await master.line();
      assert.equal(new Map(await master.ask<[string, number][]>({ apps: true })), acknowledged);
    }
    const wanted = [...acknowledged.values()].reduce((sum, scale) => sum + scale, 0);
    await until('all is placed', () => running().length === wanted);
    const slots = running().map(({ app, slot }) => `${app}.${slot}`);
    assert.is(new Set(slots).size, wanted, `one instance a slot: ${slots.sort().join(' ')}`);
    for (const [id, pid] of seen)
      assert.is(running().find((instance) => instance.id === id)?.pid, pid, `${id} runs on`);
    const epochs = running().map(({ epoch }) => epoch);
    assert.is(new Set(epochs).size, wanted, 'no epoch twice');
    await letPass(300);
    assert.is(running().length, wanted, 'and it stays so');
  } finally {
    for (const agent of agents) agent.disconnect();
    await master.kill();
    discard(directory);
  }
});

test.run();
