// The connection: addresses, credentials, CA; which product and version answers. The client is loaded only here, only when used:
// it costs 25 MB and a sixth of a second.
import { StoreError } from '../../store.ts';
import { ofThrown } from './failures.ts';
import { Requests } from './requests.ts';
import type { Transport } from './requests.ts';

export interface ElasticOptions {
  /** Addresses of one cluster; user and password may stand in them. */
  urls: string[];
  /** Every index begins with it. */
  prefix: string;
  user?: string | null;
  password?: string | null;
  /** As Elasticsearch gives it: base64 of `id:key`. Goes before user and password. */
  apiKey?: string | null;
  /** PEM of the CA that signed the certificates. */
  ca?: string | Buffer | null;
  /** Longest wait for one answer, ms; default 10 s. */
  requestMs?: number;
  /** How long what fails is tried again, ms; default 3 s. */
  patienceMs?: number;
}

const oldestMajor = 8;
const newestMajor = 9;

/** Addresses without what must not be shown. */
export const shownUrls = (urls: string[]): string => urls.map((url) => new URL(url).origin).join(', ');

function authOf({ urls, user, password, apiKey }: ElasticOptions): object {
  if (apiKey) return { auth: { apiKey } };
  const inUrl = urls.map((url) => new URL(url)).find((url) => url.username !== '');
  const username = user ?? (inUrl ? decodeURIComponent(inUrl.username) : null);
  if (username === null) return {};
  return { auth: { username, password: password ?? (inUrl ? decodeURIComponent(inUrl.password) : '') } };
}

/** An address as the client takes it: no credentials (they go by header), the path of a proxy kept. */
function nodeOf(given: string): string {
  const url = new URL(given);
  url.username = url.password = '';
  return url.toString();
}

/**
 * @throws StoreError store-unavailable or store-refused, with a hint
 */
export async function connect(options: ElasticOptions): Promise<{ requests: Requests; version: string }> {
  const where = shownUrls(options.urls);
  const { Client } = await import('@elastic/elasticsearch');
  const client = new Client({
    nodes: options.urls.map(nodeOf),
    maxRetries: 0,
    enableMetaHeader: false,
    ...authOf(options),
    ...(options.ca ? { tls: { ca: options.ca } } : {}),
  });
  const transport = client.transport as unknown as Transport;
  const requestMs = options.requestMs ?? 10_000;
  try {
    const version = await versionOf(transport, requestMs, where, options.urls.length);
    const requests = new Requests(transport, {
      major: Number(version.split('.')[0]),
      where,
      requestMs,
      patienceMs: options.patienceMs ?? 3_000,
      close: () => client.close(),
    });
    return { requests, version };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/**
 * Asked with a media type that every version takes.
 * @param addresses how many there are: the client goes on to the next where one is not reachable, and one may be down for long
 */
async function versionOf(
  transport: Transport,
  requestTimeout: number,
  where: string,
  addresses: number,
): Promise<string> {
  let answer: { version?: { number?: string } } | null = null;
  for (let left = addresses; answer === null; left -= 1)
    try {
      answer = (await transport.request(
        { method: 'GET', path: '/' },
        { headers: { accept: 'application/json' }, maxRetries: 0, requestTimeout },
      )) as { version?: { number?: string } };
    } catch (thrown) {
      const { error, fate } = ofThrown(thrown, where);
      // Whoever is not let in at the start waits in vain.
      if (fate === 'refused') throw new StoreError('store-refused', error.message, error.hint, { cause: thrown });
      if (left <= 1) throw error;
    }
  const version = String(answer?.version?.number ?? '');
  const major = Number(version.split('.')[0]);
  if (!(major >= oldestMajor && major <= newestMajor)) {
    throw new StoreError(
      'store-refused',
      `Elasticsearch at ${where} is version ${version || 'unknown'}`,
      `stathub works with ${oldestMajor} and ${newestMajor}.`,
    );
  }
  return version;
}
