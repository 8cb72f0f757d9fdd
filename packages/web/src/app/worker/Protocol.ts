// Copyright the Islet authors. AGPL-3.0-or-later.
// What page and worker tell each other.
export type Question = { id: number; name: string; asked: unknown };
export type Failure = {
  code: string;
  message: string;
  place: { stream: string; day?: number | null; segment?: string } | null;
};
export type Step = { what: string; done: number; of: number };
export type Told = { id: number; value?: unknown; failure?: Failure; progress?: Step };
