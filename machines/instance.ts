// An assignment's life on a node. The program is one child actor, spawned once: no transition can lose it. The reason of
// `killing` decides where it leads, so a stop is never taken for a crash. Whether and when to restart is the supervisor's word.
import { instanceActions } from './instance-actions.ts';
import { freshInstance } from './instance-facts.ts';

const stop = { 'instance.stop': { target: '#instance.killing', actions: 'kill' } } as const;
/** Its node is cut off: it is ended, and stands still in `restarting` until it may run again. */
const sever = { 'instance.sever': { target: '#instance.killing', actions: 'sever' } } as const;
const rejoin = { 'instance.rejoin': { guard: 'isSevered', actions: 'rejoin' } } as const;
const adjust = { 'instance.adjust': { actions: 'adjust' } } as const;
/** What may befall any program that runs. */
const alive = {
  ...stop,
  ...adjust,
  ...sever,
  'instance.restart': { target: '#instance.killing', actions: 'kill' },
  'instance.kill': { actions: 'killProgram' },
  'limit.exceeded': { target: '#instance.killing', actions: 'kill' },
  'program.exited': [
    { guard: 'empty', target: '#instance.restarting.asking', actions: 'exited' },
    { target: '#instance.restarting.clearing', actions: 'exited' },
  ],
} as const;
/** Where nothing runs: a stop is done at once, an operator's restart need not wait. */
const idle = {
  ...adjust,
  'instance.stop': { target: '#instance.stopped', actions: 'kill' },
  'instance.restart': { target: '#instance.starting', actions: ['relieve', 'sendStart'] },
  'program.unprepared': '#instance.fetching',
} as const;

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
    killing: {
      description: 'The program is being ended; what comes then is decided by why.',
      entry: 'stopProbes',
      exit: 'spendLeft',
      initial: 'terminating',
      on: {
        ...adjust,
        ...rejoin,
        'instance.stop': { actions: 'kill' },
        'instance.sever': { target: 'killing', reenter: true, actions: 'sever' },
        'program.exited': [
          { guard: 'emptyForGood', target: 'stopped', actions: 'exited' },
          { guard: 'empty', target: 'restarting.asking', actions: 'exited' },
          { actions: 'exited' },
        ],
        'program.emptied': [
          { guard: 'forGood', target: 'stopped', actions: 'emptied' },
          { target: 'restarting.asking', actions: 'emptied' },
        ],
      },
      states: {
        terminating: {
          description: 'Asked with the kill signal.',
          entry: 'signalProgram',
          on: { 'instance.kill': 'forcing' },
          after: { killTimeout: 'forcing' },
        },
        forcing: {
          description: 'SIGKILL to the whole tree, until it is empty.',
          entry: 'killProgram',
          after: { stuckAfter: { actions: 'stuck' } },
        },
      },
    },
    restarting: {
      description: "Waits for its supervisor's word, then out the delay.",
      initial: 'asking',
      states: {
        clearing: {
          description: 'The program ended by itself; what it left behind is ended too.',
          entry: ['stopProbes', 'signalProgram'],
          exit: 'spendLeft',
          on: {
            ...stop,
            ...adjust,
            ...rejoin,
            'instance.sever': { target: 'clearing', reenter: true, actions: ['severDown', 'hurry'] },
            'instance.restart': { actions: 'kill' },
            'instance.kill': { actions: 'killProgram' },
            'program.emptied': { target: 'asking', actions: 'emptied' },
          },
          after: { killTimeout: { actions: 'killProgram' } },
        },
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
    failed: { description: 'Gave up. An operator can start it again.', on: idle },
    stopped: { description: 'Ended for good; its tree is empty.', entry: 'dropProgram', type: 'final' },
  },
});
