// Finds and ends what a test file left behind: processes whose working directory, open file, argument or environment
// lies under its directory, and cgroup directories whose name carries it.
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The text of a /proc file, or '' when the process is gone or not ours to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function belongs(pid: string, directory: string): boolean {
  const proc = `/proc/${pid}`;
  if (link(`${proc}/cwd`).startsWith(directory)) return true;
  if (read(`${proc}/cmdline`).includes(directory) || read(`${proc}/environ`).includes(directory)) return true;
  let fds: string[] = [];
  try {
    fds = readdirSync(`${proc}/fd`);
  } catch {
    return false;
  }
  return fds.some((fd) => link(`${proc}/fd/${fd}`).startsWith(directory));
}

/**
 * Ends every process that belongs to `directory` (SIGKILL) and names each. No other directory's path may begin with it.
 * @returns one line a leftover; empty where nothing was left, or where there is no /proc (macOS).
 */
export function endLeftovers(directory: string): string[] {
  if (!existsSync('/proc/self/stat')) return [];
  const lines: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const state = read(`/proc/${pid}/stat`).replace(/^.*\) /, '')[0];
    if (state === 'Z' || state === 'X' || !belongs(pid, directory)) continue;
    lines.push(
      `left a process behind: ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120)}`,
    );
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      lines.push(`  and it could not be ended`);
    }
  }
  return lines;
}
