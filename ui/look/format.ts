// Numbers and times as the dashboard writes them. Pure: the zone and the moment are arguments. Unknown is always "–", never blank.

const unknownText = '–';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const two = (n: number): string => String(n).padStart(2, '0');
const known = (n: number | null | undefined): n is number => typeof n === 'number' && Number.isFinite(n);

/** Three digits that matter: 2.00, 18.8, 188, 1024. */
function three(n: number): string {
  const size = Math.abs(n);
  return size >= 99.95 ? String(Math.round(n)) : size >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}

function scaled(n: number, base: number, units: readonly string[]): string {
  if (n === 0) return '0';
  let value = n;
  let unit = 0;
  while (Math.abs(value) >= base - 0.5 && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  // A whole number needs no digits behind it: 64 GiB, but 64.3.
  return `${unit === 0 || Math.abs(value - Math.round(value)) < 1e-9 ? Math.round(value) : three(value)} ${units[unit]}`;
}

/** Memory, in bytes: `2.00 GiB`, `188 MiB`. */
export const memory = (bytes: number | null | undefined): string =>
  known(bytes) ? scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']) : unknownText;

/** Disk and network, in bytes: `410 GB`, `4.10 MB`. */
export const disk = (bytes: number | null | undefined): string =>
  known(bytes) ? scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']) : unknownText;

/** `2.00 of 2 GiB`: both in the unit of the whole, so that they compare. */
export function memoryOf(used: number | null | undefined, whole: number | null | undefined): string {
  if (!known(whole) || whole === 0) return memory(used);
  const [digits, unit] = memory(whole).split(' ') as [string, string];
  if (!known(used)) return `${unknownText} of ${digits} ${unit}`;
  const divisor = 1024 ** Math.max(0, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(unit));
  return `${used === 0 ? '0' : three(used / divisor)} of ${digits} ${unit}`;
}

/** `84,213` */
export const count = (n: number | null | undefined): string =>
  known(n) ? String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',') : unknownText;

/** Cores, of an app: `0.5`, `26.4`. */
export const cores = (n: number | null | undefined): string =>
  !known(n)
    ? unknownText
    : n === 0
      ? '0'
      : n < 0.1
        ? n.toFixed(2)
        : n < 99.95
          ? String(Math.round(n * 10) / 10)
          : String(Math.round(n));

/** A fraction 0..1 (1.4 cores: 140 %): `8 %`, `0.4 %`. */
export function percent(fraction: number | null | undefined): string {
  if (!known(fraction)) return unknownText;
  const p = fraction * 100;
  return `${p === 0 ? '0' : p < 1 ? p.toFixed(1) : Math.round(p)} %`;
}

const pair = (a: number, first: string, b: number, second: string): string =>
  b === 0 ? `${a} ${first}` : `${a} ${first} ${b} ${second}`;

/** How long ago or how long, two units at most: `0.2 s` `3 s` `11 min` `3 h 41 m` `2 d 4 h` `41 d`. Milliseconds. */
export function age(ms: number | null | undefined): string {
  if (!known(ms)) return unknownText;
  const t = Math.max(0, ms);
  if (t < secondMs) return t < 50 ? '0 s' : `${(t / secondMs).toFixed(1)} s`;
  if (t < minuteMs) return `${Math.floor(t / secondMs)} s`;
  if (t < hourMs) return `${Math.floor(t / minuteMs)} min`;
  if (t < dayMs) return pair(Math.floor(t / hourMs), 'h', Math.floor((t % hourMs) / minuteMs), 'm');
  if (t < 10 * dayMs) return pair(Math.floor(t / dayMs), 'd', Math.floor((t % dayMs) / hourMs), 'h');
  return `${Math.floor(t / dayMs)} d`;
}

/** A stay that is over, more exact: `4 ms` `3.2 s` `41 s` `6 m 12 s` `2 h 14 m`. Milliseconds. */
export function stay(ms: number | null | undefined): string {
  if (!known(ms)) return unknownText;
  const t = Math.max(0, ms);
  if (t < 100) return `${Math.round(t)} ms`;
  if (t < 10 * secondMs) return `${(t / secondMs).toFixed(1)} s`;
  if (t < minuteMs) return `${Math.round(t / secondMs)} s`;
  if (t < hourMs) return pair(Math.floor(t / minuteMs), 'm', Math.floor((t % minuteMs) / secondMs), 's');
  return age(t);
}

/** Time left: tenths below 10 s, whole seconds below a minute. Milliseconds; never below zero. */
export function left(ms: number): string {
  const t = Math.max(0, ms);
  if (t < 10 * secondMs) return `${(t / secondMs).toFixed(1)} s`;
  return t < minuteMs ? `${Math.ceil(t / secondMs)} s` : stay(t);
}

/** Minutes east of UTC of this moment's local time. */
export const zone = (at: number): number => -new Date(at).getTimezoneOffset();

/** `14:32:05` in the zone (minutes east of UTC). */
export function clock(at: number | null | undefined, east?: number): string {
  if (!known(at)) return unknownText;
  const d = new Date(at + (east ?? zone(at)) * minuteMs);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

/** `14:32` */
export const hourMinute = (at: number | null | undefined, east?: number): string =>
  known(at) ? clock(at, east).slice(0, 5) : unknownText;

/** `14:32:05.119`: logs and the inspector. */
export const clockMs = (at: number | null | undefined, east?: number): string =>
  known(at) ? `${clock(at, east)}.${String(Math.trunc(at) % 1000).padStart(3, '0')}` : unknownText;

/** Beyond a day a clock time alone would mislead: `11-19 14:32`. */
export function day(at: number, now: number, east?: number): string {
  if (Math.abs(now - at) < 20 * hourMs) return clock(at, east);
  return `${new Date(at + (east ?? zone(at)) * minuteMs).toISOString().slice(5, 10)} ${hourMinute(at, east)}`;
}

/** On hover: `2026-11-21 14:32:05.119 UTC`. */
export const moment = (at: number | null | undefined): string =>
  known(at) ? `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC` : unknownText;

/** Name of a signal number: `SIGKILL`, `signal 40`. */
export function signal(n: number): string {
  const names = [
    '',
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'TRAP',
    'ABRT',
    'BUS',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
    'TERM',
    'STKFLT',
    'CHLD',
    'CONT',
    'STOP',
    'TSTP',
    'TTIN',
    'TTOU',
    'URG',
    'XCPU',
    'XFSZ',
    'VTALRM',
    'PROF',
    'WINCH',
    'IO',
    'PWR',
    'SYS',
  ];
  return names[n] ? `SIG${names[n]}` : `signal ${n}`;
}
