// Sizes as people write them. Units are binary whatever their spelling: 1 KB = 1 KiB = 1024 bytes, so "256MB" is what
// `resAlloc.mem: 268435456` says.

const factors: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4, P: 1024 ** 5 };

/** What a size may look like: "256MB", "1.5 GiB", "512k", "4096". */
export const sizePattern = /^\s*(\d+(?:\.\d+)?)\s*([kKmMgGtTpP]?)(?:[iI]?[bB])?\s*$/;

/** Bytes of a size text, rounded up to whole bytes; null when it is none, or too large to be exact. */
export function parseSize(text: string): number | null {
  const match = sizePattern.exec(text);
  if (!match) return null;
  const bytes = Math.ceil(Number(match[1]) * factors[match[2]!.toUpperCase()]!);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Bytes for people: "200 MiB", "1.5 GiB"; three digits at most, never rounded to a misleading 0. */
export function showSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  const shown = value.toFixed(digits).replace(/\.0$/, '');
  return `${bytes < 0 ? '-' : ''}${shown} ${units[unit]}`;
}

/** Cores for people: "0.5 cores", "1 core". */
export const showCores = (cores: number): string => {
  const shown = Number(cores.toFixed(2));
  return `${shown} ${shown === 1 ? 'core' : 'cores'}`;
};

/** A span of time for people: "850 ms", "4 s", "1.5 s", "5 min", "2 h". */
export function showSpan(ms: number): string {
  const round = (value: number) => String(Number(value.toFixed(value < 10 ? 1 : 0)));
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${round(ms / 60_000)} min`;
  return `${round(ms / 3_600_000)} h`;
}
