// An agent that runs nothing: the other end of the wire, speaking real frames over a real WebSocket or the real HTTP fallback.
// It holds its desired set as an agent must, and "runs" instances by reporting them.
import { openPoll } from '../../src/agent/effects/line/poll.ts';
import { openSocket } from '../../src/agent/effects/line/socket.ts';
import type { Line } from '../../src/agent/effects/line/line.ts';
import type { AppSpec } from '../../src/model/app/app.ts';
import type { Assignment, DesiredRevision } from '../../src/model/assignment.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { NodeFacts } from '../../src/model/node.ts';
import type { AgentFrame, Command, DesiredFrame, MasterFrame } from '../../src/protocol/link.ts';

interface SimOptions {
  node: string;
  machine?: string;
  hub?: string | null;
  run?: number;
  term?: number;
  epoch?: number;
  takeOver?: boolean;
  transport?: 'websocket' | 'poll';
  facts?: Partial<NodeFacts>;
  /** How an assignment's instance comes up: 'running' at once (default), 'starting' and no further, or 'failing' its checks. */
  behaviour?: (assignment: Assignment) => 'running' | 'starting' | 'unhealthy';
  /** Answers a command; default: ok without a value. */
  command?: (command: Command, chunk: (value: unknown) => void) => Promise<unknown> | unknown;
  /** false: instances of goal stop do not stop. */
  stops?: boolean;
  beats?: boolean;
}

export const simFacts = (node: string, given: Partial<NodeFacts> = {}): NodeFacts => ({
  hostname: `host-${node}`,
  agentAddress: 'http://127.0.0.1:51025',
  os: { name: 'Linux', version: '6.1', cpus: 4, architecture: 'x64', distribution: 'Debian GNU/Linux 12' },
  hardware: { vendor: '', model: '', cpu: '' },
  memory: { total: 8e9, ram: 8e9 },
  networks: [],
  disks: [],
  tags: [],
  capabilities: { membership: 'session', limits: 'rlimits', rotation: 'copy-truncate' },
  isolation: { cgroup: 'none', enforced: [], not: [] },
  allocatable: { cpus: 4, mem: 8e9, disk: 100e9 },
  ports: [20000, 29999],
  version: '0.0.0-sim',
  ...given,
});

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

export class SimAgent {
  readonly options: SimOptions;
  readonly instances = new Map<string, InstanceView>();
  /** What it was told to hold. */
  readonly assignments = new Map<string, Assignment>();
  readonly revisions = new Map<string, DesiredRevision>();
  /** Ids of assignments that it did not take up. */
  readonly refusals: string[] = [];
  readonly frames: MasterFrame[] = [];
  readonly received: { at: number; frame: MasterFrame }[] = [];
  hub: string | null;
  term: number;
  epoch: number;
  run: number;
  seq = 0;
  desiredSeq = 0;
  welcomed = false;
  obeys = true;
  refused: Extract<MasterFrame, { type: 'refused' }> | null = null;
  closedBecause: string | null = null;
  line: Line | null = null;
  /** Answers no `resync`, applies nothing: for tests of the wire alone. */
  deaf = false;
  #end: (() => void) | null = null;
  #beat: NodeJS.Timeout | null = null;
  #parts: DesiredFrame[] = [];
  #reportSeq = 0;
  #url = '';
  #pid = 1000;
  reconnects = true;

  constructor(options: SimOptions) {
    this.options = options;
    this.hub = options.hub ?? null;
    this.term = options.term ?? 0;
    this.epoch = options.epoch ?? 0;
    this.run = options.run ?? 1;
  }

  /** Connects and goes on connecting, as an agent does. */
  connect(url: string): this {
    this.#url = url;
    this.reconnects = true;
    this.#open();
    return this;
  }

  #open(): void {
    const open = this.options.transport === 'poll' ? openPoll : openSocket;
    this.closedBecause = null;
    this.#end = open(
      { master: this.#url, node: this.options.node, token: null },
      {
        opened: (line) => {
          this.line = line;
          this.#hello();
        },
        frame: (frame) => this.#take(frame),
        malformed: (detail) => {
          throw new Error(`the master sent a malformed frame: ${detail}`);
        },
        closed: (reason) => {
          this.closedBecause = reason;
          this.welcomed = false;
          this.line = null;
          if (this.#beat) clearInterval(this.#beat);
          this.#beat = null;
          if (this.reconnects && !this.refused?.final)
            void wait(30).then(() => {
              if (this.reconnects && !this.line) this.#open();
            });
        },
      },
    );
  }

  /** Breaks the line and stays away. */
  disconnect(): void {
    this.reconnects = false;
    this.#end?.();
    this.line?.close('the test breaks the line');
  }

  send(frame: AgentFrame): void {
    this.line?.send(frame);
  }

  #hello(): void {
    const { node, machine, facts, takeOver } = this.options;
    this.refused = null;
    this.send({
      type: 'hello',
      node,
      machine: machine ?? `machine-${node}`,
      boot: 'boot',
      run: this.run,
      version: '0.0.0-sim',
      hub: this.hub,
      term: this.term,
      epoch: this.epoch,
      takeOver: takeOver ?? false,
      facts: simFacts(node, facts),
      instances: [...this.instances.values()],
    });
  }

  #take(frame: MasterFrame): void {
    this.received.push({ at: performance.now(), frame });
    this.frames.push(frame);
    if (this.deaf && frame.type !== 'welcome') return;
    switch (frame.type) {
      case 'refused':
        this.refused = frame;
        break;
      case 'welcome':
        this.welcomed = true;
        this.obeys = frame.obey;
        if (frame.obey) {
          if (this.hub !== frame.hub) this.term = this.epoch = 0;
          this.hub = frame.hub;
          this.term = Math.max(this.term, frame.term);
        }
        this.desiredSeq = 0;
        this.#reportSeq = 0;
        this.report([...this.instances.keys()], true);
        if (this.options.beats !== false) {
          const send = (): void => this.send({ type: 'beat', sentMono: performance.now(), load: null });
          send();
          clearInterval(this.#beat ?? undefined);
          this.#beat = setInterval(send, frame.times.beatMs);
        }
        break;
      case 'desired':
        this.#desired(frame);
        break;
      case 'command': {
        this.send({ type: 'ack', n: frame.n });
        if (frame.name === 'cancel') break;
        void Promise.resolve()
          .then(() => this.options.command?.(frame, (value) => this.send({ type: 'chunk', id: frame.id, value })))
          .then(
            (value) => this.send({ type: 'result', id: frame.id, ok: true, value }),
            (error: { code?: string; message: string }) =>
              this.send({
                type: 'result',
                id: frame.id,
                ok: false,
                code: error.code ?? 'internal',
                detail: error.message,
              }),
          );
        break;
      }
      case 'events.ack':
        this.send({ type: 'ack', n: frame.n });
        break;
      case 'beat.ack':
        break;
    }
  }

  #desired(frame: DesiredFrame): void {
    if (frame.from !== 0 && frame.from !== this.desiredSeq) {
      this.send({ type: 'resync' });
      this.send({ type: 'ack', n: frame.n });
      return;
    }
    this.#parts.push(frame);
    this.send({ type: 'ack', n: frame.n });
    if (this.#parts.length < frame.parts) return;
    const parts = this.#parts;
    this.#parts = [];
    const named = new Set<string>();
    const changed = new Set<string>();
    for (const part of parts) {
      for (const revision of part.revisions) this.revisions.set(`${revision.app}/${revision.revision}`, revision);
      for (const assignment of part.assignments) {
        named.add(assignment.id);
        this.assignments.set(assignment.id, assignment);
        this.epoch = Math.max(this.epoch, assignment.epoch);
        changed.add(assignment.id);
      }
      for (const id of part.gone) {
        this.assignments.delete(id);
        const instance = this.instances.get(id);
        if (instance && (instance.status === 'stopped' || instance.status === 'failed')) {
          this.instances.delete(id);
          changed.add(id);
        }
      }
    }
    if (frame.from === 0) for (const id of this.assignments.keys()) if (!named.has(id)) this.assignments.delete(id); // runs on, as unknown
    this.desiredSeq = frame.seq;
    for (const id of changed) this.#follow(id);
    if (changed.size > 0) this.report([...changed]);
  }

  #follow(id: string): void {
    const assignment = this.assignments.get(id);
    if (!assignment) return;
    const instance = this.instances.get(id);
    // Another hub's instance is given up to a higher epoch only.
    if (instance && instance.owner !== assignment.owner && assignment.epoch <= instance.epoch) {
      this.refusals.push(id);
      return;
    }
    if (assignment.goal === 'stop') {
      if (this.options.stops === false && instance)
        this.instances.set(id, { ...instance, goal: 'stop', status: 'killing', at: Date.now() });
      else if (instance)
        this.instances.set(id, { ...instance, goal: 'stop', status: 'stopped', pid: null, at: Date.now() });
      return;
    }
    if (instance) {
      this.instances.set(id, {
        ...instance,
        goal: assignment.goal,
        revision: assignment.revision,
        epoch: assignment.epoch,
        owner: assignment.owner,
        place: assignment.place,
        slot: assignment.slot,
        at: Date.now(),
      });
      return;
    }
    this.instances.set(id, this.#made(assignment, this.options.behaviour?.(assignment) ?? 'running'));
  }

  #made(assignment: Assignment, status: InstanceView['status']): InstanceView {
    const now = Date.now();
    return {
      id: assignment.id,
      app: assignment.app,
      slot: assignment.slot,
      place: assignment.place,
      node: this.options.node,
      revision: assignment.revision,
      epoch: assignment.epoch,
      owner: assignment.owner,
      goal: assignment.goal,
      status,
      state: status,
      pid: ++this.#pid,
      ports: [],
      debugPort: null,
      user: null,
      consolePort: null,
      startedAt: now,
      readyAt: status === 'running' ? now : null,
      restarts: 0,
      launch: 1,
      exit: null,
      health: [],
      usage: null,
      reason: null,
      escalated: null,
      at: now,
    };
  }

  /** An instance that this agent runs without having been told. */
  stray(app: string, slot: number, owner: string, id = `${app}.${slot}.stray234`): InstanceView {
    const view = this.#made(
      {
        id,
        app,
        slot,
        place: 'a',
        epoch: 1,
        revision: 1,
        hash: '',
        owner,
        node: this.options.node,
        goal: 'run',
        onFull: null,
        because: '',
        at: 0,
        nudge: 0,
      },
      'running',
    );
    this.instances.set(id, view);
    return view;
  }

  /** Changes what it reports of an instance; null: gone. */
  set(id: string, change: Partial<InstanceView> | null): void {
    const before = this.instances.get(id);
    if (change === null) this.instances.delete(id);
    else if (before) this.instances.set(id, { ...before, ...change, at: Date.now() });
    this.report([id]);
  }

  report(ids: string[], whole = false, contents?: Extract<AgentFrame, { type: 'observed' }>['contents']): void {
    const from = whole ? 0 : this.#reportSeq;
    this.#reportSeq += 1;
    const changes = Object.fromEntries(ids.map((id) => [id, this.instances.get(id) ?? null]));
    this.send({ type: 'observed', run: this.run, seq: this.#reportSeq, from, changes, ...(contents && { contents }) });
  }

  get running(): InstanceView[] {
    return [...this.instances.values()].filter(({ status }) => status === 'running');
  }
  spec(app: string, revision: number): AppSpec | null {
    return this.revisions.get(`${app}/${revision}`)?.spec ?? null;
  }
}
