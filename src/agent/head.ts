// The head of an agent at work: the `agent` machine with what it invokes, and how its life looks from outside.
import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import { agentMachine, type AgentContext, type AgentEmitted, type AgentEvent } from '../../machines/agent.ts';

interface HeadWork {
  /** Sees all that is here. Nothing is served before it resolves. */
  recover: () => Promise<void>;
  /** Reads what the first greeting tells; then the link may start. */
  prepareLink: () => Promise<void>;
  startLink: () => void;
  stopLink: () => void;
  /** A supervisor of this key is to be there. */
  startSupervisor: (key: string) => void;
  warn: (message: string, error: unknown) => void;
}

export class Head {
  readonly actor: Actor<typeof agentMachine>;
  /** Resolves when it has ended: null after a stop or a drain, else why it ended by itself. */
  readonly ended: Promise<string | null>;
  readonly #warn: HeadWork['warn'];

  constructor(work: HeadWork) {
    this.#warn = work.warn;
    const recover = fromPromise<void, object>(work.recover);
    const link = fromCallback<AgentEvent, object>(() => this.#openLink(work));
    this.actor = createActor(agentMachine.provide({ actors: { recover, link } }), { id: 'agent', input: {} });
    this.actor.on('supervisor.wanted', ({ key }: AgentEmitted) => setImmediate(() => work.startSupervisor(key)));
    this.ended = this.#end();
  }

  get phase(): string {
    return String(this.actor.getSnapshot().value);
  }
  get drained(): AgentContext['drained'] {
    return this.actor.getSnapshot().context.drained;
  }

  /** Nothing happens once it has ended. */
  send(event: AgentEvent): void {
    if (this.actor.getSnapshot().status === 'active') this.actor.send(event);
  }

  /** Resolves when all that is here is guarded. @throws Error when it ends before */
  start(): Promise<void> {
    const serving = new Promise<void>((ready, failed) => {
      this.actor.subscribe({
        next: (snapshot) => {
          if (snapshot.matches('serving')) ready();
        },
        error: failed,
      });
      void this.ended.then((failure) => failed(new Error(failure ?? 'the agent was stopped while it started')));
    });
    this.actor.start();
    return serving;
  }

  #end(): Promise<string | null> {
    return new Promise((done) => {
      this.actor.subscribe({
        next: ({ status, context: { failure } }) => {
          if (status === 'done') done(failure);
        },
        error: (error) => {
          this.#warn('the agent failed', error);
          done(String(error));
        },
      });
    });
  }

  #openLink({ prepareLink, startLink, stopLink }: HeadWork): () => void {
    let over = false;
    prepareLink().then(
      () => {
        if (!over) startLink();
      },
      (error: unknown) => {
        this.#warn('the facts of the node could not be read', error);
        this.send({ type: 'agent.stop' });
      },
    );
    return () => {
      over = true;
      stopLink();
    };
  }
}
