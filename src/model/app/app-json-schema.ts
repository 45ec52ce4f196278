// The JSON Schema of an app, for the editor of the dashboard and for OpenAPI: generated from the fields themselves.
import { z } from 'zod';
import { appFields } from './app-fields.ts';

interface Schema {
  [key: string]: unknown;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
}

const allowsNull = (schema: Schema): boolean =>
  schema.type === 'null' ||
  (Array.isArray(schema.type) && schema.type.includes('null')) ||
  (schema.anyOf ?? []).some(allowsNull);

/** Every key but the required ones may be null, which is its default. */
function nullable(schema: Schema): void {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (schema.required?.includes(key) || allowsNull(inner)) continue;
    const { description, default: preset, ...rest } = inner;
    schema.properties![key] = {
      ...(description === undefined ? {} : { description }),
      ...(preset === undefined ? {} : { default: preset }),
      anyOf: [rest as Schema, { type: 'null' }],
    };
  }
}

/** Draft 2020-12, of an app as a person may write it (not of the spec with all defaults). */
export function appJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(appFields, {
    io: 'input',
    override: ({ jsonSchema }) => nullable(jsonSchema as Schema),
  }) as Record<string, unknown>;
}
