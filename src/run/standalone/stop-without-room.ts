// Stopping an app at an agent that is its own hub and whose store takes no writes (its disk is full, mostly): it is done at once, and
// written down as soon as that can be. Who asked is told so.
import type { RunningAgent } from '../../agent/agent.ts';
import { writeAgainMs } from '../../agent/trouble.ts';
import type { Caller, Cluster } from '../../api/cluster.ts';
import type { AppView, Reason } from '../../model/app/app.ts';
import type { UnwrittenStops } from './unwritten-stops.ts';

type Action = Parameters<Cluster['appAction']>[1];

const isOfStore = (error: unknown): boolean =>
  ((error as { code?: string | number } | null)?.code ?? '').toString().startsWith('store-');

const notWritten = (isKept: boolean): Reason => ({
  code: 'not-written',
  text:
    'It is stopped, but this could not be written down, since the store takes no writes' +
    (isKept ? '; it is noted beside it.' : ': an agent that starts again before that may start it again.'),
  next: { what: 'is written as soon as the store takes writes: free some space', at: null },
});

export class StopWithoutRoom {
  readonly #hub: Cluster;
  readonly #agent: RunningAgent;
  readonly #kept: UnwrittenStops;
  /** Stops that are done and not written, by app. */
  readonly #unwritten = new Map<string, NodeJS.Timeout>();

  constructor(hub: Cluster, agent: RunningAgent, kept: UnwrittenStops) {
    this.#hub = hub;
    this.#agent = agent;
    this.#kept = kept;
  }

  /** As the hub's own; a stop is refused for no trouble of the store. @throws Refusal, StoreError */
  async appAction(name: string, action: Action, by: Caller): Promise<AppView> {
    // What is stopped here only must be stopped at the hub before it can begin anew.
    if (action !== 'stop' && this.#unwritten.has(name)) await this.#write(name, by);
    try {
      const view = await this.#hub.appAction(name, action, by);
      this.#settle(name);
      return view;
    } catch (error) {
      if (action !== 'stop' || !isOfStore(error)) throw error;
      const view = await this.#hub.app(name);
      const isKept = this.#kept.keep(name);
      this.#stopHere(name, by);
      this.#writeLater(name, by, error);
      return { ...view, start: false, status: 'stopped', reason: notWritten(isKept) };
    }
  }

  #stopHere(name: string, by: Caller): void {
    const { instances } = this.#agent;
    const text = 'its app was stopped while the store took no writes';
    for (const entry of instances.entries.values())
      if (entry.record.assignment.app === name)
        instances.say(entry, { type: 'instance.stop', reason: 'stop', by: by.name, text, at: Date.now() });
  }

  async #write(name: string, by: Caller): Promise<void> {
    await this.#hub.appAction(name, 'stop', by);
    this.#settle(name);
  }

  #writeLater(name: string, by: Caller, error: unknown): void {
    this.#agent.context.trouble.begin(`the stop of ${name}`, error);
    clearTimeout(this.#unwritten.get(name));
    const again = (): void => {
      this.#write(name, by).catch((still: unknown) => {
        if (isOfStore(still)) this.#writeLater(name, by, still);
        else this.#settle(name); // it was deleted meanwhile
      });
    };
    this.#unwritten.set(name, setTimeout(again, writeAgainMs).unref());
  }

  #settle(name: string): void {
    if (!this.#unwritten.has(name)) return;
    clearTimeout(this.#unwritten.get(name));
    this.#unwritten.delete(name);
    this.#kept.drop(name);
    this.#agent.context.trouble.end(`the stop of ${name}`);
  }

  /** Nothing is tried any more. */
  end(): void {
    for (const timer of this.#unwritten.values()) clearTimeout(timer);
  }
}
