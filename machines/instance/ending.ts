// How an instance's program is ended: because somebody or something asks for it, and after an end of its own.
import { instanceActions } from './actions.ts';
import { adjust, rejoin, stop } from './transitions.ts';

export const killing = instanceActions.createStateConfig({
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
});

/** The first state of `restarting`. */
export const clearing = instanceActions.createStateConfig({
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
});
