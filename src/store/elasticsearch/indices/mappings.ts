// Which indices there are and how they are mapped. Everything under one prefix; nothing is mapped by guess.
import { searchProperties, unsourced } from './search-fields.ts';

/**
 * Collections with an index of their own; those that the code does not know share `<prefix>-records`, told apart by `collection`.
 * A new collection of many documents belongs here.
 */
export const ownIndex = ['nodes', 'apps', 'revisions', 'assignments', 'tombstones', 'instances'] as const;

export interface Names {
  prefix: string;
  /** Index of a collection's records. */
  records(collection: string): string;
  /** All indices of records, for a search over them. */
  allRecords: string[];
  /** Counters and the lease of the leader. */
  ledger: string;
  /** The daily index of events, or of points, of a moment (epoch ms, by UTC day). */
  events(at: number): string;
  points(at: number): string;
  allEvents: string;
  allPoints: string;
  /**
   * The alias of an index by which documents are written. Only indices made by this program have one, and no server makes one by
   * itself: one that was deleted is not made anew by the next write, with a mapping that nobody chose.
   */
  door(index: string): string;
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '.');

/** The UTC day (epoch ms of its begin) of a daily index, or null when the name is none. */
export function dayOf(index: string): number | null {
  const match = /-(\d{4})\.(\d{2})\.(\d{2})$/.exec(index);
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : null;
}

export function namesOf(prefix: string): Names {
  const own = new Set<string>(ownIndex);
  const records = (collection: string): string =>
    own.has(collection) ? `${prefix}-${collection}` : `${prefix}-records`;
  return {
    prefix,
    records,
    allRecords: [...ownIndex.map(records), `${prefix}-records`],
    ledger: `${prefix}-ledger`,
    events: (at) => `${prefix}-events-${day(at)}`,
    points: (at) => `${prefix}-metrics-${day(at)}`,
    allEvents: `${prefix}-events-*`,
    allPoints: `${prefix}-metrics-*`,
    door: (index) => `${prefix}-write.${index.slice(prefix.length + 1)}`,
  };
}

type Properties = Record<string, object>;

/** A record: what the port needs; `doc` is kept as it is given and not looked into. */
const recordProperties: Properties = {
  collection: { type: 'keyword' },
  /** Sorts by byte of UTF-8: the order of scans. */
  key: { type: 'keyword' },
  /** Term under which it was written. */
  term: { type: 'long' },
  /** Names the write that made it, so that a write without an answer can be recognised. */
  write: { type: 'keyword', index: false, doc_values: false },
  doc: { type: 'object', enabled: false },
  ...searchProperties,
};

const eventProperties: Properties = {
  seq: { type: 'long' },
  at: { type: 'date', format: 'epoch_millis' },
  term: { type: 'long' },
  /** The process that gave the number. */
  writer: { type: 'keyword' },
  entry: { type: 'object', enabled: false },
  ...searchProperties,
};

const pointProperties: Properties = {
  subject: { type: 'keyword' },
  minute: { type: 'long' },
  values: { type: 'object', enabled: false },
};

const ledgerProperties: Properties = {
  next: { type: 'long' },
  lease: { type: 'object', enabled: false },
  roll: { type: 'object', enabled: false },
};

/** One shard: the order of a log's numbers needs it, and a hub's records are few. Replicas as soon as there is a second node. */
const settings = {
  number_of_shards: 1,
  auto_expand_replicas: '0-1',
  refresh_interval: '1s',
  'translog.durability': 'request',
  // What a template of somebody else may bring along.
  default_pipeline: '_none',
  final_pipeline: '_none',
};

/** Above what Elasticsearch brings along (100 to 200). */
export const templatePriority = 500;
interface Template {
  name: string;
  patterns: string[];
  properties: Properties;
}

export const templatesOf = (names: Names): Template[] => [
  { name: `${names.prefix}-records`, patterns: names.allRecords, properties: recordProperties },
  { name: `${names.prefix}-events`, patterns: [names.allEvents], properties: eventProperties },
  { name: `${names.prefix}-metrics`, patterns: [names.allPoints], properties: pointProperties },
  { name: `${names.prefix}-ledger`, patterns: [names.ledger], properties: ledgerProperties },
];

/** An index as it is made or a template has it. */
export const layoutOf = (properties: Properties): { settings: object; mappings: object } => ({
  settings: { index: settings },
  mappings: { dynamic: false, _source: unsourced, properties },
});

/** Indices that there are always. */
export const lastingOf = (names: Names): string[] => [...names.allRecords, names.ledger];

/** Fields of an index of the hub, by its name. */
export function propertiesOf(names: Names, index: string): Properties {
  if (index === names.ledger) return ledgerProperties;
  if (names.allRecords.includes(index)) return recordProperties;
  return index.startsWith(names.allEvents.slice(0, -1)) ? eventProperties : pointProperties;
}
