// The program of one instance: launches it, adopts it, has it ended, sees it end, and tells its actor. It outlives the actor: a
// crash of the actor (or a restart of the whole agent) finds it as it is.
import type { InstanceEvent, ProgramCommand } from '../../../machines/instance/events.ts';
import type { Killing } from '../../../machines/instance/killing.ts';
import type { Exit, ExitReason } from '../../model/instance/instance.ts';
import type { AgentContext } from '../context.ts';
import { removeMembership } from '../effects/cgroups/cgroup.ts';
import { memoryEvidence } from '../effects/cgroups/limit-groups.ts';
import { writeEndTold, writeReady, type ProgramExit, type ProgramIdentity } from '../effects/launch/launch-facts.ts';
import { launchDirectory } from '../effects/launch/launch-records.ts';
import type { Tree } from '../effects/processes/tree.ts';
import { moment } from '../moment.ts';
import type { InstanceRecord, LaunchRecord } from './records.ts';
import {
  isUnderWay,
  newRun,
  refusalOf,
  refusedExit,
  startedEvent,
  treeOf,
  type AdoptedRun,
  type Phase,
  type Run,
} from './run/run.ts';
import { RunBeginning, type RunsOf } from './run/run-beginning.ts';
import { RunEnding } from './run/run-ending.ts';
import { endTree, untilEmpty } from './run/tree-signals.ts';
import type { WorkDirectory } from './run/work-directory.ts';

export class Program {
  readonly #context: AgentContext;
  readonly #directory: string;
  readonly #record: () => InstanceRecord;
  readonly #beginning: RunBeginning;
  readonly #ending: RunEnding;
  #listener: ((event: InstanceEvent) => void) | null = null;
  /** The newest one. */
  #run: Run | null = null;

  constructor(runsOf: RunsOf) {
    const { context, directory, record } = runsOf;
    this.#context = context;
    this.#directory = directory;
    this.#record = record;
    this.#beginning = new RunBeginning(runsOf);
    this.#ending = new RunEnding({ context, directory, record, ports: this.#beginning.ports, warn: this.#warn });
  }

  get work(): WorkDirectory {
    return this.#beginning.work;
  }
  get phase(): Phase {
    return this.#run?.phase ?? 'none';
  }
  get run(): LaunchRecord | null {
    return this.#run?.record ?? null;
  }
  /** How the newest launch ended; null while it runs. */
  get exit(): Exit | null {
    return this.#run?.exit ?? null;
  }
  /** What can be signalled and measured now. */
  get tree(): Tree | null {
    return this.#run?.tree ?? null;
  }

  /** Takes up a launch of an earlier agent. Call before the actor starts. */
  adopt({ record, identity, exit, empty }: AdoptedRun): void {
    const tree = treeOf(this.#context.node, this.#record().assignment.id, record, identity);
    const run = (this.#run = { ...newRun(), record, exit, tree });
    this.#beginning.restore(record);
    if (!exit) {
      run.phase = 'running';
      this.#context.launcher.watch.add(launchDirectory(this.#directory, record.launch), identity, this.#events(run));
    } else if (empty) this.#emptied(run);
    else this.#awaitEmpty(run);
  }

  /** Connects the actor; tells it at once what is already so. @returns disconnects it; the program runs on */
  attach(listener: (event: InstanceEvent) => void): () => void {
    this.#listener = listener;
    const run = this.#run;
    if (run?.phase === 'running') this.#started(run);
    if (run?.exit && (run.phase === 'ended' || run.phase === 'empty')) {
      listener({ type: 'program.exited', exit: run.exit, when: moment(), empty: false });
      if (run.phase === 'empty') listener({ type: 'program.emptied', when: moment() });
    }
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  command(command: ProgramCommand): void {
    switch (command.type) {
      case 'program.start':
        return this.#start();
      case 'program.signal':
        return this.#signal(command.killing, command.killTimeoutMs);
      case 'program.kill':
        return this.#kill(command.by);
    }
  }

  /** Passed all its checks: written down, so that an adopting agent knows. */
  markReady(ready: { at: number; mono: number }): void {
    if (this.#run?.phase === 'running') this.#ending.note(this.#run, (launch) => writeReady(launch, ready));
  }

  /** Somebody measured what its tree has resident, bytes. */
  sawMemory(bytes: number): void {
    if (this.#run && bytes > this.#run.peakMem) this.#run.peakMem = bytes;
  }

  /** The kernel ended a part of it for want of memory: the rest goes, too, at once. */
  checkMemory(): void {
    if (this.#run?.phase !== 'running') return;
    if ((memoryEvidence(this.run?.limits)?.oomKills ?? 0) > 0) endTree(this.#run.tree!, this.#warn);
  }

  /** It is not started again by itself: its room and its ports are others' to have. The tree must be empty. */
  giveUp(): void {
    this.#beginning.giveUp();
  }

  /** How it ended was told: written down, for an agent that finds it so. */
  markEndTold(): void {
    if (this.#run?.record) this.#ending.note(this.#run, writeEndTold);
  }

  /** Gives back what it holds of the node. The tree must be empty. */
  dispose(): void {
    this.#beginning.release();
    this.#listener = null;
  }

  readonly #warn = (what: string, error: unknown): void =>
    this.#context.options.log('warn', `${this.#record().assignment.id}: ${what}: ${(error as Error).message}`);

  #start(): void {
    if (isUnderWay(this.phase)) return;
    const run = (this.#run = newRun());
    if (this.#beginning.ready) this.#launch(run);
    else void this.#prepare(run);
  }

  async #prepare(run: Run): Promise<void> {
    try {
      const obstacle = await this.#beginning.prepare(run);
      if (obstacle === null) return this.#launch(run);
      if (obstacle.is === 'port-taken') return this.#refused(run, 'port-taken', obstacle.text);
      run.phase = 'none';
      this.#listener?.({ type: 'program.unprepared' });
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #launch(run: Run): void {
    if (run.cancelled) {
      // asked to stop before it had begun
      run.phase = 'none';
      return this.#listener?.({ type: 'program.emptied', when: moment() });
    }
    try {
      this.#beginning.launch(run, this.#events(run));
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #failed(run: Run, error: unknown): void {
    this.#refused(run, ...refusalOf(error, this.#directory));
  }

  /** It could not even be tried. */
  #refused(run: Run, reason: ExitReason, text: string): void {
    if (this.#run !== run) return;
    run.exit = refusedExit(run, reason, text, this.#directory);
    if (run.record) this.#context.launcher.abandon(launchDirectory(this.#directory, run.record.launch));
    this.#emptied(run);
    this.#listener?.({ type: 'program.exited', exit: run.exit, when: moment(), empty: true });
  }

  #events(run: Run) {
    return {
      started: (identity: ProgramIdentity) => {
        run.tree!.program = { pid: identity.pid, startTime: identity.startTime };
        if (this.#run !== run || run.phase !== 'launched') return;
        run.phase = 'running';
        this.#started(run);
        this.#ending.sendPending(run);
        setImmediate(() => this.work.prepareNext());
      },
      ended: (exit: ProgramExit) => {
        this.#ended(run, exit).catch((error: unknown) => this.#warn('its end could not be told', error));
      },
      failed: (error: Error) => this.#failed(run, error),
    };
  }

  #started(run: Run): void {
    const event = startedEvent(run);
    if (event) this.#listener?.(event);
  }

  async #ended(run: Run, ended: ProgramExit): Promise<void> {
    if (this.#run !== run) return;
    run.exit = await this.#ending.exitOf(run, ended);
    const empty = this.#ending.isLeft(run);
    if (empty) this.#emptied(run);
    else this.#awaitEmpty(run);
    this.#listener?.({ type: 'program.exited', exit: run.exit, when: moment(), empty });
  }

  /** The program is gone, but somebody of its tree is left. */
  #awaitEmpty(run: Run): void {
    run.phase = 'ended';
    untilEmpty(run.tree!, this.#warn)
      .then(() => {
        if (this.#run !== run || run.phase !== 'ended') return;
        this.#emptied(run);
        this.#listener?.({ type: 'program.emptied', when: moment() });
      })
      .catch((error: unknown) => this.#warn('that its tree is empty could not be told', error));
  }

  /** Nobody is left of a run: its cgroup goes, off the path of what follows. */
  #emptied(run: Run): void {
    run.phase = 'empty';
    const { record } = run;
    if (record) setImmediate(() => removeMembership(record.cgroup));
  }

  #signal(killing: Killing | null, killTimeoutMs: number): void {
    const run = this.#run;
    if (!run || run.phase === 'none' || run.phase === 'empty')
      return this.#listener?.({ type: 'program.emptied', when: moment() });
    if (run.phase === 'preparing') run.cancelled = true;
    else this.#ending.ask(run, killing, killTimeoutMs);
  }

  #kill(by: string | null): void {
    const run = this.#run;
    if (!run || run.phase === 'none' || run.phase === 'empty') return;
    if (run.phase !== 'preparing') return this.#ending.kill(run, by);
    run.killedBy = by ?? run.killedBy;
    run.cancelled = true;
  }
}
