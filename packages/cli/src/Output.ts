// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Progress from './Progress.js';

/** Where a command's words go: to people, or as one JSON line to a program. */
export type Output = {
  progress: Progress.Progress;
  /** A sentence along the way, for people only. */
  say(text: string): void;
  /** Something that people and programs should notice, beside the result. */
  warn(text: string): void;
  /** Something that only programs want to know. */
  note(value: object): void;
  /** The command's outcome, or one of several. */
  result(value: object, text: string): void;
  error(code: string, message: string): void;
};

export type Stream = Progress.Sink & { isTTY?: boolean | undefined };

export type Streams = { out: Stream; err: Stream; now: () => number };

export function forPeople({ out, err, now }: Streams): Output {
  const progress = err.isTTY ? Progress.bar(err, now) : Progress.lines(err, now);
  const put = (stream: Stream, text: string): void => {
    progress.end();
    stream.write(`${text}\n`);
  };
  return {
    progress,
    say: (text) => put(out, text),
    warn: (text) => put(err, text),
    note: () => {},
    result: (_value, text) => put(out, text),
    error: (code, message) => put(err, `${message} [${code}]`),
  };
}

/** One line on stdout, the result or the error; warnings on stderr. */
export const asJson = ({ out, err }: Streams): Output => ({
  progress: Progress.silent,
  say: () => {},
  warn: (text) => void err.write(`${text}\n`),
  note: (value) => void out.write(`${JSON.stringify(value)}\n`),
  result: (value) => void out.write(`${JSON.stringify(value)}\n`),
  error: (code, message) => void out.write(`${JSON.stringify({ error: { code, message } })}\n`),
});
