// JSON Schemas of what the API gives and takes, for /openapi.json. Loaded only when that is asked for.
import type { SchemaName } from '../describe.ts';
import { appSchemas } from './app-schemas.ts';
import { hubSchemas } from './hub-schemas.ts';
import { instanceSchemas } from './instance-schemas.ts';
import { nodeSchemas } from './node-schemas.ts';
import type { PartName, Schema } from './notation.ts';

/** Every schema that a route names, and their parts. */
export function schemas(): Record<string, Schema> {
  const byName: Record<SchemaName | PartName, Schema> = {
    ...hubSchemas,
    ...appSchemas(),
    ...nodeSchemas,
    ...instanceSchemas,
  };
  return byName;
}
