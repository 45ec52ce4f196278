// The same start, restart and stop with what people would use instead, where it is installed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { median, ms, quantile, seconds, type Row } from './measure.ts';
import { peers, stampsOf, type Peer } from './peer-kinds.ts';

const count = 100, kills = 10;

/** kill -9 of the stamped program → main() of its replacement, ms. */
async function restarts(directory: string): Promise<number[]> {
  const lines = (): string[][] => { try { return readFileSync(stampsOf(directory), 'utf8').trim().split('\n').map((line) => line.split(' ')); } catch { return []; } };
  await until('the first main()', () => lines().length === 1, 20_000);
  const times: number[] = [];
  for (let k = 1; k <= kills; k++) {
    await delay(1600);
    const at = performance.timeOrigin + performance.now();
    process.kill(Number(lines().at(-1)![1]), 'SIGKILL');
    await until('its replacement', () => lines().length === k + 1, 20_000);
    times.push(Number(lines().at(-1)![0]) * 1000 - at);
  }
  return times;
}

async function measure(peer: Peer): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-peer-'));
  let stopped = false;
  try {
    const started = await peer.start(directory, count), times = await restarts(directory);
    const begin = performance.now();
    stopped = true;
    await peer.stop(directory);
    const took = performance.now() - begin;
    return { what: `${peer.name}: start ${count + 1}; kill -9 → main(); stop all`, ours: '', target: '', peers: `${seconds(started)}; p50 ${ms(median(times))}, p95 ${ms(quantile(times, 0.95))}; ${seconds(took)}` };
  } finally {
    if (!stopped) await peer.stop(directory);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @returns a row a peer that is installed; one that fails is told and left out */
export async function peerRows(say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const peer of peers) {
    const missing = peer.missing();
    if (missing !== null) { say(`${peer.name} is left out: ${missing}`); continue; }
    try {
      rows.push(await measure(peer));
      say(`${rows.at(-1)!.what}: ${rows.at(-1)!.peers}`);
    } catch (error) {
      say(`${peer.name} is left out: ${(error as Error).message}`);
    }
  }
  return rows;
}
