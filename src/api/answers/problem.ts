// The one place where an error becomes an answer: application/problem+json (RFC 9457) with a stable code.
import { randomBytes } from 'node:crypto';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Refusal, type ErrorCode, type FieldProblem } from '../../model/errors.ts';
import { StoreError } from '../../store/store.ts';

interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  hint: string;
  errors: FieldProblem[];
}

const titles: Record<ErrorCode, string> = {
  'invalid-json': 'The body is not valid JSON',
  'invalid-app': 'The app is not valid',
  'invalid-query': 'The query cannot be read',
  'invalid-request': 'The request is not valid',
  unauthorised: 'A token is needed',
  forbidden: 'Not allowed',
  'not-found': 'There is no such thing here',
  'app-not-found': 'There is no such app',
  'node-not-found': 'There is no such node',
  'instance-not-found': 'There is no such instance',
  'revision-not-found': 'There is no such revision',
  'file-not-found': 'There is no such file',
  'method-not-allowed': 'This method does not work here',
  'app-exists': 'The app exists',
  'app-deleting': 'The app is being deleted',
  'app-record-lost': 'The store has lost the app',
  'app-differs': 'An app of that name differs',
  'version-conflict': 'Somebody else changed it',
  'managed-by-master': 'The master manages this node',
  'not-unknown': 'The instance is not unknown',
  'node-in-use': 'The node is in use',
  'cut-off': 'The node is cut off from its master',
  'disk-full': 'The disk of the node is full',
  'too-large': 'Too large',
  'too-many': 'Too many at once',
  'unsupported-here': 'Not possible here',
  'node-away': 'The node is away',
  'store-unavailable': 'The store does not answer',
  starting: 'Still starting',
  standby: 'Another master leads',
  stopping: 'Stopping',
  replaced: 'Another version was installed',
  expired: 'No answer in time',
  internal: 'An unexpected error',
};

const problem = (
  code: ErrorCode,
  status: number,
  detail: string,
  hint: string,
  errors: FieldProblem[] = [],
): Problem => ({ type: `urn:stathub:problem:${code}`, title: titles[code], status, code, detail, hint, errors });

/** Any error as a problem. What nobody foresaw is `internal` with the number under which it is in the log, and nothing of its text. */
export function problemOf(error: unknown): { problem: Problem; incident: string | null } {
  if (error instanceof Refusal)
    return { problem: problem(error.code, error.status, error.message, error.hint, error.problems), incident: null };
  if (error instanceof StoreError) return { problem: ofStore(error), incident: null };
  if (error instanceof HTTPException && error.status < 500)
    return { problem: problem('invalid-request', error.status, error.message, ''), incident: null };
  // Its files were replaced while it runs: by `npm install` of another version, or a build.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
    return {
      problem: problem(
        'replaced',
        503,
        'what this needs of the program is no longer on the disk: another version was installed over the one that runs',
        'start the new one: stathub upgrade, or systemctl restart; programs run on',
      ),
      incident: null,
    };
  const incident = randomBytes(4).toString('hex');
  return {
    problem: problem(
      'internal',
      500,
      `something unexpected happened; it is in the log as ${incident}`,
      'this is a bug: please report it with that line of the log',
    ),
    incident,
  };
}

/** What a store refuses was asked wrongly; every other failure is the store's own. */
function ofStore(error: StoreError): Problem {
  if (error.code !== 'store-refused') return problem('store-unavailable', 503, error.message, error.hint);
  return problem(
    /\bquery\b/i.test(error.message) ? 'invalid-query' : 'invalid-request',
    400,
    error.message,
    error.hint,
  );
}

/** Headers that belong to the status: how to authenticate, when to try again. */
function headersOf(p: Problem): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  if (p.status === 401) headers['www-authenticate'] = 'Bearer realm="stathub"';
  if (p.status === 503 || p.status === 429) headers['retry-after'] = '1';
  return headers;
}

export const problemResponse = (p: Problem, headers: Record<string, string> = {}): Response =>
  new Response(`${JSON.stringify(p)}\n`, {
    status: p.status as ContentfulStatusCode,
    headers: { ...headersOf(p), ...headers },
  });
