// Copyright the Islet authors. AGPL-3.0-or-later.
// Keeps the files of one build, and nothing else: no answer of a service ever passes through here. Each file is kept only
// if it has the hash that this build names, so that what runs offline is what was built.
declare const self: ServiceWorkerGlobalScope;
/** Written in front of this file by the build: every file's SHA-256 by path, and a hash over all of them. */
declare const ISLET_FILES: Record<string, string>;
declare const ISLET_FILES_HASH: string;

const ours = `islet-${ISLET_FILES_HASH.slice(0, 32)}`;
const manifest = '/build.json';

async function hashOf(response: Response): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function fetched(path: string): Promise<Response> {
  const response = await fetch(path, { cache: 'no-store', redirect: 'error' });
  if (!response.ok) throw new Error(`${path} answered with ${response.status}`);
  return response;
}

async function keep(): Promise<void> {
  const cache = await caches.open(ours);
  await Promise.all(
    Object.entries(ISLET_FILES).map(async ([path, hash]) => {
      const response = await fetched(path);
      if ((await hashOf(response.clone())) !== hash) throw new Error(`${path} is not the file of this build`);
      await cache.put(path, response);
    }),
  );
  const told = await fetched(manifest);
  const { files } = (await told.clone().json()) as { files: Record<string, string> };
  for (const [path, hash] of Object.entries(ISLET_FILES))
    if (files[path] !== hash) throw new Error(`${manifest} is of another build`);
  await cache.put(manifest, told);
}

async function clear(): Promise<void> {
  for (const name of await caches.keys()) if (name !== ours) await caches.delete(name);
  await self.clients.claim();
}

async function kept(path: string, request: Request): Promise<Response> {
  const found = await caches.open(ours).then((cache) => cache.match(path));
  return found ?? fetch(request);
}

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(clear()));
self.addEventListener('message', ({ data }) => {
  // Said by a page whose person wants the new build now.
  if (data === 'take over') void self.skipWaiting();
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.search !== '') return;
  const path = url.pathname === '/' ? '/index.html' : url.pathname;
  if (path in ISLET_FILES || path === manifest) event.respondWith(kept(path, request));
});
