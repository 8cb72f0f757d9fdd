// Copyright the Islet authors. AGPL-3.0-or-later.
export type { Terms } from '@islet/core/Terms';
