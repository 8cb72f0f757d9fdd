// Copyright the Islet authors. AGPL-3.0-or-later.
// What page and worker tell each other.
/** With `stop`, what was begun under that id ends. */
export type Question = { id: number; name: string; asked: unknown; stop?: true };
export type Failure = {
  code: string;
  message: string;
  place: { stream: string; day?: number | null; segment?: string } | null;
};
export type Step = { what: string; done: number; of: number };
export type Told = { id: number; value?: unknown; failure?: Failure; progress?: Step; update?: unknown };
