// What a route says of itself in /openapi.json. Schemas are named here and written in schemas.ts, which is only loaded
// when somebody asks for the document.
import { describeRoute, type DescribeRouteOptions } from 'hono-openapi';

export type SchemaName =
  | 'App'
  | 'AppSpec'
  | 'AppList'
  | 'Node'
  | 'NodeList'
  | 'Instance'
  | 'InstanceList'
  | 'Event'
  | 'EventList'
  | 'Revision'
  | 'RevisionList'
  | 'Placement'
  | 'Plan'
  | 'Why'
  | 'Status'
  | 'Health'
  | 'UsageAnswer'
  | 'SeriesList'
  | 'CollectionList'
  | 'DocumentList'
  | 'Discovery'
  | 'HttpSd'
  | 'Problem'
  | 'Files'
  | 'ActorList'
  | 'Scale'
  | 'Rollback'
  | 'Drain'
  | 'Tags'
  | 'Envs'
  | 'TokenList'
  | 'NewToken'
  | 'MadeToken'
  | 'Anything';

const content = (name: SchemaName, media = 'application/json') => ({
  [media]: { schema: { $ref: `#/components/schemas/${name}` } },
});

interface Said {
  tag:
    | 'apps'
    | 'nodes'
    | 'instances'
    | 'events'
    | 'logs'
    | 'files'
    | 'status'
    | 'discovery'
    | 'store'
    | 'tokens'
    | 'documents';
  summary: string;
  description?: string;
  /** Body of a 200, or of the status named in `status`. 'text' for plain text, null for none. */
  gives: SchemaName | 'text' | 'sse' | null;
  status?: 200 | 201 | 202 | 204 | 302;
  takes?: SchemaName;
  /** Refusals beyond 400, 401, 403 and 500. */
  refuses?: (404 | 409 | 412 | 422 | 501 | 503 | 504)[];
}

const meaning: Record<number, string> = {
  400: 'The request cannot be read',
  401: 'A token is needed',
  403: 'Not allowed',
  404: 'There is no such thing',
  409: 'It is in the way of what is there',
  412: 'Somebody else changed it',
  422: 'Understood, but not valid',
  500: 'An unexpected error',
  501: 'Not possible here',
  503: 'Not now: starting, stopping, standing by, or the store or the node is away',
  504: 'No answer in time',
};

export function says(said: Said) {
  const body =
    said.gives === null
      ? {}
      : said.gives === 'text'
        ? { content: { 'text/plain': { schema: { type: 'string' as const } } } }
        : said.gives === 'sse'
          ? { content: { 'text/event-stream': { schema: { type: 'string' as const } } } }
          : { content: content(said.gives) };
  const refusals = [400, 401, 403, 500, ...(said.refuses ?? [])].sort((a, b) => a - b);
  const options: DescribeRouteOptions = {
    tags: [said.tag],
    summary: said.summary,
    ...(said.description ? { description: said.description } : {}),
    ...(said.takes
      ? {
          requestBody: {
            required: true,
            content: { ...content(said.takes), ...content(said.takes, 'application/yaml') },
          },
        }
      : {}),
    responses: {
      [said.status ?? 200]: { description: said.summary, ...body },
      ...Object.fromEntries(
        refusals.map((status) => [
          status,
          { description: meaning[status]!, content: content('Problem', 'application/problem+json') },
        ]),
      ),
    },
  };
  return describeRoute(options);
}
