// What an instance hears in more than one of its states, and where that leads.

export const stop = { 'instance.stop': { target: '#instance.killing', actions: 'kill' } } as const;
/** Its node is cut off: it is ended, and stands still in `restarting` until it may run again. */
export const sever = { 'instance.sever': { target: '#instance.killing', actions: 'sever' } } as const;
export const rejoin = { 'instance.rejoin': { guard: 'isSevered', actions: 'rejoin' } } as const;
export const adjust = { 'instance.adjust': { actions: 'adjust' } } as const;
/** What may befall any program that runs. */
export const alive = {
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
/** Where nothing runs: a stop is done at once, an operator's restart need not wait; cut off it does, another one may run elsewhere. */
export const idle = {
  ...adjust,
  'instance.stop': { target: '#instance.stopped', actions: 'kill' },
  'instance.restart': [
    { guard: 'isSevered', actions: 'ask' },
    { target: '#instance.starting', actions: ['relieve', 'sendStart'] },
  ],
  'program.unprepared': '#instance.fetching',
} as const;
