// How a run of a program is brought to its end (preStop, signal, SIGKILL; what comes before its pid is known waits for that) and
// what is told of an end. Which run is the instance's is the program's to know (program.ts).
import type { Killing } from '../../../../machines/instance/killing.ts';
import type { Exit } from '../../../model/instance/instance.ts';
import type { AgentContext } from '../../context.ts';
import { readPid, writeStopping, type ProgramExit } from '../../effects/launch/launch-facts.ts';
import { launchDirectory } from '../../effects/launch/launch-records.ts';
import { monoMs } from '../../moment.ts';
import { stayText } from '../../../model/instance/reason.ts';
import { exitOf, tellEnd, whatKernelSays } from './exits.ts';
import type { LaunchPorts } from './launch-ports.ts';
import { beforeStop } from './pre-stop.ts';
import type { InstanceRecord } from '../records.ts';
import type { Run } from './run.ts';
import { askToEnd, endTree, isLeft } from './tree-signals.ts';

/** Only a program that failed within this may have found its port taken, ms. */
const earlyMs = 10_000;

interface RunEndingOptions {
  context: AgentContext;
  /** Of the instance. */
  directory: string;
  record: () => InstanceRecord;
  ports: LaunchPorts;
  warn: (what: string, error: unknown) => void;
}

export class RunEnding {
  readonly #options: RunEndingOptions;

  constructor(options: RunEndingOptions) {
    this.#options = options;
  }

  /** Writes something of a launch down for a later agent. Where that fails (a full disk) it holds up nothing. */
  note(run: Run, write: (launch: string) => void): void {
    try {
      write(this.#launchOf(run));
    } catch (error) {
      this.#options.warn('a note of its launch could not be written', error);
    }
  }

  /**
   * Asks a launched run to end: first its preStop, then the app's signal.
   * @param killing null: the signal once more, with no preStop
   */
  ask(run: Run, killing: Killing | null, killTimeoutMs: number): void {
    if (killing) {
      Object.assign(run, { ending: true, killedBy: killing.by });
      this.note(run, (launch) => writeStopping(launch, { ...killing, deadlineMono: monoMs() + killTimeoutMs }));
    }
    if (run.phase === 'launched' && !this.#identify(run)) {
      run.pending ??= 'signal';
      return;
    }
    const { context, record, directory } = this.#options;
    const { preStop = null } = record().spec; // an older record does not know it
    if (killing === null || preStop === null || run.phase !== 'running') return this.#send(run);
    run.preparing ??= beforeStop(context, record(), run.record!, directory, preStop, killTimeoutMs).then(() => {
      if (run.phase !== 'empty') this.#send(run);
    });
  }

  /** SIGKILL for its whole tree. */
  kill(run: Run, by: string | null): void {
    run.ending = true;
    if (by !== null) run.killedBy = by;
    if (run.phase === 'launched' && !this.#identify(run)) run.pending = 'kill';
    else endTree(run.tree!, this.#options.warn);
  }

  /** Its pid is known now: what had to wait for it is sent. */
  sendPending(run: Run): void {
    if (run.pending === 'signal') this.#send(run);
    if (run.pending === 'kill') endTree(run.tree!, this.#options.warn);
  }

  /** How a run ended. Takes a moment only where somebody else may have had its port. */
  async exitOf(run: Run, ended: ProgramExit): Promise<Exit> {
    const { directory } = this.#options;
    const { launch, at } = run.record!;
    const taken = await this.#portTaken(run, ended);
    const kernel = whatKernelSays(directory, run.record!);
    const about = { launch, at, directory, by: run.killedBy, seenMem: run.peakMem, ...kernel };
    const exit = taken === null ? exitOf(ended, about, null) : exitOf(ended, about, 'port-taken', [taken]);
    return tellEnd(directory, exit);
  }

  /** Whether nobody is left of a run that has ended, as far as its restart must know. */
  isLeft(run: Run): boolean {
    const graceMs = this.#options.record().spec.killTimeoutSeconds * 1000;
    return isLeft(run.tree!, run.ending, graceMs, this.#options.warn, (count) => this.#tellLeft(run, count));
  }

  #tellLeft({ exit }: Run, count: number): void {
    const { context, record } = this.#options;
    const { app, slot, id } = record().assignment;
    context.tell({
      at: Date.now(),
      kind: 'instance.leftBehind',
      subject: { app, instance: id, slot, node: context.node },
      loudness: 'attention',
      message:
        `${app}.${slot} had left ${count === 1 ? 'a process' : `${count} processes`} behind in sessions of their own when it ended` +
        `: they are ended now${stayText(exit)}`,
      detail: { count },
    });
  }

  async #portTaken(run: Run, ended: ProgramExit): Promise<string | null> {
    const failed = ended.code !== null && ended.code !== 0;
    if (!failed || run.pending || ended.at - run.record!.at >= earlyMs) return null;
    try {
      return await this.#options.ports.takenByOthers(run.record!);
    } catch (error) {
      this.#options.warn('who has its ports could not be seen', error);
      return null;
    }
  }

  /** Its pid may be written although the notice of it is still under way. */
  #identify(run: Run): boolean {
    const identity = readPid(this.#launchOf(run));
    if (identity) run.tree!.program = { pid: identity.pid, startTime: identity.startTime };
    return identity !== null;
  }

  #send(run: Run): void {
    askToEnd(run.tree!, this.#options.record().spec, run.phase === 'ended', this.#options.warn);
  }

  #launchOf(run: Run): string {
    return launchDirectory(this.#options.directory, run.record!.launch);
  }
}
