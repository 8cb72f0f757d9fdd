// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ReactNode, useEffect, useRef, useState } from 'react';

const least = 280;

/** Gives a picture the width there is, so that its letters keep their size on a phone. */
export function Fitted({ children }: { children: (width: number) => ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(720);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const resized = new ResizeObserver(() => setWidth(Math.max(least, Math.round(element.clientWidth))));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  return <div ref={place}>{children(width)}</div>;
}
