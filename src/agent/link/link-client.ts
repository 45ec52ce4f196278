// The conversation with the master on whatever line there is: hello and welcome, beats, desired sets; what is told of itself is in
// reports.ts, what is asked for in command-runs.ts. The machine (machines/link.ts) decides which line; the agent gives the
// content (LinkContent).
import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import { linkMachine, type LinkEvent } from '../../../machines/link.ts';
import type { NodeFacts } from '../../model/node.ts';
import type { UsageRow } from '../../model/instance/usage.ts';
import type { AgentFrame, MasterFrame, Times } from '../../protocol/link.ts';
import type { openSocket } from '../effects/line/socket.ts';
import type { Line, LineListener, LineOptions } from '../effects/line/line.ts';
import { CommandRuns } from './command-runs.ts';
import type { Content, LinkContent } from './link-content.ts';
import { remoteLines, type Lines } from './lines.ts';
import { monoMs } from '../moment.ts';
import { Reports } from './reports.ts';
import type { EventSpool } from './spool.ts';

const chunkWaitBytes = 512 * 1024;

export class LinkClient {
  readonly actor: Actor<typeof linkMachine>;
  readonly #options: LineOptions;
  readonly #content: LinkContent;
  readonly #spool: EventSpool;
  readonly #commands: CommandRuns;
  readonly #reports: Reports;
  /** Why no line came about since the last one, as told. */
  readonly #troubles = new Set<string>();
  #line: Line | null = null;
  #welcomed = false;
  #welcomes = 0;
  /** When the newest beat was sent that was answered on this line. */
  #arrived = 0;
  #times: Times = { beatMs: 5000, suspectMs: 15_000, lostMs: 30_000 };
  #beat: NodeJS.Timeout | null = null;
  #ackedAt = 0;
  #helloSent = 0;
  #inOrder: Promise<void> = Promise.resolve();

  constructor(options: LineOptions, content: LinkContent, spool: EventSpool, lines: Lines = remoteLines) {
    this.#options = options;
    this.#content = content;
    this.#spool = spool;
    this.#commands = new CommandRuns(content);
    this.#reports = new Reports(content, spool);
    const line = (open: typeof openSocket) =>
      fromCallback<LinkEvent>(({ sendBack }) => open(this.#options, this.#listener(sendBack)));
    this.actor = createActor(
      linkMachine.provide({
        actors: {
          socket: line(lines.socket) as never,
          poll: line(lines.poll) as never,
          tryout: fromPromise<boolean, object>(({ signal }) => lines.passes(this.#options, signal)),
        },
      }),
    );
    this.actor.subscribe({ error: (error) => this.#content.warn('the link failed', error) });
  }

  start(): void {
    this.actor.start();
    this.#spool.onAppend(() => this.#reports.soon());
  }

  /** Ends the line and all that runs for it. */
  stop(): void {
    this.actor.send({ type: 'link.stop' });
    this.#lineEnded('the agent stops');
  }

  /** An instance is not as it was: told soon. */
  instanceChanged(id: string): void {
    this.#reports.instanceChanged(id);
  }

  /** First report of what a URI held. */
  contentFetched(content: Content): void {
    this.#reports.contentFetched(content);
  }

  factsChanged(facts: NodeFacts): void {
    this.#reports.factsChanged(facts);
  }
  /** Asked again after the next welcome, where there is no line now. */
  evacuate(frame: Extract<AgentFrame, { type: 'evacuate' }>): void {
    if (this.#welcomed) this.#line?.send(frame);
  }
  /** Samples of instances that somebody may look at; without a line they are gone, the next ones come. */
  usage(rows: Record<string, UsageRow>): void {
    if (this.#welcomed) this.#line?.send({ type: 'usage', rows });
  }
  /** @returns false: there is no line, they are not sent */
  metrics(points: Extract<AgentFrame, { type: 'metrics' }>['points']): boolean {
    if (!this.#welcomed || !this.#line) return false;
    this.#line.send({ type: 'metrics', points });
    return true;
  }

  /** The welcomed line: how many there were, and when (`monoMs`) the newest beat was sent that was answered on it. null: none. */
  get line(): { number: number; arrived: number } | null {
    return this.#welcomed ? { number: this.#welcomes, arrived: this.#arrived } : null;
  }
  /** The master that it is linked to, or that is tried; empty: in this process. */
  get master(): string {
    return this.#options.master;
  }
  get times(): Times {
    return this.#times;
  }
  /** Ends the line that stands, if one does: the next one begins with the whole state of both sides. */
  renew(why: string): void {
    this.#line?.close(why);
  }
  get up(): 'websocket' | 'poll' | null {
    return this.#welcomed ? (this.#line?.kind ?? null) : null;
  }

  #listener(tell: (event: LinkEvent) => void): LineListener {
    let mine: Line | null = null;
    return {
      opened: (line) => {
        mine = line;
        this.#line = line;
        this.#welcomed = false;
        this.#helloSent = monoMs();
        line.send({
          type: 'hello',
          ...this.#content.greeting(),
          instances: this.#content.instances(),
          ...(this.#options.token ? { token: this.#options.token } : {}),
        });
      },
      frame: (frame) => {
        if (!mine || this.#line !== mine) return;
        try {
          this.#take(mine, frame, tell);
        } catch (error) {
          // called by a socket: nobody above would catch it
          this.#content.warn(`a ${frame.type} frame of the master could not be taken`, error);
          mine.close(`a ${frame.type} frame could not be taken: ${(error as Error).message}`);
        }
      },
      malformed: (detail) => this.#content.warn(`a frame of the master was not understood and left out: ${detail}`),
      closed: (reason) => {
        const was = mine !== null && this.#line === mine;
        if (!was || !this.#welcomed) this.#noLine(reason);
        if (was) this.#lineEnded(reason);
        tell({ type: 'line.closed', reason, chance: Math.random() });
      },
    };
  }

  /** Each trouble is told once; it is tried again and again. */
  #noLine(reason: string): void {
    const text = `no line to ${this.#options.master || 'the hub in this process'} yet: ${reason}; it is tried again`;
    if (this.#troubles.has(text) || this.#troubles.size >= 20) return;
    this.#troubles.add(text);
    this.#content.warn(text);
  }

  #lineEnded(reason: string): void {
    const was = this.#line;
    const { up } = this;
    this.#line = null;
    this.#welcomed = false;
    if (this.#beat) clearInterval(this.#beat);
    this.#beat = null;
    this.#reports.lineEnded();
    this.#commands.lineEnded();
    was?.close(reason);
    if (up) this.#content.changed(null, reason);
  }

  #take(line: Line, frame: MasterFrame, tell: (event: LinkEvent) => void): void {
    switch (frame.type) {
      case 'welcome':
        return this.#welcome(line, frame, tell);
      case 'refused':
        tell({
          type: 'line.refused',
          code: frame.code,
          detail: `${frame.detail}${frame.hint ? `. ${frame.hint}` : ''}`,
          final: frame.final,
          chance: Math.random(),
        });
        this.#content.warn(`the master refuses this node: ${frame.detail}. ${frame.hint}`);
        return;
      case 'beat.ack':
        this.#ackedAt = monoMs();
        this.#arrived = frame.sentMono;
        this.#content.contact(Math.min(frame.sentMono, this.#ackedAt), this.#times.lostMs);
        return;
      case 'events.ack':
        this.#spool.acknowledge(frame.generation, frame.upTo);
        return this.#acknowledge(line, frame.n);
      case 'desired':
        return this.#acknowledge(line, frame.n, async () => {
          if ((await this.#content.desired(frame)) === 'resync') line.send({ type: 'resync' });
        });
      case 'command':
        this.#acknowledge(line, frame.n);
        this.#commands.take(line, frame);
    }
  }

  #welcome(line: Line, frame: Extract<MasterFrame, { type: 'welcome' }>, tell: (event: LinkEvent) => void): void {
    this.#welcomed = true;
    this.#welcomes++;
    this.#troubles.clear();
    this.#arrived = 0;
    this.#times = frame.times;
    this.#ackedAt = monoMs();
    this.#content.welcomed(frame);
    this.#content.contact(this.#helloSent, frame.times.lostMs);
    this.#reports.welcomed(line);
    this.#beat = setInterval(() => this.#sendBeat(line), frame.times.beatMs);
    this.#sendBeat(line);
    this.#content.changed(line.kind, null);
    tell({ type: 'line.welcomed' });
    this.#reports.soon();
  }

  /** In the order of their coming: each is acknowledged when it is held, and none before those that came earlier. */
  #acknowledge(line: Line, n: number, hold = async (): Promise<void> => {}): void {
    this.#inOrder = this.#inOrder
      .then(async () => {
        if (this.#line !== line) return;
        await hold();
        line.send({ type: 'ack', n });
      })
      .catch((error: unknown) => {
        this.#content.warn('a desired set could not be kept', error);
        line.close('the desired set could not be kept');
      });
  }

  /** Whether a stream should hold back: the line has more to send than it takes away. */
  get congested(): boolean {
    return (this.#line?.waiting() ?? 0) > chunkWaitBytes;
  }

  #sendBeat(line: Line): void {
    const now = monoMs();
    if (now - this.#ackedAt > 2 * this.#times.beatMs + 50 && now - this.#ackedAt > 2000) {
      line.close(`no answer to a beat for ${Math.round((now - this.#ackedAt) / 1000)} s`);
      return;
    }
    line.send({ type: 'beat', sentMono: now, load: this.#content.load() });
  }
}
