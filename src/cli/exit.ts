/** What the exit code says: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 timed out (README, "Exit codes"). */
export const exitCode = { done: 0, failed: 1, usage: 2, notFound: 3, refused: 4, timedOut: 5 } as const;

/** An error for a person: a sentence, what to do next, and the exit code. */
export class CliError extends Error {
  readonly exit: number;
  readonly hint: string;
  /** The hub does not answer, or not yet: asking again may help. */
  readonly away: boolean;
  constructor(exit: number, message: string, hint = '', away = false) {
    super(message);
    this.name = 'CliError';
    this.exit = exit;
    this.hint = hint;
    this.away = away;
  }
}

/** An end that is not ours: the exit code of a program that was run for the caller, who has seen what it said. */
export class ProgramEnded extends Error {
  readonly exit: number;
  constructor(exit: number) {
    super(`the program ended with ${exit}`);
    this.exit = exit;
  }
}
