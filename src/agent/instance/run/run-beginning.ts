// How a run of a program begins: what it needs of its node is had, its launch is written down, then its launcher starts it.
import type { AgentContext } from '../../context.ts';
import { requireRoom } from '../../effects/disk/room.ts';
import { createLaunch, syncLaunch } from '../../effects/launch/launch-facts.ts';
import { launchDirectory, type LaunchNumbers } from '../../effects/launch/launch-records.ts';
import type { StartEvents } from '../../effects/launch/launcher.ts';
import { markLaunch } from '../../effects/output/times.ts';
import { newLaunch, planOf } from './launch-plan.ts';
import { LaunchPorts } from './launch-ports.ts';
import { RoomAndUser } from './room-and-user.ts';
import type { InstanceRecord, LaunchRecord } from '../records.ts';
import { treeOf, type Run } from './run.ts';
import { WorkDirectory } from './work-directory.ts';

/** What stands against a launch, that is no error. */
type Obstacle =
  | { is: 'port-taken'; text: string }
  /** Its content is not there (any more). */
  | { is: 'unprepared' };

/** Whose runs they are. */
export interface RunsOf {
  context: AgentContext;
  /** Of the instance. */
  directory: string;
  record: () => InstanceRecord;
  numbers: LaunchNumbers;
  /** So far. */
  launches: number;
}

export class RunBeginning {
  readonly #context: AgentContext;
  readonly #directory: string;
  readonly #record: () => InstanceRecord;
  readonly #numbers: LaunchNumbers;
  readonly #share: RoomAndUser;
  readonly ports: LaunchPorts;
  readonly work: WorkDirectory;
  /** Launches so far: the next one's `restarts`. */
  #launches: number;

  constructor({ context, directory, record, numbers, launches }: RunsOf) {
    this.#context = context;
    this.#directory = directory;
    this.#record = record;
    this.#numbers = numbers;
    this.#launches = launches;
    this.ports = new LaunchPorts(context.ports, record);
    this.#share = new RoomAndUser(context, directory, record);
    this.work = new WorkDirectory(context, directory, record, this.#share);
  }

  /** All is at hand: nothing need be awaited, which is the path of a restart. */
  get ready(): boolean {
    return this.#numbers.available && this.ports.ready && this.#share.ready && this.work.ready && !this.work.lasting;
  }

  /** Gets what is missing. @throws NoRoomError, NoPortError, Error with a sentence */
  async prepare(run: Run): Promise<Obstacle | null> {
    await Promise.all([this.#share.acquire(), this.#numbers.ready(), this.work.answers()]);
    const taken = await this.ports.acquire();
    if (taken !== null) return { is: 'port-taken', text: taken };
    if (run.cancelled || (await this.work.prepare())) return null;
    return { is: 'unprepared' };
  }

  /** @throws Error that says why it could not even be tried */
  launch(run: Run, events: StartEvents): void {
    requireRoom(this.#directory);
    const instance = this.#record();
    const record = this.#writeLaunch(run, instance);
    this.work.moveTo(record.workDirectory);
    if (this.#launches > 0) markLaunch(this.#directory, record.launch, record.output!, record.at);
    this.#launches++;
    run.phase = 'launched';
    this.#context.launcher.start(planOf(this.#context, instance, record, this.#directory), events);
  }

  /** Its number, groups and limits, written down before anything of it begins. */
  #writeLaunch(run: Run, instance: InstanceRecord): LaunchRecord {
    const launch = this.#numbers.take();
    const { current: ports } = this.ports;
    const { user } = this.#share;
    const record = newLaunch(this.#context, {
      record: instance,
      directory: this.#directory,
      launch,
      ports,
      user,
      restarts: this.#launches,
    });
    run.record = record;
    run.tree = treeOf(this.#context.node, instance.assignment.id, record, null);
    createLaunch(launchDirectory(this.#directory, launch), record);
    // What is to run once must not have run without a word of it after a power cut.
    if (instance.spec.restart.policy === 'never') syncLaunch(launchDirectory(this.#directory, launch));
    return record;
  }

  /** Counts what a launch of an earlier agent has of this node. */
  restore(launch: LaunchRecord): void {
    this.ports.restore(launch);
    this.#share.restore(launch);
  }

  /** Gives back what others may need; a later launch has to get it anew. Its tree must be empty. */
  giveUp(): void {
    this.ports.release();
    this.#share.giveUpRoom();
  }

  /** Gives back what it holds of the node. Its tree must be empty. */
  release(): void {
    this.ports.release();
    this.#share.release();
  }
}
