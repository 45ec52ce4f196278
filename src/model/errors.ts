// The error catalogue: every refusal a user can meet, with a stable code, an HTTP status and what to do next.

export interface FieldProblem {
  path: string;
  message: string;
  hint?: string;
}

const statuses = {
  'invalid-json': 400,
  'invalid-app': 422,
  'invalid-query': 400,
  'invalid-request': 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  'app-not-found': 404,
  'node-not-found': 404,
  'instance-not-found': 404,
  'revision-not-found': 404,
  'file-not-found': 404,
  'method-not-allowed': 405,
  'too-many': 429,
  stopping: 503,
  replaced: 503,
  'app-exists': 409,
  'app-deleting': 409,
  'app-record-lost': 409,
  'app-differs': 409,
  'version-conflict': 412,
  'managed-by-master': 409,
  'not-unknown': 409,
  'node-in-use': 409,
  'cut-off': 409,
  'too-large': 413,
  'unsupported-here': 501,
  'node-away': 503,
  'store-unavailable': 503,
  starting: 503,
  standby: 503,
  expired: 504,
  'disk-full': 507,
  internal: 500,
} as const;
export type ErrorCode = keyof typeof statuses;

/** A refusal that a person can act on. The API turns it into `application/problem+json`, the CLI into a sentence and an exit code. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly problems: FieldProblem[];
  constructor(code: ErrorCode, detail: string, hint = '', problems: FieldProblem[] = []) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.hint = hint;
    this.problems = problems;
  }
  get status(): number {
    return statuses[this.code];
  }
}

/** Why a `fetch` failed: its own message says no more than that it did. */
export function fetchFailure(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string };
  if (!(cause instanceof Error)) return message ?? String(error);
  return (cause as Error & { code?: string }).code ?? cause.message;
}
