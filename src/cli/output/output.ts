// How answers are shown: tables with colours on a terminal, tab-separated lines in a pipe, JSON when asked.
import Table from 'cli-table3';
import colours from 'picocolors';

export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Bytes as they are, to where `out` goes. Resolves when more may come: a slow reader slows whoever writes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Whether `out` is a terminal. */
  terminal: boolean;
  columns: number;
}

export const standardOutput: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  write: (bytes) =>
    new Promise((resolve) => {
      if (process.stdout.write(bytes)) resolve();
      else process.stdout.once('drain', resolve);
    }),
  terminal: Boolean(process.stdout.isTTY),
  columns: process.stdout.columns ?? 120,
};

const paint: Record<string, (text: string) => string> = {
  running: colours.green,
  ready: colours.green,
  healthy: colours.green,
  fetching: colours.blue,
  starting: colours.blue,
  restarting: colours.blue,
  deploying: colours.blue,
  unhealthy: colours.yellow,
  degraded: colours.yellow,
  suspect: colours.yellow,
  waiting: colours.yellow,
  killing: colours.magenta,
  draining: colours.magenta,
  deleting: colours.magenta,
  failed: colours.red,
  lost: colours.red,
  unknown: colours.yellow,
  pending: colours.dim,
  stopped: colours.dim,
  cordoned: colours.dim,
  joining: colours.dim,
};
/** A status in the colour of its family; plain where there is no terminal. */
export const status = (word: string, output: Output): string =>
  output.terminal ? (paint[word] ?? ((text: string) => text))(word) : word;
export const dim = (text: string, output: Output): string => (output.terminal ? colours.dim(text) : text);
export const bold = (text: string, output: Output): string => (output.terminal ? colours.bold(text) : text);

/** Rows under headings. In a pipe: no heading, no colour, one tab between fields, so that `cut -f1` works. */
export function table(headings: string[], rows: string[][], output: Output): void {
  if (!output.terminal) {
    for (const row of rows) output.out(`${row.map((field) => field.replace(/[\t\n]/g, ' ')).join('\t')}\n`);
    return;
  }
  const none = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  };
  const drawn = new Table({
    chars: none,
    head: headings.map((heading) => colours.dim(heading)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows);
  output.out(
    `${drawn
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')}\n`,
  );
}

export const json = (value: unknown, output: Output): void => output.out(`${JSON.stringify(value, null, 2)}\n`);
