// One line to the master as the agent uses it: the frames of link.ts both ways, whatever carries them. Lives inside the effects
// of machines/link.ts (socket.ts, poll.ts); the conversation on it is link-client.ts's.
import { masterFrame, type AgentFrame, type MasterFrame } from '../../../protocol/link.ts';

export interface Line {
  readonly kind: 'websocket' | 'poll';
  /** Never throws; on a line that has ended it does nothing. */
  send(frame: AgentFrame): void;
  /** Bytes that wait to be sent: large streams hold back by it. */
  waiting(): number;
  close(reason: string): void;
}

/** What a line tells. `closed` comes once, last. */
export interface LineListener {
  opened(line: Line): void;
  frame(frame: MasterFrame): void;
  /** A frame that was not understood: left out, said. */
  malformed(detail: string): void;
  closed(reason: string): void;
}

/** A checked frame, or null after telling the listener what is wrong with it. */
export function checked(value: unknown, listener: LineListener): MasterFrame | null {
  const parsed = masterFrame.safeParse(value);
  if (parsed.success) return parsed.data;
  listener.malformed(
    parsed.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join('.') || 'frame'}: ${issue.message}`)
      .join('; '),
  );
  return null;
}

export interface LineOptions {
  /** `http://host:port` of the master. */
  master: string;
  node: string;
  token: string | null;
}
