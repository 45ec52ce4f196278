// Brings one URI to a local file: http, https and file. Resumes what broke off, retries with back-off, hashes as it goes.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FetchError, percentDecoded, withoutCredentials } from './fetch-error.ts';
import { ask } from './origin.ts';

export interface Validators {
  etag: string | null;
  lastModified: string | null;
}
interface Downloaded extends Validators {
  sha256: string;
  size: number;
}
export interface Progress {
  uri: string;
  received: number;
  /** null where the origin does not say */ total: number | null;
}

interface DownloadOptions {
  /** Of a copy we have: the origin may answer that it is still good. */
  have?: Validators | null;
  attempts?: number;
  /** First pause between attempts in ms; doubles. */
  pauseMs?: number;
  maxBytes?: number;
  /** Sent along with the request. */
  headers?: Record<string, string>;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal | undefined;
}

/** Bytes a second below which the origin counts as stalled: none for this long, in ms. */
const stalledMs = 30_000;

/**
 * Downloads `uri` to the file `to`.
 * @returns what arrived, or 'not-modified' when `have` is still what the origin serves
 * @throws FetchError; `final: false` where another attempt later may help (origin down, broke off, 5xx, 429)
 */
export async function download(
  uri: string,
  to: string,
  options: DownloadOptions = {},
): Promise<Downloaded | 'not-modified'> {
  const attempts = options.attempts ?? 3;
  for (let attempt = 1; ; attempt++) {
    try {
      return uri.startsWith('file:') ? await fromFile(uri, to, options) : await fromOrigin(uri, to, options);
    } catch (error) {
      const known = asFetchError(uri, error);
      if (known.final || attempt >= attempts || options.signal?.aborted) {
        await rm(to, { force: true });
        throw known;
      }
      await delay((options.pauseMs ?? 500) * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
}

async function fromFile(uri: string, to: string, options: DownloadOptions): Promise<Downloaded> {
  const hash = createHash('sha256');
  const source = createReadStream(fileURLToPath(uri));
  await pipeline(source, counted(uri, hash, 0, null, options), createWriteStream(to, { mode: 0o600 }), {
    signal: options.signal,
  });
  return { sha256: hash.digest('hex'), size: (await stat(to)).size, etag: null, lastModified: null };
}

async function fromOrigin(uri: string, to: string, options: DownloadOptions): Promise<Downloaded | 'not-modified'> {
  const url = new URL(uri);
  const headers: Record<string, string> = {
    'user-agent': 'stathub-agent',
    'accept-encoding': 'identity',
    ...options.headers,
  };
  if (url.username || url.password) {
    headers['authorization'] =
      `Basic ${Buffer.from(`${percentDecoded(url.username)}:${percentDecoded(url.password)}`).toString('base64')}`;
    url.username = url.password = '';
  }
  const part = await partOf(to);
  if (part.size > 0) headers['range'] = `bytes=${part.size}-`;
  if (part.size > 0 && part.validator) headers['if-range'] = part.validator;
  if (part.size === 0 && options.have?.etag) headers['if-none-match'] = options.have.etag;
  if (part.size === 0 && options.have?.lastModified) headers['if-modified-since'] = options.have.lastModified;

  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(new Error(`nothing arrived for ${stalledMs / 1000} s`)), stalledMs);
  const touched = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`nothing arrived for ${stalledMs / 1000} s`)), stalledMs);
  };
  const signal = options.signal ? AbortSignal.any([options.signal, stalled.signal]) : stalled.signal;
  try {
    const response = await ask(url, headers, signal);
    const status = response.statusCode!;
    if (status !== 200 && status !== 206) response.destroy();
    if (status === 304) return 'not-modified';
    if (status === 416) {
      await rm(to, { force: true });
      throw new FetchError('unreachable', 'the part already here is longer than the file', 'it is fetched anew', false);
    }
    if (status !== 200 && status !== 206) throw fromStatus(uri, status);
    const resumed = status === 206;
    const already = resumed ? part.size : 0;
    const length = Number(response.headers['content-length'] ?? NaN);
    const total = Number.isFinite(length) ? already + length : null;
    const limit = options.maxBytes ?? Infinity;
    if (total !== null && total > limit) {
      response.destroy();
      throw tooLarge(uri, limit);
    }

    const hash = createHash('sha256');
    if (resumed) for await (const chunk of createReadStream(to)) hash.update(chunk as Buffer);
    const validators = {
      etag: response.headers.etag ?? null,
      lastModified: response.headers['last-modified'] ?? null,
    };
    partValidators.set(
      to,
      validators.etag?.startsWith('W/') ? validators.lastModified : (validators.etag ?? validators.lastModified),
    );
    await pipeline(
      response,
      counted(uri, hash, already, total, options, touched),
      createWriteStream(to, { flags: resumed ? 'a' : 'w', mode: 0o600 }),
      { signal },
    );
    const size = (await stat(to)).size;
    if (total !== null && size !== total)
      throw new FetchError(
        'unreachable',
        `${withoutCredentials(uri)} broke off after ${size} of ${total} bytes`,
        'it is tried again',
        false,
      );
    partValidators.delete(to);
    return { sha256: hash.digest('hex'), size, ...validators };
  } finally {
    clearTimeout(timer);
  }
}

/** Validator of each unfinished part, so that a resumed download never mixes two versions. Only while this process lives. */
const partValidators = new Map<string, string | null>();

async function partOf(to: string): Promise<{ size: number; validator: string | null }> {
  const validator = partValidators.get(to) ?? null;
  if (!validator) return { size: 0, validator };
  const size = await stat(to).then(
    (s) => s.size,
    () => 0,
  );
  return { size, validator };
}

function counted(
  uri: string,
  hash: Hash,
  already: number,
  total: number | null,
  options: DownloadOptions,
  touched?: () => void,
) {
  const limit = options.maxBytes ?? Infinity;
  return async function* (source: AsyncIterable<Buffer>) {
    let received = already;
    for await (const chunk of source) {
      received += chunk.length;
      if (received > limit) throw tooLarge(uri, limit);
      hash.update(chunk);
      touched?.();
      options.onProgress?.({ uri: withoutCredentials(uri), received, total });
      yield chunk;
    }
  };
}

const tooLarge = (uri: string, limit: number) =>
  new FetchError(
    'too-large',
    `${withoutCredentials(uri)} is larger than ${limit} bytes`,
    'raise the limit of this node or make the file smaller',
  );

function fromStatus(uri: string, status: number): FetchError {
  const shown = withoutCredentials(uri);
  if (status === 404 || status === 410)
    return new FetchError('not-found', `${shown} is not there (HTTP ${status})`, 'check the address in uris');
  if (status === 401 || status === 403)
    return new FetchError(
      'refused',
      `${shown} refuses us (HTTP ${status})`,
      'put user and password into the URI: http://user:password@host/path',
    );
  return new FetchError(
    'unreachable',
    `${shown} answers HTTP ${status}`,
    'it is tried again',
    status < 500 && status !== 408 && status !== 429,
  );
}

function asFetchError(uri: string, error: unknown): FetchError {
  if (error instanceof FetchError) return error;
  const shown = withoutCredentials(uri);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FetchError('disk-full', `no room on this node for ${shown}`, 'free disk space on the node', false);
  if (code === 'ENOENT' && uri.startsWith('file:'))
    return new FetchError('not-found', `${shown} is not there`, 'check the path in uris');
  if (code === 'ERR_INVALID_URL')
    return new FetchError('unsupported', `${shown} is no URI`, 'write http://, https:// or file:// and a path');
  return new FetchError(
    'unreachable',
    `${shown} cannot be fetched: ${code ? `${code} ` : ''}${(cause as Error)?.message ?? String(cause)}`,
    'check that this node reaches the address',
    false,
  );
}
