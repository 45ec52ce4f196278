// Numbers and times as the dashboard shows them (two units at most, binary memory).

/** `0.2 s` `3 s` `11 min` `3 h 41 m` `2 d 4 h` `41 d`; `–` where unknown. */
export function age(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return '–';
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} m`;
  const days = Math.floor(s / 86_400);
  return days < 10 ? `${days} d ${Math.floor((s % 86_400) / 3600)} h` : `${days} d`;
}

/** `188 MiB`, `2.00 GiB`: three digits that matter. */
export function memory(bytes: number | null): string {
  if (bytes === null) return '–';
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit++;
  }
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${['KiB', 'MiB', 'GiB', 'TiB', 'PiB'][unit]}`;
}

/** A fraction, or cores: 0.5 is `50 %`; `–` where unknown. */
export function percent(part: number | null): string {
  if (part === null) return '–';
  const shown = part * 100;
  return `${shown === 0 ? '0' : shown < 1 ? shown.toFixed(1) : Math.round(shown)} %`;
}

export const clock = (at: number): string => new Date(at).toTimeString().slice(0, 8);

/** `10m`, `2h`, `90s`, `3d` → ms. @throws Error saying what is right */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)$/.exec(text.trim());
  if (!match) throw new Error(`${JSON.stringify(text)} is no time; write 90s, 10m, 2h or 3d`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 's'];
}
