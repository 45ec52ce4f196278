// A short notation for JSON Schemas.
import type { SchemaName } from '../describe.ts';

export interface Schema {
  [key: string]: unknown;
}
/** Schemas that no route names: they are parts of others. */
export type PartName = 'Exit' | 'HealthView' | 'Usage' | 'Reason' | 'SeriesPoint' | 'FieldProblem';

export const text: Schema = { type: 'string' };
export const yes: Schema = { type: 'boolean' };
export const int: Schema = { type: 'integer' };
export const real: Schema = { type: 'number' };
export const time: Schema = { type: 'integer', description: 'epoch milliseconds' };
export const ref = (name: SchemaName | PartName): Schema => ({ $ref: `#/components/schemas/${name}` });
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const or = (schema: Schema): Schema =>
  '$ref' in schema ? { anyOf: [schema, { type: 'null' }] } : { ...schema, type: [schema['type'], 'null'] };
export const one = (...values: string[]): Schema => ({ type: 'string', enum: values });
export const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const object = (properties: Record<string, Schema>, optional: string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
export const page = (items: Schema): Schema => object({ items: list(items), total: int, from: int, size: int });
