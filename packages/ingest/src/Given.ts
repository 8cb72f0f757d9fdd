// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Given } from './Format.js';
import * as Text from './Text.js';

/** A file as formats look at it. Cheap where it is neither text nor JSON. */
export function of(bytes: Uint8Array): Given {
  return ofText(bytes, Text.decode(bytes));
}

/** The same for a text that was made here, as a spreadsheet's sheet. */
export function ofText(bytes: Uint8Array, text: string | undefined): Given {
  return { bytes, text, json: text !== undefined && looksLikeJson(text) ? parsed(text) : undefined };
}

/** Whether a text begins as JSON does that formats know: an object or an array. */
export function looksLikeJson(text: string): boolean {
  const sign = firstSign(text);
  return sign === '{' || sign === '[';
}

/** The first character that is not blank, or the empty text. */
export function firstSign(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c !== '\uFEFF' && c.trim() !== '') return c;
  }
  return '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return lines(text);
  }
}

/** One object per line, as databases export them, is a list of them. A line that is broken stands for itself as null. */
function lines(text: string): unknown[] | undefined {
  const start = text.search(/\S/);
  const end = text.indexOf('\n', start);
  if (end < 0 || text[start] !== '{' || line(text.slice(start, end)) === null) return undefined;
  return text
    .slice(start)
    .split('\n')
    .filter((each) => each.trim() !== '')
    .map(line);
}

function line(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
