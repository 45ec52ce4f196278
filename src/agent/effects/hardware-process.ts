// A process of its own that asks systeminformation what this machine is, and says each part as a line of JSON as soon as it is known.
// In the agent itself the library would cost 11 MiB for good and hold the loop for 0.2 s. It asks in a thread, as the library waits for
// some of its helpers without letting go; the first thread sees to it that all of them end: when the time is up, and when the agent is
// gone.
import { readFile } from 'node:fs/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { plainPath } from './hardware.ts';
import { askLimitMs, saidOfCpu, saidOfDisks, saidOfGpus, saidOfSystem, type HardwareSaid } from './hardware-said.ts';

/** A line of what it says. */
export type HardwareLine = HardwareSaid & { missing?: string };

/** The process is started as the leader of its group, which its helpers are in, too. */
function endAll(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL'); // started by hand, it leads no group
  }
}

async function mountOptions(): Promise<Map<string, string>> {
  const lines = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return new Map(lines.map(([, path = '', , option = '']) => [plainPath(path), option]));
}

async function ask(say: (line: HardwareLine) => void): Promise<void> {
  const { default: si } = await import('systeminformation');
  const parts: { [Part in keyof Required<HardwareSaid>]: () => Promise<HardwareSaid[Part]> } = {
    system: async () => saidOfSystem(await si.system()),
    cpu: async () => saidOfCpu(await si.cpu()),
    codename: async () => (await si.osInfo()).codename,
    disks: async () => saidOfDisks(await si.fsSize(), await mountOptions()),
    gpus: async () => saidOfGpus(await si.graphics()),
  };
  // One after the other: nobody waits, and the machine has better to do.
  for (const [part, read] of Object.entries(parts))
    try {
      say({ [part]: await read() });
    } catch (error) {
      say({ missing: `${part}: ${(error as Error).message}` });
    }
}

if (isMainThread) {
  setTimeout(endAll, askLimitMs).unref();
  process.stdin.on('end', endAll).on('error', endAll).resume(); // the agent holds its other end
  const thread = new Worker(new URL(import.meta.url));
  thread.on('message', (line: HardwareLine) => console.log(JSON.stringify(line)));
  thread.on('error', (error) => console.log(JSON.stringify({ missing: error.message } satisfies HardwareLine)));
  thread.on('exit', (code) => {
    process.exitCode = code;
    process.stdin.destroy(); // nothing keeps it now
  });
} else await ask((line) => parentPort?.postMessage(line));
