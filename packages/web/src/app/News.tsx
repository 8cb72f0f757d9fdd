// Copyright the Islet authors. AGPL-3.0-or-later.
// What happens on the chain while a page is open, so that no screen goes stale.
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import { follow } from './Worker.js';
import type { News } from './worker/News.js';

export const NewsContext = createContext<News | undefined>(undefined);

/** What is new of whoever is open, while anyone looks at the page. */
export function useFollowedNews(isOpen: boolean): News | undefined {
  const [news, setNews] = useState<News>();
  useEffect(() => {
    if (!isOpen) return;
    let over = new AbortController();
    const begin = (): void => {
      over.abort();
      over = new AbortController();
      // What cannot be followed shows on the screens, which ask for themselves.
      if (!document.hidden) follow('followNews', undefined, setNews, over.signal).catch(() => undefined);
    };
    begin();
    document.addEventListener('visibilitychange', begin);
    return () => {
      over.abort();
      document.removeEventListener('visibilitychange', begin);
      setNews(undefined);
    };
  }, [isOpen]);
  return news;
}

/** Has something loaded anew whenever that part of the news changes. */
export function useOnNews(part: 'grants' | 'looks' | 'asks' | 'circles', load: () => unknown): void {
  const now = useContext(NewsContext)?.[part];
  const before = useRef(now);
  const kept = useRef(load);
  kept.current = load;
  useEffect(() => {
    if (now === undefined || now === before.current) return;
    const isFirst = before.current === undefined;
    before.current = now;
    if (!isFirst) void kept.current();
  }, [now]);
}
