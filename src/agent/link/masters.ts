// The addresses of the masters (`--master A,B`): the agent stays with one as long as it has it, and goes on to the next when both
// kinds of line to it have failed.
import type { Lines } from './link-client.ts';
import type { LineListener } from '../effects/line/line.ts';

export class Masters {
  readonly #all: string[];
  #at = 0;

  /** @param addresses by comma; empty: alone */
  constructor(addresses: string) {
    this.#all = addresses.split(',').filter(Boolean);
  }

  /** The one that is tried, or linked. */
  get current(): string {
    return this.#all[this.#at] ?? '';
  }

  /** Lines that move on: a long-poll is tried after the socket, so when it ends without a welcome this address is no use now. */
  lines(base: Lines): Lines {
    if (this.#all.length < 2) return base;
    return { ...base, poll: (options, listener) => base.poll(options, this.#watched(listener)) };
  }

  #watched(listener: LineListener): LineListener {
    let welcomed = false;
    return {
      ...listener,
      frame: (frame) => {
        welcomed ||= frame.type === 'welcome';
        listener.frame(frame);
      },
      closed: (reason) => {
        if (!welcomed) this.#at = (this.#at + 1) % this.#all.length;
        listener.closed(reason);
      },
    };
  }
}
