// The app-supervisors of this node, by key: root actors in a plain map, made when the first instance of a key comes. One that fails
// is let go of and told; whoever is told decides when it is made again. One that nothing needs any more is let go of, too: names of
// apps come and go, and each would cost an actor for ever.
import { createActor, type ActorRefFrom } from 'xstate';
import type { appSupervisorMachine } from '../../machines/app-supervisor.ts';
import type { SupervisorEmitted, SupervisorEvent } from '../../machines/supervisor/facts.ts';
import type { SupervisorLogic } from './logic.ts';

export type Supervisor = ActorRefFrom<typeof appSupervisorMachine>;

interface SupervisorsOptions {
  logic: SupervisorLogic;
  /** How long an answer to an escalation is waited for, ms; 0: nobody is asked. */
  answerMs: (key: string) => number;
  /** What a supervisor tells of its instances. */
  heard: (supervisor: Supervisor, told: SupervisorEmitted) => void;
  /** Whether an instance of this key is left, running or not. */
  isNeeded: (key: string) => boolean;
  /** It is gone; the programs of its instances are not. */
  failed: (key: string, why: string) => void;
}

/** The app of a key: `web` of `local/web#0`. */
export const appOfKey = (key: string): string => key.slice(key.indexOf('/') + 1, key.lastIndexOf('#'));

export class Supervisors {
  readonly #options: SupervisorsOptions;
  readonly #all = new Map<string, Supervisor>();
  /** May be needed no more: looked at once they are at rest. */
  readonly #idle = new Set<string>();
  #stopped = false;

  constructor(options: SupervisorsOptions) {
    this.#options = options;
  }

  get all(): ReadonlyMap<string, Supervisor> {
    return this.#all;
  }

  /** The one of a key, made where there is none. */
  of(key: string): Supervisor {
    const found = this.#all.get(key);
    if (found) return found;
    const { logic, answerMs, heard } = this.#options;
    const supervisor = createActor(logic, {
      input: { key, app: appOfKey(key), answerMs: answerMs(key) },
    }) as Supervisor;
    this.#all.set(key, supervisor);
    const failed = (why: string): void => this.#failed(key, supervisor, why);
    supervisor.subscribe({
      error: (error) => failed(error instanceof Error ? error.message : String(error)),
      complete: () => failed('its actors crashed too often'),
    });
    supervisor.on('*', (told: SupervisorEmitted) => {
      heard(supervisor, told);
      if (told.type === 'instance.ended') this.letGo(key);
    });
    supervisor.start();
    return supervisor;
  }

  /** @returns false when there is none to hear it */
  send(key: string, event: SupervisorEvent): boolean {
    const supervisor = this.#all.get(key);
    supervisor?.send(event);
    return supervisor !== undefined;
  }

  /**
   * Lets go soon of one that guards nothing, and that no instance is left for. What it remembers of a child went with that. Soon: it
   * tells of its last child before it is idle, and a thousand may end in one turn of the loop.
   */
  letGo(key: string): void {
    if (this.#idle.size === 0)
      setImmediate(() => {
        const keys = [...this.#idle];
        this.#idle.clear();
        for (const one of keys) this.#letGo(one);
      });
    this.#idle.add(key);
  }

  #letGo(key: string): void {
    const supervisor = this.#all.get(key);
    if (!supervisor?.getSnapshot().matches('idle') || this.#options.isNeeded(key)) return;
    this.#all.delete(key);
    supervisor.stop();
  }

  #failed(key: string, supervisor: Supervisor, why: string): void {
    if (this.#stopped || this.#all.get(key) !== supervisor) return;
    this.#all.delete(key);
    this.#options.failed(key, why);
  }

  stop(): void {
    this.#stopped = true;
    for (const supervisor of this.#all.values()) supervisor.stop();
    this.#all.clear();
  }
}
