// Copyright the Islet authors. AGPL-3.0-or-later.
// Streams of XML by saxes; whole parts of workbooks are read in `Sheet.ts`.
import { IsletError } from '@islet/core/IsletError';
import { SaxesParser } from 'saxes';
import { TooLargeError } from './Text.js';

/** An element directly below the root, with its attributes and those of the elements directly within it. */
export type Row = {
  name: string;
  attributes: { readonly [name: string]: string };
  within: { name: string; attributes: { readonly [name: string]: string } }[];
  /** The XML of this element is broken somewhere: nothing of it is to be believed. */
  broken: boolean;
};

/** Characters of markup, or between two pieces of it: the list of names above Apple's exports takes twelve thousand. */
const maxSpan = 1024 * 1024;
const maxDepth = 32;
/** Elements kept of one row. Routes and heart beats have thousands, of which none is asked for. */
const maxWithin = 64;
/** Faults in a file that is still worth reading on. */
const maxFaults = 1000;
const step = 64 * 1024;

export type XmlRows = { push(piece: string): Row[]; end(): { rows: Row[]; cut: boolean; faults: number } };

/**
 * Reads XML 1.0 piece by piece, in bounded memory. Entities are the five of XML itself: what a DOCTYPE declares is
 * never read, fetched nor expanded, and a row that uses it is broken. `keep` says which inner elements are wanted.
 * Throws `INGEST_TOO_LARGE` and `INGEST_BAD_XML`.
 */
export function open(keep: (name: string, attributes: Row['attributes']) => boolean): XmlRows {
  const parser = new SaxesParser();
  let rows: Row[] = [];
  let row: Row | undefined;
  let [depth, faults, since] = [0, 0, 0];
  /** Whether the tag that is being read has a fault; undefined between tags. */
  let inTag: boolean | undefined;
  let closed = false;
  let ended = false;
  const event = () => {
    since = 0;
  };
  parser.on('opentagstart', () => {
    inTag = false;
  });
  parser.on('opentag', ({ name, attributes }) => {
    event();
    const broken = inTag ?? false;
    inTag = undefined;
    depth++;
    if (depth > maxDepth) throw new TooLargeError(`The file has elements more than ${maxDepth} levels deep.`);
    if (depth === 2) row = { name, attributes, within: [], broken };
    else if (broken && row) row.broken = true;
    if (depth === 3 && row && row.within.length < maxWithin && keep(name, attributes))
      row.within.push({ name, attributes });
  });
  parser.on('closetag', () => {
    event();
    depth--;
    if (depth === 1 && row) rows.push(row);
    if (depth === 1) row = undefined;
    if (depth === 0) closed = true;
  });
  for (const name of ['comment', 'processinginstruction', 'cdata', 'doctype', 'xmldecl'] as const)
    parser.on(name, event);
  parser.on('error', () => {
    if (ended) return;
    faults++;
    if (faults > maxFaults) throw new BadXmlError(parser.line);
    if (inTag !== undefined) inTag = true;
    else if (row) row.broken = true;
  });
  const taken = () => {
    const out = rows;
    rows = [];
    return out;
  };
  return {
    push(piece) {
      for (let at = 0; at < piece.length; at += step) {
        const some = piece.slice(at, at + step);
        since += some.length;
        parser.write(some);
        if (since > maxSpan) throw new TooLargeError('The file has a piece of markup without an end.');
      }
      return taken();
    },
    end() {
      ended = true;
      const cut = !closed;
      parser.close();
      // The parser forgets what was never finished.
      if (row) rows.push({ ...row, broken: true });
      else if (inTag !== undefined && depth === 1)
        rows.push({ name: '', attributes: {}, within: [], broken: true });
      return { rows: taken(), cut, faults };
    },
  };
}

/** `INGEST_BAD_XML`: the text is not XML. Says where, never what. */
export class BadXmlError extends IsletError {
  override readonly name: string = 'BadXmlError';
  constructor(line: number) {
    super(
      'INGEST_BAD_XML',
      `The file begins like XML but is broken in too many places, the last at line ${line}. Export it again.`,
    );
  }
}
