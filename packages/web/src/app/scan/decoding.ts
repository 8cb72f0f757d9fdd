// Copyright the Islet authors. AGPL-3.0-or-later.
// A worker of its own, without keys: what comes from a camera never meets them.
import { textOf } from './textOf.js';

addEventListener('message', ({ data }: MessageEvent<ImageData>) => postMessage(textOf(data) ?? null));
