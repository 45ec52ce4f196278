// The addresses of the masters: those of `--master A,B`, and what a master that led told of the others, kept for the next start. The
// agent stays with one as long as it has it, and goes on to the next when both kinds of line to it have failed.
import type { QuarantineNotice } from '../effects/disk/quarantine.ts';
import { NumberedFile } from '../effects/disk/numbered-file.ts';
import type { Line, LineListener } from '../effects/line/line.ts';
import type { Lines } from './lines.ts';

/** What was told. */
interface Told {
  /** The addresses this agent was given then: with others it may be meant for another hub. */
  given: string;
  hub: string;
  addresses: string[];
}

function isTold(value: unknown): value is Told {
  const it = value as Partial<Told> | null;
  return (
    typeof it === 'object' &&
    it !== null &&
    typeof it.given === 'string' &&
    typeof it.hub === 'string' &&
    Array.isArray(it.addresses) &&
    it.addresses.every((address) => typeof address === 'string')
  );
}

const mostTold = 20;
const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\..*|\[::1\])$/.test(hostname);
const originOf = (address: string): string => (URL.canParse(address) ? new URL(address).origin : address);

/**
 * What of the addresses told by the master at `from` an agent can use: nothing that is no plain address of a master, no loopback
 * of another machine, and nothing unencrypted in place of what is not.
 */
export function usable(told: readonly string[], from: string): string[] {
  const known = new URL(from);
  const fits = (url: URL): boolean =>
    /^https?:$/.test(url.protocol) &&
    url.username + url.password === '' &&
    (known.protocol === 'http:' || url.protocol === 'https:') &&
    (isLoopback(known) || !isLoopback(url));
  const urls = told.filter((address) => URL.canParse(address)).map((address) => new URL(address));
  return [...new Set(urls.filter(fits).map(({ origin }) => origin))].slice(0, mostTold);
}

export class Masters {
  readonly #given: string[];
  readonly #file: NumberedFile<Told>;
  readonly #warn: (message: string, error?: unknown) => void;
  #told: Told | null = null;
  #all: string[];
  #at = 0;

  /**
   * @param addresses by comma; empty: alone
   * @param notice is told of a damaged file, which is no loss: it is told again
   */
  constructor(
    addresses: string,
    storeDirectory: string,
    notice: (notice: QuarantineNotice) => void,
    warn: (message: string, error?: unknown) => void,
  ) {
    this.#given = addresses.split(',').filter(Boolean);
    this.#file = new NumberedFile(storeDirectory, 'masters', isTold);
    this.#warn = warn;
    this.#all = this.#given;
    if (this.#given.length === 0) return;
    const { value, notices } = this.#file.read();
    for (const one of notices) notice(one);
    if (value?.given === this.#given.join()) this.#take(value);
  }

  /** The one that is tried, or linked. */
  get current(): string {
    return this.#all[this.#at] ?? '';
  }

  #take(told: Told): void {
    const { current } = this;
    const known = new Set(this.#given.map(originOf));
    this.#told = told;
    this.#all = [...this.#given, ...told.addresses.filter((address) => !known.has(address))];
    if (!this.#all.includes(current)) this.#all.push(current); // it answers, whatever is said of it
    this.#at = this.#all.indexOf(current);
  }

  #learn(hub: string, addresses: readonly string[]): void {
    const told: Told = { given: this.#given.join(), hub, addresses: usable(addresses, this.current) };
    if (JSON.stringify(told) === JSON.stringify(this.#told)) return;
    this.#take(told);
    this.#file
      .write(told)
      .catch((error: unknown) =>
        this.#warn('the addresses of the other masters are not kept for the next start', error),
      );
  }

  /** One that was only told, and leads another hub now: it has nothing to say here. */
  #isForeign(hub: string): boolean {
    return this.#told !== null && this.#told.hub !== hub && !this.#given.includes(this.current);
  }

  /** Lines that move on: a long-poll is tried after the socket, so when it ends without a welcome this address is no use now. */
  lines(base: Lines): Lines {
    if (this.#given.length === 0) return base;
    return {
      ...base,
      socket: (options, listener) =>
        base.socket(
          options,
          this.#watched(listener, () => undefined),
        ),
      poll: (options, listener) =>
        base.poll(
          options,
          this.#watched(listener, () => {
            this.#at = (this.#at + 1) % this.#all.length;
          }),
        ),
    };
  }

  #watched(listener: LineListener, unwelcome: () => void): LineListener {
    let line: Line | null = null;
    let hub: string | null = null;
    return {
      ...listener,
      opened: (opened) => {
        line = opened;
        listener.opened(opened);
      },
      frame: (frame) => {
        if (frame.type === 'welcome') {
          if (this.#isForeign(frame.hub)) return line?.close(`the master at ${this.current} leads another hub`);
          if (frame.obey) hub = frame.hub;
          unwelcome = () => undefined;
        }
        if (frame.type === 'beat.ack' && frame.masters && hub !== null) this.#learn(hub, frame.masters);
        listener.frame(frame);
      },
      closed: (reason) => {
        listener.closed(reason);
        unwelcome();
      },
    };
  }
}
