// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Stream } from '@islet/core/Stream';

/** Values of now alone: there are no days to choose, and no report. */
export const isLive = ({ streams }: { streams: readonly Stream[] }): boolean =>
  streams.every((stream) => stream === 'glucose/live');
