// An assignment's life on a node. The program is one child actor, spawned once: no transition can lose it. The reason of
// `killing` decides where it leads, so a stop is never taken for a crash. Whether and when to restart is the supervisor's word.
import { instanceActions } from './instance/actions.ts';
import { clearing, killing } from './instance/ending.ts';
import { freshInstance } from './instance/facts.ts';
import { adjust, alive, idle, rejoin } from './instance/transitions.ts';

export const instanceMachine = instanceActions.createMachine({
  id: 'instance',
  options: { maxIterations: 1000 },
  context: ({ input }) => freshInstance(input),
  initial: 'recovering',
  on: {
    'escalation.closed': { actions: 'answered' },
    'xstate.error.actor.probe.*': { actions: 'probeCrashed' },
    'xstate.done.actor.probe.*': { actions: 'probeOver' },
  },
  states: {
    recovering: {
      description: 'Goes where the facts on disk say that it was.',
      always: [
        { guard: 'isNewAndSevered', target: 'restarting.asking', actions: 'spawnProgram' },
        { guard: 'isNewAndComplete', target: 'starting', actions: ['spawnProgram', 'sendStart'] },
        { guard: 'isNew', target: 'fetching' },
        { guard: 'wasStopping', target: 'killing', actions: ['takeUp', 'spawnProgram'] },
        { guard: 'hadEnded', target: 'restarting.clearing', actions: ['takeUp', 'spawnProgram'] },
        { guard: 'wasSevered', target: 'killing', actions: ['takeUpSevered', 'spawnProgram'] },
        { guard: 'wasReady', target: 'running', actions: ['takeUp', 'spawnProgram', 'spawnProbes'] },
        { target: 'starting', actions: ['takeUp', 'spawnProgram', 'spawnProbes'] },
      ],
    },
    fetching: {
      description: 'Gets what the program needs. Waits and tries again for as long as it must.',
      exit: 'cancelRetry',
      invoke: {
        id: 'fetch',
        src: 'fetch',
        input: ({ context }) => ({ id: context.id }),
        onDone: { target: 'starting', actions: ['spawnProgram', 'fetched', 'sendStart'] },
        onError: { actions: 'fetchFailed' },
      },
      on: {
        ...adjust,
        'instance.stop': { target: 'stopped', actions: 'kill' },
        'instance.restart': { target: 'fetching', reenter: true },
        'fetch.retry': { target: 'fetching', reenter: true },
        'instance.sever': { target: 'restarting.asking', actions: ['severDown', 'spawnProgram'] },
      },
    },
    starting: {
      description: 'The program was asked to start and has not passed all its checks.',
      exit: ['cancelAlive', 'spendLeft'],
      on: {
        ...alive,
        'program.started': { actions: ['started', 'spawnProbes'] },
        'program.unprepared': 'fetching',
        'program.survived': { target: 'running', actions: 'survived' },
        'probe.reported': [
          { guard: 'lastToPass', target: 'running', actions: ['probed', 'passedAll'] },
          { actions: 'probed' },
        ],
      },
      after: { startTimeout: { target: 'killing', actions: 'startTimedOut' } },
    },
    running: {
      description: 'All checks have passed.',
      entry: 'tellReady',
      on: {
        ...alive,
        'probe.reported': [{ guard: 'exceeded', target: 'unhealthy', actions: 'probed' }, { actions: 'probed' }],
      },
    },
    unhealthy: {
      description:
        'Failing for too long; waits for its turn to be ended and started again (its siblings may be first).',
      entry: 'askTurn',
      exit: 'withdraw',
      on: {
        ...alive,
        'probe.reported': [
          { guard: 'recovered', target: 'running', actions: ['probed', 'relieve'] },
          { actions: 'probed' },
        ],
        'restart.granted': { target: 'killing', actions: 'killUnhealthy' },
        'restart.held': { actions: 'wait' },
      },
    },
    killing,
    restarting: {
      description: "Waits for its supervisor's word, then out the delay.",
      initial: 'asking',
      states: {
        clearing,
        asking: {
          description: 'Its supervisor judges.',
          entry: ['stopProbes', 'ask'],
          on: {
            ...idle,
            'instance.sever': { actions: 'severDown' },
            'instance.rejoin': { guard: 'isSevered', actions: ['rejoin', 'ask'] },
            'restart.granted': [
              { guard: 'isSevered' },
              { guard: 'atOnce', target: '#instance.starting', actions: ['granted', 'sendStart'] },
              { target: 'waiting', actions: 'granted' },
            ],
            'restart.held': { actions: 'wait' },
            'restart.escalated': { actions: 'escalate' },
            'restart.refused': [
              { guard: 'done', target: '#instance.stopped', actions: 'refused' },
              { target: '#instance.failed', actions: 'refused' },
            ],
          },
        },
        waiting: {
          description: 'The delay before the next start.',
          on: {
            ...idle,
            'instance.sever': { target: 'asking', actions: 'severDown' },
            'restart.granted': { actions: 'granted', target: 'waiting', reenter: true },
          },
          after: { backOff: { target: '#instance.starting', actions: 'sendStart' } },
        },
      },
    },
    failed: {
      description: 'Gave up. An operator can start it again, but not while its node is cut off.',
      on: { ...idle, ...rejoin, 'instance.sever': { actions: 'severDown' } },
    },
    stopped: { description: 'Ended for good; its tree is empty.', entry: 'dropProgram', type: 'final' },
  },
});
