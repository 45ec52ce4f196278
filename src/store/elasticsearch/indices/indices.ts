// That the hub's indices are there, mapped as they must be, and still the ones that this program made. Each is made whole, by an explicit
// request, so that no template of somebody else decides how it is mapped; the alias by which it is written comes last.
import { StoreError } from '../../store.ts';
import { ofAnswer } from '../requests/answers.ts';
import type { ServerReason } from '../requests/answers.ts';
import { ofThrown } from '../requests/failures.ts';
import { templatePriority, lastingOf, layoutOf, propertiesOf, templatesOf } from './mappings.ts';
import type { Names } from './mappings.ts';
import type { Requests } from '../requests/requests.ts';

/** What changes the whole cluster waits its turn: longest, ms. */
const prepareMs = 60_000;

/** What became of indices since they were looked at: `gone` hold nothing, or are not there; `replaced` hold what is not known here. */
interface Seen {
  gone: string[];
  replaced: string[];
}

export class Indices {
  readonly #requests: Requests;
  readonly #names: Names;
  /** The lasting indices of this leadership by the id that each has for its life. */
  #known = new Map<string, string>();
  /** Daily ones that are there, or are being made. */
  readonly #daily = new Map<string, Promise<void>>();

  constructor(requests: Requests, names: Names) {
    this.#requests = requests;
    this.#names = names;
  }

  /**
   * Puts the templates and makes the lasting indices. Safe to do at every start, by several masters at once.
   * @param which those that are made where they are missing
   * @throws StoreError store-refused when one of that name is not the hub's
   */
  async prepare(which: string[] = lastingOf(this.#names)): Promise<void> {
    await Promise.all(
      templatesOf(this.#names).map(({ name, patterns, properties }) =>
        this.#requests.send({
          method: 'PUT',
          path: `/_index_template/${name}`,
          limitMs: prepareMs,
          body: {
            index_patterns: patterns,
            priority: templatePriority,
            template: layoutOf(properties),
            _meta: { description: 'stathub' },
          },
        }),
      ),
    );
    await Promise.all(which.map((index) => this.ensure(index)));
    this.#known = await this.#ids();
  }

  /**
   * Makes the ledger, by which masters find out who leads, where no hub has been before. One that was deleted is not made here: who leads
   * makes it again, and knows what was in it; where nobody does so in time, the lease has it made (lease.ts).
   */
  async prepareLedger(): Promise<void> {
    const { ledger } = this.#names;
    const template = await this.#requests.send({ method: 'GET', path: `/_index_template/${ledger}`, answers: [404] });
    const isNew = template.status === 404;
    await this.prepare(isNew || (await this.#ids()).has(ledger) ? [ledger] : []);
  }

  /** One index, open for writing. @throws StoreError store-refused when it is there with a mapping that cannot be the hub's */
  async ensure(index: string): Promise<void> {
    if (await this.#make(index, true)) return;
    await this.#adopt(index);
    await this.#open(index);
  }

  /** @returns false: it is there already */
  async #make(index: string, open: boolean): Promise<boolean> {
    const { status, body } = await this.#requests.send<{ error?: ServerReason }>({
      method: 'PUT',
      path: `/${index}`,
      answers: [400],
      limitMs: prepareMs,
      body: {
        ...layoutOf(propertiesOf(this.#names, index)),
        ...(open ? { aliases: { [this.#names.door(index)]: {} } } : {}),
      },
    });
    if (status !== 400) return true;
    if (body.error?.type === 'resource_already_exists_exception') return false;
    throw ofAnswer(status, body.error, this.#requests.where).error;
  }

  /** What a later stathub added to the mapping is added to the index; what cannot be is not ours. */
  async #adopt(index: string): Promise<void> {
    await this.#requests.send({
      method: 'PUT',
      path: `/${index}/_mapping`,
      body: { dynamic: false, properties: propertiesOf(this.#names, index) },
      limitMs: prepareMs,
    });
  }

  async #open(index: string): Promise<void> {
    await this.#requests.send({
      method: 'PUT',
      path: `/${index}/_alias/${this.#names.door(index)}`,
      limitMs: prepareMs,
    });
  }

  /** The daily index of events or points that is about to be written. */
  async ready(index: string): Promise<void> {
    let making = this.#daily.get(index);
    if (!making) this.#daily.set(index, (making = this.#ensureDaily(index)));
    try {
      await making;
    } catch (error) {
      this.#daily.delete(index);
      throw error;
    }
  }

  /** One that is not the hub's is trouble, which passes when somebody deletes it: not a wrong question. */
  async #ensureDaily(index: string): Promise<void> {
    try {
      await this.ensure(index);
    } catch (error) {
      throw error instanceof StoreError && error.code === 'store-refused' ? foreign(index, error) : error;
    }
  }

  /** Daily ones are looked for again before they are written. */
  forget(): void {
    this.#daily.clear();
  }

  async #ids(): Promise<Map<string, string>> {
    const { body } = await this.#requests.send<Record<string, { settings?: { 'index.uuid'?: string } }>>({
      method: 'GET',
      path: `/${lastingOf(this.#names).join(',')}/_settings/index.uuid`,
      query: { ignore_unavailable: true, flat_settings: true },
    });
    return new Map(Object.entries(body).map(([index, { settings }]) => [index, settings?.['index.uuid'] ?? '']));
  }

  /**
   * Are the indices still those that were prepared?
   * @throws StoreError store-unavailable also when one was replaced by an index that is not the hub's
   */
  async look(): Promise<Seen> {
    const ids = await this.#ids();
    const seen: Seen = { gone: [], replaced: [] };
    for (const [index, id] of this.#known) {
      const now = ids.get(index);
      if (now === id) continue;
      if (now === undefined || (await this.#isEmpty(index))) seen.gone.push(index);
      else seen.replaced.push(index);
    }
    return seen;
  }

  async #isEmpty(index: string): Promise<boolean> {
    try {
      await this.#adopt(index);
    } catch (error) {
      const failure = ofThrown(error, this.#requests.where).error;
      throw failure.code === 'store-refused' ? foreign(index, failure) : failure;
    }
    await this.#requests.send({ method: 'POST', path: `/${index}/_refresh` });
    const { body } = await this.#requests.send<{ hits: { hits: unknown[] } }>({
      method: 'POST',
      path: `/${index}/_search`,
      query: { allow_partial_search_results: false },
      body: { size: 1, track_total_hits: false },
    });
    return body.hits.hits.length === 0;
  }

  /**
   * Makes one again that is gone. Nobody can write to it before `fill` is done.
   * @throws StoreError also when it is there, with documents of somebody else
   */
  async remake(index: string, fill: () => Promise<void>): Promise<void> {
    if (!(await this.#make(index, false)) && !(await this.#isEmpty(index))) {
      throw new StoreError(
        'store-unavailable',
        `Index ${index} was gone, and somebody else has made it meanwhile`,
        'The leading master looks at it again within seconds.',
      );
    }
    await fill();
    await this.#open(index);
    const id = (await this.#ids()).get(index);
    if (id !== undefined) this.#known.set(index, id);
  }
}

const foreign = (index: string, { message, cause }: StoreError): StoreError =>
  new StoreError(
    'store-unavailable',
    `Index ${index} was replaced by one that is not the hub's (${message})`,
    `Nothing is written to it. Delete it: the leading master then makes it again from what it knows.`,
    { cause },
  );
