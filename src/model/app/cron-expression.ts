// Syntax of a cron expression: 5 fields (minute hour day month weekday), 6 with seconds first, or a nickname. What it
// means in time is the scheduler's (croner's) concern; this only tells a typing error early, with the field's name.

interface CronField {
  name: string;
  min: number;
  max: number;
  names: string[];
}
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const fields: CronField[] = [
  { name: 'second', min: 0, max: 59, names: [] },
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of week', min: 0, max: 7, names: days },
];
const nicknames = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

function numberOf(text: string, field: CronField): number | null {
  const named = field.names.indexOf(text.toUpperCase());
  if (named >= 0) return named + (field.name === 'month' ? 1 : 0);
  return /^\d{1,2}$/.test(text) ? Number(text) : null;
}

function partProblem(part: string, field: CronField): string | null {
  const match = /^(\*|\?|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:\/(\d{1,3}))?$/.exec(part);
  if (!match) return `'${part}' is no ${field.name}`;
  if (match[2] === '0') return `the step of '${part}' is 0`;
  if (match[1] === '*' || match[1] === '?') return null;
  if (match[1] === 'L' && field.name === 'day of month') return null;
  const ends = match[1]!.split('-').map((end) => numberOf(end, field));
  for (const [index, end] of ends.entries()) {
    if (end === null || end < field.min || end > field.max)
      return `${field.name} '${match[1]!.split('-')[index]}' is not within ${field.min}-${field.max}`;
  }
  return ends.length === 2 && ends[0]! > ends[1]! ? `'${part}' ends before it begins` : null;
}

/** What is wrong with a cron expression, as a sentence; null when nothing is. */
export function cronProblem(expression: string): string | null {
  const text = expression.trim();
  if (text.startsWith('@'))
    return nicknames.includes(text.toLowerCase()) ? null : `'${text}' is none of ${nicknames.join(' ')}`;
  const parts = text.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6)
    return `has ${text === '' ? 0 : parts.length} fields, expected 5 (minute hour day month weekday) or 6 (second first)`;
  for (const [index, part] of parts.entries()) {
    const field = fields[index + (6 - parts.length)]!;
    for (const piece of part.split(',')) {
      const problem = partProblem(piece, field);
      if (problem) return problem;
    }
  }
  return null;
}
