// What a launch needs to know, from the record of its instance: command, environment, directories, limits.
import { join } from 'node:path';
import { expandArguments, processEnvironment } from '../../../model/app/environment.ts';
import { statEpoch } from '../../../model/instance/epoch.ts';
import type { AgentContext } from '../../context.ts';
import type { Account } from '../../effects/users/accounts.ts';
import { bootId } from '../../effects/processes/boot.ts';
import { removeMembership } from '../../effects/cgroups/cgroup.ts';
import { tasksOf } from '../../effects/users/tasks-of-user.ts';
import { launchDirectory } from '../../effects/launch/launch-records.ts';
import type { LaunchPlan } from '../../effects/launch/run-script.ts';
import { outputFile } from '../../effects/output/output.ts';
import { outputEnds } from './exits.ts';
import type { PortSet } from './launch-ports.ts';
import { monoMs } from '../../moment.ts';
import type { InstanceRecord, LaunchRecord } from '../records.ts';

/** The environment of a launch. */
function environmentOf(context: AgentContext, record: InstanceRecord, launch: LaunchRecord): Record<string, string> {
  const { spec, assignment } = record;
  return processEnvironment({
    spec,
    launch: launch.launch,
    ports: launch.ports,
    debugPort: launch.debugPort,
    consolePort: launch.consolePort,
    user: launch.user ?? context.user,
    instance: { id: assignment.id, slot: assignment.slot, revision: assignment.revision, epoch: assignment.epoch },
    node: { id: context.node, host: context.host, tags: context.tags, envs: record.nodeEnvs },
    directory: launch.workDirectory,
  });
}

interface LaunchOf {
  record: InstanceRecord;
  /** Of the instance. */
  directory: string;
  /** Its number. */
  launch: number;
  ports: PortSet;
  user: Account | null;
  /** Launches before it. */
  restarts: number;
}

/** The record of a launch that begins now. Its cgroup is made and its limits are set. @throws LimitError */
export function newLaunch(context: AgentContext, given: LaunchOf): LaunchRecord {
  const { directory, launch, ports, user, restarts } = given;
  const { assignment, spec } = given.record;
  const own = launchDirectory(directory, launch);
  const cgroup = context.launcher.membership(own, assignment.id, launch);
  const workDirectory = spec.workingDirectory ?? join(own, 'work');
  const { mem: memory, cpus } = spec.resAlloc;
  const { cpus: cpuQuota, processes } = spec.limits;
  try {
    const limits = context.limits.apply(assignment.id, cgroup, { memory, cpus, cpuQuota, processes });
    return {
      launch,
      boot: bootId(),
      at: Date.now(),
      mono: monoMs(),
      epoch: statEpoch(assignment.epoch, launch),
      revision: assignment.revision,
      ...ports,
      user: user?.private ? { ...user, home: workDirectory } : user,
      cgroup,
      limits,
      restarts,
      output: outputEnds(directory),
      workDirectory,
    };
  } catch (error) {
    context.launcher.abandon(own);
    removeMembership(cgroup);
    throw error;
  }
}

/**
 * Where no cgroup counts processes, `ulimit -u` does, by user: what others of that user have must not stand against this program. (Of
 * root nothing is counted.)
 */
function processesByUser(processes: number | null, { user }: LaunchRecord): number | null {
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  return processes === null || user?.private || uid === 0 ? processes : processes + tasksOf(uid);
}

export function planOf(
  context: AgentContext,
  record: InstanceRecord,
  launch: LaunchRecord,
  directory: string,
): LaunchPlan {
  const environment = environmentOf(context, record, launch);
  const { spec } = record;
  return {
    directory: launchDirectory(directory, launch.launch),
    membership: launch.cgroup,
    joins: launch.limits?.join ?? [],
    user: launch.user ?? null,
    program: spec.toProcess,
    args: expandArguments(spec.args, environment),
    shell: spec.shell,
    workingDirectory: launch.workDirectory,
    environment,
    stdout: outputFile(directory, 'stdout'),
    stderr: outputFile(directory, 'stderr'),
    limits: {
      fds: spec.limits.fds,
      processes: launch.limits?.processes ? null : processesByUser(spec.limits.processes, launch),
      fileSize: spec.limits.fileSize,
      nice: spec.limits.nice,
      umask: spec.limits.umask,
    },
  };
}
