// Copyright the Islet authors. AGPL-3.0-or-later.
// Checks resources against the snapshots of published profiles, as far as structure goes: which elements there are, how
// often, and what they are fixed to, slices included. The profiles are other people's, so they are not inside.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = process.env.ISLET_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const folders = { balp: `${folder}/ihe-balp-1.1.5-current`, cgm: `${folder}/hl7-cgm-ig-1.0.0` };

export const present = existsSync(folders.balp) && existsSync(folders.cgm);
if (!present) console.log('real files: not run');

type Element = {
  id: string;
  path: string;
  min: number;
  max: string;
  type?: { code: string; targetProfile?: string[] }[];
  slicing?: { discriminator: { type: string; path: string }[]; rules: string };
  binding?: { strength: string; valueSet?: string };
  [pattern: string]: unknown;
};
type Profile = { id: string; url: string; type: string; elements: Element[]; byId: Map<string, Element> };
type Any = Record<string, any>;

const loaded = new Map<string, Profile>();

export function example(name: string): Any {
  return JSON.parse(
    readFileSync(`${name.includes('audit') ? folders.balp : folders.cgm}/${name}.json`, 'utf8'),
  );
}

function load(url: string): Profile {
  const known = loaded.get(url);
  if (known) return known;
  const path = Object.values(folders)
    .map((f) => `${f}/StructureDefinition-${url.split('/').at(-1)}.json`)
    .find(existsSync)!;
  const { id, type, snapshot } = JSON.parse(readFileSync(path, 'utf8'));
  const elements: Element[] = snapshot.element;
  const profile = { id, url, type, elements, byId: new Map(elements.map((e) => [e.id, e])) };
  loaded.set(url, profile);
  return profile;
}

/** What a resource lacks, or has too much of, for the profiles it claims. `find` gives what a reference leads to. */
export function faults(
  resource: Any,
  find: (reference: string) => Any | undefined = () => undefined,
): string[] {
  return (resource.meta?.profile ?? []).flatMap((url: string) => faultsOf(resource, url, find));
}

/** The same for a profile that it may not claim. */
export function faultsOf(resource: Any, url: string, find: (reference: string) => Any | undefined): string[] {
  const profile = load(url);
  if (resource.resourceType !== profile.type) return [`${profile.id}: is a ${resource.resourceType}`];
  const out: string[] = [];
  walk(profile, profile.type, resource, profile.type, find, out);
  return out.map((fault) => `${profile.id}: ${fault}`);
}

const listOf = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);

/** Values of one element, with the name each has where the element is a choice. */
function valuesOf(node: Any, element: Element): { name: string; value: unknown }[] {
  const last = element.path.split('.').at(-1)!;
  const names = last.endsWith('[x]')
    ? (element.type ?? []).map((t) => last.slice(0, -3) + capital(t.code))
    : [last];
  return names.flatMap((name) => listOf(node[name]).map((value) => ({ name, value })));
}

function childrenOf(profile: Profile, id: string): Element[] {
  const isChild = (e: Element) => e.id.startsWith(`${id}.`) && !/[.:]/.test(e.id.slice(id.length + 1));
  const own = profile.elements.filter(isChild);
  // A slice that changes nothing inside has no elements of its own.
  const base = id.replace(/:[^.:]+$/, '');
  return own.length > 0 || base === id ? own : childrenOf(profile, base);
}

function walk(
  profile: Profile,
  id: string,
  node: Any,
  at: string,
  find: (r: string) => Any | undefined,
  out: string[],
): void {
  const children = childrenOf(profile, id);
  if (children.length === 0) return;
  const allowed = new Set(['resourceType', 'extension', 'id']);
  for (const child of children) {
    const values = valuesOf(node, child);
    for (const { name } of values) allowed.add(name);
    count(child, values.length, at, out);
    for (const { name, value } of values) {
      fixed(child, value, `${at}.${name}`, out);
      if (value && typeof value === 'object')
        walk(profile, child.id, value as Any, `${at}.${name}`, find, out);
    }
    slices(profile, child, values, at, find, out);
  }
  for (const name of Object.keys(node)) if (!allowed.has(name)) out.push(`${at}.${name} is no element`);
}

function count(element: Element, n: number, at: string, out: string[]): void {
  const name = element.id.split('.').at(-1)!;
  if (n < element.min) out.push(`${at}.${name} is there ${n} times, not ${element.min}`);
  if (element.max !== '*' && n > Number(element.max))
    out.push(`${at}.${name} is there ${n} times, at most ${element.max}`);
}

function fixed(element: Element, value: unknown, at: string, out: string[]): void {
  const key = Object.keys(element).find((k) => k.startsWith('pattern') || k.startsWith('fixed'));
  if (key && !holds(value, element[key])) out.push(`${at} is not ${JSON.stringify(element[key])}`);
}

/** Whether a value has all that a pattern has. */
function holds(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((p) => value.some((v) => holds(v, p)));
  if (pattern && typeof pattern === 'object')
    return Object.entries(pattern).every(([k, p]) => holds((value as Any | undefined)?.[k], p));
  return value === pattern;
}

function slices(
  profile: Profile,
  element: Element,
  values: { name: string; value: unknown }[],
  at: string,
  find: (r: string) => Any | undefined,
  out: string[],
): void {
  const slicing = element.slicing;
  if (!slicing) return;
  const own = profile.elements.filter(
    (e) => e.id.startsWith(`${element.id}:`) && !e.id.slice(element.id.length + 1).includes('.'),
  );
  const taken = new Set<unknown>();
  for (const slice of own) {
    const mine = values.filter((v) =>
      slicing.discriminator.every((d) => matches(profile, slice, d, v, find)),
    );
    count(slice, mine.length, at, out);
    for (const { name, value } of mine) {
      taken.add(value);
      fixed(slice, value, `${at}.${name}`, out);
      if (value && typeof value === 'object')
        walk(profile, slice.id, value as Any, `${at}.${slice.id.split(':').at(-1)}`, find, out);
    }
  }
  if (slicing.rules === 'closed' && values.some(({ value }) => !taken.has(value)))
    out.push(`${at}.${element.path} has one that no slice allows`);
}

function matches(
  profile: Profile,
  slice: Element,
  { type, path }: { type: string; path: string },
  { name, value }: { name: string; value: unknown },
  find: (r: string) => Any | undefined,
): boolean {
  if (type === 'type') return slice.id.endsWith(`:${name}`);
  if (path === 'resolve().code') {
    const target = find((value as Any).reference);
    const wanted = load(slice.type![0]!.targetProfile![0]!).byId.get('Observation.code')!;
    return !!target && holds(target.code, wanted.patternCodeableConcept);
  }
  const element = path === '$this' ? slice : profile.byId.get(`${slice.id}.${path}`);
  if (!element) throw new Error(`${slice.id} is told apart by what it does not say`);
  const found = path === '$this' ? value : path.split('.').reduce((v: any, p) => v?.[p], value);
  const key = Object.keys(element).find((k) => k.startsWith('pattern') || k.startsWith('fixed'));
  if (key) return holds(found, element[key]);
  return isIn(found as Any, element.binding?.valueSet ?? '');
}

function isIn(coding: Any | undefined, url: string): boolean {
  const path = `${folders.balp}/ValueSet-${url.split('/').at(-1)}.json`;
  const { compose } = JSON.parse(readFileSync(path, 'utf8'));
  return compose.include.some(
    (i: Any) =>
      i.system === coding?.system && (!i.concept || i.concept.some((c: Any) => c.code === coding?.code)),
  );
}
