// Where output and events are shipped to: a data stream of an Elasticsearch, or a plain index where the server has none. What is
// sent twice has the same id and is kept once.

/** A document as it goes: its id, and its JSON. */
interface ShippedDocument {
  id: string;
  json: string;
}

const answerMs = 30_000;
/** Found by what is exact; only the message is read as text. */
const mappings = {
  dynamic_templates: [{ exact: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 8191 } } }],
  properties: { '@timestamp': { type: 'date' }, message: { type: 'text' } },
};

export class ShippingTarget {
  readonly #origin: string;
  readonly #base: string;
  readonly #name: string;
  readonly #headers: Record<string, string>;
  readonly #say: (message: string) => void;
  #ready = false;

  /** @param at address; may hold user and password  @param say told once what kind of target it is, and of what the server refuses */
  constructor(at: string, name: string, say: (message: string) => void) {
    const url = new URL(at);
    const { username, password } = url;
    url.username = url.password = '';
    this.#origin = url.origin;
    this.#base = url.href.replace(/\/$/, '');
    this.#name = name;
    this.#headers = username
      ? {
          authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
        }
      : {};
    this.#say = say;
  }

  /**
   * Sends documents, in order. What the server refuses for good is told and left out; what is there already is fine.
   * @throws Error when it has to be tried again
   */
  async send(documents: readonly ShippedDocument[], signal: AbortSignal): Promise<void> {
    if (!this.#ready) await this.#prepare(signal);
    const body = documents.map(({ id, json }) => `${JSON.stringify({ create: { _id: id } })}\n${json}\n`).join('');
    const { status, answer } = await this.#ask('POST', `${this.#name}/_bulk`, body, signal);
    const items = (answer as { items?: { create: { status: number; error?: { reason?: string } } }[] } | null)?.items;
    if (status !== 200 || !items) throw new Error(`${this.#origin} answers ${status}`);
    // 409: it is there already. Where the server is short of something all is tried again; what was taken is told by its id.
    const refused = items.filter(({ create }) => create.status !== 409 && (create.status < 200 || create.status > 299));
    const later = refused.find(({ create }) => create.status === 429 || create.status >= 500);
    if (later)
      throw new Error(`a document was refused with ${later.create.status}: ${later.create.error?.reason ?? ''}`);
    if (refused.length > 0)
      this.#say(
        `${refused.length} documents are not shipped, the server will not have them: ` +
          `${refused[0]!.create.error?.reason ?? refused[0]!.create.status}`,
      );
  }

  /** A data stream: there, made by a template of the server's, or by one of ours. Else an index. Who may not look only sends. */
  async #prepare(signal: AbortSignal): Promise<void> {
    const ask = async (method: string, path: string, body?: object): Promise<number> => {
      const { status } = await this.#ask(method, path, body === undefined ? undefined : JSON.stringify(body), signal);
      if (status === 429 || status >= 500) throw new Error(`${this.#origin} answers ${status}`);
      return status;
    };
    const name = this.#name;
    const done = (status: number): boolean => status === 200 || status === 201;
    const found = await ask('GET', `_data_stream/${name}`);
    if (found === 401) throw new Error(`${this.#origin} answers 401: user or password are wrong`);
    if (!done(found) && found !== 403 && (await ask('HEAD', name)) === 404) {
      const makes = async (): Promise<boolean> => done(await ask('PUT', `_data_stream/${name}`));
      const stream =
        (await makes()) ||
        (done(
          await ask('PUT', `_index_template/${name}`, {
            index_patterns: [name],
            data_stream: {},
            priority: 500,
            template: { mappings },
          }),
        ) &&
          (await makes()));
      if (!stream) {
        const made = await ask('PUT', name, { mappings });
        if (!done(made) && made !== 400)
          throw new Error(`neither a data stream nor an index ${name} can be made: ${this.#origin} answers ${made}`);
        this.#say(`${name} is a plain index: this server makes no data stream. It grows until somebody empties it`);
      }
    }
    this.#ready = true;
  }

  async #ask(
    method: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<{ status: number; answer: unknown }> {
    const type = path.endsWith('_bulk') ? 'application/x-ndjson' : 'application/json';
    const response = await fetch(`${this.#base}/${path}`, {
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    });
    return { status: response.status, answer: await response.json().catch(() => null) };
  }
}
