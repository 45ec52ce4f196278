// The program of one instance: launches it, adopts it, signals it, sees it end, and tells its actor. It outlives the actor: a
// crash of the actor (or a restart of the whole agent) finds it as it is.
import type { InstanceEvent, ProgramCommand } from '../../../machines/instance-events.ts';
import type { Killing } from '../../../machines/killing.ts';
import type { Exit, ExitReason } from '../../model/instance/instance.ts';
import type { AgentContext } from '../context.ts';
import { removeMembership } from '../effects/cgroups/cgroup.ts';
import {
  createLaunch,
  readPid,
  writeReady,
  writeStopping,
  type ProgramExit,
  type ProgramIdentity,
} from '../effects/launch/launch-facts.ts';
import { memoryEvidence } from '../effects/cgroups/limit-groups.ts';
import { launchDirectory, type LaunchNumbers } from '../effects/launch/launch-records.ts';
import { markLaunch } from '../effects/output/times.ts';
import { requireRoom } from '../effects/disk/room.ts';
import type { Tree } from '../effects/processes/tree.ts';
import { exitOf, tellEnd, whatKernelSays } from './exits.ts';
import { newLaunch, planOf } from './launch-plan.ts';
import { newRun, refusalOf, refusedExit, startedEvent, treeOf, type AdoptedRun, type Phase, type Run } from './run.ts';
import { LaunchPorts } from './launch-ports.ts';
import { moment, monoMs } from '../moment.ts';
import { NodeShare } from './node-share.ts';
import type { InstanceRecord, LaunchRecord } from './records.ts';
import { beforeStop } from './pre-stop.ts';
import { askToEnd, endTree, isLeft, untilEmpty } from './tree-signals.ts';
import { WorkDirectory } from './work-directory.ts';

export class Program {
  readonly #context: AgentContext;
  readonly #directory: string;
  readonly #record: () => InstanceRecord;
  readonly #numbers: LaunchNumbers;
  readonly #ports: LaunchPorts;
  readonly #share: NodeShare;
  readonly work: WorkDirectory;
  #listener: ((event: InstanceEvent) => void) | null = null;
  #phase: Phase = 'none';
  #run: Run | null = null;
  /** Launches so far: the next one's `restarts`. */
  #launches: number;

  constructor(
    context: AgentContext,
    directory: string,
    record: () => InstanceRecord,
    numbers: LaunchNumbers,
    launches: number,
  ) {
    this.#context = context;
    this.#directory = directory;
    this.#record = record;
    this.#numbers = numbers;
    this.#launches = launches;
    this.#ports = new LaunchPorts(context.ports, record);
    this.#share = new NodeShare(context, directory, record);
    this.work = new WorkDirectory(context, directory, record, this.#share);
  }

  get phase(): Phase {
    return this.#phase;
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
  adopt(found: AdoptedRun): void {
    const { record, identity, exit, empty } = found;
    const run: Run = {
      ...newRun(),
      record,
      exit,
      tree: treeOf(this.#context.node, this.#record().assignment.id, record, identity),
    };
    this.#run = run;
    this.#ports.restore(record);
    this.#share.restore(record);
    this.#phase = exit ? (empty ? 'empty' : 'ended') : 'running';
    if (!exit)
      this.#context.launcher.watch.add(launchDirectory(this.#directory, record.launch), identity, this.#events(run));
    else if (!empty) this.#awaitEmpty(run);
    else this.#release(run);
  }

  /** Connects the actor; tells it at once what is already so. @returns disconnects it; the program runs on */
  attach(listener: (event: InstanceEvent) => void): () => void {
    this.#listener = listener;
    const run = this.#run;
    if (this.#phase === 'running' && run?.record) this.#started(run);
    if (run?.exit && (this.#phase === 'ended' || this.#phase === 'empty')) {
      listener({ type: 'program.exited', exit: run.exit, when: moment(), empty: false });
      if (this.#phase === 'empty') listener({ type: 'program.emptied', when: moment() });
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
    const { record } = this.#run ?? {};
    if (record && this.#phase === 'running') this.#note(record, (launch) => writeReady(launch, ready));
  }

  /** Somebody measured what its tree has resident, bytes. */
  sawMemory(bytes: number): void {
    if (this.#run && bytes > this.#run.peakMem) this.#run.peakMem = bytes;
  }

  /** A note for a later agent that cannot be written (a full disk) holds up nothing. */
  #note(record: LaunchRecord, write: (launch: string) => void): void {
    try {
      write(launchDirectory(this.#directory, record.launch));
    } catch (error) {
      this.#warn('a note of its launch could not be written', error);
    }
  }

  readonly #warn = (what: string, error: unknown): void =>
    this.#context.options.log('warn', `${this.#record().assignment.id}: ${what}: ${(error as Error).message}`);

  /** Gives back what it holds of the node. The tree must be empty. */
  dispose(): void {
    for (const held of [this.#ports, this.#share]) held.release();
    this.#listener = null;
  }

  /** The kernel ended a part of it for want of memory: the rest goes, too, at once. */
  checkMemory(): void {
    if (this.#phase === 'running' && (memoryEvidence(this.run?.limits)?.oomKills ?? 0) > 0)
      endTree(this.#run!.tree!, this.#warn);
  }

  #start(): void {
    if (this.#phase === 'launched' || this.#phase === 'running' || this.#phase === 'preparing') return; // never two of one instance
    const run = (this.#run = newRun());
    this.#phase = 'preparing';
    // Nothing is awaited where all is at hand: this is the path of a restart.
    if (this.#numbers.available && this.#ports.ready && this.#share.ready && this.work.ready) this.#launch(run);
    else void this.#prepare(run);
  }

  async #prepare(run: Run): Promise<void> {
    try {
      await Promise.all([this.#share.acquire(), this.#numbers.ready()]);
      const taken = await this.#ports.acquire();
      if (taken !== null) return this.#refused(run, 'port-taken', taken);
      if (!run.cancelled && !(await this.work.prepare())) {
        this.#phase = 'none';
        return this.#listener?.({ type: 'program.unprepared' });
      }
      this.#launch(run);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #launch(run: Run): void {
    if (run.cancelled) {
      // asked to stop before it had begun
      this.#phase = 'none';
      return this.#listener?.({ type: 'program.emptied', when: moment() });
    }
    try {
      requireRoom(this.#directory);
      const instance = this.#record(),
        launch = this.#numbers.take();
      const record = newLaunch(
        this.#context,
        instance,
        this.#directory,
        launch,
        this.#ports.current,
        this.#share.user,
        this.#launches,
      );
      run.record = record;
      run.tree = treeOf(this.#context.node, instance.assignment.id, record, null);
      createLaunch(launchDirectory(this.#directory, launch), record);
      this.work.moveTo(record.workDirectory);
      if (this.#launches > 0) markLaunch(this.#directory, launch, record.output!, record.at);
      this.#launches++;
      this.#phase = 'launched';
      this.#context.launcher.start(planOf(this.#context, instance, record, this.#directory), this.#events(run));
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
    this.#phase = 'empty';
    if (run.record) this.#context.launcher.abandon(launchDirectory(this.#directory, run.record.launch));
    this.#release(run);
    this.#listener?.({ type: 'program.exited', exit: run.exit, when: moment(), empty: true });
  }

  #events(run: Run) {
    return {
      started: (identity: ProgramIdentity) => {
        run.tree!.program = { pid: identity.pid, startTime: identity.startTime };
        if (this.#run !== run || this.#phase !== 'launched') return;
        this.#phase = 'running';
        this.#started(run);
        if (run.pending === 'signal') this.#send(run);
        if (run.pending === 'kill') endTree(run.tree!, this.#warn);
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
    const { launch, at } = run.record!;
    // Only a program that failed early, and not by a signal, may have found its port taken.
    const suspicious = ended.code !== null && ended.code !== 0 && ended.at - at < 10_000 && !run.pending;
    const taken = suspicious
      ? await this.#ports.takenByOthers(run.record!).catch((error: unknown) => {
          this.#warn('who has its ports could not be seen', error);
          return null;
        })
      : null;
    run.exit = tellEnd(
      this.#directory,
      exitOf(
        ended,
        {
          launch,
          at,
          directory: this.#directory,
          by: run.killedBy,
          seenMem: run.peakMem,
          ...whatKernelSays(this.#directory, run.record!),
        },
        taken === null ? null : 'port-taken',
        taken === null ? [] : [taken],
      ),
    );
    const empty = isLeft(run.tree!, run.ending, this.#record().spec.killTimeoutSeconds * 1000, this.#warn);
    this.#phase = empty ? 'empty' : 'ended';
    if (empty) this.#release(run);
    else this.#awaitEmpty(run);
    this.#listener?.({ type: 'program.exited', exit: run.exit, when: moment(), empty });
  }

  #awaitEmpty(run: Run): void {
    untilEmpty(run.tree!, this.#warn)
      .then(() => {
        if (this.#run !== run || this.#phase !== 'ended') return;
        this.#phase = 'empty';
        this.#release(run);
        this.#listener?.({ type: 'program.emptied', when: moment() });
      })
      .catch((error: unknown) => this.#warn('that its tree is empty could not be told', error));
  }

  /** Nobody is left of a run: its cgroup goes, off the path of what follows. */
  #release({ record }: Run): void {
    if (record) setImmediate(() => removeMembership(record.cgroup));
  }

  #signal(killing: Killing | null, killTimeoutMs: number): void {
    const run = this.#run;
    if (this.#phase === 'none' || this.#phase === 'empty' || !run)
      return void this.#listener?.({ type: 'program.emptied', when: moment() });
    if (this.#phase === 'preparing') {
      run.cancelled = true;
      return;
    }
    if (killing) {
      Object.assign(run, { ending: true, killedBy: killing.by });
      this.#note(run.record!, (launch) =>
        writeStopping(launch, { ...killing, deadlineMono: monoMs() + killTimeoutMs }),
      );
    }
    const { preStop = null } = this.#record().spec; // an older record does not know it
    if (this.#phase === 'launched' && !this.#identify(run)) run.pending ??= 'signal';
    else if (killing === null || preStop === null || this.#phase !== 'running') this.#send(run);
    else if (!run.preparing)
      run.preparing = beforeStop(this.#context, this.#record(), run.record!, preStop, killTimeoutMs).then(() => {
        if (this.#run === run && this.#phase !== 'empty') this.#send(run);
      });
  }

  /** Its pid may be written although the notice of it is still under way. */
  #identify(run: Run): boolean {
    const identity = readPid(launchDirectory(this.#directory, run.record!.launch));
    if (identity) run.tree!.program = { pid: identity.pid, startTime: identity.startTime };
    return identity !== null;
  }

  #send(run: Run): void {
    askToEnd(run.tree!, this.#record().spec, this.#phase === 'ended', this.#warn);
  }

  #kill(by: string | null): void {
    const run = this.#run;
    if (!run || this.#phase === 'none' || this.#phase === 'empty') return;
    run.ending = true;
    if (by !== null) run.killedBy = by;
    if (this.#phase === 'preparing') run.cancelled = true;
    else if (this.#phase === 'launched' && !this.#identify(run)) run.pending = 'kill';
    else endTree(run.tree!, this.#warn);
  }
}
