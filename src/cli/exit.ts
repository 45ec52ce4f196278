/** What the exit code says: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 timed out (DESIGN section 13). */
export const exitCode = { done: 0, failed: 1, usage: 2, notFound: 3, refused: 4, timedOut: 5 } as const;

/** An error for a person: a sentence, what to do next, and the exit code. */
export class CliError extends Error {
  readonly exit: number;
  readonly hint: string;
  constructor(exit: number, message: string, hint = '') {
    super(message);
    this.name = 'CliError';
    this.exit = exit;
    this.hint = hint;
  }
}
