// What an operator (through the master, or this agent's own API) asks of an instance or an actor here. Each throws a Refusal.
import type { InstanceView, HealthView } from '../../model/instance/instance.ts';
import type { UsageAnswer } from '../../model/instance/usage.ts';
import { Refusal } from '../../model/errors.ts';
import type { UriSpec } from '../../model/app/app.ts';
import { restartHash } from '../../protocol/hash.ts';
import type { AdoptAnswer, Command } from '../../protocol/link.ts';
import type { LogRequest } from '../../api/cluster.ts';
import type { Roster } from '../../live/roster.ts';
import { sendPiece } from './blob-pieces.ts';
import type { AgentContext } from '../context.ts';
import { resolveContents } from './contents.ts';
import { changeRecord } from '../instance/entries.ts';
import type { Entry } from '../instance/entry.ts';
import type { Evacuation } from '../evacuation.ts';
import { ExecSessions } from './exec-sessions.ts';
import type { Instances } from '../instances.ts';
import { launchNumbers, readRecord } from '../effects/launch/launch-records.ts';
import { answerFiles, type FilesOf } from '../kept/files.ts';
import { isInstanceRecord } from '../instance/records.ts';
import { requireRestartable } from '../instance/run/restart-room.ts';
import { readInstanceLogs } from '../kept/logs.ts';
import type { CommandResult } from '../link/link-content.ts';
import type { UsageSampler } from '../usage/sampler.ts';
import { viewOf } from '../instance/shown/view.ts';

/** Whoever watches says so again before this, ms: a master that died watches nothing for long. */
const longestWatchMs = 60_000;

interface CommandsOptions {
  evacuation: Evacuation;
  context: AgentContext;
  instances: Instances;
  roster: Roster;
  usage: UsageSampler;
  /** Where the output of an instance that is gone lies. */
  keptDirectory: (id: string) => string | null;
  congested: () => boolean;
}

export class AgentCommands {
  readonly #options: CommandsOptions;
  readonly #execs: ExecSessions;
  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#execs = new ExecSessions(options.context);
  }

  /** @throws Refusal instance-not-found */
  entry(id: string): Entry {
    const entry = this.#options.instances.entries.get(id);
    if (!entry)
      throw new Refusal(
        'instance-not-found',
        `There is no instance ${id} on node ${this.#options.context.node}`,
        'See stathub instances.',
      );
    return entry;
  }

  /** Where its output lies, also after it is gone. @throws Refusal instance-not-found */
  directoryOf(id: string): string {
    return (
      this.#options.instances.entries.get(id)?.directory ?? this.#options.keptDirectory(id) ?? this.entry(id).directory
    );
  }

  view(id: string): InstanceView {
    const entry = this.entry(id);
    return (entry.view ??= viewOf(entry, this.#options.context.node));
  }

  /** Restarts in place and clears window and back-off. @throws Refusal cut-off, disk-full: what runs is left as it is */
  restart(id: string, by: string | null): void {
    const entry = this.entry(id);
    requireRestartable(entry);
    changeRecord(this.#options.context, entry, { ...entry.record, clearedAt: Date.now() }).catch((error: unknown) =>
      this.#warn(id, error),
    );
    this.#say(entry, { type: 'instance.restart', by, text: null, at: Date.now() });
  }

  /** SIGKILL to the whole tree, as if it had crashed. */
  kill(id: string, by: string | null): void {
    this.#say(this.entry(id), { type: 'instance.kill', by, at: Date.now() });
  }

  /** For good: an instance that nobody assigns, or one of this node's own. */
  async stop(id: string, by: string | null): Promise<void> {
    const entry = this.entry(id);
    const { record } = entry;
    if (!entry.actor) {
      this.#options.instances.forget(id);
      return;
    }
    await changeRecord(this.#options.context, entry, { ...record, assignment: { ...record.assignment, goal: 'stop' } });
    this.#say(entry, { type: 'instance.stop', reason: 'stop', by, text: null, at: Date.now() });
  }

  /** What a hub needs to make an app of this instance; nothing changes here until its assignment comes. */
  adopt(id: string): AdoptAnswer {
    const { spec } = this.entry(id).record;
    return { spec, hash: restartHash(spec), view: this.view(id) };
  }

  health(id: string): HealthView[] {
    return this.view(id).health;
  }
  usage(id: string): UsageAnswer {
    return this.#options.usage.answer(this.entry(id));
  }

  /** Where its files lie, also after it is gone. @throws Refusal instance-not-found */
  filesOf(id: string): FilesOf {
    const entry = this.#options.instances.entries.get(id);
    const directory = this.directoryOf(id);
    const spec = entry?.record.spec ?? readRecord(directory, isInstanceRecord).record?.spec;
    return {
      directory,
      shared: spec?.workingDirectory ?? null,
      newest: entry?.program.run?.launch ?? launchNumbers(directory).at(-1) ?? 0,
    };
  }

  #say(entry: Entry, event: Parameters<Instances['say']>[1]): void {
    if (!this.#options.instances.say(entry, event))
      throw new Refusal(
        'not-found',
        `Instance ${entry.id} has ended; nothing guards it any more`,
        'Start its app again.',
      );
  }

  /** A slow line slows the reading. One within this process takes all away in its next turn. */
  async #uncongested(signal: AbortSignal): Promise<void> {
    if (this.#options.congested()) await new Promise((resolve) => setImmediate(resolve));
    while (this.#options.congested() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  #warn(id: string, error: unknown): void {
    this.#options.context.options.log('warn', `the record of ${id} could not be written: ${(error as Error).message}`);
  }

  #watchUsage({ ids, forMs }: { ids: string[] | null; forMs: number }): void {
    this.#options.usage.watch(ids, Math.min(forMs, longestWatchMs));
  }

  /** What an instance wrote, piece by piece; one that is gone writes no more, so it is not followed. */
  async #sendLogs(
    id: string,
    args: Command['args'],
    send: (value: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const follow = args['follow'] === true && this.#options.instances.entries.has(id);
    const request = { ...args, until: args['until'] ?? null, follow } as unknown as LogRequest;
    for await (const { stream, cursor, bytes } of readInstanceLogs(() => this.directoryOf(id), request, signal)) {
      send({
        stream,
        cursor,
        bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
      });
      await this.#uncongested(signal);
    }
  }

  /** A command of the master. `send` streams chunks until the signal is aborted or the answer is given. */
  async run(command: Command, send: (value: unknown) => void, signal: AbortSignal): Promise<CommandResult> {
    const { target, args } = command;
    const by = typeof args['by'] === 'string' ? args['by'] : null;
    const { roster, context } = this.#options;
    switch (command.name) {
      case 'evacuation':
        await this.#options.evacuation.answered(Number(args['at']), args['state'] as 'done' | 'off');
        return { ok: true };
      case 'restart':
        this.restart(target, by);
        return { ok: true };
      case 'kill':
        this.kill(target, by);
        return { ok: true };
      case 'stop':
        await this.stop(target, by);
        return { ok: true };
      case 'adopt':
        return { ok: true, value: this.adopt(target) };
      case 'health':
        return { ok: true, value: this.health(target) };
      case 'usage':
        if (target !== '*') return { ok: true, value: this.usage(target) };
        this.#watchUsage(args as { ids: string[] | null; forMs: number });
        return { ok: true };
      case 'actors':
        return { ok: true, value: roster.actors() };
      case 'send':
        roster.send(target, args['event'] as { type: string });
        return { ok: true };
      case 'resolve':
        return { ok: true, value: { contents: await resolveContents(context, args['uris'] as UriSpec[], signal) } };
      case 'inspect': {
        roster.watch(target, send, signal);
        await aborted(signal);
        return { ok: true };
      }
      case 'logs':
        await this.#sendLogs(target, args, send, signal);
        return { ok: true };
      case 'exec':
        return {
          ok: true,
          value: await this.#execs.run(this.entry(target), args, send, () => this.#uncongested(signal), signal),
        };
      case 'exec-input':
        this.#execs.input(target, args);
        return { ok: true };
      case 'blob':
        return {
          ok: true,
          value: await sendPiece(context.cache, target, args, send, () => this.#uncongested(signal), signal),
        };
      case 'files':
        return { ok: true, value: await answerFiles(this.filesOf(target), args, send, signal) };
      case 'cancel':
        return {
          ok: false,
          code: 'unsupported-here',
          detail: `this agent (${context.options.version}) cannot do "${command.name}" yet`,
        };
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
