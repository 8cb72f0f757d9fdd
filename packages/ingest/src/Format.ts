// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Parsed } from './Outcome.js';
import type { DateOrder } from './WallTime.js';
import type { Zone } from './Zone.js';

/** A file as formats look at it. What is not text, or not JSON, has none. JSON objects on lines of their own are a list. */
export type Given = {
  bytes: Uint8Array;
  text: string | undefined;
  json: unknown;
};

/** What the person said about the file, and what its rows cannot say. */
export type Asked = { zone: Zone; now: number; dates?: DateOrder };

/** Reads all of a file that was recognised. Every data row has exactly one outcome. */
export type Reader = (asked: Asked) => Parsed;

/** One kind of file. It is known by what it contains, never by its name. */
export type Format = {
  name: string;
  /** A reader where the file is of this format, undefined where it is not. Cheap: it looks at the beginning only. */
  recognise(given: Given): Reader | undefined;
};
