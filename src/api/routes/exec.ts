// WS /v1/instances/:id/exec: a command within an instance (src/protocol/exec.ts has its messages). For deploy and admin.
import { upgradeWebSocket } from '@hono/node-server';
import type { WebSocket } from 'ws';
import { Refusal } from '../../model/errors.ts';
import { execClientFrame, type ExecServerFrame } from '../../protocol/exec.ts';
import { permit } from '../access/auth.ts';
import type { Caller, Cluster, ExecHandle } from '../cluster.ts';
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';

/** A client that takes less than it is sent is closed: what it has not read is lost to it, and the command ends. */
const mostWaiting = 16 * 1024 * 1024;
const startWithinMs = 10_000;

export function execRoute(app: Api, { cluster, closing }: Resource): void {
  app.get(
    '/v1/instances/:id/exec',
    says({
      tag: 'instances',
      summary: 'Run a command beside its program (WebSocket)',
      description:
        'Begin with the text message `{"type": "start", "command": ["sh"], "terminal": {"rows": 24, "cols": 80, "term": "xterm"}}` (`terminal: null`: plain pipes). Binary messages are its input; ' +
        '`{"type": "resize", "rows", "cols"}` and `{"type": "eof"}` follow at will. Its output comes as binary messages (first byte 1: stdout, 2: stderr), at the end `{"type": "exit", "code"}` or `{"type": "error", "code", "detail", "hint"}`.',
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
      const caller = c.get('caller'),
        id = c.req.param('id')!;
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
  }

  take(message: unknown): void {
    if (typeof message !== 'string')
      return this.#tell((handle) =>
        handle.input(message instanceof ArrayBuffer ? new Uint8Array(message) : (message as Uint8Array)),
      );
    let frame: unknown;
    try {
      frame = JSON.parse(message);
    } catch {
      return this.#fail(new Refusal('invalid-json', 'a text message is no JSON'));
    }
    const parsed = execClientFrame.safeParse(frame);
    if (!parsed.success)
      return this.#fail(
        new Refusal(
          'invalid-request',
          parsed.error.issues
            .slice(0, 3)
            .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`)
            .join('; '),
        ),
      );
    const it = parsed.data;
    if (it.type === 'resize') return this.#tell((handle) => handle.resize(it.rows, it.cols));
    if (it.type === 'eof') return this.#tell((handle) => handle.endInput());
    if (this.#handle) return this.#fail(new Refusal('invalid-request', 'a second start on one connection'));
    clearTimeout(this.#late);
    const { command, terminal } = it;
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
  #tell(what: (handle: ExecHandle) => void): void {
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

  #output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (this.#over.signal.aborted) return;
    if (this.#socket.bufferedAmount > mostWaiting)
      return this.#fail(new Refusal('too-large', 'the client reads too slowly'));
    this.#socket.send(Buffer.concat([Buffer.from([stream === 'stdout' ? 1 : 2]), bytes]), () => {
      /* its end is told by onClose */
    });
  }

  #fail(error: unknown): void {
    const {
      code,
      message: detail,
      hint,
    } = error instanceof Refusal ? error : { code: 'internal', message: (error as Error).message, hint: '' };
    this.#end({ type: 'error', code, detail, hint });
  }

  #end(frame: ExecServerFrame): void {
    if (this.#over.signal.aborted) return;
    this.#socket.send(JSON.stringify(frame), () => {
      /* as above */
    });
    this.#socket.close(1000);
    this.closed();
  }
}
