// The line between an agent and the master in the same process: no more than a call, and yet like a wire.
import type { Line, LineListener } from '../../agent/effects/line/line.ts';
import type { Lines } from '../../agent/link/lines.ts';
import type { Transport } from '../../master/link/node-link.ts';
import type { RunningMaster } from '../../master/master.ts';
import type { AgentFrame, MasterFrame } from '../../protocol/link.ts';

/** What a frame of a stream weighs, about: the others are small, and hold nobody back. */
function streamedBytes(frame: AgentFrame): number {
  if (frame.type !== 'chunk') return 0;
  const { value } = frame;
  const bytes: unknown = typeof value === 'string' ? value : (value as { bytes?: unknown } | null)?.bytes;
  return typeof bytes === 'string' ? bytes.length : 0;
}

/**
 * Opens a line to a master in this process. Frames arrive in a later turn, as over a wire, and share nothing that changes.
 * @param leads null: not yet
 */
export function within(leads: () => RunningMaster | null): Lines {
  const socket = (_options: unknown, listener: LineListener): (() => void) => {
    const master = leads();
    if (master === null) {
      const telling = setImmediate(() => listener.closed('it waits for room to begin'));
      return () => clearImmediate(telling);
    }
    let open = true;
    const end = (reason: string): void => {
      if (!open) return;
      open = false;
      receiver.closed();
      listener.closed(reason);
    };
    const transport: Transport = {
      kind: 'websocket',
      send: (frame: MasterFrame) => {
        const copy = structuredClone(frame);
        setImmediate(() => {
          if (open) listener.frame(copy);
        });
      },
      close: (_code, reason) => setImmediate(end, reason),
    };
    const receiver = master.links.connect(transport, 'this process');
    let underWay = 0;
    const line: Line = {
      kind: 'websocket',
      send: (frame) => {
        const bytes = streamedBytes(frame);
        underWay += bytes;
        setImmediate(() => {
          underWay -= bytes;
          if (open) receiver.take(frame);
        });
      },
      waiting: () => underWay,
      close: end,
    };
    setImmediate(() => {
      if (open) listener.opened(line);
    });
    return () => end('it was given up');
  };
  return { socket: socket as Lines['socket'], poll: socket as Lines['poll'], passes: () => Promise.resolve(true) };
}
