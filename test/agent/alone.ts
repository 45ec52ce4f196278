// An agent without a master as a process of its own, for tests: its API, its directory, its processes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf } from '../../src/store/lock.ts';
import { Daemon, freshDirectory } from '../support/hub.ts';
import { until } from '../support/until.ts';

let made = 0;

export class Alone extends Daemon {
  /** @param ports how many it may give to programs */
  constructor(ports = 301) {
    const low = 20_000 + ((process.pid * 53 + made++ * 317) % 9000);
    super('agent', join(freshDirectory('alone'), 'agent'), [
      '--ports',
      `${low}-${low + ports - 1}`,
      '--reserve-memory',
      '0',
    ]);
  }

  deploy(app: object): Promise<any> {
    return this.ok('PUT', `/v1/apps/${(app as { name: string }).name}`, {
      toProcess: 'sleep',
      args: ['100000'],
      ...app,
    });
  }
  async instances(app: string): Promise<any[]> {
    return (await this.get(`/v1/instances?size=1000&query=${encodeURIComponent(`app:${app}`)}`)).items;
  }
  async one(app: string): Promise<any> {
    return (await this.instances(app)).find((i) => i.goal === 'run') ?? null;
  }
  /** Waits until the app's only instance is as wanted; gives it. */
  see(app: string, what: string, is: (instance: any) => boolean): Promise<any> {
    return until(`${app}: ${what}`, async () => {
      const i = await this.one(app);
      return i && is(i) && i;
    });
  }
  running(app: string): Promise<any> {
    return this.see(app, 'running', (i) => i.status === 'running');
  }
  /** Ready for so long that its next restart is immediate. */
  settled(app: string): Promise<any> {
    return this.see(app, 'settled', (i) => i.status === 'running' && Date.now() - i.readyAt > 1050);
  }
  async events(query: string): Promise<any[]> {
    return (await this.get(`/v1/events?size=200&query=${encodeURIComponent(query)}`)).items;
  }
  /** Waits until so many events are stored: they are a moment after what is shown. Newest first. */
  told(query: string, count = 1): Promise<any[]> {
    return until(`${count} of ${query} told`, async () => {
      const found = await this.events(query);
      return found.length >= count && found;
    });
  }
  directoryOf(id: string): string {
    return join(this.directory, 'instances', id);
  }

  /** Ends it with its processes. */
  async finish(): Promise<void> {
    if ((await holderOf(this.directory)) === null) await this.start();
    await this.end('SIGQUIT');
  }
}

/** Whether that process lives (a zombie does not). */
export function lives(pid: number): boolean {
  try {
    return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, ''));
  } catch {
    return false;
  }
}

/** Processes whose arguments hold a text, this one and its like left out. */
export function withArgument(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid !== process.pid && lives(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(text)
        );
      } catch {
        return false;
      }
    });
}
