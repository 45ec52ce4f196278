// What numbers of bytes in a line of an app's JSON mean: `"mem": 3221225472` is `3 GiB`. Pure.
const keys = /"(mem|disk|fileSize|maxBytes|rateBytesPerSecond)"\s*:\s*(\d{4,})/g;

/** `3 GiB, 4 GiB`; '' where there is nothing to read. */
export function readingOf(line: string): string {
  return [...line.matchAll(keys)]
    .map(([, , digits]) => {
      let n = Number(digits);
      let unit = 0;
      while (n >= 1024 && unit < 4) {
        n /= 1024;
        unit++;
      }
      return `${Math.round(n * 100) / 100} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
    })
    .join(', ');
}
