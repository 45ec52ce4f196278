// An API over a sample cluster, asked without a port.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../src/api/api.ts';
import type { Api, ApiOptions } from '../../src/api/context.ts';
import { openTokens, type Tokens } from '../../src/api/access/tokens.ts';
import { SampleCluster } from './sample-cluster.ts';

const folders: string[] = [];
export const temporary = (): string => {
  const path = mkdtempSync(join(process.env.TEST_DIRECTORY ?? tmpdir(), 'api-'));
  folders.push(path);
  return path;
};
export const removeTemporary = (): void => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
};

export interface Sample {
  cluster: SampleCluster;
  app: Api;
  tokens: Tokens;
  admin: string;
  join: string;
  errors: unknown[];
  closing: AbortController;
  ask(path: string, init?: RequestInit): Promise<Answer>;
}
// Whatever a test looks at in a body: it is what the test is about, not something to be typed twice.
// oxlint-disable-next-line no-explicit-any
interface Answer {
  status: number;
  headers: Headers;
  body: any;
  text: string;
}

export function sample(options: Partial<ApiOptions> & { bind?: string } = {}): Sample {
  const { tokens, made } = openTokens(temporary());
  const cluster = new SampleCluster();
  const errors: unknown[] = [];
  const closing = new AbortController();
  const app = createApi({
    cluster,
    auth: { bind: options.bind ?? '127.0.0.1', tokens },
    ui: { directory: join(temporary(), 'none') },
    version: '0.1.0',
    closing: closing.signal,
    onError: (error) => errors.push(error),
    ...options,
  });
  const ask = async (path: string, init?: RequestInit) => {
    const response = await app.request(`http://localhost:51026${path}`, init);
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : text };
  };
  return { cluster, app, tokens, admin: made!.admin, join: made!.join, errors, closing, ask };
}

export const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});
