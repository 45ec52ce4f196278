// What an instance does to its children: its program, spawned once, and a probe for each of its checks.
import { cancel, enqueueActions, sendTo, stopChild } from 'xstate';
import { childOf, errorOf, eventOf } from '../event-of.ts';
import type { ProgramCommand } from './events.ts';
import { instanceSetup } from './setup.ts';
import { probeInputs, waiting } from './steps.ts';

const command = (event: ProgramCommand): ProgramCommand => event;

export const instanceChildren = instanceSetup.extend({
  actions: {
    spawnProgram: enqueueActions(({ context, enqueue }) => {
      if (context.hasProgram) return;
      enqueue.spawnChild('program', { id: 'program', input: { id: context.id } });
      enqueue.assign({ hasProgram: true });
    }),
    dropProgram: enqueueActions(({ context, enqueue }) => {
      if (context.hasProgram) enqueue.stopChild('program');
      enqueue.assign({ hasProgram: false, pid: null });
    }),
    sendStart: enqueueActions(({ context, enqueue }) => {
      enqueue.assign({
        ready: null,
        killing: null,
        plan: null,
        over: false,
        askingUntil: null,
        failed: null,
        stuck: false,
        partition: null,
        checks: waiting(context.policy),
      });
      enqueue.sendTo('program', command({ type: 'program.start' }));
    }),
    signalProgram: sendTo('program', ({ context }) =>
      command({
        type: 'program.signal',
        killing: context.killing,
        killTimeoutMs: context.leftMs ?? context.policy.killTimeoutMs,
      }),
    ),
    killProgram: sendTo('program', ({ event }) =>
      command({ type: 'program.kill', by: event.type === 'instance.kill' ? event.by : null }),
    ),
    spawnProbes: enqueueActions(({ context, enqueue }) => {
      if (context.probes > 0 || !context.launch || context.pid === null) return;
      for (const [index, input] of probeInputs(context).entries())
        enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ probes: context.policy.checks.length });
      if (context.policy.checks.length === 0 && !context.ready)
        enqueue.raise(
          { type: 'program.survived' },
          { id: 'alive', delay: Math.min(context.policy.aliveMs, context.leftMs ?? Infinity) },
        );
    }),
    stopProbes: enqueueActions(({ context, enqueue }) => {
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      if (context.probes > 0) enqueue.assign({ probes: 0 });
    }),
    probeOver: stopChild(({ event }) => childOf(event)),
    probeCrashed: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(event);
      enqueue.stopChild(child);
      enqueue.assign({
        checks: context.checks.map((check) =>
          `probe.${check.index}` === child
            ? { ...check, status: 'failing' as const, detail: `the check broke: ${String(errorOf(event))}` }
            : check,
        ),
      });
    }),
    cancelAlive: cancel('alive'),
    adjust: enqueueActions(({ context, event, enqueue }) => {
      const { policy } = eventOf(event, 'instance.adjust');
      enqueue.assign({ policy });
      if (JSON.stringify(policy.checks) === JSON.stringify(context.policy.checks)) return;
      const changed = { ...context, policy, checks: waiting(policy, context.checks) };
      const inputs = context.probes > 0 ? probeInputs(changed) : [];
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      for (const [index, input] of inputs.entries()) enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ checks: changed.checks, probes: inputs.length });
    }),
  },
});
