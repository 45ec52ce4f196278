// Signal names and numbers of Linux on x86 and ARM (signal(7)); the numbers are the same on both.

const numbers: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
};
const aliases: Record<string, string> = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO' };
const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

/** Number of a signal given as 15, "15", "TERM", "SIGTERM" or "sigterm"; null when there is no such signal (1..64). */
export function signalNumber(signal: number | string): number | null {
  if (typeof signal === 'number' || /^\d+$/.test(signal)) {
    const number = Number(signal);
    return Number.isInteger(number) && number >= 1 && number <= 64 ? number : null;
  }
  const name = signal.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RTMIN(?:\+(\d{1,2}))?$/.exec(name);
  if (realtime) {
    const number = 34 + Number(realtime[1] ?? 0);
    return number <= 64 ? number : null;
  }
  return numbers[aliases[name] ?? name] ?? null;
}

/** "SIGTERM" for 15; "signal 40" for one without a name. */
export const signalName = (number: number): string => {
  const name = names.get(number);
  return name ? `SIG${name}` : `signal ${number}`;
};
