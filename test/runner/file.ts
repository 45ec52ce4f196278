// One test file: a process of its own, with a directory and a time limit, and what is wrong with how it ended.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { crowding } from '../support/busyness.ts';
import { clear, ownStart } from './base-directory.ts';
import { daemonLogs } from './daemon-logs.ts';
import { lastSteps } from './last-steps.ts';
import { startOf } from './process-start.ts';
import { sinceLastEnd } from './processor-time.ts';

export interface Result {
  passed: number;
  total: number;
  skipped: number;
  /** What fails it, one line each; empty: it is fine. */
  problems: string[];
  /** What it printed. */
  output: string;
  /** Of a failed one: what it had waited for, and the ends of the logs of its masters and agents. */
  logs: string[];
  seconds: number;
  /** Of it and all that it waited for; NaN where that is not known. */
  processorSeconds: number;
}

export interface RunningFile {
  result: Promise<Result>;
  /** Ends it and its group at once. */
  kill(): void;
}

/** @param directory its own; made here and removed when it has ended */
export function runFile(path: string, directory: string, limitSeconds: number, env: NodeJS.ProcessEnv): RunningFile {
  mkdirSync(directory, { recursive: true });
  const started = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own group: a file over its time is ended with all that it started
    env: { ...process.env, ...env, TEST_DIRECTORY: directory, TMPDIR: directory, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  const began = startOf(child.pid ?? 0) ?? ownStart;
  const kill = (): void => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const problems: string[] = [];
  // On a crowded machine it has as much longer.
  const startedAt = Date.now();
  const overdue = (): void => {
    const left = startedAt + limitSeconds * 1000 * crowding() - Date.now();
    if (left > 0) return void (limit = setTimeout(overdue, Math.min(left, 5_000)));
    problems.push(`took longer than ${Math.round((Date.now() - startedAt) / 1000)} s`);
    kill();
  };
  let limit = setTimeout(overdue, limitSeconds * 1000);

  let output = '';
  const failedAt: number[] = [];
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
    for (const _ of chunk.matchAll(/✘/g)) failedAt.push(Date.now()); // uvu says it as it happens
  });
  child.stderr.on('data', (chunk) => (output += chunk));
  const result = new Promise<Result>((resolve) => {
    child.on('error', (error) => problems.push(error.message));
    child.on('exit', (code, signal) => {
      const processorSeconds = sinceLastEnd();
      clearTimeout(limit);
      // Pipes may be held open by something the file leaked; what it printed so far is enough.
      setTimeout(
        () => {
          const counts = countsIn(output);
          problems.push(...faultsOf(counts, output, code, signal));
          const logs =
            problems.length > 0 ? [...lastSteps(directory, startedAt, failedAt), ...daemonLogs(directory)] : [];
          problems.push(...clear(directory, began));
          const seconds = (performance.now() - started) / 1000;
          resolve({ ...counts, problems, output, logs, seconds, processorSeconds });
        },
        child.stdout.readableEnded ? 0 : 50,
      );
    });
  });
  return { result, kill };
}

type Counts = Pick<Result, 'passed' | 'total' | 'skipped'>;

/** uvu's own report, one block a suite. */
function countsIn(output: string): Counts {
  const sum = (label: string): number =>
    [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce((n, match) => n + Number(match[1]), 0);
  return { total: sum('Total'), passed: sum('Passed'), skipped: sum('Skipped') };
}

/** What uvu alone would not report: an empty file passes, a hook that throws ends a suite in silence. */
function faultsOf(counts: Counts, output: string, code: number | null, signal: NodeJS.Signals | null): string[] {
  const faults: string[] = [];
  if (code !== 0) faults.push(signal ? `ended by ${signal}` : `exit code ${code}`);
  const missing = counts.total - counts.passed;
  if (code === 0 && missing > 0)
    faults.push(`${missing} tests did not run: a before hook threw, which uvu does not tell`);
  if (counts.total === 0 && counts.skipped === 0 && !/^# skipped: /m.test(output)) faults.push('ran no test');
  return faults;
}
