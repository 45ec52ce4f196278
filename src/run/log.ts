// The daemon's log.
import { pino, type DestinationStream, type Logger } from 'pino';
import { maskSecrets, maskText } from '../model/secrets.ts';

/** Characters kept while the log cannot be written. */
const mostWaiting = 256 * 1024;

function standardOutput(): DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, maxLength: mostWaiting });
  // A log that cannot be written (a full disk, a closed pipe) must not end what it tells of: pino would. What does not fit is left out.
  out.on('error', () => undefined);
  return out;
}

/** An error is masked as it is written, by its serializer: a masked copy is no error any more. */
const masked = (entry: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [
      name,
      value instanceof Error ? value : maskSecrets({ [name]: value as unknown })[name],
    ]),
  );

/** The text that pino would take from an error where none is given. */
const textOf = (first: unknown): string[] => {
  const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err;
  return error instanceof Error ? [error.message] : [];
};

/**
 * One JSON line an entry, on standard output. Nothing secret goes in: values are masked by their names, and texts by what they look
 * like, as in events (`?token=…`, `user:password@`), those of errors and their causes, too.
 */
export function openLog(
  role: 'master' | 'agent' | 'up',
  level: string,
  out: DestinationStream = standardOutput(),
): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'envs', '*.envs'], censor: '***' },
      formatters: { log: masked },
      serializers: { err: (error: Error) => maskSecrets({ ...pino.stdSerializers.err(error) }) },
      hooks: {
        logMethod(words: unknown[], write) {
          const whole = words.length === 1 && typeof words[0] !== 'string' ? [...words, ...textOf(words[0])] : words;
          const told = whole.map((word) => (typeof word === 'string' ? maskText(word) : word));
          write.apply(this, told as Parameters<typeof write>);
        },
      },
    },
    out,
  );
}
export type { Logger };
