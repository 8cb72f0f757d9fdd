// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Context as Call } from 'hono';
import type { Format } from './Formats.js';
import type { Fields, Json } from './Json.js';

/** A refusal in the words of API v3, which clients match. */
export class V3Error extends IsletError {
  override readonly name: string = 'V3Error';
  readonly status: 400 | 401 | 403 | 404 | 406 | 410 | 412 | 413 | 422;
  constructor(status: V3Error['status'], message: string) {
    super('GATEWAY_NIGHTSCOUT_V3', message);
    this.status = status;
  }
}

export class BadRequestError extends V3Error {
  override readonly name = 'BadRequestError';
  constructor(message: string) {
    super(400, message);
  }
}

export const notFound = (): V3Error => new V3Error(404, '');
export const gone = (): V3Error => new V3Error(410, '');
export const preconditionFailed = (): V3Error => new V3Error(412, '');
export const badToken = (): V3Error => new V3Error(401, 'Missing or bad access token or JWT');
export const missing = (permission: string): V3Error => new V3Error(403, `Missing permission ${permission}`);

export const refused = (c: Call, { status, message }: V3Error): Response =>
  c.json({ status, ...(message ? { message } : {}) }, status);

/** An answer's result in the format that the path or `Accept` names. */
export function result(c: Call, suffix: Format | undefined, value: Json): Response {
  const format = suffix ?? formatOf(c.req.header('accept'));
  const rows = Array.isArray(value) ? (value as Fields[]) : [value as Fields];
  if (format === 'csv') return c.body(csv(rows), 200, { 'Content-Type': 'text/csv; charset=utf-8' });
  if (format === 'xml') return c.body(xml(value), 200, { 'Content-Type': 'application/xml; charset=utf-8' });
  if (format !== 'json') throw new V3Error(406, 'Unsupported output format requested');
  return c.json({ status: 200, result: value });
}

const formatOf = (accept = ''): Format =>
  /text\/csv/.test(accept)
    ? 'csv'
    : /(application|text)\/xml/.test(accept) && !/json|html/.test(accept)
      ? 'xml'
      : 'json';

function csv(rows: Fields[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: Json | undefined): string => {
    if (value === undefined || value === null) return '';
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [
    names.map(cell).join(','),
    ...rows.map((row) => names.map((name) => cell(row[name])).join(',')),
  ];
  return lines.join('\r\n');
}

function xml(value: Json): string {
  const head = '<?xml version="1.0" encoding="utf-8"?>';
  if (!Array.isArray(value)) return `${head}<item>${inside(value)}</item>`;
  return `${head}<items>${value.map((one) => `<item>${inside(one)}</item>`).join('')}</items>`;
}

const entities: { [char: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function inside(value: Json): string {
  if (Array.isArray(value)) return value.map((one) => `<i>${inside(one)}</i>`).join('');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, inner]) => {
        const tag = name.replace(/[^\w.-]/g, '_').replace(/^[^A-Za-z_]/, '_');
        return `<${tag}>${inside(inner)}</${tag}>`;
      })
      .join('');
  // Control characters have no place in XML at all.
  const text = value === null ? '' : String(value).replace(/(?![\t\n\r])\p{Cc}/gu, '');
  return text.replace(/[&<>"]/g, (char) => entities[char]!);
}
