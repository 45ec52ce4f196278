// What this agent tells its master and does for it: the content of the link (link-client.ts has its form).
import type { Assignment, DesiredRevision } from '../../model/assignment.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import type { NodeLoad } from '../../model/node.ts';
import type { Command, DesiredFrame, MasterFrame } from '../../protocol/link.ts';
import type { AgentCommands } from '../asked/commands.ts';
import type { AgentContext } from '../context.ts';
import type { DesiredChange, DesiredSet } from '../desired/desired-set.ts';
import type { Duties } from '../desired/duties.ts';
import { renewEnvs } from '../desired/node-envs.ts';
import { onlyAdjusts } from '../desired/only-adjusts.ts';
import type { Entry } from '../instance/entry.ts';
import type { Evacuation } from '../evacuation.ts';
import type { Fence } from '../fence.ts';
import { keepContents, unsaidContents, type FetchedContents } from './fetched-contents.ts';
import { greetingOf, ownHub, type Greeting } from './greeting.ts';
import type { Identity } from '../node/identity.ts';
import type { Instances } from '../instances.ts';
import type { LinkClient } from './link-client.ts';
import type { CommandResult, Content, LinkContent } from './link-content.ts';
import type { NodeSelf } from '../node/node-self.ts';
import { rememberSeen } from './seen-of-hub.ts';
import type { Recovered } from '../recovery.ts';
import { adoptStrays } from '../stray-entries.ts';
import { viewOf } from '../instance/shown/view.ts';

/** What duties need of the conversation. */
interface Reach {
  hub: () => string | null;
  revisionOf: (app: string, revision: number) => DesiredRevision | null;
  envs: () => Record<string, string>;
}

interface ConversationOptions {
  context: AgentContext;
  identity: Identity;
  instances: Instances;
  commands: AgentCommands;
  self: NodeSelf;
  standalone: boolean;
  /** The desired set kept of a hub. */
  openDesired: (hub: string) => DesiredSet;
  duties: (reach: Reach) => Duties;
  /** Null where there is no master to be cut off from. */
  fence: Fence | null;
  evacuation: Evacuation;
  warn: (message: string, error?: unknown) => void;
}

export class Conversation implements LinkContent {
  readonly #options: ConversationOptions;
  readonly #duties: Duties;
  #link: LinkClient | null = null;
  #desired: DesiredSet | null = null;
  /** Whose set `#desired` is. */
  #hub: string | null = null;
  #obeys = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#duties = options.duties({
      hub: () => this.#hub,
      revisionOf: (app, revision) => this.#desired?.revision(app, revision) ?? null,
      envs: () => this.#desired?.envs ?? {},
    });
  }

  attach(link: LinkClient): void {
    this.#link = link;
  }

  /** The hub that this node obeys (or obeyed last); null before the first. */
  get hub(): string | null {
    return this.#hub;
  }

  /** After records and live processes: the last desired set, so that the agent goes on without its master. */
  async recovered({ entries, strays }: Recovered): Promise<void> {
    const { instances, standalone, identity } = this.#options;
    const hub = standalone ? ownHub : identity.now.hub;
    if (hub !== null) this.#serve(hub);
    const told = this.#desired !== null && this.#desired.seq > 0 && !this.#desired.damaged;
    for (const entry of entries) {
      const found = this.#duties.prepare(entry, this.#desired?.assignments.get(entry.id), told);
      if (found === 'guard') instances.guard(entry);
      else if (found === 'over') instances.over(entry);
      else {
        entry.program.dispose();
        instances.onGone(entry);
      }
    }
    await this.#adopt(strays);
    if (hub === null) return;
    const { assignments, tags, damaged } = this.#desired!;
    if (tags) this.#options.context.tags = tags;
    if (told) this.#duties.settle(assignments);
    // A set that may be an old one begins nothing: what it names may have gone, and another may have its slot.
    const known = [...assignments.values()].filter(({ id }) => !damaged || instances.entries.has(id));
    await this.#duties.apply(known);
    this.#options.fence?.refresh();
  }

  async #adopt(strays: Recovered['strays']): Promise<void> {
    const { context, instances } = this.#options;
    const found = await adoptStrays(context, strays, (id) => {
      const assignment = this.#desired?.assignments.get(id);
      const revision = assignment && this.#desired!.revision(assignment.app, assignment.revision);
      return assignment && revision ? { assignment, revision } : null;
    });
    for (const entry of found.entries) instances.guard(entry);
    for (const { instance, text } of found.notes) this.#tell('instance.strayFound', { instance }, text, {});
  }

  /** An event that somebody should look at. */
  #tell(kind: string, subject: { instance?: string }, message: string, detail: Record<string, unknown>): void {
    const { context } = this.#options;
    const { node } = context;
    context.tell({ at: Date.now(), kind, subject: { ...subject, node }, loudness: 'attention', message, detail });
  }

  #serve(hub: string): void {
    if (this.#hub === hub) return;
    const before = this.#desired;
    this.#hub = hub;
    this.#desired = this.#options.openDesired(hub);
    const failed = (error: unknown): void =>
      this.#options.warn('the desired set of the former hub could not be closed', error);
    before?.close().catch(failed);
  }

  greeting(): Greeting {
    return greetingOf(this.#options);
  }

  instances(): InstanceView[] {
    return [
      ...[...this.#options.instances.entries.values()].map((entry) => this.#view(entry)),
      ...this.#duties.views(),
    ];
  }
  instance(id: string): InstanceView | null {
    const entry = this.#options.instances.entries.get(id);
    return entry ? this.#view(entry) : this.#duties.view(id);
  }
  #view(entry: Entry): InstanceView {
    return (entry.view ??= viewOf(entry, this.#options.context.node));
  }
  contents(): Content[] {
    return unsaidContents(this.#options.instances.entries.values(), this.#hub, (app, revision) =>
      this.#desired?.revision(app, revision),
    );
  }

  load(): NodeLoad | null {
    return this.#options.self.load;
  }

  welcomed({ hub, term, obey }: Extract<MasterFrame, { type: 'welcome' }>): void {
    this.#obeys = obey;
    const { identity, standalone, warn } = this.#options;
    if (!obey) {
      const text = `This node is of another hub than ${this.#link?.master}: it obeys nothing until it is taken over`;
      this.#tell('node.otherHub', {}, text, { hub, own: identity.now.hub });
      return;
    }
    this.#serve(hub);
    if (standalone) return;
    identity
      .join(hub)
      .then(() => identity.see(term, 0))
      .catch((error: unknown) => warn('the identity could not be written', error));
  }

  contact(sentMono: number, lostMs: number): void {
    if (this.#obeys) this.#options.fence?.contact(sentMono, lostMs);
  }

  async desired(frame: DesiredFrame): Promise<'held' | 'resync'> {
    if (!this.#obeys || !this.#desired) return 'held';
    const set = this.#desired;
    const { context, identity, instances, standalone } = this.#options;
    let acted: Promise<void> | null = null;
    const act = (change: DesiredChange): Promise<void> => (acted ??= this.#act(set, change));
    const early = onlyAdjusts(frame, instances.entries) ? act : null;
    const seen = standalone ? null : rememberSeen(context, identity, frame);
    const [change] = await Promise.all([set.take(frame, early), seen]).finally(() => acted);
    if (change === 'resync') return 'resync';
    if (change !== 'part' && change !== 'old') await act(change);
    return 'held';
  }

  async #act(set: DesiredSet, { gone, changed, envsChanged }: DesiredChange): Promise<void> {
    const { context, instances, fence } = this.#options;
    context.tags = set.tags ?? context.options.tags;
    this.#duties.drop(gone);
    await this.#duties.apply(changed);
    this.#duties.settle(set.assignments);
    fence?.refresh();
    fence?.rejoin();
    if (envsChanged) renewEnvs(context, instances.entries.values(), this.#hub, set.envs, this.#unwritten);
  }

  readonly #unwritten = (entry: Entry, error: unknown): void =>
    this.#options.warn(`the record of ${entry.id} could not be written`, error);

  command(command: Command, send: (value: unknown) => void, signal: AbortSignal): Promise<CommandResult> {
    if (!this.#obeys && command.name !== 'stop' && !reading.has(command.name))
      return Promise.resolve({ ok: false, code: 'forbidden', detail: 'this node belongs to another hub' });
    return this.#options.commands.run(command, send, signal);
  }

  /** What URIs held when they were first fetched: reported, so that every other instance uses the same. */
  fetched(entry: Entry, contents: FetchedContents): void {
    const fresh = keepContents(this.#options.context, entry, contents, (error) => this.#unwritten(entry, error));
    for (const content of fresh) this.#link?.contentFetched(content);
  }

  changed(up: 'websocket' | 'poll' | null, trouble: string | null): void {
    const { context, standalone } = this.#options;
    if (standalone) return;
    if (up && this.#obeys) this.#options.evacuation.welcomed();
    context.options.log(
      up ? 'info' : 'warn',
      up
        ? `linked to ${this.#link?.master} by ${up === 'poll' ? 'HTTP' : 'WebSocket'}`
        : `no line to ${this.#link?.master}: ${trouble ?? 'closed'}; processes run on`,
    );
  }

  warn(message: string, error?: unknown): void {
    this.#options.warn(message, error);
  }

  /** Assignments in force, by id. */
  get assignments(): ReadonlyMap<string, Assignment> {
    return this.#desired?.assignments ?? new Map();
  }

  /** The agent ends: nothing is taken up any more by itself. */
  end(): void {
    this.#duties.end();
  }

  async close(): Promise<void> {
    await this.#desired?.close();
  }
}

const reading = new Set<Command['name']>(['health', 'usage', 'actors', 'inspect', 'logs', 'cancel', 'files']);
