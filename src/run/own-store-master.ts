// A master on a store of its own. On a full disk it cannot lead yet: it opens its port all the same, shows what the store holds, and
// leads as soon as there is room.
import type { RunningMaster } from '../master/master.ts';
import { openEmbedded } from '../store/embedded/embedded.ts';
import { eventOf } from '../store/repair/prepare-file.ts';
import type { StoreError } from '../store/store.ts';
import { Front, standbyApp, type Standing } from './elastic/standby.ts';
import { apiOf, lead } from './leading.ts';
import type { Hull } from './master.ts';
import { onceWritable, unwritten } from './room.ts';
import { waitingApi, type WaitingApi } from './waiting-api.ts';

type EmbeddedStore = Awaited<ReturnType<typeof openEmbedded>>;

export class OwnStoreMaster {
  readonly #hull: Hull;
  readonly #openPort: (front: Front, closing: AbortController) => Promise<unknown>;
  readonly #closing = new AbortController();
  readonly #standby = standbyApp(() => this.#standing);
  readonly #front = new Front(this.#standby);
  #store: EmbeddedStore | null = null;
  /** What was found wrong with the store's file, and is no event yet. */
  #notices: Parameters<typeof eventOf>[0][] = [];
  #standing: Standing = {
    because: 'The master is reading its store',
    hint: 'Ask again in a moment.',
    leader: null,
  };
  #waiting: WaitingApi | null = null;
  #isOpen = false;

  /** @param openPort opens the port and tells how to reach it */
  constructor(hull: Hull, openPort: (front: Front, closing: AbortController) => Promise<unknown>) {
    this.#hull = hull;
    this.#openPort = openPort;
  }

  /** @returns the exit code */
  async run(): Promise<number> {
    const { ending, asked, log } = this.#hull;
    const giveUp = new AbortController();
    void asked.then(() => giveUp.abort(new Error('the master was stopped before it could lead')));
    ending.add('store', () => this.#store?.close());
    let master: RunningMaster;
    try {
      master = await onceWritable(
        () => this.#begin(),
        (why) => this.#cannotLead(why),
        giveUp.signal,
      );
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
      this.#waiting?.end();
      log.info({ signal: await asked }, 'master ends before it could lead');
      return 0;
    }
    await this.#serve(master);
    return this.#untilEnd(master);
  }

  async #begin(): Promise<RunningMaster> {
    const { directory, inForce, log, say } = this.#hull;
    this.#store ??= await openEmbedded(directory, {
      notice: (notice) => {
        this.#notices.push(notice);
        log.error(notice.detail, notice.message);
        say(notice.message);
      },
    });
    const events = this.#notices.map((notice) => eventOf(notice, Date.now()));
    if (events.length > 0) await this.#store.append(events);
    this.#notices = [];
    return lead({ store: this.#store, storeAbout: { kind: 'embedded', detail: directory }, inForce, log });
  }

  /** The store takes no writes: what it holds is shown meanwhile. */
  async #cannotLead(why: StoreError): Promise<void> {
    const { directory, tokens, inForce, log, say } = this.#hull;
    this.#standing = unwritten(why, 'Agents and processes run on.');
    log.error({ err: why }, 'this master cannot lead yet');
    if (this.#store !== null && this.#waiting === null) {
      const standing = (): Standing => this.#standing;
      this.#waiting = await waitingApi(this.#store, directory, {
        standing,
        standby: this.#standby,
        tokens,
        inForce,
        log,
      });
      this.#front.serve(this.#waiting);
    }
    await this.#openOnce();
    say(this.#standing.because);
  }

  async #serve(master: RunningMaster): Promise<void> {
    const { ending, tokens, inForce, log } = this.#hull;
    ending.add('master', () => {
      this.#closing.abort();
      return master.stop();
    });
    this.#front.serve(apiOf(master, tokens, this.#closing.signal, inForce, log));
    this.#waiting?.end();
    await this.#openOnce();
  }

  async #openOnce(): Promise<void> {
    if (!this.#isOpen) await this.#openPort(this.#front, this.#closing);
    this.#isOpen = true;
  }

  async #untilEnd(master: RunningMaster): Promise<number> {
    const { asked, log, say } = this.#hull;
    const how = await Promise.race([asked, master.ended.then((failure) => ({ failure }))]);
    if (typeof how !== 'string') {
      log.error({ failure: how.failure }, 'master ended by itself');
      say(`the master ended: ${how.failure ?? 'for no known reason'}`);
      return how.failure ? 4 : 1;
    }
    log.info({ signal: how }, 'master ends; agents and processes run on');
    return 0;
  }
}
