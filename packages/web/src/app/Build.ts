// Copyright the Islet authors. AGPL-3.0-or-later.
// Which build this is, and whether a newer one waits.
import { useEffect, useState } from 'react';

/** How often a page that stays open asks for a newer build, ms. */
const askEveryMs = 60 * 60_000;

let registered: Promise<ServiceWorkerRegistration | undefined> | undefined;

/** Keeps the app's files in this browser, so that it opens without a connection. Browsers that cannot go on without. */
function register(): Promise<ServiceWorkerRegistration | undefined> {
  registered ??= (async () =>
    navigator.serviceWorker?.register('/sw.js', { updateViaCache: 'none' }))().catch(() => undefined);
  return registered;
}

/** The SHA-256 of `build.json`, which names the hash of every file; undefined where it was not built to be served. */
export function useBuild(): string | undefined {
  const [build, setBuild] = useState<string>();
  useEffect(() => {
    void (async () => {
      const answer = await fetch('/build.json');
      if (!answer.ok) return;
      const digest = await crypto.subtle.digest('SHA-256', await answer.arrayBuffer());
      setBuild([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    })().catch(() => undefined);
  }, []);
  return build;
}

/** Something to call where a newer build is ready: it takes over, and the page is loaded anew. */
export function useNewer(): (() => void) | undefined {
  const [go, setGo] = useState<() => void>();
  useEffect(() => {
    const worker = navigator.serviceWorker;
    if (!worker) return;
    // The very first build replaces nothing.
    const hadOne = worker.controller !== null;
    // Taken in another tab: this one runs on files that are gone, and is to be loaded anew too.
    const changed = (): void => {
      if (hadOne) setGo(() => () => location.reload());
    };
    worker.addEventListener('controllerchange', changed);
    let timer: ReturnType<typeof setInterval> | undefined;
    void register().then((registration) => {
      if (!registration) return;
      const look = (): void => {
        const { waiting } = registration;
        if (waiting && worker.controller) setGo(() => () => takeOver(waiting));
      };
      look();
      registration.addEventListener('updatefound', () =>
        registration.installing?.addEventListener('statechange', look),
      );
      timer = setInterval(() => void registration.update().catch(() => undefined), askEveryMs);
    });
    return () => {
      clearInterval(timer);
      worker.removeEventListener('controllerchange', changed);
    };
  }, []);
  return go;
}

function takeOver(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('take over');
}

/** Whether this browser keeps the app's files; undefined while that is not known. */
export function useKept(): boolean | undefined {
  const [kept, setKept] = useState<boolean>();
  useEffect(() => {
    void register().then(async (registration) => {
      setKept(registration?.active != null);
      if (registration && !registration.active) {
        await navigator.serviceWorker.ready;
        setKept(true);
      }
    });
  }, []);
  return kept;
}
