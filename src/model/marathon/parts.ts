// Parts of a Marathon app: what it runs, its ports, what it fetches.

export type Raw = Record<string, unknown>;
/** `path` as in the document. */
export interface Note {
  path: string;
  message: string;
}
type Tell = (path: string, message: string) => void;

export const isRecord = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** `cmd` is a line for the shell, `args` a program and what it is given. A container's image is not run. */
export function processOf(raw: Raw, note: Tell): Raw {
  const container = isRecord(raw['container']) ? raw['container'] : null;
  const docker = container && isRecord(container['docker']) ? container['docker'] : null;
  if (docker)
    note(
      'container.docker',
      `the image ${String(docker['image'] ?? '')} is not run: what it holds has to be on the node, or fetched by uris`,
    );
  for (const [index, volume] of listOf(container?.['volumes']).entries()) {
    const { hostPath, containerPath } = isRecord(volume) ? volume : {};
    note(
      `container.volumes[${index}]`,
      hostPath
        ? `programs see the files of their node as they are: ${String(containerPath)} is ${String(hostPath)} there`
        : 'there are no volumes; a workingDirectory lasts',
    );
  }
  if (typeof raw['cmd'] === 'string' && raw['cmd'] !== '') return { toProcess: raw['cmd'], shell: true };
  const [program, ...args] = listOf(raw['args']).map(String);
  if (program !== undefined) return { toProcess: program, ...(args.length > 0 ? { args } : {}) };
  note('cmd', 'is missing, and so is args: without its image nothing says what to run');
  return {};
}

/** A port that a program is told: fixed where Marathon would have given exactly this one of the node, else any. */
export function portsOf(raw: Raw, note: Tell): (number | { name: string; port: number })[] {
  const container = isRecord(raw['container']) ? raw['container'] : {};
  const docker = isRecord(container['docker']) ? container['docker'] : {};
  const mappings = listOf(container['portMappings'] ?? docker['portMappings']);
  const definitions = listOf(raw['portDefinitions']);
  const required = raw['requirePorts'] === true;
  const port = (given: Raw, path: string, number: number, service: number): number | { name: string; port: number } => {
    if (given['protocol'] === 'udp')
      note(`${path}.protocol`, 'a port is a number: the program opens it for udp itself');
    if (service > 0)
      note(
        `${path}`,
        `service port ${service} has no counterpart: routes and /v1/discovery tell where instances listen`,
      );
    return typeof given['name'] === 'string' && given['name'] !== '' ? { name: given['name'], port: number } : number;
  };
  if (mappings.length > 0) {
    return mappings.map((mapping, index) => {
      const given = isRecord(mapping) ? mapping : {};
      const path = `container.portMappings[${index}]`;
      const inside = numberOf(given['containerPort']) ?? 0;
      if (inside > 0)
        note(
          `${path}.containerPort`,
          `nothing maps ports: the program has to listen on PORT${index}, not on ${inside}`,
        );
      return port(given, path, numberOf(given['hostPort']) ?? 0, numberOf(given['servicePort']) ?? 0);
    });
  }
  const given: Raw[] =
    definitions.length > 0
      ? definitions.map((definition) => (isRecord(definition) ? definition : {}))
      : (Array.isArray(raw['ports']) ? raw['ports'] : [0]).map((number) => ({ port: number }));
  return given.map((definition, index) => {
    const number = numberOf(definition['port']) ?? 0;
    return port(
      definition,
      definitions.length > 0 ? `portDefinitions[${index}]` : `ports[${index}]`,
      required ? number : 0,
      required ? 0 : number,
    );
  });
}

/** `fetch`, and the older `uris`. */
export function fetchesOf(raw: Raw, note: Tell): unknown[] {
  const old = listOf(raw['uris']).map(String);
  const fetched = listOf(raw['fetch']).flatMap((item, index) => {
    if (!isRecord(item) || typeof item['uri'] !== 'string') return [];
    if (item['outputFile'] !== undefined) note(`fetch[${index}].outputFile`, 'is used as dest');
    const dest = item['destPath'] ?? item['outputFile'];
    return [
      {
        uri: item['uri'],
        ...(item['extract'] === false ? { extract: false } : {}),
        ...(item['executable'] === true ? { executable: true } : {}),
        ...(typeof dest === 'string' ? { dest } : {}),
      },
    ];
  });
  if (listOf(raw['storeUrls']).length > 0) note('storeUrls', 'are fetched like uris');
  const seen = new Set(fetched.map(({ uri }) => uri));
  return [
    ...fetched.map((item) => (Object.keys(item).length === 1 ? item.uri : item)),
    ...[...old, ...listOf(raw['storeUrls']).map(String)].filter((uri) => !seen.has(uri)),
  ];
}
