// A proxy before a real Elasticsearch, for what the server of the tests has not got (authentication, TLS) and for what a network does.
import {
  createServer,
  request,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What becomes of a request: `lose` is done by the server, but its answer is lost; `drop` never gets there. */
type Treatment = 'pass' | 'lose' | 'drop' | { status: number; body: object; headers?: Record<string, string> };

export interface ProxyOptions {
  /** The value of `Authorization` that is let in; others get a 401. */
  authorization?: string;
  tls?: { cert: string; key: string };
}

export class ElasticProxy {
  /** Decides on each request, which waits for that; set by the test. */
  treat: (incoming: IncomingMessage) => Treatment | Promise<Treatment> = () => 'pass';
  /** The value of `Authorization` of each request. */
  readonly seen: (string | undefined)[] = [];
  readonly #target: string;
  readonly #options: ProxyOptions;
  readonly #server: Server;

  /** @param target address of the server behind it; '' where every request is answered by `treat` */
  constructor(target: string, options: ProxyOptions = {}) {
    this.#target = target;
    this.#options = options;
    const listener: RequestListener = (incoming, outgoing) => void this.#serve(incoming, outgoing);
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const product = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' };
    this.seen.push(incoming.headers.authorization);
    const { authorization } = this.#options;
    if (authorization !== undefined && incoming.headers.authorization !== authorization) {
      incoming.resume();
      outgoing
        .writeHead(401, product)
        .end(
          JSON.stringify({ error: { type: 'security_exception', reason: 'unable to authenticate user' }, status: 401 }),
        );
      return;
    }
    const treatment = await this.treat(incoming);
    if (treatment === 'drop') {
      incoming.socket.destroy();
      return;
    }
    if (typeof treatment === 'object') {
      incoming.resume();
      outgoing.writeHead(treatment.status, treatment.headers ?? product).end(JSON.stringify(treatment.body));
      return;
    }
    const { authorization: _, host: __, ...headers } = incoming.headers;
    const passed = request(this.#target + incoming.url, { method: incoming.method, headers }, (answer) => {
      if (treatment === 'lose') {
        answer.resume();
        answer.once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => incoming.socket.destroy());
    incoming.pipe(passed);
  }
}
