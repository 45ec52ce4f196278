// Fills the holes of the machines with this agent's effects, once; what they work on is found by instance id.
import { fromCallback, fromPromise } from 'xstate';
import { appSupervisorMachine } from '../../machines/app-supervisor.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstanceEvent, ProgramCommand } from '../../machines/instance/events.ts';
import { probeMachine, type ProbeLook } from '../../machines/probe.ts';
import type { HealthCheckSpec } from '../model/app/app.ts';
import type { AgentContext } from './context.ts';
import { probe } from './effects/probes.ts';
import { latePart } from './effects/late-parts.ts';
import type { Entry } from './instance/entry.ts';
import { FetchProgress } from './instance/run/fetch-progress.ts';
import { planOf } from './instance/run/launch-plan.ts';
import { monoMs } from './moment.ts';

const beside = latePart(() => import('./effects/launch/beside.ts'));

/** What a fetch found out: told to whoever keeps revisions. */
export type OnFetched = (
  entry: Entry,
  contents: Record<string, { sha256: string; size: number }>,
  notes: string[],
) => Promise<void>;

export type SupervisorLogic = ReturnType<typeof supervisorLogic>;

/**
 * @param entryOf the instance of an id; null when it is gone
 * @param onChanged what is shown of an instance is another now, though its machine has not moved
 */
export function supervisorLogic(
  context: AgentContext,
  entryOf: (id: string) => Entry | null,
  onFetched: OnFetched,
  onChanged: (id: string) => void,
) {
  const known = (id: string): Entry => {
    const entry = entryOf(id);
    if (!entry) throw new Error(`there is no instance ${id} here`);
    return entry;
  };

  const look = fromPromise<ProbeLook, { instance: string; check: HealthCheckSpec }>(
    async ({ input: { instance, check }, signal }) => {
      const entry = known(instance);
      const launch = entry.program.run;
      const beganMono = monoMs();
      if (!launch) throw new Error('nothing runs that could be probed');
      const answer = await probe(
        check,
        {
          ports: launch.ports,
          cwd: launch.workDirectory,
          run: async (words, ended) => {
            const { runBeside } = await beside();
            return runBeside(planOf(context, entry.record, launch, entry.directory), context.tools, words, ended);
          },
        },
        AbortSignal.any([signal, entry.effects.signal]),
      );
      return { ...answer, at: Date.now(), mono: monoMs(), beganMono };
    },
  );

  const fetch = fromPromise<void, { id: string }>(async ({ input: { id }, signal }) => {
    const entry = known(id);
    const progress = new FetchProgress((text) => {
      entry.fetching = text;
      onChanged(id);
    });
    try {
      const until = AbortSignal.any([signal, entry.effects.signal]);
      const { contents, notes } = await entry.program.work.fetch(until, progress.saw);
      await onFetched(entry, contents, notes);
    } finally {
      entry.fetching = null;
    }
  });

  const program = fromCallback<ProgramCommand, { id: string }>(({ input: { id }, sendBack, receive }) => {
    const { program: own } = known(id);
    receive((command) => own.command(command));
    return own.attach((event: InstanceEvent) => sendBack(event));
  });

  const probing = probeMachine.provide({ actors: { look } });
  const instance = instanceMachine.provide({ actors: { fetch, program, probe: probing } });
  return appSupervisorMachine.provide({ actors: { instance } });
}
