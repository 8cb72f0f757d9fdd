// Copyright the Islet authors. AGPL-3.0-or-later.
// Puts the functions, as they stand in contracts/src, where a proof asks for them with a line `// from <File>: <names>`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractsFolder } from '../forge.mjs';

/** The text of proof `name`; `mutant.find` in the source `mutant.in` is replaced first, and must be there once. */
export function cut(name, mutant) {
  const proof = readFileSync(join(contractsFolder, 'proofs', `${name}.sol`), 'utf8');
  return proof.replace(/^ {4}\/\/ (from|the only ones that change) (\w+): (.+)$/gm, (_, how, file, names) => {
    const source = sourceOf(file, mutant);
    if (how === 'from')
      return names
        .split(', ')
        .map((part) => find(source, part, file))
        .join('\n');
    requireAllThatChange(source, names.split(', '), file);
    return '';
  });
}

/** Where each property's assertion is, and whether it is wanted proved or refuted. */
export function instances(text) {
  return [...text.matchAll(/^ +\/\/ (proved|reached): (.+)\n( +)assert\([\s\S]*?\);\n/gm)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    wanted: match[1] === 'proved' ? 'proved' : 'refuted',
    sentence: match[2],
  }));
}

/** The same text with one property's assertion alone. */
export function only(text, sentence) {
  let left = text;
  for (const other of instances(text).reverse()) {
    if (other.sentence !== sentence) left = left.slice(0, other.from) + left.slice(other.to);
  }
  return left.replace(/^ {4}function prove\w+\([\s\S]*?^ {4}\}$/gm, (f) => (f.includes('assert(') ? f : ''));
}

function sourceOf(file, mutant) {
  const path = /^I[A-Z]/.test(file) ? `src/interfaces/${file}.sol` : `src/${file}.sol`;
  const source = readFileSync(join(contractsFolder, path), 'utf8');
  if (mutant?.in !== file) return source;
  if (source.split(mutant.find).length !== 2)
    throw new Error(`${file} does not contain once: ${mutant.find}`);
  return source.replace(mutant.find, mutant.put);
}

function find(source, part, file) {
  if (part === 'errors') return [...source.matchAll(/^ {4}error [^;]+;/gm)].join('\n');
  if (part === 'events') return [...source.matchAll(/^ {4}event [^;]+;/gm)].join('\n');
  const found =
    new RegExp(`^ {4}(struct|function) ${part.replace('struct ', '')}\\b[\\s\\S]*?^ {4}\\}$`, 'm').exec(
      source,
    ) ?? new RegExp(`^ {4}[^/\\s][^\\n;{}]* ${part}( =[^;]+)?;$`, 'm').exec(source);
  if (!found) throw new Error(`${file} has no ${part}`);
  return found[1] === 'function' ? plain(found[0]) : found[0];
}

/**
 * A function as the model checker can follow it, with the same meaning: callable from inside, storage named in full
 * wherever a local name stands for it, any hash at all for one that is computed, and each line of the log counted.
 */
function plain(text) {
  const name = /^ {8}\w+ storage (\w+) = ([^;]+);\n/m.exec(text);
  const spelt = name
    ? text.replace(name[0], '').replace(new RegExp(`\\b${name[1]}\\b(?=[.])`, 'g'), name[2])
    : text;
  if (spelt.split('abi.encode').length > 2)
    throw new Error('more than one hash in one function: give each a name');
  return spelt
    .replace(/\bexternal\b/, 'public')
    .replace(/keccak256\(\s*abi\.encode\([^;]*\)\s*\);/, '_hash;')
    .replace(/emit (AccessDecided|AccessDenialRepeated)\(/g, '++_lines;\n        emit $1(');
}

function requireAllThatChange(source, names, file) {
  const heads = [...source.matchAll(/^ {4}function (\w+)\([^{]*?\b(?:external|public)\b([^{]*)\{/gm)];
  const change = heads.filter(([, , rest]) => !/\b(view|pure)\b/.test(rest)).map(([, name]) => name);
  if (change.join() !== names.join())
    throw new Error(`${file} is changed by ${change.join(', ')}: prove each of these`);
}
