// Lines to a master whose CA is pinned by the join token: no frame goes out before the CA is seen to be the right one.
import { trustPinned } from '../../tls/pin.ts';
import type { Lines } from './lines.ts';
import type { LineListener, LineOptions } from '../effects/line/line.ts';

type Open = Lines['socket'];

/** @param pin of the token */
export function pinnedLines(base: Lines, pin: string): Lines {
  const pinned =
    (open: Open): Open =>
    (options: LineOptions, listener: LineListener) => {
      let end: (() => void) | null = null;
      let over = false;
      const closed = (reason: string): void => {
        if (over) return;
        over = true;
        listener.closed(reason);
      };
      trustPinned(options.master, pin).then(
        () => {
          if (!over) end = open(options, listener);
        },
        (error: Error) => closed(error.message),
      );
      return () => {
        if (end) end();
        else closed('the agent closed it');
      };
    };
  return {
    socket: pinned(base.socket),
    poll: pinned(base.poll),
    passes: async (options, signal) => {
      try {
        await trustPinned(options.master, pin);
      } catch {
        return false;
      }
      return base.passes(options, signal);
    },
  };
}
