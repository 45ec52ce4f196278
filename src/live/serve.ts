// Opens the port: HTTP and WebSockets on one listener, and the way to close it that waits for nobody for ever.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { serve } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { maxPayload } from '../protocol/link.ts';

interface OpenOptions {
  app: { fetch: (request: Request, env?: object) => Response | Promise<Response> };
  /** 0: the system picks. */
  port: number;
  bind: string;
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** Aborted first when closing: whoever holds requests open (streams, long-polls) ends them. The same that createApi was given. */
  closing?: AbortController;
  /** Told of failures of the listener itself after it was opened. */
  onError?: (error: unknown) => void;
}

export interface OpenPort {
  /** As a person would type it: `http://127.0.0.1:51026`. */
  address: string;
  port: number;
  /** Stops accepting, ends what is held open, closes WebSockets with 1012 (service restart); what is left after `graceMs` is cut. */
  close(graceMs?: number): Promise<void>;
}

/** Most bytes of all headers together, the address included. */
const maxHeaderSize = 16 * 1024;

/**
 * @throws Error when the port cannot be opened, naming port and address (`EADDRINUSE`, `EACCES`, ...)
 */
export function openHttp({ app, port, bind, tls, closing, onError }: OpenOptions): Promise<OpenPort> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false, clientTracking: true });
  const limits = { maxHeaderSize, headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 };
  return new Promise((resolve, reject) => {
    const server = serve({
      fetch: app.fetch as Parameters<typeof serve>[0]['fetch'],
      port,
      hostname: bind,
      overrideGlobalObjects: false,
      websocket: { server: sockets as never },
      ...(tls
        ? { createServer: createTlsServer, serverOptions: { ...limits, cert: tls.cert, key: tls.key } }
        : { createServer, serverOptions: limits }),
    }) as Server;
    const failed = (error: NodeJS.ErrnoException) =>
      reject(
        Object.assign(new Error(`cannot open port ${port} on ${bind}: ${reasonOf(error)}`, { cause: error }), {
          code: error.code,
        }),
      );
    server.once('error', failed);
    server.on('clientError', answerBadRequest);
    const unused = unusedConnections(server, sockets, tls ? 'secureConnection' : 'connection');
    server.once('listening', () => {
      server.off('error', failed);
      server.on('error', (error) => onError?.(error)); // an accept that failed (out of descriptors): the next one is tried all the same
      const { port: open } = server.address() as AddressInfo;
      const host = bind === '0.0.0.0' || bind === '::' ? 'localhost' : bind.includes(':') ? `[${bind}]` : bind;
      resolve({
        address: `${tls ? 'https' : 'http'}://${host}:${open}`,
        port: open,
        close: (graceMs = 2000) => close({ server, sockets, unused, closing }, graceMs),
      });
    });
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'another program listens there. Choose another with --port';
  if (error.code === 'EACCES') return 'ports below 1024 need root. Choose another with --port';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return error.message;
}

/** A request that is none: answered as a problem where the socket still takes one. */
function answerBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = large ? '431 Request Header Fields Too Large' : late ? '408 Request Timeout' : '400 Bad Request';
  const body = JSON.stringify({
    type: 'urn:stathub:problem:invalid-request',
    title: 'The request is not valid',
    status: Number(status.slice(0, 3)),
    code: large ? 'too-large' : 'invalid-request',
    detail: large
      ? `the address and the headers have more than ${maxHeaderSize} bytes`
      : late
        ? 'the request did not come in time'
        : 'this is no HTTP request',
    hint: large
      ? 'A query in the address counts, too: make it shorter, or ask in parts.'
      : late
        ? 'Send the whole request within its time limit.'
        : 'The API speaks HTTP/1.1; with TLS its address begins with https://.',
    errors: [],
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ` +
      `${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Connections that no request has come over yet (browsers open some ahead): Node does not count them as idle. */
function unusedConnections(
  server: Server,
  sockets: WebSocketServer,
  event: 'connection' | 'secureConnection',
): Set<Socket> {
  const unused = new Set<Socket>();
  server.on(event, (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.prependListener('request', ({ socket }: IncomingMessage) => {
    unused.delete(socket);
  });
  // Not by a listener of 'upgrade': with a second one, node-server leaves it to that one to answer refused upgrades.
  sockets.on('connection', (_socket, { socket }: IncomingMessage) => {
    unused.delete(socket);
  });
  return unused;
}

interface Open {
  server: Server;
  sockets: WebSocketServer;
  unused: Set<Socket>;
  closing: AbortController | undefined;
}

async function close({ server, sockets, unused, closing }: Open, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  closing?.abort();
  for (const socket of sockets.clients) socket.close(1012, 'the hub is stopping');
  for (const socket of unused) socket.destroy();
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(cut);
}
