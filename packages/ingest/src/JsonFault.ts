// Copyright the Islet authors. AGPL-3.0-or-later.

const blank = /[ \t\n\r]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/**
 * Where a text stops being JSON (RFC 8259), counted in characters from 0. Engines word this differently and quote
 * the text while doing so; a person's data must not get into a message.
 */
export function position(text: string): number {
  const open: ('[' | '{')[] = [];
  // What may come next: a value, a name, the colon behind it, or what follows a value.
  let next: 'value' | 'name' | 'colon' | 'after' = 'value';
  let fresh = false;
  let i = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = i;
    if (!pattern.test(text)) return false;
    i = pattern.lastIndex;
    return true;
  };
  // By hand: a pattern would need memory for each character of a long string.
  const string = (): boolean => {
    for (i++; i < text.length; ) {
      const c = text[i]!;
      if (c === '\\') {
        if (!skip(escaped)) return false;
      } else if (c < ' ') return false;
      else {
        i++;
        if (c === '"') return true;
      }
    }
    return false;
  };
  for (;;) {
    skip(blank);
    const c = text[i];
    if (c === undefined) return i;
    const closes = (c === ']' && open.at(-1) === '[') || (c === '}' && open.at(-1) === '{');
    if (closes && (next === 'after' || fresh)) {
      open.pop();
      next = 'after';
      fresh = false;
      i++;
    } else if (next === 'after') {
      if (c !== ',' || open.length === 0) return i;
      next = open.at(-1) === '{' ? 'name' : 'value';
      i++;
    } else if (next === 'colon') {
      if (c !== ':') return i;
      next = 'value';
      i++;
    } else if (next === 'name') {
      if (c !== '"' || !string()) return i;
      next = 'colon';
      fresh = false;
    } else if (c === '[' || c === '{') {
      open.push(c);
      next = c === '{' ? 'name' : 'value';
      fresh = true;
      i++;
    } else {
      if (!(c === '"' ? string() : skip(scalar))) return i;
      next = 'after';
      fresh = false;
    }
  }
}
