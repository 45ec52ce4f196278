// The hub of an agent alone: its store and the master that leads it.
import type { Caller } from '../../api/cluster.ts';
import { startMaster, type RunningMaster } from '../../master/master.ts';
import { Refusal } from '../../model/errors.ts';
import { openEmbedded } from '../../store/embedded/embedded.ts';
import type { MovableStore } from '../../store/store.ts';
import type { StandaloneOptions } from './standalone.ts';
import type { UnwrittenStops } from './unwritten-stops.ts';

/** The only node of this hub is this process: it cannot be lost. */
const never = 1e12;

/** Who stopped it is not among what an empty file tells. */
const whoever: Caller = { name: 'an operator', role: 'admin', from: 'an earlier agent' };

/** Opens the store and leads; each try goes on with what the one before has reached. */
export class OwnHub {
  readonly #options: StandaloneOptions;
  readonly #stops: UnwrittenStops;
  #store: MovableStore | null = null;
  #master: RunningMaster | null = null;
  #leads = false;

  constructor(options: StandaloneOptions, stops: UnwrittenStops) {
    this.#options = options;
    this.#stops = stops;
  }

  /** null: it has not begun. */
  get master(): RunningMaster | null {
    return this.#leads ? this.#master : null;
  }

  /** @throws Error when the store cannot be opened or takes no writes */
  async begin(): Promise<RunningMaster> {
    const store = (this.#store ??= await openEmbedded(this.#options.storeDirectory));
    const master = (this.#master ??= await this.#lead(store));
    for (const app of this.#stops.all) await this.#writeStop(master, app);
    this.#leads = true;
    return master;
  }

  async #lead(store: MovableStore): Promise<RunningMaster> {
    const { storeDirectory, version = '0.0.0', log = () => undefined } = this.#options;
    if ((await store.get('hub', 'identity')) === null)
      await store.write({
        collection: 'hub',
        key: 'identity',
        doc: { hub: 'local', at: Date.now() },
        expect: 'absent',
      });
    return startMaster({
      store,
      version,
      storeAbout: { kind: 'embedded', detail: storeDirectory },
      times: { suspectMs: never, lostMs: never, amnestyMs: 0 },
      warn: (message, error) =>
        log(
          'warn',
          error === undefined ? message : `${message}: ${error instanceof Error ? error.message : String(error)}`,
        ),
    });
  }

  /** Before the node is heard of: else its instances would be missed and begun anew. */
  async #writeStop(master: RunningMaster, app: string): Promise<void> {
    try {
      await master.cluster.appAction(app, 'stop', whoever);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // it is no more, or is being deleted
    }
    this.#stops.drop(app);
  }

  async end(): Promise<void> {
    await this.#master?.stop();
    await this.#store?.close();
  }
}
