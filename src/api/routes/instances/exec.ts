// WS /v1/instances/:id/exec: a command within an instance (src/protocol/exec.ts has its messages). For deploy and admin.
import { upgradeWebSocket } from '@hono/node-server';
import type { WebSocket } from 'ws';
import { Refusal } from '../../../model/errors.ts';
import { execClientFrame, type ExecClientFrame, type ExecServerFrame } from '../../../protocol/exec.ts';
import { permit } from '../../access/auth.ts';
import type { Caller, Cluster, ExecHandle } from '../../cluster.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';

/** Input that may wait here; above it, the client's socket is not read. Bytes. */
const mostInput = 1024 * 1024;
/** Only an agent that heeds no window sends so much more than a client takes: then the command is ended. Bytes. */
const mostOutput = 16 * 1024 * 1024;
const startWithinMs = 10_000;
/** A socket that is not read tells of its end only when something is sent to it. */
const pingMs = 2000;

export function execRoute(app: Api, { cluster, closing }: Resource): void {
  app.get(
    '/v1/instances/:id/exec',
    says({
      tag: 'instances',
      summary: 'Run a command beside its program (WebSocket)',
      description:
        'Begin with the text message `{"type": "start", "command": ["sh"], "terminal": {"rows": 24, "cols": 80, ' +
        '"term": "xterm"}}` (`terminal: null`: plain pipes). Binary messages are its input; ' +
        '`{"type": "resize", "rows", "cols"}` and `{"type": "eof"}` follow at will. Its output comes as binary ' +
        'messages (first byte 1: stdout, 2: stderr), at the end `{"type": "exit", "code"}` or `{"type": "error", ' +
        '"code", "detail", "hint"}`.',
      gives: 'text',
      refuses: [404, 503],
    }),
    permit('deploy'),
    async (c, next) => {
      if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
        throw new Refusal(
          'invalid-request',
          'a command in an instance is run over a WebSocket',
          'use stathub exec INSTANCE -- COMMAND',
        );
      await cluster.instance(c.req.param('id')!);
      await next();
    },
    upgradeWebSocket((c) => {
      const caller = c.get('caller');
      const id = c.req.param('id')!;
      let conversation: Conversation | null = null;
      return {
        onOpen(_event, { raw }) {
          conversation = new Conversation(cluster, id, caller, raw as unknown as WebSocket, closing);
        },
        onMessage(event) {
          conversation?.take(event.data);
        },
        onClose() {
          conversation?.closed();
        },
        onError() {
          conversation?.closed();
        },
      };
    }),
  );
}

class Conversation {
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #caller: Caller;
  readonly #socket: WebSocket;
  readonly #over = new AbortController();
  readonly #late: NodeJS.Timeout;
  #handle: Promise<ExecHandle> | null = null;
  #inputWaiting = 0;
  #pings: NodeJS.Timeout | null = null;
  /** Output sent, and what of it the client has not acknowledged; null where it counts as taken when it is sent. */
  #sent = 0;
  #unacknowledged: { upTo: number; resolve: () => void }[] | null = null;

  constructor(cluster: Cluster, id: string, caller: Caller, socket: WebSocket, closing: AbortSignal) {
    this.#cluster = cluster;
    this.#id = id;
    this.#caller = caller;
    this.#socket = socket;
    this.#late = setTimeout(
      () => this.#fail(new Refusal('invalid-request', `no start came within ${startWithinMs / 1000} s`)),
      startWithinMs,
    );
    closing.addEventListener('abort', () => this.closed(), { once: true, signal: this.#over.signal });
  }

  closed(): void {
    clearTimeout(this.#late);
    this.#over.abort();
    this.#readOn();
  }

  take(message: unknown): void {
    if (this.#over.signal.aborted) return;
    if (typeof message !== 'string')
      return this.#input(message instanceof ArrayBuffer ? new Uint8Array(message) : (message as Uint8Array));
    let frame: unknown;
    try {
      frame = JSON.parse(message);
    } catch {
      return this.#fail(new Refusal('invalid-json', 'a text message is no JSON'));
    }
    const parsed = execClientFrame.safeParse(frame);
    if (!parsed.success) return this.#fail(new Refusal('invalid-request', issuesOf(parsed.error)));
    this.#obey(parsed.data);
  }

  #obey(frame: ExecClientFrame): void {
    switch (frame.type) {
      case 'resize':
        return this.#tell((handle) => handle.resize(frame.rows, frame.cols));
      case 'eof':
        return this.#tell((handle) => handle.endInput());
      case 'took':
        return this.#acknowledged(frame.bytes);
      case 'start':
        return this.#start(frame);
    }
  }

  #start({ command, terminal, acknowledges }: Extract<ExecClientFrame, { type: 'start' }>): void {
    if (this.#handle) return this.#fail(new Refusal('invalid-request', 'a second start on one connection'));
    clearTimeout(this.#late);
    if (acknowledges) this.#unacknowledged = [];
    this.#handle = this.#cluster.exec(
      this.#id,
      { command, terminal },
      (stream, bytes) => this.#output(stream, bytes),
      this.#caller,
      this.#over.signal,
    );
    this.#handle
      .then(({ ended }) => ended)
      .then(
        (code) => this.#end({ type: 'exit', code }),
        (error: unknown) => this.#fail(error),
      );
  }

  /** In the order of coming, also before it has begun. */
  #tell(what: (handle: ExecHandle) => Promise<void> | void): void {
    if (!this.#handle)
      return this.#fail(
        new Refusal(
          'invalid-request',
          'the first message is no start',
          'begin with {"type": "start", "command": [...], "terminal": null}',
        ),
      );
    this.#handle.then(what).catch(() => {
      /* told where it was begun */
    });
  }

  /** While too much of it waits for the command, the client is not read. */
  #input(bytes: Uint8Array): void {
    this.#inputWaiting += bytes.length;
    if (this.#inputWaiting > mostInput) this.#readNoMore();
    this.#tell(async (handle) => {
      await handle.input(bytes);
      this.#inputWaiting -= bytes.length;
      if (this.#inputWaiting <= mostInput) this.#readOn();
    });
  }

  #readNoMore(): void {
    if (this.#pings) return;
    this.#socket.pause();
    this.#pings = setInterval(() => {
      this.#socket.ping(undefined, undefined, () => {
        /* its end is told by onClose */
      });
    }, pingMs);
  }

  #readOn(): void {
    if (!this.#pings) return;
    clearInterval(this.#pings);
    this.#pings = null;
    this.#socket.resume();
  }

  /** Resolves when the client has taken them, or is gone. */
  #output(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    if (this.#over.signal.aborted) return Promise.resolve();
    if (this.#socket.bufferedAmount > mostOutput) {
      this.#fail(new Refusal('too-large', 'the client reads too slowly'));
      return Promise.resolve();
    }
    const message = Buffer.concat([Buffer.from([stream === 'stdout' ? 1 : 2]), bytes]);
    const unacknowledged = this.#unacknowledged;
    this.#sent += bytes.length;
    if (!unacknowledged) return new Promise((resolve) => this.#socket.send(message, () => resolve()));
    this.#socket.send(message, () => {
      /* its end is told by onClose */
    });
    return new Promise((resolve) => unacknowledged.push({ upTo: this.#sent, resolve }));
  }

  #acknowledged(bytes: number): void {
    const waiting = this.#unacknowledged;
    while (waiting && waiting.length > 0 && waiting[0]!.upTo <= bytes) waiting.shift()!.resolve();
  }

  #fail(error: unknown): void {
    const {
      code,
      message: detail,
      hint,
    } = error instanceof Refusal ? error : { code: 'internal', message: (error as Error).message, hint: '' };
    this.#end({ type: 'error', code, detail, hint });
  }

  /** Everything was sent before; the client has it before the connection is closed, however slowly it reads. */
  #end(frame: ExecServerFrame): void {
    if (this.#over.signal.aborted) return;
    this.#socket.send(JSON.stringify(frame), () => this.#socket.close(1000));
    this.closed();
  }
}

const issuesOf = ({ issues }: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`)
    .join('; ');
