// What a launch needs to know, from the record of its instance: command, environment, directories, limits.
import { expandArguments, processEnvironment } from '../model/environment.ts';
import type { AgentContext } from './context.ts';
import { launchDirectory } from './effects/launch-records.ts';
import type { LaunchPlan } from './effects/run-script.ts';
import { outputFile } from './effects/output.ts';
import type { InstanceRecord, LaunchRecord } from './records.ts';

/** The environment of a launch: also that of its COMMAND checks. */
export function environmentOf(context: AgentContext, record: InstanceRecord, launch: LaunchRecord): Record<string, string> {
  const { spec, assignment } = record;
  return processEnvironment({
    spec, launch: launch.launch, ports: launch.ports, debugPort: launch.debugPort, consolePort: launch.consolePort, user: context.user,
    instance: { id: assignment.id, slot: assignment.slot, revision: assignment.revision, epoch: assignment.epoch },
    node: { id: context.node, host: context.host, tags: context.tags, envs: record.nodeEnvs }, directory: launch.workDirectory,
  });
}

export function planOf(context: AgentContext, record: InstanceRecord, launch: LaunchRecord, directory: string): LaunchPlan {
  const environment = environmentOf(context, record, launch), { spec } = record;
  return {
    directory: launchDirectory(directory, launch.launch), membership: launch.cgroup,
    program: spec.toProcess, args: expandArguments(spec.args, environment), shell: spec.shell,
    workingDirectory: launch.workDirectory, environment,
    stdout: outputFile(directory, 'stdout'), stderr: outputFile(directory, 'stderr'),
    limits: { fds: spec.limits.fds, processes: spec.limits.processes, fileSize: spec.limits.fileSize, nice: spec.limits.nice, umask: spec.limits.umask },
  };
}
