// A command in an instance on a terminal, over its own WebSocket (src/protocol/exec.ts has the messages).
import type { ExecClientFrame, ExecServerFrame } from '../../src/protocol/exec.ts';
import { call, path, Problem } from '../hub/api.ts';

export interface Size {
  rows: number;
  cols: number;
}
/** How it ended: by itself with a code, or not as wanted. */
export type TerminalEnd = { code: number } | { problem: unknown };

export interface TerminalLine {
  type: (text: string | Uint8Array) => void;
  resize: (size: Size) => void;
  /** Ends the command; nothing is told after it. */
  close: () => void;
}

interface Listener {
  begun: () => void;
  /** `taken` is to be called when the bytes have been drawn: the command waits while too many are not. */
  output: (bytes: Uint8Array, taken: () => void) => void;
  ended: (end: TerminalEnd) => void;
}

/** The hub takes messages of at most 1 MiB. Bytes. */
const longestMessage = 256 * 1024;

/** A word runs as it is, anything else by the shell. */
const wordsOf = (command: string): string[] => (/^[\w./+-]+$/.test(command) ? [command] : ['sh', '-c', command]);

export function openTerminal(id: string, command: string, size: Size, listener: Listener): TerminalLine {
  const address = `/v1${path`/instances/${id}/exec`}`;
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${address}`);
  socket.binaryType = 'arraybuffer';
  let opened = false;
  let over = false;
  let took = 0;
  const say = (frame: ExecClientFrame): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  const end = (how: TerminalEnd): void => {
    if (over) return;
    over = true;
    listener.ended(how);
  };
  socket.onopen = () => {
    opened = true;
    say({
      type: 'start',
      command: wordsOf(command),
      terminal: { ...size, term: 'xterm-256color' },
      acknowledges: true,
    });
    listener.begun();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (over) return;
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data, 1);
      listener.output(bytes, () => {
        took += bytes.length;
        say({ type: 'took', bytes: took });
      });
      return;
    }
    const frame = JSON.parse(data) as ExecServerFrame;
    if (frame.type === 'exit') end({ code: frame.code });
    else end({ problem: new Problem(0, frame.code, frame.detail, frame.hint) });
  };
  socket.onclose = () => {
    if (over) return;
    if (opened) end({ problem: new Problem(0, 'unreachable', '', '') });
    else void refusalOf(id).then((problem) => end({ problem }));
  };
  return {
    type: (text) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
      for (let from = 0; from < bytes.length; from += longestMessage)
        socket.send(bytes.slice(from, from + longestMessage));
    },
    resize: ({ rows, cols }) => say({ type: 'resize', rows, cols }),
    close: () => {
      over = true;
      socket.close();
    },
  };
}

/** A WebSocket that is refused has no words: the same, asked plainly, has. */
async function refusalOf(id: string): Promise<unknown> {
  try {
    await call('GET', path`/instances/${id}/exec`);
  } catch (error) {
    // Asked plainly by somebody who may, it is answered that a WebSocket is wanted.
    if (!(error instanceof Problem && error.code === 'invalid-request')) return error;
  }
  return new Problem(0, 'unreachable', '', '');
}
