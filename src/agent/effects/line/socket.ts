// The line by WebSocket (`GET /v1/link`): opened by the agent, so a node needs no inbound port. No permessage-deflate: it costs
// 240 KiB a connection; what is large is deflated by its sender (src/protocol/codec.ts).
import { WebSocket } from 'ws';
import { decodeBody, encodeBody } from '../../../protocol/codec.ts';
import { maxPayload } from '../../../protocol/link.ts';
import { checked, type Line, type LineListener, type LineOptions } from './line.ts';

const connectMs = 5_000;

const addressOf = (master: string): string => `${master.replace(/^http/, 'ws')}/v1/link`;
const headersOf = (token: string | null): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});

/** Opens the line; all that happens is told to the listener. @returns the way to end it */
export function openSocket({ master, token }: LineOptions, listener: LineListener): () => void {
  const socket = new WebSocket(addressOf(master), {
    headers: headersOf(token),
    perMessageDeflate: false,
    maxPayload,
    handshakeTimeout: connectMs,
  });
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    socket.terminate();
    listener.closed(reason);
  };
  const line: Line = {
    kind: 'websocket',
    send: (frame) => {
      if (!ended && socket.readyState === WebSocket.OPEN) socket.send(encodeBody(frame));
    },
    waiting: () => socket.bufferedAmount,
    close: end,
  };
  socket.on('open', () => listener.opened(line));
  socket.on('message', (content, binary) => {
    if (ended) return;
    let value: unknown;
    try {
      value = decodeBody(binary ? (content as Buffer) : String(content));
    } catch (error) {
      listener.malformed((error as Error).message);
      return;
    }
    const frame = checked(value, listener);
    if (frame) listener.frame(frame);
  });
  socket.on('unexpected-response', (_request, response) => {
    response.resume();
    end(`the master answers HTTP ${response.statusCode}`);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ? `${error.code}` : error.message));
  socket.on('close', (code, reason) => end(String(reason) || `closed with ${code}`));
  return () => end('the agent closed it');
}

/** Whether a WebSocket would pass: opened and closed without a word. */
export function socketPasses({ master, token }: LineOptions, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(addressOf(master), {
      headers: headersOf(token),
      perMessageDeflate: false,
      handshakeTimeout: connectMs,
    });
    const done = (passes: boolean): void => {
      signal.removeEventListener('abort', aborted);
      socket.terminate();
      resolve(passes);
    };
    const aborted = (): void => done(false);
    signal.addEventListener('abort', aborted);
    socket.on('open', () => done(true));
    socket.on('error', () => done(false));
  });
}
