// Copyright the Islet authors. AGPL-3.0-or-later.

/** Reads codes off the page's own thread. One picture at a time; closed, it answers no more. */
export type Reader = { read(pixels: ImageData): Promise<string | undefined>; close(): void };

export function readerOf(): Reader {
  const worker = new Worker(new URL('./decoding.ts', import.meta.url), { type: 'module', name: 'codes' });
  let settle: ((text: string | undefined) => void) | undefined;
  const answer = (text: string | undefined): void => {
    settle?.(text);
    settle = undefined;
  };
  worker.addEventListener('message', ({ data }: MessageEvent<string | null>) => answer(data ?? undefined));
  worker.addEventListener('error', () => answer(undefined));
  return {
    read: (pixels) =>
      new Promise((resolve) => {
        settle = resolve;
        worker.postMessage(pixels, [pixels.data.buffer]);
      }),
    close() {
      worker.terminate();
      answer(undefined);
    },
  };
}
