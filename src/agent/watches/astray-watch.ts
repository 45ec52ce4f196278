// What a program did to the ground it stands on: left the cgroups that hold it to its limits (one that runs as the agent's user may
// write itself elsewhere), or removed its working directory. Nothing is done about it; it is told, by an event and as a reason. One that
// was well and has not run since has done nothing of it: it is looked at seldom, for what others may have done to its ground.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentContext } from '../context.ts';
import { cgroupMembers } from '../effects/cgroups/cgroup.ts';
import { everySecond } from '../effects/every-second.ts';
import { isThere } from '../effects/file-look.ts';
import { isAlive } from '../effects/processes/boot.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import type { LaunchRecord } from '../instance/records.ts';
import type { Resting } from '../usage/resting.ts';

/** Each program is looked at once in so many looks of a second, where there are as many; at least one a second. */
const turns = 30;
/** One at rest is looked at in so many rounds once. */
const restRounds = 10;
const answerMs = 3000;

export class AstrayWatch {
  readonly #context: AgentContext;
  readonly #instances: Instances;
  #endLooks: (() => void) | null = null;
  #round: string[] = [];
  #share = 1;
  #rounds = 0;
  readonly #resting: Resting;
  /** The rest in which a launch was found where it belongs. */
  readonly #well = new WeakMap<LaunchRecord, number>();
  /** /proc/PID/cgroup of each program when all was well: as long as it reads the same, all is. */
  readonly #atHome = new WeakMap<LaunchRecord, string>();
  /** Launches whose lasting directory was not there when it was last looked at. */
  readonly #homeless = new WeakSet<LaunchRecord>();

  constructor(context: AgentContext, instances: Instances, resting: Resting) {
    this.#context = context;
    this.#instances = instances;
    this.#resting = resting;
  }

  start(): void {
    this.#endLooks ??= everySecond(() => this.#sweep());
  }

  stop(): void {
    this.#endLooks?.();
    this.#endLooks = null;
  }

  #sweep(): void {
    if (this.#round.length === 0) {
      this.#rounds++;
      this.#round = [...this.#instances.entries.keys()];
      this.#share = Math.ceil(this.#round.length / turns);
    }
    for (const id of this.#round.splice(-this.#share)) {
      const entry = this.#instances.entries.get(id);
      if (entry?.program.phase !== 'running') continue;
      const { run } = entry.program;
      const rest = this.#resting.of(entry);
      if (run && rest !== null && this.#well.get(run) === rest && this.#rounds % restRounds !== 0) continue;
      this.#look(entry);
      if (run && rest !== null && entry.astray === null) this.#well.set(run, rest);
    }
  }

  #look(entry: Entry): void {
    const { run, tree } = entry.program;
    if (!run || !tree?.program) return;
    const { pid, startTime } = tree.program;
    const limits = mayLeave(run) ? this.#left(run, pid) : null;
    const directory = this.#isGone(entry, run) ? run.workDirectory : null;
    const was = entry.astray?.launch === run.launch ? entry.astray : null;
    if ((was?.limits ?? null) === limits && (was?.directory ?? null) === directory) return;
    if (!isAlive(pid, startTime)) return; // it has just ended
    entry.astray = limits === null && directory === null ? null : { launch: run.launch, limits, directory };
    if (limits !== null && was?.limits !== limits)
      this.#tell(entry, 'instance.leftCgroup', `has left the cgroup that it was started in: ${limits}`);
    if (directory !== null && was?.directory !== directory)
      this.#tell(
        entry,
        'instance.directoryGone',
        `has no working directory any more: ${directory} was removed. It gets a new one when it is started again`,
      );
    this.#instances.changed(entry.id);
  }

  /** A lasting directory may lie on a mount that does not answer, so what is said of it is what the look before has found. */
  #isGone({ record }: Entry, run: LaunchRecord): boolean {
    const lasting = record.spec.workingDirectory;
    if (lasting === null) return !statSync(run.workDirectory, { throwIfNoEntry: false });
    void isThere(lasting, answerMs).then((there) => {
      if (there === false) {
        this.#homeless.add(run);
        this.#well.delete(run); // it is looked at again
      } else if (there) this.#homeless.delete(run);
    });
    return this.#homeless.has(run);
  }

  /** What does not hold for a program any more, in words; null: it is where it was put. */
  #left(run: LaunchRecord, pid: number): string | null {
    let places: string;
    try {
      places = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    } catch {
      return null; // it has just ended
    }
    if (this.#atHome.get(run) === places) return null;
    const lost = groupsOf(run).flatMap(({ path, holds }) => ((cgroupMembers(path) ?? []).includes(pid) ? [] : holds));
    if (lost.length > 0) return leftText(lost.filter((what) => what !== membership));
    this.#atHome.set(run, places);
    return null;
  }

  #tell(entry: Entry, kind: string, what: string): void {
    const { app, slot } = entry.record.assignment;
    this.#context.tell({
      at: Date.now(),
      kind,
      subject: { app, instance: entry.id, slot, node: this.#context.node },
      loudness: 'attention',
      message: `${app}.${slot} ${what}`,
      detail: { ...entry.astray },
    });
  }
}

const membership = 'membership';

/** Only who may write the agent's files can move between its cgroups. */
const mayLeave = ({ user }: LaunchRecord): boolean => !user || user.uid === process.getuid?.();

/** The groups of a launch, and what each holds a program to. */
function groupsOf({ cgroup, limits }: LaunchRecord): { path: string; holds: string[] }[] {
  const groups = new Map<string, string[]>();
  const add = (path: string | undefined, what: string): void => {
    if (path !== undefined) groups.set(path, [...(groups.get(path) ?? []), what]);
  };
  if (cgroup.kind !== 'session') add(cgroup.path, membership);
  if (limits?.memory?.limit != null) add(limits.memory.path, 'memory');
  if (limits?.pids) add(limits.pids.path, 'processes');
  const own = new Set([limits?.memory?.path, limits?.pids?.path]);
  // On v1 what is joined besides is the group of its cpus.
  for (const path of (limits?.join ?? []).map((file) => dirname(file))) if (!own.has(path)) add(path, 'cpus');
  return [...groups].map(([path, holds]) => ({ path, holds }));
}

function leftText(limits: readonly string[]): string {
  const ends = 'what belongs to it is still found by its session and environment';
  if (limits.length === 0) return ends;
  return `its limits (${limits.join(', ')}) do not hold any more until it is started again; ${ends}`;
}
