// Small tools of the benchmarks: medians, what /proc says of processes, and a table.
import { readdirSync, readFileSync } from 'node:fs';

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);
/** Value below which the fraction `q` of the values lies. */
export const quantile = (values: number[], q: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN;
export const median = (values: number[]): number => quantile(values, 0.5);

/** CPU seconds a process has used (user and system), with its reaped children when `children`. */
export function cpuSeconds(pid: number, children = false): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const ticks = (fields[11] ?? 0) + (fields[12] ?? 0) + (children ? (fields[13] ?? 0) + (fields[14] ?? 0) : 0);
  return ticks / 100;
}

/** CPU seconds of the threads a process has now, to the nanosecond: `cpuSeconds` counts in hundredths. */
export const exactCpuSeconds = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e9,
    0,
  );

const kib = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
/** Proportional set size in KiB: shared pages count by their share. */
export const pssKib = (pid: number): number => kib(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'), 'Pss');
export const rssKib = (pid: number): number => kib(readFileSync(`/proc/${pid}/status`, 'latin1'), 'VmRSS');
export const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);

export interface Row {
  what: string;
  ours: string;
  target: string;
  peers: string;
}

/** Prints rows as a Markdown table, so that the README can take it over. */
export function print(rows: Row[], say: (line: string) => void): void {
  say('| what | stathub | target | beside it, same run |');
  say('| --- | --- | --- | --- |');
  for (const row of rows) say(`| ${row.what} | ${row.ours} | ${row.target} | ${row.peers} |`);
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
export const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
