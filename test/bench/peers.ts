// stathub and what people would use instead, where it is installed, measured alike: start, restart, memory, idle, output, stop.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { exactCpuSeconds, median, ms, pssKib, quantile, seconds } from './measure.ts';
import { environment, peers, type Peer } from './peer-kinds.ts';
import { stathub } from './peer-stathub.ts';

const kills = 6;
/** Bytes of output: what all are scaled to, and what is measured of it where a peer is slow. */
const whole = 100_000_000;
const part = 20_000_000;
const rowNames = [
  'start, all run',
  'kill -9 → `main()` of its replacement',
  'memory of supervision (PSS)',
  'idle, CPU s a minute',
  '100 MB of output in 100-byte writes',
  'CPU s of supervision for these',
  'stop all',
];
type Column = { name: string; cells: string[] };

/** kill -9 of the stamped program → main() of its replacement, ms. */
async function restarts(file: string): Promise<number[]> {
  const lines = (): string[][] => {
    try {
      return readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
    } catch {
      return [];
    }
  };
  await until('the first main()', () => lines().length === 1, 20_000);
  const times: number[] = [];
  for (let k = 1; k <= kills; k++) {
    await delay(1600); // all take a start as good by then, so that the next one is immediate
    const at = performance.timeOrigin + performance.now();
    process.kill(Number(lines().at(-1)![1]), 'SIGKILL');
    await until('its replacement', () => lines().length === k + 1, 20_000);
    times.push(Number(lines().at(-1)![0]) * 1000 - at);
  }
  return times;
}

/** CPU seconds that processes use while `work` is done, each. */
async function cpuOf(pids: number[], work: () => Promise<unknown>): Promise<Map<number, number>> {
  const before = new Map(pids.map((pid) => [pid, exactCpuSeconds(pid)]));
  await work();
  return new Map([...before].map(([pid, used]) => [pid, exactCpuSeconds(pid) - used]));
}
const sum = (cpu: Map<number, number>, pids: Iterable<number> = cpu.keys()): number =>
  [...pids].reduce((all, pid) => all + (cpu.get(pid) ?? 0), 0);

/** Lets the writer of a peer write. @returns seconds it took; CPU seconds of supervision, until it rests again */
async function output(pids: number[], directory: string, bytes: number): Promise<{ took: number; cpu: number }> {
  const { GO, DONE } = environment(directory);
  let took = 0;
  const cpu = await cpuOf(pids, async () => {
    const fifo = await until(
      'the writer waits',
      () => openSync(GO!, constants.O_WRONLY | constants.O_NONBLOCK),
      20_000,
    );
    writeSync(fifo, `${bytes / 100}\n`);
    closeSync(fifo);
    const [from, to] = await until(
      'all is written',
      () => {
        const times = readFileSync(DONE!, 'utf8').trim().split(' ').map(Number);
        return times.length === 2 && times;
      },
      180_000,
    );
    took = to! - from!;
    // What it has taken in it may not have put away yet.
    for (let round = 0; round < 60 && sum(await cpuOf(pids, () => delay(500))) > 0.05; round++);
  });
  return { took, cpu: sum(cpu) };
}

/** Ends whatever still has the environment of a peer, its supervisors too. */
function sweep(directory: string): void {
  const mark = `STAMPS=${environment(directory)['STAMPS']}`;
  const marked = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
    } catch {
      return false;
    }
  };
  for (let round = 0; round < 20; round++) {
    const left = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid && marked(name),
    );
    if (left.length === 0) return;
    for (const pid of left)
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        /* it has ended by itself */
      }
  }
}

const pss = (pids: number[]): string => `${(pids.reduce((all, pid) => all + pssKib(pid), 0) / 1024).toFixed(0)} MiB`;

async function measure(peer: Peer, count: number, bytes: number): Promise<Column> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-peer-'));
  const words = environment(directory);
  const interrupted = (): void => {
    sweep(directory);
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  Object.assign(process.env, words);
  let stopped = false;
  try {
    if (spawnSync('mkfifo', [words['GO']!]).status !== 0) throw new Error('mkfifo failed');
    const started = await peer.start(directory, count);
    const times = await restarts(words['STAMPS']!);
    // Many starts leave things to be put in order: that is no part of resting, for nobody.
    await delay(count > 200 ? 90_000 : 2000);
    const pids = await peer.supervisors(directory);
    const each = (await peer.onEach?.(directory)) ?? pids;
    const withRest = (own: string, all: string): string => (each === pids ? own : `${own}, with the master ${all}`);
    const memory = withRest(pss(each), pss(pids));
    const used = await cpuOf(pids, () => delay(peer.cycle * 1000));
    const minute = 60 / peer.cycle;
    const idle = withRest((sum(used, each) * minute).toFixed(2), (sum(used) * minute).toFixed(2));
    const { took, cpu } = await output(pids, directory, bytes);
    const scale = whole / bytes;
    const begin = performance.now();
    stopped = true;
    await peer.stop(directory);
    const ended = performance.now() - begin;
    const restarted = `p50 ${ms(median(times))}, p95 ${ms(quantile(times, 0.95))}`;
    return {
      name: peer.name,
      cells: [
        seconds(started),
        restarted,
        memory,
        idle,
        seconds(took * scale * 1000),
        (cpu * scale).toFixed(2),
        seconds(ended),
      ],
    };
  } finally {
    try {
      if (!stopped) await peer.stop(directory);
    } finally {
      await peer.end?.().catch((error: Error) => console.error(`${peer.name}: ${error.message}`));
      sweep(directory);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      for (const name of Object.keys(words)) delete process.env[name];
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** What the machine itself takes: a loop of shells that nobody supervises, a redirect to a file. */
function plain(count: number): Column {
  const directory = mkdtempSync(join(tmpdir(), 'bench-plain-'));
  const begin = performance.now();
  const children = Array.from({ length: count }, () =>
    spawn('/bin/sh', ['-c', 'sleep 100000; :'], { stdio: 'ignore', detached: true }),
  );
  const started = performance.now() - begin;
  const ending = performance.now();
  for (const child of children) if (child.pid) process.kill(-child.pid, 'SIGKILL');
  const ended = performance.now() - ending;
  const times: number[] = [];
  for (let k = 0; k < 3; k++) {
    const from = performance.now();
    spawnSync('sh', ['-c', `dd if=/dev/zero bs=100 count=${whole / 100} 2>/dev/null > ${join(directory, 'plain')}`]);
    times.push(performance.now() - from);
  }
  rmSync(directory, { recursive: true });
  return { name: 'plain', cells: [seconds(started), '–', '–', '–', seconds(median(times)), '–', seconds(ended)] };
}

/** Prints a table with a column for each peer that is installed; one that fails is told and left out. */
export async function benchPeers(count: number, say: (line: string) => void): Promise<void> {
  const columns: Column[] = [];
  for (const peer of [stathub, ...peers]) {
    const missing = peer.missing();
    if (missing !== null) {
      say(`${peer.name} is left out: ${missing}`);
      continue;
    }
    try {
      columns.push(await measure(peer, count, peer.slowOutput ? part : whole));
      say(`${peer.name}: ${columns.at(-1)!.cells.join('; ')}`);
    } catch (error) {
      say(`${peer.name} is left out: ${(error as Error).message}`);
    }
  }
  columns.push(plain(count));
  console.log(`\n| beside ${count + 2} programs | ${columns.map((column) => column.name).join(' | ')} |`);
  console.log(`| --- |${' --- |'.repeat(columns.length)}`);
  rowNames.forEach((what, row) =>
    console.log(`| ${what} | ${columns.map((column) => column.cells[row]).join(' | ')} |`),
  );
}
